"""What every test gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before any PySide6 import: Qt aborts without a display
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # no test touches a person's keychain

SHARED = Path(__file__).resolve().parents[2] / "shared"

pytest_plugins: list[str] = [  # a module before those that import it, so that pytest rewrites its assertions
    "tests.support.tls",
    "tests.support.line_proxy",
    "tests.support.dovecot",
    "tests.support.smtp_server",
    "tests.support.token_server",
    "tests.support.postgres",
    "tests.support.databases",
    "tests.support.desks",
]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with mail nobody here wrote; absent on most machines."""
    if not SHARED.is_dir():
        pytest.skip("the shared corpora are not on this machine")
    return SHARED


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the data of the person who runs it."""
    for name in ("DESK_APP_DATABASE", "DESK_APP_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name.lower()))
