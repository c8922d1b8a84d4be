"""What every test gets."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before any PySide6 import: Qt aborts without a display
_PAST_NOON = time.gmtime().tm_hour - 12  # hours: no day ends while tests run, so that what is "today" stays it
os.environ["TZ"] = f"<Test>{_PAST_NOON:+d}"
if hasattr(time, "tzset"):
    time.tzset()
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # no test touches a person's keychain

_MEMORY, _PLENTY = Path("/dev/shm"), 8 * 1024**3
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _PLENTY:
    os.environ["TMPDIR"] = str(_MEMORY)  # thousands of databases a run: on a disk half of a test's time is their making
    tempfile.tempdir = None

# the same examples on every run, and no judgement of how long a busy machine takes for one
settings.register_profile("desk", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("desk")

SHARED = Path(__file__).resolve().parents[2] / "shared"

pytest_plugins: list[str] = [  # a module before those that import it, so that pytest rewrites its assertions
    "tests.support.hangs",
    "tests.support.borrowed",
    "tests.support.garbage",
    "tests.support.tls",
    "tests.support.line_proxy",
    "tests.support.dovecot",
    "tests.support.smtp_server",
    "tests.support.token_server",
    "tests.support.postgres",
    "tests.support.databases",
    "tests.support.desks",
    "tests.support.desktop",
    "tests.support.plugin_hosts",
    "tests.support.programs",
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
