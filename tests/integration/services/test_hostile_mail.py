"""Mail with headers that no database index takes is stored all the same, on SQLite and on PostgreSQL (pains.md 2)."""

from __future__ import annotations

import random
import string

import pytest

from tests.support.desks import DeskKit, mail

_LETTERS = random.Random(7)  # text that does not compress, the same each time
LONG = "".join(_LETTERS.choice(string.ascii_lowercase + string.digits) for _ in range(9_000))


@pytest.mark.parametrize(
    ("from_", "headers", "email"),
    [
        ("Bob <bob@cust\x00omer.example>", "", "bob@cust\ufffdomer.example"),
        (f"Bob <{LONG}@customer.example>", "", ""),
        (f"Bob <bob@{LONG}.example>", "", ""),
        (f"{LONG} <bob@customer.example>", "", "bob@customer.example"),
        ("Bob <bob@customer.example>", f"Cc: {LONG}@x.example", "bob@customer.example"),
        ("Bob <bob@customer.example>", f"In-Reply-To: <{LONG}@x.example>", "bob@customer.example"),
    ],
    ids=["nul", "long mailbox", "long domain", "long name", "long copy", "long parent"],
)
def test_mb_12_a_mail_with_endless_or_broken_names_becomes_a_ticket(
    desk_kit: DeskKit, from_: str, headers: str, email: str
) -> None:
    box = desk_kit.mailbox("support@desk.example")
    counts = desk_kit.arrive(box, mail("Hello", subject="Odd", from_=from_, headers=headers), mail(subject="Plain"))
    assert (counts.created, counts.quarantined) == (2, 0)
    odd = next(one for one in desk_kit.tickets() if one.subject == "Odd")
    assert odd.requester_email == email
    if odd.requester_id is not None:
        people = desk_kit.desk.contact_queries
        assert people.rows([odd.requester_id])[0].email == email
    assert desk_kit.messages(odd.id)[0].visible_text.strip() == "Hello"
