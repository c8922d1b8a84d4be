from __future__ import annotations

from tests.support.desks import DeskKit


def test_choices_follow_the_agent_and_nobody_else(desk_kit: DeskKit) -> None:
    choices, other = desk_kit.desk.choices, desk_kit.desk.people.add_agent("bea", desk_kit.ann)
    choices.set(desk_kit.agent.id, "keyboard.keys", {"ticket.reply": ["R"]})
    choices.set(desk_kit.agent.id, "keyboard.keys", {"ticket.reply": ["Ctrl+R"]})
    choices.set(desk_kit.agent.id, "list.columns", ["é"])
    assert choices.get(desk_kit.agent.id, "keyboard.keys") == {"ticket.reply": ["Ctrl+R"]}
    assert choices.all(desk_kit.agent.id).keys() == {"keyboard.keys", "list.columns"}
    assert choices.get(other.id, "keyboard.keys", "none") == "none"
    choices.set(desk_kit.agent.id, "keyboard.keys", None)
    assert choices.get(desk_kit.agent.id, "keyboard.keys") is None
