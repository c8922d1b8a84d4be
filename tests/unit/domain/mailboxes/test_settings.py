"""The settings of a mailbox, checked before anything is asked of a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desk_app.domain.mailboxes.settings import (
    EmailSettings,
    OAuthSettings,
    Security,
    SentCopy,
    ServerSettings,
    SettingsError,
    SignIn,
)

IMAP = {"host": "imap.example.org", "port": 993, "user": "ann"}


def test_what_is_stored_is_read_back() -> None:
    settings = EmailSettings(
        imap=ServerSettings("imap.example.org", 993, user="ann", sign_in=SignIn.OAUTH2),
        smtp=ServerSettings("smtp.example.org", 587, Security.STARTTLS, "ann", accepted_certificates=("ab" * 32,)),
        folders=("INBOX", "Entwürfe"),
        sent_folder="Sent",
        sent_copy=SentCopy.ALWAYS,
        oauth=OAuthSettings("microsoft", "id", "contoso"),
    )
    assert EmailSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


def test_defaults_are_those_of_an_encrypted_inbox() -> None:
    settings = EmailSettings.from_json({"imap": IMAP})
    assert settings.imap is not None
    assert settings.imap.security is Security.TLS
    assert settings.folders == ("INBOX",)


def test_names_are_put_in_order() -> None:
    data = {"imap": {**IMAP, "host": " imap.example.org. ", "accepted_certificates": ["AB:" * 31 + "AB"]}}
    settings = EmailSettings.from_json({**data, "folders": ["inbox", "Inbox", "Other"]})
    assert settings.folders == ("INBOX", "Other")
    assert settings.imap is not None
    assert settings.imap.host == "imap.example.org"
    assert settings.imap.accepted_certificates == ("ab" * 32,)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "imap"),
        ({"imap": IMAP, "folders": []}, "folders"),
        ({"imap": IMAP, "folders": "INBOX"}, "folders"),
        ({"imap": IMAP, "folders": [""]}, "folders"),
        ({"imap": IMAP, "folders": ["a\r\nb"]}, "folders"),
        ({"imap": IMAP, "password": "x"}, "password"),
        ({"imap": {**IMAP, "password": "x"}}, "imap.password"),
        ({"imap": {**IMAP, "port": "993"}}, "imap.port"),
        ({"imap": {**IMAP, "port": True}}, "imap.port"),
        ({"imap": {**IMAP, "port": 0}}, "imap.port"),
        ({"imap": {**IMAP, "host": ""}}, "imap.host"),
        ({"imap": {**IMAP, "host": "https://x"}}, "imap.host"),
        ({"imap": {**IMAP, "security": "ssl"}}, "imap.security"),
        ({"imap": {**IMAP, "user": ""}}, "imap.user"),
        ({"imap": {**IMAP, "user": "a\nb"}}, "imap.user"),
        ({"imap": {**IMAP, "accepted_certificates": ["ab"]}}, "imap.accepted_certificates"),
        ({"imap": {**IMAP, "accepted_certificates": "ab"}}, "imap.accepted_certificates"),
        ({"imap": {**IMAP, "sign_in": "oauth2"}}, "oauth"),
        ({"imap": [], "smtp": None}, "imap"),
        ({"imap": IMAP, "oauth": {"provider": "google", "client_id": " "}}, "oauth.client_id"),
        ({"imap": IMAP, "oauth": {"provider": "", "client_id": "x"}}, "oauth.provider"),
        ({"imap": IMAP, "oauth": {"provider": "microsoft", "client_id": "x", "tenant": "a/../b"}}, "oauth.tenant"),
        (
            {"smtp": {**IMAP, "user": "", "sign_in": "oauth2"}, "oauth": {"provider": "google", "client_id": "x"}},
            "smtp.user",
        ),
    ],
)
def test_a_mistake_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError) as caught:
        EmailSettings.from_json(data)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("host", "choice", "wanted"),
    [
        ("smtp.gmail.com", SentCopy.AUTO, False),
        ("SMTP.office365.com", SentCopy.AUTO, False),
        ("smtp.office365.com", SentCopy.ALWAYS, True),
        ("smtp.example.org", SentCopy.AUTO, True),
        ("smtp.example.org", SentCopy.NEVER, False),
        ("notgmail.com", SentCopy.AUTO, True),
    ],
)
def test_mb_16_copies_are_left_to_providers_that_make_them(host: str, choice: SentCopy, *, wanted: bool) -> None:
    imap = ServerSettings("imap.example.org", 993, user="ann")
    assert EmailSettings(imap=imap, smtp=ServerSettings(host, 465), sent_copy=choice).wants_sent_copy is wanted
    assert EmailSettings(smtp=ServerSettings(host, 465), sent_copy=choice).wants_sent_copy is False
