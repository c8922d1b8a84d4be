"""What is kept of a plugin, for those who run the desk (features.md PL-12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from desk_app.domain.plugins.model import PluginFault, PluginRecord
from desk_app.plugin_api.channels import SecretError
from desk_app.services.people.agents import actor_for
from desk_app.services.plugins.keeping import KeptSettings, PluginKeeping
from tests.support.desks import DeskKit
from tests.support.secrets import MemorySecrets


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


@pytest.fixture
def keeping(desk_kit: DeskKit, secrets: MemorySecrets) -> PluginKeeping:
    with desk_kit.desk.unit_of_work() as uow:
        record = uow.plugins.save(PluginRecord(0, "shop", "1.0", wanted=True))
        for number in range(3):
            uow.plugins.add_fault(record.id, PluginFault("shop", "ticket_created", f"fault {number}"))
        uow.commit()
    return PluginKeeping(desk_kit.desk.unit_of_work, lambda _slug: secrets)


def plain(kept: KeptSettings) -> dict[str, Any]:
    """The values a person entered, without the marks that tell other programs of a new secret."""
    return {key: value for key, value in kept.values.items() if not key.startswith("secret:")}


def test_pl_12_values_go_to_the_desk_and_secrets_to_the_keychain(
    desk_kit: DeskKit, keeping: PluginKeeping, secrets: MemorySecrets
) -> None:
    keeping.save("shop", {"address": "https://shop.example", "age": 3}, {"token": "s3cret"}, desk_kit.ann)
    kept = keeping.settings("shop", ["token", "other"])
    assert plain(kept) == {"address": "https://shop.example", "age": 3}
    assert kept.secrets == {"token"}
    assert secrets.get("token") == "s3cret"
    assert "s3cret" not in repr(kept)
    keeping.save("shop", {"age": None}, {"token": ""}, desk_kit.ann)
    kept = keeping.settings("shop", ["token"])
    assert plain(kept) == {"address": "https://shop.example"}
    assert kept.secrets == frozenset()


def test_only_those_who_run_the_desk_change_settings(desk_kit: DeskKit, keeping: PluginKeeping) -> None:
    tom = desk_kit.desk.people.add_agent("tom", desk_kit.ann, name="Tom")
    with pytest.raises(PermissionError, match="Only an admin"):
        keeping.save("shop", {"age": 3}, {}, actor_for(tom))
    with pytest.raises(LookupError, match="never switched on"):
        keeping.save("unknown", {}, {}, desk_kit.ann)
    assert plain(keeping.settings("shop")) == {}
    assert keeping.settings("unknown").values == {}


def test_faults_come_newest_first_and_a_shut_keychain_is_told(desk_kit: DeskKit, keeping: PluginKeeping) -> None:
    assert [one.summary for one in keeping.faults("shop", 2)] == ["fault 2", "fault 1"]
    assert keeping.faults("unknown") == ()

    def shut(_slug: str) -> MemorySecrets:
        raise SecretError("The keychain is locked.")

    locked = PluginKeeping(desk_kit.desk.unit_of_work, shut)
    assert locked.settings("shop", ["token"]).locked == "The keychain is locked."
    with pytest.raises(SecretError):
        locked.save("shop", {"age": 3}, {"token": "x"}, replace(desk_kit.ann))
    assert plain(keeping.settings("shop")) == {}, "all or nothing"
