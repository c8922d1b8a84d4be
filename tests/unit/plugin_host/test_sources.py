"""Plugins are found without running anything of them (plugins.md, "Discovery and installation")."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desk_app.domain.plugins.model import Source
from desk_app.plugin_host.sources import Places, digest, find, newer
from tests.support.plugin_folders import write_plugin

LOUD = "raise SystemExit('this was loaded')"


def test_every_source_yields_manifests_and_the_first_one_counts(tmp_path: Path) -> None:
    bundled, user, dev = tmp_path / "bundled", tmp_path / "user", tmp_path / "dev"
    write_plugin(bundled, "alpha", LOUD)
    write_plugin(user, "alpha", LOUD, version="2.0", installed=True)
    write_plugin(user, "beta-two", LOUD, installed=True)
    write_plugin(user, "beta-two", LOUD, version="1.10", installed=True)
    mine = write_plugin(dev, "alpha", LOUD, version="0.1")
    (user / ".staging" / "x").mkdir(parents=True)
    (bundled / "notes.txt").write_text("no plugin")
    found = find(Places(user, bundled, pip=False), {"beta_two": "1.0.0"})
    assert {slug: (one.source, str(one.manifest.version)) for slug, one in found.by_slug.items() if one.manifest} == {
        "alpha": (Source.BUNDLED, "1.0.0"),
        "beta_two": (Source.USER, "1.0.0"),
    }
    assert [(one.slug, one.source) for one in found.conflicts] == [("alpha", Source.USER)]
    fresh = newer(found, found.by_slug["beta_two"])
    assert fresh is not None
    assert fresh.folder.name == "1.10"
    found = find(Places(user, bundled, (mine,), pip=False), {})
    assert (found.by_slug["alpha"].source, found.conflicts) == (Source.DEV, ())
    assert found.by_slug["beta_two"].folder.name == "1.10", "without a version in use it is the newest"


def test_a_manifest_is_parsed_again_only_where_its_text_is_another_one(tmp_path: Path) -> None:
    places, home = Places(tmp_path / "user", tmp_path, pip=False), write_plugin(tmp_path, "alpha", LOUD)
    first, second = (find(places, {}).by_slug["alpha"].manifest for _ in range(2))
    assert first is second is not None
    file, before = home / "plugin.toml", (home / "plugin.toml").stat()
    file.write_text(file.read_text(encoding="utf-8").replace("1.0.0", "1.0.1"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # as an editor may that saves twice in a moment
    fresh = find(places, {}).by_slug["alpha"].manifest
    assert (str(fresh.version) if fresh else "") == "1.0.1"
    file.write_text("no toml", encoding="utf-8")
    broken = find(places, {}).by_slug["alpha"]
    assert (broken.manifest, len(broken.problems)) == (None, 1)


def test_what_pip_installed_is_found_without_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    package = write_plugin(site, "acme_desk", LOUD)
    (package / "__init__.py").write_text(LOUD)
    info = site / "acme_desk-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-desk\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text("[desk_app.plugins]\nacme = acme_desk:plugin\nbroken = nowhere_at_all\n")
    monkeypatch.syspath_prepend(str(site))
    found = find(Places(tmp_path / "user"), {})
    one = found.by_slug["acme_desk"]
    assert (one.source, one.package, one.folder) == (Source.PIP, "acme_desk", package)
    assert "acme_desk" not in sys.modules


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "sample")
    before = digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "plugin.pyc").write_bytes(b"compiled")
    assert digest(folder) == before
    (folder / "plugin.py").rename(folder / "other.py")
    assert digest(folder) != before
    (folder / "other.py").rename(folder / "plugin.py")
    assert digest(folder) == before
    (folder / "vendor").mkdir()
    (folder / "vendor" / "new.py").write_text("")
    assert digest(folder) != before
