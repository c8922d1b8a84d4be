"""The documentation for plugin authors is what the interface says, and its examples run."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from desk_app.domain.plugins.model import Permission
from desk_app.plugin_api import context, testing
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.marks import API_VERSION
from desk_app.plugin_api.ui import hooks as ui_hooks
from desk_app.plugin_host import manifest
from desk_app.plugin_host.dispatch import Dispatcher
from installer import hook_docs, type_docs

ROOT = Path(__file__).resolve().parents[2]
PLUGIN_DOCS = ROOT / "docs" / "plugins"
COOKBOOK = (PLUGIN_DOCS / "cookbook.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## ([^\n]+)\n\n```python\n(.*?)^```", COOKBOOK, re.MULTILINE | re.DOTALL)


def test_every_hook_has_its_page_and_the_snapshot_is_that_of_the_interface() -> None:
    assert hook_docs.stale() == []


def test_every_hook_says_what_it_is_for() -> None:
    for record in hook_docs.all_records():
        assert len(record.doc) > 20, record.name
        assert record.kind.value == "event" or record.gives, f"{record.name} does not say what it gives"


def test_a_changed_interface_has_an_entry_in_the_changelog() -> None:
    digest = hashlib.sha256(hook_docs.SNAPSHOT.read_bytes()).hexdigest()[:12]
    changelog = (PLUGIN_DOCS / "changelog.md").read_text(encoding="utf-8")
    newest = changelog.partition("\n## ")[2].partition("\n## ")[0]
    assert newest.startswith(API_VERSION)
    assert digest in newest, f"say in docs/plugins/changelog.md what changed, and name the interface {digest}"


@pytest.mark.parametrize(("title", "code"), EXAMPLES)
def test_every_example_of_the_cookbook_fits_the_hooks(title: str, code: str) -> None:
    part = ModuleType("example")
    exec(compile(code, title, "exec"), part.__dict__)
    dispatcher = Dispatcher()
    dispatcher.add_group(ui_hooks)
    dispatcher.add("example", part, context=None)
    used = dispatcher.used_by("example")
    assert used
    for name in used:
        if dispatcher.records[name].kind.value == "collect":
            assert dispatcher.collect("example", name)


def test_the_cookbook_has_an_example_of_every_group() -> None:
    groups = {record.group if record.group != "hooks" else "window" for record in hook_docs.all_records()}
    assert {title.partition(":")[0].lower() for title, _ in EXAMPLES} == groups


def test_everything_a_manifest_may_say_is_explained() -> None:
    page = (PLUGIN_DOCS / "manifest.md").read_text(encoding="utf-8")
    for word in (*manifest.KNOWN, *manifest.SETTING_KEYS, *manifest.SettingKind, *Permission, *Mode):
        assert f"`{word}`" in page, f"docs/plugins/manifest.md does not explain {word}"


def test_every_type_a_hook_or_another_type_names_is_explained() -> None:
    known = type_docs.anchors()
    for page in (type_docs.types_page(), *(one for name, one in hook_docs.pages().items() if name.suffix == ".md")):
        for name in re.findall(r"\b[A-Z][A-Za-z]+(?:View|Spec|Type|Port|Draft|Session|Store|Tool|Page)\b", page):
            explained = name in known or hasattr(context, name) or hasattr(testing, name)
            assert explained, f"{name} is explained nowhere"


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PLUGIN_DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), f"{page.name} leads to {target}, which is not there"
