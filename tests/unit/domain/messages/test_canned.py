"""Which canned responses are offered, and in what order (CO-06, CO-07)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.canned import CannedResponse, clean_folder, export_json, offered, read_export

HELLO = CannedResponse(1, "Hello", "Good day", folder="Greetings", use_count=1)
REFUND = CannedResponse(2, "Refund sent", "The money is on its way", folder="Money", use_count=9)
HOLA = CannedResponse(3, "Hello again", "Buenos días", folder="Greetings", language="es", use_count=5)
SALES = CannedResponse(4, "Offer", "We refund nothing", folder="Sales", department_id=7, use_count=2)
ALL = (HELLO, REFUND, HOLA, SALES)


def ids(*args: str, **kwargs: object) -> list[int]:
    return [one.id for one in offered(ALL, *args, **kwargs)]  # type: ignore[arg-type]


def test_co_06_title_before_text_and_often_used_first() -> None:
    assert ids("refund") == [2, 4]
    assert ids() == [2, 3, 4, 1]
    assert ids("REF sent") == [2]
    assert ids("greet") == [3, 1]
    assert ids("nonsense") == []


def test_co_06_departments_and_languages_of_the_ticket() -> None:
    assert 4 not in ids(department_id=1)
    assert 4 in ids(department_id=7)
    assert ids("hello", language="es") == [3, 1]
    assert ids("hello", language="en") == [1, 3]


@given(st.text(max_size=40))
def test_whatever_is_typed_only_what_holds_every_word_is_offered(typed: str) -> None:
    for one in offered(ALL, typed):
        hay = f"{one.folder} {one.title} {one.text}".casefold()
        assert all(word in hay for word in typed.casefold().split())


@given(st.text(alphabet="ab/ ", max_size=30))
def test_a_folder_is_clean_once_and_for_all(folder: str) -> None:
    once = clean_folder(folder)
    assert clean_folder(once) == once
    assert "//" not in once
    assert not once.startswith(("/", " "))


@given(st.lists(st.tuples(st.text(min_size=1).filter(str.strip), st.text(), st.text()), max_size=5))
def test_an_export_reads_back(items: list[tuple[str, str, str]]) -> None:
    responses = [CannedResponse(0, title, text, folder=folder) for title, text, folder in items]
    assert read_export(export_json(responses)) == responses
