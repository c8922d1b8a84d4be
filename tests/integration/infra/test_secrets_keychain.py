"""One round through a real Secret Service, in a session bus of its own (toolchain.md 7)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROUND = """
import subprocess, sys
from pathlib import Path
from desk_app.infra.secrets import KeychainChoice, open_keychain
from desk_app.plugin_api.channels import SecretError

keychain = open_keychain(Path(sys.argv[1]), instance_id="test")
state = keychain.describe()
assert state.choice is KeychainChoice.SYSTEM and state.usable, state
secrets = keychain.account(1)
assert secrets.get("password") is None
for value in ("p\\u00e4ssw\\u00f6rd \\u2602", "t" * 5000):
    secrets.set("password", value)
    assert open_keychain(Path(sys.argv[1]), instance_id="test").account(1).get("password") == value
assert open_keychain(Path(sys.argv[1]), instance_id="other").account(1).get("password") is None
secrets.delete("password")
assert secrets.get("password") is None

import secretstorage
bus = secretstorage.dbus_init()
secretstorage.Collection(bus).lock()
assert "locked" in keychain.describe().advice
try:
    secrets.get("password")
except SecretError as error:
    assert "unlock" in str(error)
else:
    raise AssertionError("a locked keychain answered")
bus.close()
print("ROUND OK")
"""


def test_toolchain_7_a_real_keychain_keeps_secrets_and_says_when_it_is_locked(tmp_path: Path) -> None:
    if sys.platform != "linux" or not shutil.which("gnome-keyring-daemon") or not shutil.which("dbus-run-session"):
        pytest.skip("needs gnome-keyring and dbus (Debian: gnome-keyring dbus-x11)")
    for folder in ("home/.local/share/keyrings", "home/.cache", "runtime"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "runtime").chmod(0o700)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }
    script = 'eval "$(printf pw | gnome-keyring-daemon --unlock --components=secrets)" >/dev/null; exec "$@"'
    done = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", script, "-", sys.executable, "-c", ROUND, str(tmp_path / "data")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "ROUND OK" in done.stdout, done.stderr
