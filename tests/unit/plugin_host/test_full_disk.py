"""No room on the disk, and two programs that install or remove at once: said in words, and nothing is left by halves
(decision 128)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desk_app.plugin_host.archives import ArchiveError, build
from desk_app.plugin_host.installing import STAGING, Installer
from desk_app.plugin_host.probing import ProbeReport
from tests.support.plugin_folders import write_plugin

resource = pytest.importorskip("resource")
ROOM = 100_000


@contextmanager
def little_room() -> Iterator[None]:
    """Let no file grow beyond `ROOM` bytes: writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def come_through(_folder: Path) -> ProbeReport:
    return ProbeReport(hooks=("ticket_deleted",))


def large(tmp_path: Path, *, packed: bool) -> Path:
    """A plugin for which there is no room where it is unpacked, or `packed` either."""
    folder = write_plugin(tmp_path / "sources")
    (folder / "data.bin").write_bytes(os.urandom(2 * ROOM) if packed else bytes(2 * ROOM))
    return folder


def test_a_disk_that_is_full_while_a_plugin_is_unpacked_leaves_what_was_there(tmp_path: Path) -> None:
    installer = Installer(tmp_path / "plugins", come_through)
    small = write_plugin(tmp_path / "small")
    installer.install(installer.stage(build(small, tmp_path))).settle()
    file = build(large(tmp_path, packed=False), tmp_path / "files")
    with little_room(), pytest.raises(ArchiveError, match=r"cannot be unpacked\. The computer says"):
        installer.stage(file)
    assert not any((tmp_path / "plugins" / STAGING).iterdir())
    assert str(installer.newest("sample")) == "1.0.0"


def test_a_disk_that_is_full_while_a_plugin_is_tried_is_said(tmp_path: Path) -> None:
    def full(_folder: Path) -> ProbeReport:
        raise OSError(28, "No space left on device")

    installer = Installer(tmp_path / "plugins", full)
    with pytest.raises(ArchiveError, match=r"cannot be tried\. The disk is full"):
        installer.stage(build(write_plugin(tmp_path / "small"), tmp_path))
    assert not any((tmp_path / "plugins" / STAGING).iterdir())


def test_a_disk_that_is_full_while_a_plugin_is_packed_leaves_no_half_file(tmp_path: Path) -> None:
    folder = large(tmp_path, packed=True)
    with little_room(), pytest.raises(ArchiveError, match="cannot be written"):
        build(folder, tmp_path / "files")
    assert not any((tmp_path / "files").iterdir())


def test_two_programs_that_remove_a_plugin_at_once_both_find_it_gone(tmp_path: Path) -> None:
    problems: list[BaseException] = []
    start = threading.Barrier(2)

    def remove() -> None:
        start.wait(10)
        try:
            Installer(tmp_path / "plugins", come_through).remove("sample")
        except BaseException as error:  # noqa: BLE001 -- shown below
            problems.append(error)

    for _ in range(20):
        write_plugin(tmp_path / "plugins", installed=True)
        threads = [threading.Thread(target=remove) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(10)
        assert not (tmp_path / "plugins" / "sample").exists()
    assert problems == []
    assert not any((tmp_path / "plugins" / STAGING).iterdir())


def test_what_another_program_tidies_up_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = tmp_path / "plugins" / STAGING
    old, ago = staging / "old", time.time() - 10 * 86_400
    old.mkdir(parents=True)
    os.utime(old, (ago, ago))
    stat = Path.stat

    def gone(self: Path, **more: bool) -> os.stat_result:
        if self == old:
            raise FileNotFoundError(self)
        return stat(self, **more)

    monkeypatch.setattr(Path, "stat", gone)
    installer = Installer(tmp_path / "plugins", come_through)
    assert str(installer.stage(build(write_plugin(tmp_path / "small"), tmp_path)).manifest.version) == "1.0.0"
