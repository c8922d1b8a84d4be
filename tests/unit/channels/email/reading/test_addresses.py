"""Address headers (RFC 5322 3.4; mail.md 2, class 4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading.addresses import parse_addresses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@x.example", [("", "ann@x.example")]),
        ("Ann Berg <Ann@X.Example>", [("Ann Berg", "ann@x.example")]),
        ('"Berg, Ann" <ann@x.example>, bob@y.example', [("Berg, Ann", "ann@x.example"), ("", "bob@y.example")]),
        ("Berg, Ann <ann@x.example>", [("Berg, Ann", "ann@x.example")]),
        ("ann@x.example (Ann Berg)", [("Ann Berg", "ann@x.example")]),
        ("(comment (nested)) ann@x.example", [("comment (nested)", "ann@x.example")]),
        ("Team: ann@x.example, Bob <bob@y.example>;", [("", "ann@x.example"), ("Bob", "bob@y.example")]),
        ("undisclosed-recipients:;", []),
        ("Undisclosed recipients:", []),
        ("A: a@x.example;, B: b@x.example;", [("", "a@x.example"), ("", "b@x.example")]),
        ("a@x.example; b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
        ('"Ann <ann@x.example>', [("Ann", "ann@x.example")]),
        ('Ann "The Boss <ann@x.example>', [('Ann "The Boss', "ann@x.example")]),
        ("Ann <ann@x.example", [("Ann", "ann@x.example")]),
        ("<ann@x.example>", [("", "ann@x.example")]),
        ("<<ann@x.example>>", [("", "ann@x.example")]),
        ("Ann <mailto:ann@x.example>", [("Ann", "ann@x.example")]),
        ("Ann <@relay.example,@b.example:ann@x.example>", [("Ann", "ann@x.example")]),
        ("ann @ x.example", [("", "ann@x.example")]),
        ("Ann Berg ann@x.example", [("Ann Berg", "ann@x.example")]),
        ("a@x.example b@y.example", [("", "a@x.example"), ("", "b@y.example")]),
        ("ann@x.example <ann@x.example>", [("ann@x.example", "ann@x.example")]),
        ('"ann@x.example" <ann@x.example>', [("ann@x.example", "ann@x.example")]),
        ("Amazon", [("Amazon", "")]),
        ("root (Cron Daemon)", [("Cron Daemon", "root")]),
        ('"john doe"@x.example', [("", '"john doe"@x.example')]),
        ("jöhn@exämple.example", [("", "jöhn@exämple.example")]),
        ("=?utf-8?Q?M=C3=BCller,_Hans?= <h@x.example>", [("Müller, Hans", "h@x.example")]),
        ('"=?utf-8?Q?M=C3=BCller?=" <h@x.example>', [("Müller", "h@x.example")]),
        ("=?utf-8?B?PGE+?= <h@x.example>", [("<a>", "h@x.example")]),
        ('"Ann \\"The Boss\\" Berg" <ann@x.example>', [('Ann "The Boss" Berg', "ann@x.example")]),
        (", ,ann@x.example,,", [("", "ann@x.example")]),
        ("ann@x.example.", [("", "ann@x.example")]),
        ("Mary <mary@[192.0.2.1]>", [("Mary", "mary@[192.0.2.1]")]),
        ("", []),
        ("   ", []),
        ("(only a comment)", []),
    ],
)
def test_addresses_as_people_write_them_mail_2_4(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(a.name, a.email) for a in parse_addresses(text)] == expected


def test_two_thousand_recipients_are_all_there() -> None:
    text = ", ".join(f'"Person, {n}" <p{n}@x.example>' for n in range(2000))
    found = parse_addresses(text)
    assert len(found) == 2000
    assert found[-1].name == "Person, 1999"


@pytest.mark.parametrize("junk", ["(", '"', "<", "@", "a:", '\\"', "a,", "=?", "<a@b", "((", "a (", ")"])
def test_repeated_rubbish_is_read_in_one_pass(junk: str) -> None:
    for address in parse_addresses(junk * 20_000)[:5]:
        assert isinstance(address.email, str)


@given(st.text(alphabet='ab@.<>()",;:\\ =?', max_size=80))
def test_any_text_gives_clean_addresses(text: str) -> None:
    for address in parse_addresses(text):
        assert "\n" not in address.email
        assert address.email == address.email.lower()
