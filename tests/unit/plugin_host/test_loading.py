"""Plugins are imported under names of their own and go without a trace (plugins.md, "Discovery and installation")."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from desk_app.plugin_host.loading import Loaded, load, loaded_modules, unload
from desk_app.plugin_host.manifest import Manifest, read_manifest
from tests.support.plugin_folders import write_plugin

WORD = "WORD = '{word}'\n"


def manifest_of(folder: Path) -> Manifest:
    found, problems = read_manifest(folder)
    assert found is not None, problems
    return found


def loaded(folder: Path, **more: object) -> Loaded:
    return load(manifest_of(folder), folder, **more)  # type: ignore[arg-type]


def test_a_folder_is_a_package_of_its_own(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "sam.ple", "from . import words\nWORD = words.WORD\n", words=WORD.format(word="a"))
    path_before = list(sys.path)
    one = loaded(folder)
    assert one.part.WORD == "a"  # type: ignore[attr-defined]
    assert loaded_modules("sam_ple") == [
        "desk_plugins.sam_ple",
        "desk_plugins.sam_ple.plugin",
        "desk_plugins.sam_ple.words",
    ]
    assert sys.path == path_before
    unload(one)
    assert loaded_modules("sam_ple") == []
    assert not [place for place in sys.path_importer_cache if place.startswith(str(tmp_path))]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("desk_plugins.sam_ple.words")


def test_an_entry_may_name_an_object_and_says_where_there_is_none(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "sample", "class Part: ...\npart = Part()\n")
    text = (folder / "plugin.toml").read_text()
    (folder / "plugin.toml").write_text(text.replace('entry = "plugin"', 'entry = "plugin:part"'))
    one = loaded(folder)
    assert type(one.part).__name__ == "Part"
    unload(one)
    (folder / "plugin.toml").write_text(text.replace('entry = "plugin"', 'entry = "plugin:gone"'))
    with pytest.raises(ImportError, match=r"there is no “gone” in plugin\.py"):
        loaded(folder)
    assert loaded_modules("sample") == []


def test_a_folder_without_init_is_a_package_all_the_same(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "sample", "from .words import WORD\n", words=WORD.format(word="a"))
    (folder / "__init__.py").unlink()
    one = loaded(folder)
    assert one.part.WORD == "a"  # type: ignore[attr-defined]
    unload(one)


def test_what_is_being_written_is_read_anew_however_quickly_it_was_saved(tmp_path: Path) -> None:
    for word in ("a", "b", "c"):
        folder = write_plugin(tmp_path, "sample", "from .words import WORD\n", words=WORD.format(word=word))
        one = loaded(folder, fresh=True)
        assert word == one.part.WORD  # type: ignore[attr-defined]
        unload(one)
    assert not (folder / "__pycache__").exists()


@pytest.mark.parametrize("entry", ["plugin", "acme_for_desks.plugin", "acme_for_desks.plugin:WORD"])
def test_what_pip_installed_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    folder = write_plugin(tmp_path, "acme_for_desks", WORD.format(word="a"))
    text = (folder / "plugin.toml").read_text()
    (folder / "plugin.toml").write_text(text.replace('entry = "plugin"', f'entry = "{entry}"'))
    monkeypatch.syspath_prepend(str(tmp_path))
    one = loaded(folder, package="acme_for_desks")
    assert getattr(one.part, "WORD", one.part) == "a"
    assert "acme_for_desks.plugin" in sys.modules
    unload(one)
    assert "acme_for_desks" not in sys.modules
    assert "acme_for_desks.plugin" not in sys.modules


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    folder = write_plugin(
        tmp_path, "sample", "from . import words\nraise KeyError('half-way')\n", words=WORD.format(word="a")
    )
    with pytest.raises(KeyError):
        loaded(folder)
    assert loaded_modules("sample") == []
    (folder / "plugin.py").write_text("from .words import WORD\n")
    one = loaded(folder)
    assert one.part.WORD == "a"  # type: ignore[attr-defined]
    unload(one)


def test_vendored_packages_are_not_found_by_others(tmp_path: Path) -> None:
    folder = write_plugin(
        tmp_path, "sample", "def late():\n    import vendored_for_sample as found\n    return found\n"
    )
    (folder / "vendor" / "vendored_for_sample").mkdir(parents=True)
    (folder / "vendor" / "vendored_for_sample" / "__init__.py").write_text("from . import inner\n")
    (folder / "vendor" / "vendored_for_sample" / "inner.py").write_text("WORD = 'v'\n")
    one = loaded(folder)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("vendored_for_sample")
    assert one.part.late().inner.WORD == "v"  # type: ignore[attr-defined]
    unload(one)
    assert not [name for name in sys.modules if name.startswith("vendored_for_sample")]
