"""The whole way of a permission: given, used, renewed, withdrawn, given again (MB-03, MB-04)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from desk_app.channels.email.channel import EmailChannel
from desk_app.channels.email.oauth_providers import GOOGLE, OAuthProvider
from desk_app.domain.mailboxes.model import Account, AccountHealth, AccountPolicy, FirstImport
from desk_app.plugin_api.channels import StepState
from desk_app.runtime.compose import build_desk
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.desk import Desk
from desk_app.services.mailboxes.sign_in import SignInAttempt
from desk_app.services.people.agents import actor_for
from desk_app.storage.database import Database
from tests.integration.channels.conftest import QUICK
from tests.support.desks import mail
from tests.support.dovecot import DovecotServer
from tests.support.secrets import MemorySecrets
from tests.support.token_server import TokenServer

pytestmark = pytest.mark.dovecot


class Stage:
    """A desk that signs in at the token server, with its secrets in reach."""

    def __init__(self, database: Database, dovecot: DovecotServer, token_server: TokenServer) -> None:
        self.tokens = token_server
        self.user = dovecot.user()
        token_server.mint = lambda: dovecot.token(self.user)
        provider: OAuthProvider = replace(
            GOOGLE, authorize_url="https://accounts.example.org/auth", token_url=token_server.url
        )
        self.stores: dict[int, MemorySecrets] = {}
        self.desk: Desk = build_desk(
            database,
            lambda i: self.stores.setdefault(i, MemorySecrets()),
            channels=[EmailChannel(limits=QUICK, providers={"google": provider})],
        )
        self.ann = actor_for(self.desk.people.sign_in("ann"))
        self.new = Account(
            id=0,
            department_id=self.desk.people.departments()[0].id,
            channel="email",
            name="shop",
            sender_name="The Shop",
            address="shop@desk.example",
            settings={
                "imap": {
                    "host": dovecot.host,
                    "port": dovecot.port,
                    "security": "none",
                    "user": self.user,
                    "sign_in": "oauth2",
                },
                "oauth": {"provider": "google", "client_id": "client-1", "tenant": "common"},
            },
            policy=AccountPolicy(first_import=FirstImport.UNDECIDED),
        )

    def agree(self, attempt: SignInAttempt) -> dict[str, str]:
        """Let the person say yes in the browser."""
        browser = threading.Thread(target=self.tokens.browse, args=(attempt.url,))
        browser.start()
        try:
            return dict(attempt.wait(20))
        finally:
            browser.join(10)

    def connect(self) -> int:
        """Do what the wizard does."""
        secrets = self.agree(
            self.desk.sign_in.begin(self.new, self.ann, {"oauth_client_secret": "of-the-registration"})
        )
        steps = list(self.desk.mailboxes.test(self.new, secrets))
        assert {s.state for s in steps} <= {StepState.RUNNING, StepState.OK, StepState.SKIPPED}, steps
        account_id = self.desk.mailboxes.add(self.new, secrets, self.ann)
        self.desk.mailboxes.decide_first_import(account_id, FirstImport.NONE, None, self.ann)
        return account_id

    def let_expire(self, account_id: int) -> None:
        """Let the access token be over."""
        store = self.stores[account_id]
        store.set("oauth", json.dumps({**json.loads(store.values["oauth"]), "expires_at": time.time() - 5}))

    def health(self) -> AccountHealth:
        return self.desk.mailboxes.list()[0][1]


@pytest.fixture
def stage(database: Database, dovecot: DovecotServer, token_server: TokenServer) -> Stage:
    return Stage(database, dovecot, token_server)


def test_mb_03_mb_04_a_permission_is_given_renewed_withdrawn_and_given_again(
    stage: Stage, dovecot: DovecotServer
) -> None:
    desk = stage.desk
    account_id = stage.connect()
    assert stage.tokens.forms[0]["client_secret"] == "of-the-registration"
    dovecot.append(stage.user, "INBOX", mail(subject="first"))
    assert (desk.sync.sync_once(account_id).created, stage.health().fault) == (1, "")

    asked = len(stage.tokens.forms)
    stage.let_expire(account_id)
    dovecot.append(stage.user, "INBOX", mail(subject="second"))
    assert desk.sync.sync_once(account_id).created == 1, "an access token that is over is renewed by itself"
    assert [form["grant_type"] for form in stage.tokens.forms[asked:]] == ["refresh_token"]

    stage.tokens.refresh_token = "withdrawn"
    stage.let_expire(account_id)
    dovecot.append(stage.user, "INBOX", mail(subject="third"))
    assert desk.sync.sync_once(account_id).fault == "consent"
    ((account, health),) = desk.mailboxes.alarms()
    assert (account.id, health.fault, health.failed_polls) == (account_id, "consent", 1)
    assert "sign in again" in health.detail
    assert "refresh-" not in health.detail

    assert stage.agree(desk.sign_in.begin(account_id, stage.ann)) == {}
    assert (stage.health().fault, desk.mailboxes.alarms()) == ("", ())
    assert desk.sync.sync_once(account_id).created == 1
    assert "of-the-registration" not in json.dumps(dict(account.settings))


def test_mb_04_the_worker_goes_on_by_itself_after_a_sign_in(stage: Stage, dovecot: DovecotServer) -> None:
    desk = stage.desk
    account_id = stage.connect()
    stage.tokens.refresh_token = "withdrawn"
    stage.let_expire(account_id)
    dovecot.append(stage.user, "INBOX", mail(subject="waiting"))
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(desk, stop), kwargs={"pace": Pace(accounts=0.1)})
    worker.start()
    try:
        wait_until(lambda: bool(desk.mailboxes.alarms()))
        pause = stage.health().next_try_at
        assert pause is not None
        stage.agree(desk.sign_in.begin(account_id, stage.ann))
        wait_until(lambda: stage.health().succeeded_at is not None)
        with desk.unit_of_work() as uow:
            assert uow.now() < pause, "nobody waits for the next ordinary try"
            assert uow.inbound.count(account_id) == 1
    finally:
        stop.set()
        worker.join(20)


def wait_until(there: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
