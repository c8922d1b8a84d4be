"""Search: the same answers on both databases (SR-01, SR-02, SR-04)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from desk_app.domain.messages.model import Address, AddressRole
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket, Priority, StatusCategory
from desk_app.domain.tickets.query import PageKey, TicketQuery
from desk_app.services.ports.messages import StoredAttachment
from desk_app.storage.database import Database
from desk_app.storage.search import search as search_module
from desk_app.storage.search.index import tsvector
from desk_app.storage.search.terms import MAX_TERMS
from tests.unit.storage.samples import account, message, ticket

ANYWHERE = tuple(Bucket)


def _desk(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow, "sales@example.net", name="Sales")
        ana = uow.people.add_agent(Agent(0, "ana", "Ana Smith", "ana@desk.example"), [1])
        one = ticket(uow, subject="Overdue invoice", assignee_id=ana, mailbox_ids=(box,), has_attachments=True)
        message(
            uow,
            one,
            "Please pay the overdue invoice INV-2026-0042 soon. Call +62 812-3456-789.",
            attachments=(StoredAttachment("Rechnung_März.pdf", "application/pdf", 1, "0" * 64),),
            sent_at=datetime(2026, 1, 10, 11, 30, tzinfo=UTC),
        )
        two = ticket(uow, subject="Café déjà vu", priority=Priority.URGENT, last_inbound_id=1)
        message(
            uow,
            two,
            "Die Straße und die Überweisung; łódź. invoice overdue",
            author_email="eve@customer.co.id",
            author_name="Eve Müller",
            sent_at=datetime(2026, 2, 10, 11, 30, tzinfo=UTC),
        )
        three = ticket(uow, subject="東京都庁への請求書", category=StatusCategory.CLOSED, status_id=5)
        message(
            uow,
            three,
            "請求書を送ってください。 สวัสดีครับ 안녕하세요 reinvoiced",
            addresses=((AddressRole.CC, Address("Warehouse", "depot@example.org")),),
            sent_at=datetime(2026, 3, 10, 11, 30, tzinfo=UTC),
        )
        uow.tickets.set_tags(three.id, ["vip"])
        four = ticket(uow, subject="Spam", spam=True)
        message(uow, four, "cheap invoice")
        uow.commit()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("invoice", [4, 3, 2, 1]),  # 3: part of a word
        ("INVOICE Overdue", [2, 1]),
        ('"overdue invoice"', [1]),
        ('"invoice overdue"', [2]),
        ("“overdue invoice”", [1]),
        ("invoice -overdue", [4, 3]),
        ('invoice -"overdue invoice"', [4, 3, 2]),
        ("-invoice", [3]),  # the word itself; "reinvoiced" is another
        ("cafe", [2]),
        ("DÉJÀ", [2]),
        ("strasse", [2]),
        ("uberweis", [2]),
        ("lodz", [2]),
        ("請求", [3]),
        ("東京", [3]),
        ("京都", [3]),
        ("東", [3]),
        ("書", [3]),
        ("大阪", []),
        ("สวัสดี", [3]),
        ("안녕", [3]),
        ("INV-2026-0042", [1]),
        ("2026-0042", [1]),
        ("0042", [1]),
        ("004", [1]),
        ("628123456789", [1]),
        ("8123456", [1]),
        ("812-3456", [1]),
        ("eve@customer.co.id", [2]),
        ("customer.co", [2]),
        ("custom", [2]),
        ("rechnung_marz.pdf", [1]),
        ("marz", [1]),
        ("from:eve", [2]),
        ("from:müller", [2]),
        ("from:invoice", []),
        ("to:depot@example.org", [3]),
        ("to:warehouse", [3]),
        ("subject:invoice", [1]),
        ('subject:"overdue invoice"', [1]),
        ("subject:東京", [3]),
        ("in:closed", [3]),
        ("in:closed invoice", [3]),
        ("in:spam invoice", [4]),
        ("in:sales", [1]),
        ("in:sales@example.net overdue", [1]),
        ("in:support -in:spam invoice", [3, 2, 1]),
        ("in:nowhere invoice", []),
        ("is:urgent", [2]),
        ("priority:urgent", [2]),
        ("-Priority:urgent overdue", [1]),
        ("status:closed invoice", [3]),
        ("is:resolved", []),
        ("-is:urgent overdue", [1]),
        ("is:unread invoice", [2]),
        ("is:read overdue", [1]),
        ("is:unassigned overdue", [2]),
        ("is:assigned overdue", [1]),
        ("tag:VIP", [3]),
        ("-tag:vip invoice", [4, 2, 1]),
        ("assignee:me", [1]),
        ("assignee:smith overdue", [1]),
        ("assignee:ana@desk.example", [1]),
        ("assignee:none overdue", [2]),
        ("assignee:stranger", []),
        ("has:attachment", [1]),
        ("has:attachments overdue", [1]),
        ("has:money", []),
        ("invoice before:2026-02-01", [1]),
        ("invoice after:2026-02 before:2026-03", [4, 2]),
        ("invoice after:2026-03-10", [3]),
        ("before:nonsense", []),
        ("priority:overdue", []),
        ("soon: pay", [1]),
        ("!!!", []),
        ("i", []),
    ],
)
def test_sr_02_operators_and_sr_04_parts_of_words(database: Database, text: str, found: list[int]) -> None:
    _desk(database)
    query = TicketQuery(buckets=ANYWHERE, search=text)
    if text == "invoice after:2026-02 before:2026-03":
        found = [2]  # 4 was written on 2 March
    if text == "!!!":
        found = [4, 3, 2, 1]  # nothing was asked: an ordinary list, newest activity first
    assert [row.id for row in database.ticket_queries.page(query, agent_id=1).rows] == found


def test_sr_02_a_day_begins_where_the_reader_is(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.unit_of_work() as uow:
        for subject, hour in (("early", 16), ("late", 18)):  # midnight in Jakarta is 17:00
            message(uow, ticket(uow, subject=subject), "invoice", sent_at=datetime(2026, 3, 9, hour, tzinfo=UTC))
        uow.commit()

    def found(text: str) -> list[str]:
        rows = database.ticket_queries.page(TicketQuery(buckets=ANYWHERE, search=text), agent_id=1).rows
        return [row.subject for row in rows]

    monkeypatch.setenv("TZ", "Asia/Jakarta")
    time.tzset()
    try:
        assert found("invoice after:2026-03-10") == ["late"]
        assert found("invoice before:2026-03-10") == ["early"]
        assert found("invoice after:0001-01-01 before:9999-12-31") == ["late", "early"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_search_stays_in_the_lists_buckets_unless_it_names_some(database: Database) -> None:
    _desk(database)
    queries = database.ticket_queries
    assert list(queries.ids(TicketQuery(search="invoice"))) == [2, 1]
    assert list(queries.ids(TicketQuery(search="invoice in:closed"))) == [3]
    assert list(queries.ids(TicketQuery(buckets=(), search="invoice"))) == [3, 2, 1]
    assert list(queries.ids(TicketQuery(search="invoice", account_id=1))) == [1]
    assert list(queries.ids(TicketQuery(search="assignee:me"), agent_id=1)) == [1]
    assert list(queries.ids(TicketQuery(search="assignee:me"))) == []


def test_each_ticket_comes_once_by_its_newest_match(database: Database) -> None:
    with database.unit_of_work() as uow:
        tickets = [ticket(uow, subject=f"t{number}") for number in range(6)]
        for number in range(30):
            message(uow, tickets[number % 6], "zebra" if number < 24 else "zebra once more")
        message(uow, tickets[0], "nothing of the kind")
        uow.commit()
    expected = [item.id for item in reversed(tickets)]
    walked: list[int] = []
    after: PageKey | None = None
    for text in ("zebra", "-giraffe zebra"):
        walked, after = [], None
        while True:
            page = database.ticket_queries.page(TicketQuery(search=text), agent_id=None, limit=2, after=after)
            walked += [row.id for row in page.rows]
            after = page.next
            if after is None:
                break
        assert walked == expected
    pages = database.ticket_queries.page(TicketQuery(search="-giraffe"), agent_id=None, limit=2)
    assert [row.id for row in pages.rows] == [tickets[0].id, tickets[5].id]
    more = database.ticket_queries.page(TicketQuery(search="-giraffe"), agent_id=None, limit=9, after=pages.next)
    assert [row.id for row in more.rows] == [item.id for item in reversed(tickets[1:5])]


def test_database_5_common_words_are_walked_backwards_not_collected(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk_app.storage.search.candidates.FEW", 5)
    monkeypatch.setattr("desk_app.storage.search.candidates._FIRST_WINDOW", 4)
    monkeypatch.setattr("desk_app.storage.search.candidates._FIRST_BATCH", 3)
    with database.unit_of_work() as uow:
        tickets = [ticket(uow) for _ in range(20)]
        for number, item in enumerate(tickets):
            message(uow, item, "common" if number % 2 else "other")
        uow.commit()
    expected = [item.id for number, item in enumerate(tickets) if number % 2][::-1]
    assert list(database.ticket_queries.ids(TicketQuery(search="common"))) == expected


def test_sr_01_a_search_that_takes_too_long_goes_on_with_the_next_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "search", search_module.search)
    monkeypatch.setattr("desk_app.storage.search.candidates.FEW", 2)
    monkeypatch.setattr("desk_app.storage.search.candidates._FIRST_WINDOW", 4)
    monkeypatch.setattr("desk_app.storage.search.candidates._LARGEST_WINDOW", 4)
    monkeypatch.setattr("desk_app.storage.search.candidates._FIRST_BATCH", 4)
    monkeypatch.setattr("desk_app.storage.search.candidates._LARGEST_BATCH", 4)
    with database.unit_of_work() as uow:
        tickets = [ticket(uow) for _ in range(15)]
        for item in tickets:
            message(uow, item, "common")
        uow.commit()
    walked: list[int] = []
    after: PageKey | None = None
    partial = 0
    with database._connections.reading() as connection:
        while True:
            found = search_module.search(
                connection, TicketQuery(search="common"), agent_id=None, limit=50, after=after, budget_seconds=-1.0
            )
            walked += found.ids
            partial += found.partial
            after = found.next
            if after is None:
                break
    assert walked == [item.id for item in reversed(tickets)]
    assert partial > 2


def test_a_word_with_too_many_longer_forms_still_finds_all_word_beginnings(database: Database) -> None:
    with database.unit_of_work() as uow:
        item = ticket(uow)
        for start in range(0, MAX_TERMS + 50, 50):
            message(uow, item, " ".join(f"abc{number}" for number in range(start, start + 50)))
        last = ticket(uow)
        message(uow, last, "abczzz")
        short = ticket(uow)
        message(uow, short, "ab")
        uow.commit()
    queries = database.ticket_queries
    assert list(queries.ids(TicketQuery(search="abc"))) == [last.id, item.id]
    assert list(queries.ids(TicketQuery(search="ab"))) == [short.id, last.id, item.id]
    assert list(queries.ids(TicketQuery(search="zzz"))) == [last.id]


def test_very_long_texts_and_hostile_words_are_indexed(database: Database) -> None:
    with database.unit_of_work() as uow:
        item = ticket(uow)
        message(uow, item, "a'b\"c\\d :* & | ! <-> (x) \x00\ud83d NEAR OR NOT AND {subject}: x*")
        message(uow, item, "same " * 40_000 + " ".join(f"w{number}" for number in range(20_000)))
        message(uow, item, "x" * 300_000)
        uow.commit()
    queries = database.ticket_queries
    for text in ("near", '"NOT AND"', "a'b", "same", "xxx", "{subject}", "'", '"', "-", ":", "*", "a:b:c"):
        queries.ids(TicketQuery(search=text))
    assert list(queries.ids(TicketQuery(search='"not and"'))) == [item.id]


def test_a_tsvector_keeps_fields_apart() -> None:
    from desk_app.domain.search import index_fields

    fields = index_fields(
        subject="one", sender=["two"], recipients=["three"], text="four one", attachment_names=["five.pdf"]
    )
    assert tsvector(fields) == "'one':1A,29D 'two':10B 'three':19C 'four':28D 'five':30D 'pdf':31D"


def test_ui_4_10_a_hit_says_where_in_the_ticket_the_words_stand(database: Database) -> None:
    with database.unit_of_work() as uow:
        one, two, three = ticket(uow), ticket(uow), ticket(uow, subject="Refund")
        message(uow, one, "I wait for my refund since March, please hurry.")
        message(uow, one, "Anything new?")
        message(uow, two, "The older refund.")
        message(uow, two, "The newest refund of all.")
        message(uow, three, "Hello.")
        uow.commit()
    hits = database.ticket_queries.hits([one.id, two.id, three.id], "refund is:open -spam")
    assert hits == {one.id: "I wait for my refund since March, please hurry.", two.id: "The newest refund of all."}
    assert database.ticket_queries.hits([one.id], "is:open") == {}
