"""Every hook that is promised is called by the program, and used by a plugin that comes along or shown by a test; every
setting of those plugins is declared, used and explained (issue 4, 1 and 6)."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from installer import hook_docs

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "desk_app"
NOT_CALLERS = {"plugin_api", "plugin_testing.py", "phrases.py", "scaffold.py"}
"""The promise itself, what is for authors' tests, and words for people."""
BUNDLED = sorted(one.parent for one in (ROOT / "plugins").glob("*/plugin.toml"))
PROMISED = [record.name for record in hook_docs.all_records() if not record.provisional]
SHOWN = {
    "plugin_activated": "integration/plugin_host/test_switching.py::test_a_plugin_is_there_at_once_and_gone_at_once",
    "plugin_deactivating": "integration/plugin_host/test_switching.py::test_a_plugin_is_there_at_once_and_gone_at_once",
    "plugin_uninstalling": "integration/plugin_host/test_goodbyes.py"
    "::test_plugin_uninstalling_is_told_while_all_is_there",
    "app_ready": "integration/plugin_host/test_switching.py::test_what_was_on_is_on_after_a_restart",
    "app_closing": "ui/test_window_plugins.py"
    "::test_the_window_loads_plugins_before_mail_is_fetched_and_tells_them_when_it_closes",
    "settings_changed": "integration/plugins/test_living.py"
    "::test_pl_07_changed_settings_are_told_here_and_on_other_desktops",
    "filter_inbound_message": "integration/plugins/test_incoming_hooks.py"
    "::test_filter_inbound_message_changes_what_a_message_says_for_good",
    "match_ticket": "integration/plugins/test_incoming_hooks.py::test_match_ticket_is_asked_where_the_desk_finds_none",
    "filter_outbound_message": "integration/plugins/test_outgoing_hooks.py"
    "::test_filter_outbound_message_changes_what_is_stored_and_sent",
    "before_message_send": "integration/plugins/test_outgoing_hooks.py"
    "::test_before_message_send_denies_and_keeps_the_draft",
    "before_ticket_change": "integration/plugins/test_change_guard.py"
    "::test_before_ticket_change_leaves_everything_as_it_was_where_it_denies",
    "filter_message_html": "integration/plugins/test_content_hooks.py"
    "::test_filter_message_html_changes_what_is_seen_and_nothing_that_is_stored",
    "filter_reply_draft": "integration/plugins/test_content_hooks.py"
    "::test_filter_reply_draft_lets_a_reply_begin_with_words",
    "filter_signature": "integration/plugins/test_outgoing_hooks.py::test_filter_signature_changes_what_stands_below",
    "filter_mail": "integration/plugins/test_outgoing_hooks.py::test_filter_mail_adds_headers_and_nothing_else",
    "placeholders": "integration/plugins/test_content_hooks.py::test_placeholders_of_plugins_are_filled_in",
    "settings_pages": "ui/test_plugin_parts.py::test_pl_05_parts_of_a_plugin_appear_everywhere_at_once_and_go_with_it",
    "report_pages": "ui/test_plugin_parts.py::test_pl_05_parts_of_a_plugin_appear_everywhere_at_once_and_go_with_it",
    "navigation_pages": "ui/test_plugin_parts.py"
    "::test_pl_05_parts_of_a_plugin_appear_everywhere_at_once_and_go_with_it",
    "text_highlighters": "ui/test_plugin_highlighters.py::test_pl_05_words_are_marked_while_they_are_written",
    "channel_types": "integration/plugins/test_channel_types.py"
    "::test_channel_types_of_the_program_come_through_the_same_hook",
}
"""Hooks that no plugin that comes along needs: the test in which one is seen at work, in the whole desk."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def words(node: ast.AST) -> Iterator[str]:
    """Every literal text within a node."""
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def called() -> set[str]:
    """Every literal text that is an argument of a call in the program, itself or by the name of a constant."""
    sources = [one for one in PROGRAM.rglob("*.py") if not NOT_CALLERS & set(one.relative_to(PROGRAM).parts)]
    found: set[str] = set()
    for path in sources:
        named: dict[str, set[str]] = {}
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    for one, value in _pairs(target, node.value):
                        named.setdefault(ast.unparse(one), set()).update(words(value))
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                for argument in (*node.args, *(one.value for one in node.keywords)):
                    found.update(words(argument))
                    if isinstance(argument, ast.Name | ast.Attribute):
                        found.update(named.get(ast.unparse(argument), ()))
                        found.update(_constant(argument))
    return found


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


@cache
def _constants() -> dict[str, set[str]]:
    """Constants of the program that hold one hook's name, by their own."""
    found: dict[str, set[str]] = {}
    for path in PROGRAM.rglob("*.py"):
        for node in tree(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value in PROMISED:
                for target in node.targets:
                    found.setdefault(ast.unparse(target), set()).add(str(node.value.value))
    return found


def _constant(argument: ast.expr) -> set[str]:
    return _constants().get(ast.unparse(argument).rpartition(".")[2], set())


def implemented() -> dict[str, set[str]]:
    """Hooks that plugins that come along implement, with their names."""
    found: dict[str, set[str]] = {}
    for folder in BUNDLED:
        for path in sources_of(folder):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.FunctionDef) and any("hookimpl" in ast.unparse(d) for d in node.decorator_list):
                    found.setdefault(node.name, set()).add(folder.name)
    return found


def sources_of(folder: Path) -> list[Path]:
    """The modules of a plugin, without its tests."""
    return [one for one in folder.rglob("*.py") if "tests" not in one.relative_to(folder).parts]


def test_every_hook_is_called_by_the_program() -> None:
    assert set(PROMISED) - called() == set()


def test_every_hook_is_used_by_a_plugin_that_comes_along_or_shown_at_work() -> None:
    assert set(PROMISED) - set(implemented()) - set(SHOWN) == set()
    assert set(SHOWN) <= set(PROMISED)
    for hook, shown in SHOWN.items():
        path, _, name = shown.partition("::")
        functions = {one.name: one for one in ast.walk(tree(ROOT / "tests" / path)) if isinstance(one, ast.FunctionDef)}
        assert name in functions, f"{hook}: {shown}"
        assert hook in (ROOT / "tests" / path).read_text(encoding="utf-8"), f"{path} does not know {hook}"


def test_plugins_that_come_along_implement_hooks_only_that_there_are() -> None:
    assert set(implemented()) <= {record.name for record in hook_docs.all_records()}


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda one: one.name)
def test_settings_are_declared_used_and_explained(folder: Path) -> None:
    manifest: dict[str, Any] = tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
    declared = manifest.get("settings", {})
    code = "\n".join(one.read_text(encoding="utf-8") for one in sources_of(folder))
    used = set(re.findall(r"""ctx\.settings(?:\[|\.get\(|\.set\()["'](\w+)["']""", code))
    secret = set(re.findall(r"""ctx\.secrets\.(?:get|set|delete)\(["'](\w+)["']""", code))
    of_accounts = set(re.findall(r"""account\.(?:settings|secrets)\.get\(["'](\w+)["']""", code))
    assert used <= set(declared), "used and not declared"
    assert of_accounts <= set(re.findall(r"""Parameter\(\s*["'](\w+)["']""", code)), "a channel's fields are declared"
    assert {key for key in secret if declared.get(key, {}).get("type") != "secret"} == set(), "secrets are declared so"
    literal = {key for key in declared if f'"{key}"' in code or f".{key}" in code}
    assert set(declared) == literal, "declared and never looked at"
    assert all(one.get("title") for one in declared.values()), "every setting has a title for people"
    readme = (folder / "README.md").read_text(encoding="utf-8").casefold()
    for key, one in declared.items():
        title = one["title"] if isinstance(one["title"], str) else one["title"]["en"]
        told = title.casefold() in readme or key in readme or one.get("help") or len(title.split()) > 2
        assert told, f"“{title}” says little, and nothing else says more"
