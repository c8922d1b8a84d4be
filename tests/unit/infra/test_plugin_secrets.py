"""The secrets of plugins are noted where they are kept, so that they go with a plugin that was removed elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk_app.infra.plugin_secrets import NotedSecrets
from desk_app.plugin_api.channels import SecretError
from tests.support.secrets import MemorySecrets


class _Vault:
    def __init__(self) -> None:
        self.stores: dict[str, MemorySecrets] = {}

    def __call__(self, slug: str) -> MemorySecrets:
        return self.stores.setdefault(slug, MemorySecrets())


class _Locked(MemorySecrets):
    def delete(self, name: str) -> None:
        raise SecretError(f"{name} is locked")


@pytest.fixture
def vault() -> _Vault:
    return _Vault()


def test_secrets_of_plugins_that_are_gone_are_deleted(tmp_path: Path, vault: _Vault) -> None:
    file = tmp_path / "plugins" / "secrets-1.txt"
    NotedSecrets(vault, file)("shop").set("token", "t0p")
    NotedSecrets(vault, file)("chat").set("token", "t1p")
    assert "t0p" not in file.read_text()
    NotedSecrets(vault, file).keep_only(lambda: ["shop"])
    assert vault("shop").get("token") == "t0p"
    assert vault("chat").get("token") is None
    NotedSecrets(vault, file).keep_only(list)
    assert vault("shop").get("token") is None
    assert file.read_text() == ""


def test_secrets_of_before_are_noted_when_they_are_read(tmp_path: Path, vault: _Vault) -> None:
    vault("shop").set("token", "t0p")
    secrets = NotedSecrets(vault, tmp_path / "secrets.txt")
    assert secrets("shop").get("other") is None
    assert secrets("shop").get("token") == "t0p"
    secrets.keep_only(list)
    assert vault("shop").get("token") is None


def test_nobody_is_asked_where_nothing_is_kept(tmp_path: Path, vault: _Vault) -> None:
    def known() -> list[str]:
        raise AssertionError

    NotedSecrets(vault, tmp_path / "secrets.txt").keep_only(known)


def test_secrets_of_a_plugin_that_is_just_switched_on_stay(tmp_path: Path, vault: _Vault) -> None:
    file = tmp_path / "secrets.txt"
    secrets = NotedSecrets(vault, file)
    secrets("shop").set("token", "t0p")

    def known() -> list[str]:  # another program stores the secret of a plugin after the notes were read
        NotedSecrets(vault, file)("fresh").set("token", "new")
        return ["fresh"]

    secrets.keep_only(known)
    assert (vault("shop").get("token"), vault("fresh").get("token")) == (None, "new")
    assert file.read_text() == "fresh token\n"


def test_what_a_locked_keychain_keeps_is_deleted_later(tmp_path: Path, vault: _Vault) -> None:
    vault.stores["shop"] = _Locked()
    secrets = NotedSecrets(vault, tmp_path / "secrets.txt")
    secrets("shop").set("token", "t0p")
    secrets.keep_only(list)
    vault.stores["shop"] = MemorySecrets(token="t0p")
    secrets.keep_only(list)
    assert vault("shop").get("token") is None


def test_a_folder_that_cannot_be_written_costs_no_secret(tmp_path: Path, vault: _Vault) -> None:
    (tmp_path / "plugins").write_text("a file")
    secrets = NotedSecrets(vault, tmp_path / "plugins" / "secrets.txt")
    secrets("shop").set("token", "t0p")
    assert secrets("shop").get("token") == "t0p"
    secrets.keep_only(list)
    secrets("shop").delete("token")
    assert secrets("shop").get("token") is None
