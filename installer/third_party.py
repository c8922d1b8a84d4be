"""Writes THIRD_PARTY.md: every package the desk ships with, its version and licence, read from the packages themselves.

Run it after `make lock`. Assets that no package brings (icons, fonts) are listed by hand in `ASSETS`.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Third-party software

Desk App is licensed under Apache-2.0. It uses the following packages, unchanged, under their own licences. Qt and
PySide6 are used under the LGPL-3.0: they are installed as separate, replaceable libraries, and only their LGPL modules
are imported.

| package | version | licence |
| --- | --- | --- |
"""
ASSETS = """
| asset | source | licence |
| --- | --- | --- |
| Icons in `desk_app/ui/resources/icons` | Lucide | ISC, parts MIT (Feather) |
| Fonts in `desk_app/ui/resources/fonts` | Inter | OFL-1.1 |
"""
UNDECLARED = {"imapclient": "BSD-3-Clause"}  # stated in a file of the package, not in its metadata
ELSEWHERE = {"pywin32-ctypes": "BSD-3-Clause", "colorama": "BSD-3-Clause"}  # installed on other systems only


def licence(name: str) -> str:
    """Return the licence a package states, in the shortest form it states it."""
    fields = metadata(name)
    stated = fields.get("License-Expression") or ""
    if not stated:
        trove = [c.rsplit(" :: ", 1)[-1] for c in fields.get_all("Classifier") or [] if c.startswith("License ::")]
        stated = ", ".join(t for t in trove if t != "OSI Approved")
    if not stated:
        lines = (fields.get("License") or "").strip().splitlines()
        stated = lines[0] if lines else ""
    return stated or UNDECLARED.get(name, "see the package")


def rows() -> list[tuple[str, str, str]]:
    """Return name, version and licence of every locked runtime package that is installed here."""
    lock = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    found = []
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE):
        try:
            found.append((name, version, licence(name)))
        except PackageNotFoundError:
            found.append((name, version, ELSEWHERE[name]))
    return found


def document() -> str:
    """Return the whole text of THIRD_PARTY.md."""
    return HEAD + "".join(f"| {n} | {v} | {text} |\n" for n, v, text in rows()) + ASSETS


if __name__ == "__main__":
    (ROOT / "THIRD_PARTY.md").write_text(document(), encoding="utf-8")
    sys.stdout.write("THIRD_PARTY.md written\n")
