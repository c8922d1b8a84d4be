"""What a search text means."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.search.query import FilterClause, SearchQuery, TextClause, TextField, parse

ANY, SUBJECT, SENDER, RECIPIENTS = TextField.ANY, TextField.SUBJECT, TextField.SENDER, TextField.RECIPIENTS


def _word(word: str, field: TextField = ANY) -> TextClause:
    return TextClause((word,), field, open_end=True, parts=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SearchQuery()),
        ("  !!! ", SearchQuery()),
        ("Paid invoice", SearchQuery((_word("paid"), _word("invoice")))),
        ("paid paid", SearchQuery((_word("paid"),))),
        ('"Paid Invoice"', SearchQuery((TextClause(("paid", "invoice")),))),
        ('"unclosed phrase', SearchQuery((TextClause(("unclosed", "phrase")),))),
        ("„paid invoice“", SearchQuery((TextClause(("paid", "invoice")),))),
        ("-spam", SearchQuery((TextClause(("spam",), excluded=True),))),
        ('-"a b"', SearchQuery((TextClause(("a", "b"), excluded=True),))),
        ("a-b", SearchQuery((TextClause(("a", "b"), open_end=True),))),
        ("a - b", SearchQuery((_word("a"), _word("b")))),
        ("x@y.org", SearchQuery((TextClause(("x", "y", "org"), open_end=True),))),
        ("東京都", SearchQuery((TextClause(("東京", "京都"), open_end=True),))),
        ("東", SearchQuery((_word("東"),))),
        ("from:Ana", SearchQuery((_word("ana", SENDER),))),
        ("FROM:ana", SearchQuery((_word("ana", SENDER),))),
        ('to:"b c"', SearchQuery((TextClause(("b", "c"), RECIPIENTS),))),
        ("-subject:x", SearchQuery((TextClause(("x",), SUBJECT, excluded=True),))),
        ("from: ana", SearchQuery((_word("from"), _word("ana")))),
        ("colour:red", SearchQuery((_word("colour"), _word("red")))),
        ("http://x.org", SearchQuery((_word("http"), TextClause(("x", "org"), open_end=True)))),
        ("is:Open", SearchQuery(filters=(FilterClause("is", "open"),))),
        ('in:"My Box" -tag:VIP', SearchQuery(filters=(FilterClause("in", "my box"), FilterClause("tag", "vip", True)))),
        ("has:attachment", SearchQuery(filters=(FilterClause("has", "attachment"),))),
        ("assignee:me", SearchQuery(filters=(FilterClause("assignee", "me"),))),
        ("after:2026-03-01", SearchQuery(after_on=date(2026, 3, 1))),
        ("before:2026/3", SearchQuery(before_on=date(2026, 3, 1))),
        ("after:2025 after:2026", SearchQuery(after_on=date(2026, 1, 1))),
        ("-before:2026-02-01", SearchQuery(after_on=date(2026, 2, 1))),
        ("before:2026-02-31", SearchQuery((_word("before"), TextClause(("2026", "02", "31"), open_end=True)))),
    ],
)
def test_sr_02_search_texts(text: str, expected: SearchQuery) -> None:
    assert parse(text) == expected
    assert parse(text).empty == (expected == SearchQuery())


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    query = parse(text)
    assert all(clause.words for clause in query.texts)


@given(st.text(alphabet="ab:-\"@. '", max_size=40))
def test_reading_punctuation_never_fails(text: str) -> None:
    parse(text)


def test_endless_texts_are_cut() -> None:
    assert len(parse("a1 b2 c3 d4 " * 100_000).texts) == 4
    assert len(parse(" ".join(f"w{n}" for n in range(1000))).texts) == 24
    parse('"' * 100_000 + "-" * 100_000 + ":" * 100_000)
