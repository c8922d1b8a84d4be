"""Promises the repository as a whole makes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LGPL_MODULES = {
    "QtCore", "QtGui", "QtWidgets", "QtNetwork", "QtPrintSupport", "QtSvg", "QtSvgWidgets", "QtTest", "QtDBus", "QtXml",
}  # fmt: skip


def sources() -> list[Path]:
    """Return every Python file of the product."""
    return sorted((ROOT / "desk_app").rglob("*.py"))


def test_only_lgpl_qt_modules_are_imported() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), module)
        for path in sources()
        for module in re.findall(r"PySide6(?:\.|\s+import\s+)(Qt\w+)", path.read_text(encoding="utf-8"))
        if module not in LGPL_MODULES
    }
    assert not found


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
def test_dependencies_are_locked_with_hashes_and_name_no_host(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^[A-Za-z0-9._-]+==", text, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[A-Za-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(pins) > 30
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_qt_is_pinned_below_the_release_that_corrupts_reference_counts() -> None:
    assert '"PySide6-Essentials>=6.11.3,<6.12"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_third_party_list_is_current() -> None:
    code = "import sys; sys.path.insert(0, 'installer'); import third_party; sys.stdout.write(third_party.document())"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert made == (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")


def test_every_package_of_the_product_has_an_init() -> None:
    folders = {path.parent for path in sources()}
    assert [f for f in folders if not (f / "__init__.py").exists() and "versions" not in f.parts] == []
