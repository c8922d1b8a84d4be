"""Words of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.search.analysis import MAX_TOKEN_LENGTH, MAX_TOKENS, analyze, joined_numbers
from desk_app.domain.search.document import FIELDS, index_fields


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Hello, World!", ["hello", "world"]),
        ("snake_case", ["snake", "case"]),
        ("Ünïcödé ÇA", ["unicode", "ca"]),
        ("Straße ŁÓDŹ Ærø", ["strasse", "lodz", "aero"]),
        ("ﬁne Ｆｕｌｌ", ["fine", "full"]),
        ("jane.doe@example.co.id", ["jane", "doe", "example", "co", "id"]),
        ("INV-2026/0042", ["inv", "2026", "0042"]),
        ("東京都", ["東京", "京都", "都"]),
        ("東", ["東"]),
        ("iPhone東京15", ["iphone", "東京", "京", "15"]),
        ("안녕", ["안녕", "녕"]),
        ("ガラス", ["ガラ", "ラス", "ス"]),
        ("ｶﾞﾗｽ", ["ガラ", "ラス", "ス"]),
        ("ПРИВЕТ ёж", ["привет", "еж"]),
        ("مُحَمَّد", ["محمد"]),
        ("שָׁלוֹם", ["שלום"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("١٢٣", ["١٢٣"]),
    ],
)
def test_sr_04_text_becomes_words(text: str, words: list[str]) -> None:
    assert analyze(text) == words


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("call +62 812-3456-789 now", ["628123456789"]),
        ("(021) 555 0100 ext. 7", ["0215550100"]),
        ("total 1.250.000,00", ["125000000"]),
        ("12345678", []),
        ("1 2", []),
        ("1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0-1-2-3", []),
    ],
)
def test_sr_04_numbers_in_groups_are_found_as_one(text: str, numbers: list[str]) -> None:
    assert joined_numbers(text) == numbers


@given(st.text())
def test_words_hold_nothing_that_separates_words(text: str) -> None:
    words = analyze(text)
    assert words == analyze(text)
    for word in words:
        assert word
        assert len(word) <= MAX_TOKEN_LENGTH
        assert not set(word) & set(" '\"\\:*&|!()<>,\x00\x1f{}^+-")
        word.encode()


@given(st.text(alphabet=st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F)))
def test_case_does_not_matter(text: str) -> None:
    assert analyze(text.upper()) == analyze(text.upper().lower())


@given(st.lists(st.text(), max_size=5))
def test_any_parts_give_a_document(parts: list[str]) -> None:
    fields = index_fields(subject="s", sender=parts, recipients=parts, text=" ".join(parts), attachment_names=parts)
    assert len(fields.by_field()) == len(FIELDS)


def test_long_texts_are_capped() -> None:
    assert len(analyze("a " * 300_000)) == MAX_TOKENS
    assert analyze("x" * 500) == ["x" * MAX_TOKEN_LENGTH]
