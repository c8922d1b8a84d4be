"""The settings of a plugin, made of its manifest (features.md PL-01, PL-12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel

from desk_app.domain.plugins.model import PluginRecord, StateKind
from desk_app.plugin_api.channels import SecretError
from desk_app.plugin_host.manifest import SettingKind
from desk_app.services.plugins.keeping import PluginKeeping
from desk_app.ui.plugins.setting_fields import (
    ChoiceField,
    ColourField,
    DecimalField,
    DurationField,
    SecretField,
    SeveralField,
    SwitchField,
    TextField,
    WholeNumberField,
)
from desk_app.ui.plugins.settings_page import PluginSettingsPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.support.secrets import MemorySecrets
from tests.ui import plugin_stage, stage
from tests.ui.plugin_stage import FakeControl, control, plugged

__all__ = ["control", "plugged"]  # fixtures
EVERY_KIND = """
id = "every"
name = "Every kind"
version = "1.0"
description = "Has a setting of every kind."
[settings.greeting]
title.en = "Greeting"
title.es = "Saludo"
required = true
[settings.limit]
type = "number"
title = "Limit"
min = 1
max = 9
default = 3
[settings.share]
type = "number"
title = "Share"
default = 0.5
[settings.loud]
type = "bool"
title = "Loud"
[settings.volume]
type = "choice"
title = "Volume"
choices = { low = "Low", high = "High" }
default = "low"
depends_on = "loud"
[settings.days]
type = "multi"
title = "Days"
choices = { mo = "Monday", tu = "Tuesday" }
[settings.token]
type = "secret"
title = "Token"
required = true
[settings.mail]
type = "address"
title = "Mail"
[settings.site]
type = "url"
title = "Site"
[settings.wait]
type = "duration"
title = "Wait"
default = 7200
[settings.ink]
type = "colour"
title = "Ink"
[settings.paper]
type = "file"
title = "Paper"
[settings.box]
type = "account"
title = "Mailbox"
[settings.who]
type = "agent"
title = "Who"
[settings.team]
type = "group"
title = "Team"
[settings.text]
type = "template"
title = "Text"
"""


@pytest.fixture
def safe(plugged: MainWindow, kit: DeskKit, control: FakeControl) -> MemorySecrets:
    """The plugin of every kind, switched on, and the keychain its secrets are in."""
    with kit.desk.unit_of_work() as uow:
        uow.plugins.save(PluginRecord(0, "every", "1.0", wanted=True))
        uow.commit()
    secrets = MemorySecrets()
    vars(kit.desk)["plugin_keeping"] = PluginKeeping(kit.desk.unit_of_work, lambda _slug: secrets)
    control.add(plugin_stage.plugin(EVERY_KIND, StateKind.INACTIVE))
    control.become("every", StateKind.ACTIVE)
    stage.settle(plugged)
    return secrets


def opened(window: MainWindow) -> PluginSettingsPage:
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.open_page("plugin.every")
    page = home.page("plugin.every")
    assert isinstance(page, PluginSettingsPage)
    stage.settle(window)
    return page


def stored(kit: DeskKit) -> dict[str, Any]:
    with kit.desk.unit_of_work() as uow:
        record = uow.plugins.get("every")
        assert record is not None
        return dict(uow.plugins.settings(record.id))


def test_pl_12_every_kind_of_setting_has_a_field_and_secrets_go_to_the_keychain(
    plugged: MainWindow, kit: DeskKit, safe: MemorySecrets
) -> None:
    page = opened(plugged)
    assert {one.spec.kind for one in page.fields.values()} == set(SettingKind)
    assert not page.has_changes
    entered: dict[str, tuple[type, Callable[[Any], object]]] = {
        "greeting": (TextField, lambda one: one.line.setText("Hello")),
        "limit": (WholeNumberField, lambda one: one.box.setValue(7)),
        "share": (DecimalField, lambda one: one.line.setText("0.25")),
        "loud": (SwitchField, lambda one: one.switch.click()),
        "volume": (ChoiceField, lambda one: one.choice.setCurrentIndex(1)),
        "days": (SeveralField, lambda one: one.boxes["tu"].click()),
        "mail": (TextField, lambda one: one.line.setText("ann@desk.example")),
        "site": (TextField, lambda one: one.line.setText("https://desk.example/")),
        "wait": (DurationField, lambda one: one.box.setValue(3)),
        "ink": (ColourField, lambda one: one.line.setText("#ff8800")),
        "who": (ChoiceField, lambda one: one.choice.setCurrentIndex(1)),
    }
    for key, (kind, enter) in entered.items():
        field = page.fields[key]
        assert isinstance(field, kind)
        enter(field)
    token = page.fields["token"]
    assert isinstance(token, SecretField)
    assert not token.is_set
    token.replace.click()
    token.line.setText("s3cret")
    page.footer.save.click()
    stage.settle(plugged)
    found = stored(kit)
    assert found["greeting"] == "Hello"
    assert (found["limit"], found["share"], found["loud"], found["volume"]) == (7, 0.25, True, "high")
    assert (found["days"], found["wait"], found["ink"]) == (["tu"], 3 * 3600, "#ff8800")
    assert found["who"] == kit.agent.id
    assert "token" not in found
    assert "s3cret" not in str(found)
    assert safe.get("token") == "s3cret"
    assert not page.has_changes
    assert token.state.text() == "Set"
    assert token.line.text() == ""


def test_pl_12_a_secret_is_replaced_or_forgotten_never_shown(plugged: MainWindow, safe: MemorySecrets) -> None:
    safe.set("token", "old")
    page = opened(plugged)
    token = page.fields["token"]
    assert isinstance(token, SecretField)
    assert token.is_set
    assert token.replace.text() == "Replace…"
    token.replace.click()
    token.keep.click()
    assert not page.has_changes
    greeting = page.fields["greeting"]
    assert isinstance(greeting, TextField)
    greeting.line.setText("Hello")
    token.forget.click()
    assert page.has_changes
    page.footer.save.click()
    stage.settle(plugged)
    assert safe.get("token") == "old", "it is required"
    token.keep.click()
    token.replace.click()
    token.line.setText("new")
    page.footer.save.click()
    stage.settle(plugged)
    assert safe.get("token") == "new"


def test_pl_01_what_is_wrong_is_said_at_the_field_and_nothing_is_stored(
    plugged: MainWindow, kit: DeskKit, safe: MemorySecrets
) -> None:
    safe.set("token", "there")
    page = opened(plugged)
    greeting, mail, ink = page.fields["greeting"], page.fields["mail"], page.fields["ink"]
    assert isinstance(mail, TextField)
    assert isinstance(ink, ColourField)
    mail.line.setText("no address")
    ink.line.setText("red")
    page.footer.save.click()
    stage.settle(plugged)
    said = {key: [one.text() for one in page.fields[key].widget.findChildren(QLabel)] for key in ("mail", "ink")}
    assert "It must be an e-mail address" in said["mail"]
    assert "It must be a colour like #4a56d2" in said["ink"]
    assert "It must not be empty" in [one.text() for one in greeting.widget.findChildren(QLabel)]
    assert stored(kit) == {}
    page.footer.revert.click()
    assert not page.has_changes


def test_pl_01_a_setting_that_depends_on_a_switch_is_there_with_it(plugged: MainWindow, safe: MemorySecrets) -> None:
    page = opened(plugged)
    loud, volume = page.fields["loud"], page.fields["volume"]
    assert isinstance(loud, SwitchField)
    assert volume.widget.isHidden()
    loud.switch.click()
    assert not volume.widget.isHidden()


def test_pl_12_a_locked_keychain_is_said(plugged: MainWindow, kit: DeskKit, safe: MemorySecrets) -> None:
    def locked(_slug: str) -> MemorySecrets:
        raise SecretError("The keychain is locked. Unlock it and open this page again.")

    vars(kit.desk)["plugin_keeping"] = PluginKeeping(kit.desk.unit_of_work, locked)
    page = opened(plugged)
    assert "keychain is locked" in page.footer.message.text()


def test_pl_01_the_page_comes_and_goes_with_the_plugin(
    plugged: MainWindow, control: FakeControl, safe: MemorySecrets
) -> None:
    opened(plugged)
    home = plugged.page("settings")
    assert isinstance(home, SettingsHome)
    assert "settings.plugin.every" in plugged.registries.actions
    control.become("every", StateKind.INACTIVE)
    stage.settle(plugged)
    assert "plugin.every" not in plugged.registries.settings_pages
    assert "settings.plugin.every" not in plugged.registries.actions
    assert home.page("plugin.every") is None
