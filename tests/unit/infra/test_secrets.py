"""Where secrets lie, and where they never do (SE-01, toolchain.md trap 9)."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from desk_app.infra import secrets_system
from desk_app.infra.secrets import Keychain, KeychainChoice, open_keychain
from desk_app.infra.secrets_system import SystemKeychain, find_system_keychain
from desk_app.plugin_api.channels import SecretError, SecretStore

LONG = "eyJ" + "0123456789" * 400


class DictBackend(KeyringBackend):
    """A keyring that refuses what Windows refuses: values over 1,280 UTF-16 units."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[tuple[str, str], str] = {}
        self.broken = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.broken:
            raise RuntimeError("hunter2 is the password you looked for")
        return self.values.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > 2560:
            raise ValueError("too long")
        self.values[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.values:
            raise PasswordDeleteError
        del self.values[service, username]


def no_system(_: str) -> None:
    return None


def test_trap_9_the_test_environment_has_no_keychain_and_the_desk_asks_for_a_choice(tmp_path: Path) -> None:
    keychain = open_keychain(tmp_path / "data", instance_id="i1")
    state = keychain.describe()
    assert not state.usable
    assert "'file'" in state.advice
    assert "'memory'" in state.advice
    with pytest.raises(SecretError, match="'file'"):
        keychain.account(1).set("password", "x")
    with pytest.raises(SecretError, match="'memory'"):
        keychain.account(1).get("password")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "backend", ["keyrings.alt.file.PlaintextKeyring", "keyring.backends.null.Keyring", "no.such.Backend"]
)
def test_a_backend_that_keeps_nothing_or_keeps_it_in_the_clear_is_not_taken(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    assert find_system_keychain("i1") is None


def test_unlocking_raises_only_where_no_secret_can_be_kept_afterwards(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="'file'"):
        open_keychain(tmp_path / "none", instance_id="i1").unlock()
    open_keychain(tmp_path / "memory", KeychainChoice.MEMORY, instance_id="i1").unlock()
    open_keychain(tmp_path / "sealed", KeychainChoice.FILE, instance_id="i1").unlock()


class Locked:
    """A Secret Service collection that is locked until somebody types the password, if anybody does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Locked], None]) -> None:
        self.locked = True
        self.connection = self
        self._ask = ask
        monkeypatch.setattr(secrets_system, "_locked", lambda _backend: self.locked)

    def get_preferred_collection(self) -> Locked:
        self._ask(self)
        return self

    def close(self) -> None:
        """Nothing to close."""


def test_a_locked_keychain_asks_and_says_when_it_stays_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(backend: Locked) -> None:
        backend.locked = False

    def dismissed(_backend: Locked) -> None:
        raise RuntimeError("hunter2 was typed")

    wake = threading.Event()

    def nobody(_backend: Locked) -> None:
        wake.wait(20)

    def opened(ask: Callable[[Locked], None]) -> Keychain:
        backend = Locked(monkeypatch, ask)
        return open_keychain(tmp_path, instance_id="i1", find_system=lambda one: SystemKeychain(backend, one))

    opened(typed).unlock()
    with pytest.raises(SecretError, match="stays locked") as caught:
        opened(dismissed).unlock()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setattr(secrets_system, "_UNLOCK_SECONDS", 0.05)
    with pytest.raises(SecretError, match="nobody answered"):
        opened(nobody).unlock()
    wake.set()


def test_memory_forgets_when_the_program_ends(tmp_path: Path) -> None:
    first = open_keychain(tmp_path, KeychainChoice.MEMORY, instance_id="i1")
    first.account(1).set("password", "x")
    assert first.account(1).get("password") == "x"
    assert first.account(2).get("password") is None
    assert open_keychain(tmp_path, KeychainChoice.MEMORY, instance_id="i1").account(1).get("password") is None
    assert first.describe().usable


class TestSystem:
    def test_long_tokens_are_kept_in_parts_and_forgotten_whole(self, tmp_path: Path) -> None:
        backend = DictBackend()
        keychain = open_keychain(tmp_path, instance_id="i1", find_system=lambda i: SystemKeychain(backend, i))
        secrets = keychain.account(7)
        assert isinstance(secrets, SecretStore)
        for value in (LONG, LONG[::-1], "short", "\x01parts:odd", ""):
            secrets.set("oauth", value)
            assert secrets.get("oauth") == value
        assert {service for service, _ in backend.values} == {"Desk App i1"}
        secrets.set("oauth", LONG)
        secrets.delete("oauth")
        assert backend.values == {}
        secrets.delete("oauth")
        assert keychain.describe().choice is KeychainChoice.SYSTEM

    def test_a_lost_part_is_told_and_not_returned_short(self) -> None:
        backend = DictBackend()
        vault = SystemKeychain(backend, "i1")
        vault.write("1", "oauth", LONG)
        del backend.values[next(key for key in backend.values if key[1].endswith(".3"))]
        with pytest.raises(SecretError, match="enter the password again"):
            vault.read("1", "oauth")

    def test_se_08_a_backends_own_words_are_not_repeated(self) -> None:
        backend = DictBackend()
        backend.broken = True
        with pytest.raises(SecretError) as caught:
            SystemKeychain(backend, "i1").read("1", "password")
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_two_desks_of_one_person_do_not_mix(self) -> None:
        backend = DictBackend()
        SystemKeychain(backend, "i1").write("1", "password", "a")
        assert SystemKeychain(backend, "i2").read("1", "password") is None


@pytest.fixture
def sealed(tmp_path: Path) -> Any:
    def make(data: str = "data", instance: str = "i1", choice: KeychainChoice = KeychainChoice.FILE) -> Any:
        return open_keychain(tmp_path / data, choice, instance_id=instance, find_system=no_system)

    return make


class TestSealedFiles:
    def test_a_copy_of_the_data_folder_alone_opens_nothing(self, tmp_path: Path, sealed: Any) -> None:
        sealed().account(1).set("password", "tulip-42")
        assert sealed().account(1).get("password") == "tulip-42"
        for path in (tmp_path / "data").rglob("*"):
            if path.is_file():
                assert b"tulip" not in path.read_bytes()
        shutil.copytree(tmp_path / "data", tmp_path / "elsewhere" / "data")
        copy = open_keychain(tmp_path / "elsewhere" / "data", KeychainChoice.FILE, instance_id="i1")
        assert "missing" in copy.describe().advice
        with pytest.raises(SecretError, match="missing"):
            copy.account(1).get("password")

    @pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
    def test_only_its_owner_can_read_key_and_files(self, tmp_path: Path, sealed: Any) -> None:
        sealed().account(1).set("password", "x")
        key = tmp_path / ".data.key"
        assert key.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "data" / "secrets").stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "data" / "secrets").iterdir())
        key.chmod(0o640)
        with pytest.raises(SecretError, match="chmod 600"):
            sealed().account(1).get("password")
        assert not sealed().describe().usable

    def test_files_cannot_be_swapped_damaged_or_taken_to_another_desk(self, tmp_path: Path, sealed: Any) -> None:
        secrets = sealed().account(1)
        secrets.set("password", "first")
        (first,) = (tmp_path / "data" / "secrets").iterdir()
        secrets.set("smtp_password", "second")
        (second,) = set((tmp_path / "data" / "secrets").iterdir()) - {first}
        second.write_bytes(first.read_bytes())
        with pytest.raises(SecretError, match="does not open"):
            secrets.get("smtp_password")
        first.write_bytes(first.read_bytes()[:-1])
        with pytest.raises(SecretError, match="does not open"):
            secrets.get("password")
        first.write_bytes(b"")
        with pytest.raises(SecretError, match="does not open"):
            secrets.get("password")
        assert sealed(instance="i2").account(1).get("password") is None

    def test_a_short_key_is_told(self, tmp_path: Path, sealed: Any) -> None:
        sealed().account(1).set("password", "x")
        (tmp_path / ".data.key").write_bytes(b"short")
        assert "damaged" in sealed().describe().advice

    def test_what_was_chosen_before_is_found_again(self, sealed: Any) -> None:
        sealed().account(1).set("password", "x")
        again = sealed(choice=KeychainChoice.AUTO)
        assert again.describe().choice is KeychainChoice.FILE
        assert again.account(1).get("password") == "x"
        again.account(1).delete("password")
        again.account(1).delete("password")
        assert again.account(1).get("password") is None

    def test_two_processes_agree_on_one_key(self, tmp_path: Path, sealed: Any) -> None:
        first, second = sealed(), sealed()
        first.account(1).set("password", "a")
        second.account(2).set("password", "b")
        assert first.account(2).get("password") == "b"
        assert second.account(1).get("password") == "a"

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file in the way")
        keychain = open_keychain(tmp_path / "data", KeychainChoice.FILE, instance_id="i1")
        with pytest.raises(SecretError, match="data"):
            keychain.account(1).set("password", "x")


@pytest.mark.parametrize("choice", [KeychainChoice.FILE, KeychainChoice.MEMORY])
def test_pl_12_secrets_of_plugins_stand_apart_from_each_other_and_from_mailboxes(
    tmp_path: Path, choice: KeychainChoice
) -> None:
    keychain = open_keychain(tmp_path / "data", choice, instance_id="desk-1")
    stores = [keychain.account(1), keychain.plugin("1"), keychain.plugin("sample"), keychain.plugin("sample_more")]
    for number, store in enumerate(stores):
        assert store.get("token") is None
        store.set("token", f"secret {number}")
    assert [store.get("token") for store in stores] == [f"secret {number}" for number in range(4)]
    stores[2].delete("token")
    assert [store.get("token") for store in stores] == ["secret 0", "secret 1", None, "secret 3"]
