"""Signing in at a provider, first and again, on a desk with a provider that lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desk_app.domain.mailboxes.model import Account, AccountHealth
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SecretError
from desk_app.runtime.compose import Surroundings, build_desk
from desk_app.services.desk import Desk
from desk_app.services.mailboxes.sign_in import SignInAttempt
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import Database
from tests.support.desks import DeskKit
from tests.support.secrets import MemorySecrets
from tests.support.sign_in import FakeProvider

OAUTH = {"provider": "google", "client_id": "client-1", "tenant": "common"}


@pytest.fixture
def provider(desk_kit: DeskKit) -> FakeProvider:
    made = FakeProvider()
    desk_kit.channel.begin_sign_in = made.begin_sign_in  # type: ignore[attr-defined]
    return made


@pytest.fixture
def account(desk_kit: DeskKit, provider: FakeProvider) -> Account:
    made = desk_kit.mailbox("shop@desk.example")
    desk_kit.desk.mailboxes.update(replace(made, settings={**made.settings, "oauth": OAUTH}), {}, desk_kit.ann)
    found = desk_kit.desk.mailboxes.get(made.id)
    assert found is not None
    return found


def health(kit: DeskKit, account: Account) -> AccountHealth:
    return next(health for one, health in kit.desk.mailboxes.list() if one.id == account.id)


def fail(kit: DeskKit, account: Account, fault: ChannelFault) -> None:
    kit.server(account).faults.append(ChannelError(fault, "because"))
    assert kit.desk.sync.sync_once(account.id).fault == fault.value


def test_mb_04_a_dead_permission_alarms_at_once_and_a_sign_in_heals_it(
    desk_kit: DeskKit, account: Account, provider: FakeProvider
) -> None:
    desk = desk_kit.desk
    fail(desk_kit, account, ChannelFault.CONSENT)
    assert [one.id for one, _ in desk.mailboxes.alarms()] == [account.id]
    assert health(desk_kit, account).next_try_at is not None, "without a person there is no point in trying often"
    feed = desk.changes()
    feed.poll()
    attempt = desk.sign_in.begin(account.id, desk_kit.ann)
    assert attempt.url == provider.attempts[0].url
    provider.attempts[0].answer("fresh")
    assert attempt.wait(5) == {}
    assert desk_kit.secrets[account.id].values["oauth"] == "fresh"
    after = health(desk_kit, account)
    assert (after.fault, after.detail, after.failed_polls, after.next_try_at) == ("", "", 0, None)
    assert desk.mailboxes.alarms() == ()
    assert ("account", account.id) in [(change.entity, change.entity_id) for change in feed.poll()]
    feed.close()
    assert provider.attempts[0].closed
    assert desk.sync.sync_once(account.id).fault == ""


def test_mb_04_a_server_that_is_away_alarms_after_as_many_polls_as_the_desk_says(
    desk_kit: DeskKit, account: Account
) -> None:
    desk_kit.configure(alarm_after_failed_polls=3)
    for expected in (0, 0, 1):
        fail(desk_kit, account, ChannelFault.NETWORK)
        assert len(desk_kit.desk.mailboxes.alarms()) == expected


def test_a_password_entered_anew_ends_the_alarm_until_it_is_refused_too(desk_kit: DeskKit, account: Account) -> None:
    fail(desk_kit, account, ChannelFault.SIGN_IN)
    desk_kit.desk.mailboxes.update(account, {}, desk_kit.ann)
    assert health(desk_kit, account).fault == "sign_in", "another name or colour mends nothing"
    current = desk_kit.desk.mailboxes.get(account.id)
    assert current is not None
    desk_kit.desk.mailboxes.update(current, {"password": "new"}, desk_kit.ann)
    assert desk_kit.desk.mailboxes.alarms() == ()
    fail(desk_kit, account, ChannelFault.SIGN_IN)
    assert len(desk_kit.desk.mailboxes.alarms()) == 1


def test_another_fault_stays_but_is_tried_again_at_once(
    desk_kit: DeskKit, account: Account, provider: FakeProvider
) -> None:
    fail(desk_kit, account, ChannelFault.NETWORK)
    attempt = desk_kit.desk.sign_in.begin(account.id, desk_kit.ann)
    provider.attempts[0].answer("fresh")
    attempt.wait(5)
    after = health(desk_kit, account)
    assert (after.fault, after.next_try_at) == ("network", None)


def test_mb_03_a_mailbox_that_is_not_stored_yet_gets_its_secrets_handed_back(
    desk_kit: DeskKit, account: Account, provider: FakeProvider
) -> None:
    new = replace(account, id=0, address="new@desk.example")
    attempt = desk_kit.desk.sign_in.begin(new, desk_kit.ann, {"oauth_client_secret": "s3cret"})
    assert provider.attempts[0].account.secrets.get("oauth_client_secret") == "s3cret"
    assert provider.attempts[0].account.secrets.get("password") is None, "nobody else's secrets are in reach"
    provider.attempts[0].answer("fresh")
    found = attempt.wait(5)
    assert dict(found) == {"oauth": "fresh", "oauth_client_secret": "s3cret"}
    account_id = desk_kit.desk.mailboxes.add(new, found, desk_kit.ann)
    assert desk_kit.secrets[account_id].values == dict(found)


def test_a_new_client_secret_is_kept_only_when_the_provider_took_it(
    desk_kit: DeskKit, account: Account, provider: FakeProvider
) -> None:
    store = desk_kit.secrets[account.id]
    store.set("oauth_client_secret", "old")
    attempt = desk_kit.desk.sign_in.begin(account.id, desk_kit.ann, {"oauth_client_secret": "wrong"})
    provider.attempts[0].refuse("unknown client")
    with pytest.raises(ChannelError, match="unknown client"):
        attempt.wait(5)
    assert store.values["oauth_client_secret"] == "old"
    assert "oauth" not in store.values
    again = desk_kit.desk.sign_in.begin(account.id, desk_kit.ann, {"oauth_client_secret": "right"})
    provider.attempts[1].answer("fresh")
    again.wait(5)
    assert (store.values["oauth_client_secret"], store.values["oauth"]) == ("right", "fresh")


def test_nobody_comes_or_somebody_cancels(desk_kit: DeskKit, account: Account, provider: FakeProvider) -> None:
    fail(desk_kit, account, ChannelFault.CONSENT)
    with pytest.raises(ChannelError, match="in time"):
        desk_kit.desk.sign_in.begin(account.id, desk_kit.ann).wait(0.01)
    attempt = desk_kit.desk.sign_in.begin(account.id, desk_kit.ann)
    caught: list[ChannelError] = []

    def wait(attempt: SignInAttempt) -> None:
        try:
            attempt.wait(30)
        except ChannelError as error:
            caught.append(error)

    thread = threading.Thread(target=wait, args=(attempt,))
    thread.start()
    attempt.cancel()
    thread.join(10)
    assert [error.fault for error in caught] == [ChannelFault.CONSENT]
    assert all(one.closed for one in provider.attempts)
    assert health(desk_kit, account).fault == "consent", "an alarm that nobody mended stays"


def test_a_mailbox_removed_meanwhile_gets_no_secrets(
    desk_kit: DeskKit, account: Account, provider: FakeProvider
) -> None:
    attempt = desk_kit.desk.sign_in.begin(account.id, desk_kit.ann)
    desk_kit.desk.mailboxes.remove(account.id, desk_kit.ann)
    provider.attempts[0].answer("fresh")
    with pytest.raises(LookupError, match="no mailbox"):
        attempt.wait(5)
    assert "oauth" not in desk_kit.secrets[account.id].values
    with pytest.raises(LookupError, match="no mailbox"):
        desk_kit.desk.sign_in.begin(account.id, desk_kit.ann)


def test_only_mailboxes_with_a_registration_are_signed_in_at_a_provider(
    desk_kit: DeskKit, account: Account, provider: FakeProvider
) -> None:
    assert desk_kit.desk.sign_in.possible(account)
    assert not desk_kit.desk.sign_in.possible(desk_kit.mailbox("by-password@desk.example"))


def test_a_channel_without_such_a_sign_in_says_so(desk_kit: DeskKit) -> None:
    with pytest.raises(ChannelError, match="no sign-in"):
        desk_kit.desk.sign_in.begin(desk_kit.mailbox("a@desk.example").id, desk_kit.ann)


# -- the keychain -----------------------------------------------------------------------------------------------------

Keychain = Callable[[Callable[[], None]], Desk]


@pytest.fixture
def with_keychain(desk_kit: DeskKit, database: Database, account: Account, tmp_path: Path) -> Keychain:
    """Return a function that opens the same desk with a keychain that asks the person like this."""

    def make(unlock: Callable[[], None]) -> Desk:
        return build_desk(
            database,
            lambda i: desk_kit.secrets.setdefault(i, MemorySecrets()),
            channels=[desk_kit.channel],
            here=Surroundings(DeskPlace(tmp_path, database.url), unlock=unlock),
        )

    return make


def test_a_keychain_that_stays_locked_stops_a_sign_in_before_the_person_goes_to_the_browser(
    desk_kit: DeskKit, account: Account, provider: FakeProvider, with_keychain: Keychain
) -> None:
    def stays_locked() -> None:
        raise SecretError("the keychain stays locked")

    desk = with_keychain(stays_locked)
    for call in (
        lambda: desk.sign_in.begin(account.id, desk_kit.ann),
        lambda: desk.sign_in.unlock_keychain(desk_kit.ann),
    ):
        with pytest.raises(ChannelError, match="stays locked") as caught:
            call()
        assert caught.value.fault is ChannelFault.SECRET
    assert provider.attempts == []


def test_unlocking_lets_every_waiting_mailbox_try_again(
    desk_kit: DeskKit, account: Account, with_keychain: Keychain
) -> None:
    other = desk_kit.mailbox("other@desk.example")
    fail(desk_kit, account, ChannelFault.SECRET)
    fail(desk_kit, other, ChannelFault.SIGN_IN)
    asked: list[bool] = []
    with_keychain(lambda: asked.append(True)).sign_in.unlock_keychain(desk_kit.ann)
    assert asked == [True]
    assert (health(desk_kit, account).fault, health(desk_kit, account).next_try_at) == ("", None)
    left = health(desk_kit, other)
    assert left.fault == "sign_in", "a wrong password has nothing to do with the keychain"
    assert left.next_try_at is not None
    assert left.next_try_at - (left.attempted_at or left.next_try_at) > timedelta(minutes=1)
