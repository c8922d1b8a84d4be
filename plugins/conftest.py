"""The tests of the bundled plugins use what every author of a plugin has."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # no test touches a person's keychain

from desk_app.plugin_api.testing import desk, mounted_panel, window_port

__all__ = ["desk", "mounted_panel", "window_port"]
