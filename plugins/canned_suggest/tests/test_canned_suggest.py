"""It learns from solved tickets of this desk, in any language, and suggests for similar ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from desk_app.plugin_api.testing import TestDesk, TestPlugin

HERE = Path(__file__).resolve().parents[1]
ANSWERS = {
    "Parcel late": "We are sorry that your parcel is late. The carrier has found it, and it arrives within two days.",
    "Grinder setting": "For a cold brew choose the coarsest setting of the grinder and let it stand for twelve hours.",
    "Factura": "Le enviamos la factura corregida con el número de IVA correcto en un plazo de veinticuatro horas.",
}


@pytest.fixture
def suggest(desk: TestDesk) -> TestPlugin:
    for title, text in ANSWERS.items():
        desk.add_canned_response(title, text)
    return desk.activate(HERE)


def _memory(plugin: TestPlugin) -> Any:
    return sys.modules["desk_plugins.canned_suggest.memory"].Memory(plugin.ctx)


def _titles(plugin: TestPlugin, ticket_id: int) -> list[str]:
    return [one.canned.title for one in _memory(plugin).suggest(ticket_id)]


def test_what_solved_a_ticket_is_suggested_for_a_similar_one(desk: TestDesk, suggest: TestPlugin) -> None:
    first = desk.receive("Ann <ann@a.test>", "Delivery of order 81", "The courier tracking says lost in the depot.")
    assert "Parcel late" not in _titles(suggest, first)  # its own words are quite different
    desk.reply(first, f"Hello Ann,\n\n{ANSWERS['Parcel late']}\n\nBest wishes")
    desk.resolve(first)
    second = desk.receive("Bob <bob@b.test>", "Order 99", "My courier tracking says the box is lost in a depot!")
    found = _memory(suggest).suggest(second)
    assert found[0].canned.title == "Parcel late"
    assert found[0].times == 1
    assert 12 <= found[0].percent <= 100


def test_a_response_nobody_used_is_found_by_its_own_words(desk: TestDesk, suggest: TestPlugin) -> None:
    ticket_id = desk.receive("Ann <ann@a.test>", "Cold brew", "Which grinder setting for cold brew?")
    assert _titles(suggest, ticket_id)[0] == "Grinder setting"


def test_other_languages_work_the_same(desk: TestDesk, suggest: TestPlugin) -> None:
    ticket_id = desk.receive("Lucía <lu@c.test>", "Factura", "La factura tiene un número de IVA incorrecto.")
    assert _titles(suggest, ticket_id)[0] == "Factura"


def test_nothing_is_suggested_for_what_is_like_nothing(desk: TestDesk, suggest: TestPlugin) -> None:
    ticket_id = desk.receive("Ann <ann@a.test>", "Zeppelin", "Quixotic marmalade umbrellas.")
    assert _titles(suggest, ticket_id) == []


def test_an_open_ticket_teaches_nothing(desk: TestDesk, suggest: TestPlugin) -> None:
    first = desk.receive("Ann <ann@a.test>", "Delivery", "The courier tracking says lost in the depot.")
    desk.reply(first, ANSWERS["Parcel late"])
    second = desk.receive("Bob <bob@b.test>", "Box", "My courier tracking says the box is lost in a depot!")
    assert all(one.times == 0 for one in _memory(suggest).suggest(second))


def test_what_was_solved_before_is_caught_up_with_once(desk: TestDesk) -> None:
    for title, text in ANSWERS.items():
        desk.add_canned_response(title, text)
    first = desk.receive("Ann <ann@a.test>", "Delivery", "The courier tracking says lost in the depot.")
    desk.reply(first, ANSWERS["Parcel late"])
    desk.resolve(first)
    plugin = desk.activate(HERE)
    desk.run_job(plugin, "catch_up")
    second = desk.receive("Bob <bob@b.test>", "Box", "My courier tracking says the box is lost in a depot!")
    assert _memory(plugin).suggest(second)[0].times == 1
    assert plugin.ctx.kv.get("caught_up") is True


def test_the_card_names_the_suggestions(desk: TestDesk, suggest: TestPlugin, mounted_panel: Any) -> None:
    from PySide6.QtWidgets import QLabel

    ticket_id = desk.receive("Ann <ann@a.test>", "Cold brew", "Which grinder setting for cold brew?")
    card = mounted_panel("canned_suggest.panel", ticket_id)
    assert any("Grinder setting" in label.text() for label in card.findChildren(QLabel))
    assert suggest.faults == ()
