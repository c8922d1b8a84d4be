"""A file is installed whole or not at all, and never in the place of something else (plugins.md, "Discovery")."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.archives import ArchiveError, build
from desk_app.plugin_host.installing import Candidate, Installer
from desk_app.plugin_host.probing import ProbeReport
from desk_app.services.ports.plugins import PluginRefusedError
from tests.support.plugin_folders import write_plugin
from tests.support.plugin_hosts import PluginKit

SAYS = """
    from desk_app.plugin_api import hookimpl
    @hookimpl
    def filter_signature(value): return value + " {word}"
"""


def tried(kit: PluginKit, tmp_path: Path, plugin_id: str, version: str, word: str) -> Candidate:
    folder = write_plugin(
        tmp_path / f"{plugin_id}-{version}-{len(word)}", plugin_id, SAYS.format(word=word), version=version
    )
    return Installer(kit.user, lambda _folder: ProbeReport()).stage(build(folder, folder.parent))


def said(kit: PluginKit) -> str:
    return str(kit.desk.hooks.filter("filter_signature", "x", agent=None, department=""))


def test_installing_never_deletes_the_version_that_runs(local_plugins: PluginKit, tmp_path: Path) -> None:
    host = local_plugins.host
    host.start(Mode.GUI)
    for version in ("1.0", "2.0"):
        host.put(tried(local_plugins, tmp_path, "sample", version, version))
        host.activate("sample", ())
    host.roll_back("sample")
    host.deactivate("sample")
    host.put(tried(local_plugins, tmp_path, "sample", "3.0", "3.0"))
    host.activate("sample", ())
    assert said(local_plugins) == "x 1.0"
    assert sorted(one.name for one in (local_plugins.user / "sample").iterdir()) == ["1.0", "2.0", "3.0"]


def test_the_same_version_installed_again_runs_with_its_new_files(local_plugins: PluginKit, tmp_path: Path) -> None:
    host = local_plugins.host
    host.start(Mode.GUI)
    host.put(tried(local_plugins, tmp_path, "sample", "1.0", "first"))
    host.activate("sample", ())
    host.put(tried(local_plugins, tmp_path, "sample", "1.0", "second"))
    assert (local_plugins.kind(), said(local_plugins)) == (StateKind.ACTIVE, "x second")
    local_plugins.again()
    assert (local_plugins.kind(), said(local_plugins)) == (StateKind.ACTIVE, "x second")


def test_the_same_version_installed_again_that_does_not_run_gives_way_to_its_old_files(
    local_plugins: PluginKit, tmp_path: Path
) -> None:
    host = local_plugins.host
    host.start(Mode.GUI)
    host.put(tried(local_plugins, tmp_path, "sample", "1.0", "first"))
    host.activate("sample", ())
    broken = '"\n    raise RuntimeError("missing")  # "'
    with pytest.raises(PluginRefusedError, match="the files of before are back"):
        host.put(tried(local_plugins, tmp_path, "sample", "1.0", broken))
    assert (local_plugins.kind(), said(local_plugins)) == (StateKind.ACTIVE, "x first")
    assert any("missing" in one for one in local_plugins.faults())
    local_plugins.again()
    assert (local_plugins.kind(), said(local_plugins)) == (StateKind.ACTIVE, "x first")
    assert list((local_plugins.user / ".staging").iterdir()) == []


def test_an_id_that_differs_by_a_dash_only_takes_nothing_over(local_plugins: PluginKit, tmp_path: Path) -> None:
    host = local_plugins.host
    host.start(Mode.GUI)
    host.put(tried(local_plugins, tmp_path, "my-plugin", "1.0", "first"))
    host.activate("my-plugin", ())
    with pytest.raises(PluginRefusedError, match="another plugin “my_plugin” already"):
        host.put(tried(local_plugins, tmp_path, "my_plugin", "2.0", "other"))
    assert said(local_plugins) == "x first"
    assert not (local_plugins.user / "my_plugin").exists()


def test_a_place_that_cannot_be_taken_leaves_what_was_there(
    local_plugins: PluginKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer = Installer(local_plugins.user, lambda _folder: ProbeReport())
    folder = installer.install(tried(local_plugins, tmp_path, "sample", "1.0", "first")).folder
    again = tried(local_plugins, tmp_path, "sample", "1.0", "second")
    moved = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path == again.folder:
            raise OSError(28, "No space left on device")
        return moved(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ArchiveError, match="The disk is full"):
        installer.install(again)
    assert "first" in (folder / "plugin.py").read_text()


def test_a_plugin_whose_data_cannot_be_deleted_is_still_there_to_try_again(
    local_plugins: PluginKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = local_plugins.host
    host.start(Mode.GUI)
    host.put(tried(local_plugins, tmp_path, "sample", "1.0", "first"))
    host.activate("sample", ())

    def locked(slug: str) -> None:
        raise RuntimeError(slug)

    with monkeypatch.context() as patched:
        patched.setattr(host._shelf, "forget", locked)
        with pytest.raises(RuntimeError):
            host.uninstall("sample", delete_data=True)
    assert local_plugins.kind() is StateKind.INACTIVE
    host.uninstall("sample", delete_data=True)
    assert host.state("sample") is None
    assert not (local_plugins.user / "sample").exists()
