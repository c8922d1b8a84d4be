"""The language of canned responses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.guards import Conversation, Guard, Outgoing, objections
from desk_app.domain.messages.placeholders import NAMES, fill, unknown

VALUES = {"customer.name": "Bob Ray", "customer.first_name": "", "ticket.number": "HD-7", "agent.name": "<Ann> & co"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Dear {{customer.name}}, {{ ticket.number }}", "Dear Bob Ray, HD-7"),
        ('Dear {{customer.first_name|default:"customer"}}', "Dear customer"),
        ("{{customer.name | first | upper}}", "BOB"),
        ("Dear {{customer.first_name}}", "Dear {{customer.first_name}}"),
        ("{{nothing.known}} {{customer.name|evil}}", "{{nothing.known}} {{customer.name|evil}}"),
        ("{{}} {{ }} { {x} }", "{{}} {{ }} { {x} }"),
    ],
)
def test_filling_in(template: str, text: str) -> None:
    assert fill(template, VALUES).text == text


def test_values_are_escaped_in_html_and_never_read_again() -> None:
    assert fill("<p>{{agent.name}}</p>", VALUES, html=True).text == "<p>&lt;Ann&gt; &amp; co</p>"
    assert fill("{{a}}", {"a": "{{b}}", "b": "no"}).text == "{{b}}"
    assert fill("{{customer.name | default:&quot;you&quot;}}", {"customer.name": ""}, html=True).text == "you"


def test_what_is_left_is_told_and_stopped_before_sending() -> None:
    left = fill("{{customer.first_name}} {{x}} {{x}}", VALUES)
    assert left.missing == ("{{customer.first_name}}", "{{x}}")
    found = objections(Outgoing(to=(), subject="s", text=left.text), Conversation())
    assert [one.guard for one in found] == [Guard.PLACEHOLDER_LEFT]
    assert unknown("{{customer.name}} {{custmer.name}}") == ("{{custmer.name}}",)
    assert unknown(" ".join(f"{{{{{name}}}}}" for name in NAMES)) == ()


@given(st.text(alphabet='{}|: "abc.', max_size=200), st.text(max_size=10))
def test_any_template_is_filled_in_without_an_error(template: str, value: str) -> None:
    filled = fill(template, {"a": value, "a.b": value})
    assert all(one in template for one in filled.missing)


@given(st.text(alphabet="abc {}", max_size=40).filter(lambda text: "{{" not in text))
def test_text_without_placeholders_stays_as_it_is(text: str) -> None:
    assert fill(text, VALUES).text == text
