"""`account add --oauth` and `account sign-in`, with a real IMAP server and a browser that says yes or no (MB-03,
MB-04)."""

from __future__ import annotations

import io
import json
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk_app.channels.email import oauth_providers
from desk_app.cli.exits import Exit
from desk_app.runtime.command import main
from tests.support.desks import mail
from tests.support.dovecot import DovecotServer
from tests.support.token_server import TokenServer

pytestmark = pytest.mark.dovecot
CLIENT_SECRET = "GOCSPX-of-the-registration"


class Terminal:
    """Runs `desk-app` at a desk whose provider and browser are ours. `answer` changes what the browser brings back."""

    def __init__(
        self,
        data: Path,
        dovecot: DovecotServer,
        tokens: TokenServer,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.dovecot, self.tokens = dovecot, tokens
        self.user = dovecot.user()
        tokens.mint = lambda: dovecot.token(self.user)
        self.answer: dict[str, str] | None = {}
        self.opened: list[str] = []
        self.everything = ""
        self.errors = ""
        self._data, self._capsys = data, capsys
        self._browsers: list[threading.Thread] = []
        ours = replace(oauth_providers.GOOGLE, authorize_url="https://accounts.example.org/auth", token_url=tokens.url)
        monkeypatch.setitem(oauth_providers.PROVIDERS, "google", ours)  # type: ignore[misc]
        monkeypatch.setattr(webbrowser, "open", self._open)
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        monkeypatch.setenv("DISPLAY", ":99")
        monkeypatch.setenv("OUR_SECRET", CLIENT_SECRET)

    def _open(self, url: str) -> bool:
        self.opened.append(url)
        if self.answer is not None:
            browser = threading.Thread(target=self.tokens.browse, args=(url,), kwargs=self.answer)
            browser.start()
            self._browsers.append(browser)
        return True

    def __call__(self, *words: str, expect: int = Exit.OK) -> str:
        place = ("--database", f"sqlite:///{self._data / 'desk.db'}", "--data", str(self._data))
        code = main([*words, *place, "--keychain", "sealed"])
        for browser in self._browsers:
            browser.join(10)
        captured = self._capsys.readouterr()
        self.everything += captured.out + captured.err
        self.errors = captured.err
        assert code == expect, f"{' '.join(words)}: exit {code}\n{captured.out}{captured.err}"
        return captured.out

    def json(self, *words: str, expect: int = Exit.OK) -> Any:
        return json.loads(self(*words, "--json", expect=expect))

    def add(self, *more: str, expect: int = Exit.OK) -> str:
        return self(
            *("account", "add", "shop@cli.example", "--imap", f"{self.dovecot.host}:{self.dovecot.port}"),
            *("--imap-security", "none", "--imap-user", self.user, "--oauth", "google", "--client-id", "client-1"),
            *("--import", "none", *more),
            expect=expect,
        )


@pytest.fixture
def terminal(
    tmp_path: Path,
    dovecot: DovecotServer,
    token_server: TokenServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "data", dovecot, token_server, capsys, monkeypatch)
    yield made
    for secret in (CLIENT_SECRET, "refresh-"):
        assert secret not in made.everything
        for file in tmp_path.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), f"a secret stands in {file}"


def test_mb_03_a_mailbox_is_added_through_the_browser_and_fetched(terminal: Terminal) -> None:
    out = terminal.add("--client-secret-env", "OUR_SECRET")
    assert terminal.opened[0] in out
    assert "Added mailbox 1" in out
    assert terminal.tokens.forms[0]["client_secret"] == CLIENT_SECRET
    terminal.dovecot.append(terminal.user, "INBOX", mail())
    assert terminal.json("sync", "--once")["accounts"][0]["created"] == 1


def test_mb_04_a_dead_permission_shows_everywhere_and_a_sign_in_sets_it_right(terminal: Terminal) -> None:
    terminal.add()
    mint = terminal.tokens.mint
    terminal.tokens.mint = lambda: terminal.dovecot.token(terminal.user, expires_in=-60)
    terminal("account", "sign-in", "shop@cli.example")
    terminal.tokens.refresh_token = "withdrawn"
    assert terminal.json("sync", "--once", expect=Exit.NETWORK)["accounts"][0]["fault"] == "consent"
    listed = terminal.json("account", "list")["accounts"][0]
    assert (listed["alarm"], listed["health"]["fault"]) == (True, "consent")
    assert "ALARM: consent" in terminal("account", "list")
    assert "account sign-in 1" in terminal.errors
    assert "account sign-in 1" in terminal("doctor", expect=Exit.FAILED)

    terminal.tokens.mint = mint
    done = terminal.json("account", "sign-in", "1")
    assert done == {"account_id": 1, "address": "shop@cli.example", "signed_in": True}
    assert terminal.opened[-1] in terminal.errors, "JSON stands alone in the output"
    healed = terminal.json("account", "list")["accounts"][0]
    assert (healed["alarm"], healed["health"]["fault"]) == (False, "")
    assert terminal.json("sync", "--once")["accounts"][0]["fault"] == ""


def test_a_person_who_declines_adds_nothing(terminal: Terminal) -> None:
    terminal.answer = {"code": "", "error": "access_denied"}
    terminal.add(expect=Exit.NETWORK)
    assert "access_denied" in terminal.errors
    assert terminal.json("account", "list")["accounts"] == []


def test_nobody_comes_and_no_browser_is_opened_where_none_is_wanted(terminal: Terminal) -> None:
    out = terminal.add("--no-browser", "--wait-seconds", "0.3", expect=Exit.NETWORK)
    assert "https://accounts.example.org/auth?" in out
    assert terminal.opened == []
    assert "in time" in terminal.errors


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--oauth", "google"), "--client-id"),
        (("--oauth", "google", "--client-id", "c", "--password-stdin"), "Choose one"),
        (("--oauth", "google", "--client-id", "c", "--tenant", "t"), "--tenant belongs"),
        (("--oauth", "google", "--client-id", "c", "--client-secret-env", "NOT_SET"), "NOT_SET"),
        (("--client-id", "c", "--password-stdin"), "belong to --oauth"),
    ],
)
def test_options_that_do_not_fit_are_named(terminal: Terminal, words: tuple[str, ...], complaint: str) -> None:
    terminal("account", "add", "a@b.example", "--imap", "127.0.0.1", *words, expect=Exit.USAGE)
    assert complaint in terminal.errors


def test_a_mailbox_with_a_password_is_not_signed_in_at_a_provider(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_OF_IT", "x")
    place = ("--imap", "127.0.0.1", "--no-test", "--password-env", "PASSWORD_OF_IT")
    terminal("account", "add", "a@b.example", *place)
    terminal("account", "sign-in", "a@b.example", expect=Exit.USAGE)
    assert "by password" in terminal.errors
    terminal("account", "sign-in", "nobody", expect=Exit.NOT_FOUND)
