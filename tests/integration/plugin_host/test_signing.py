"""Who made a plugin file is shown by its signature (features.md PL-10)."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from desk_app.plugin_host.archives import ArchiveError, build
from desk_app.plugin_host.installing import Installer
from desk_app.plugin_host.probing import ProbeReport
from desk_app.plugin_host.signing import beside_of, checksum, is_key, make_key, sign
from desk_app.services.people.agents import actor_for
from desk_app.services.plugins.signers import PluginSigners
from tests.support.desks import DeskKit
from tests.support.plugin_folders import write_plugin


@pytest.fixture
def installer(tmp_path: Path) -> Installer:
    return Installer(tmp_path / "plugins", lambda _folder: ProbeReport(hooks=("ticket_deleted",)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return build(write_plugin(tmp_path / "source"), tmp_path / "dist")


def test_pl_10_a_signed_file_shows_who_made_it_and_a_changed_one_is_refused(
    installer: Installer, file: Path, tmp_path: Path
) -> None:
    unsigned = installer.stage(file)
    assert (unsigned.signed_by, unsigned.sha256) == ("", hashlib.sha256(file.read_bytes()).hexdigest())
    public = make_key(tmp_path / "ann.pem")
    assert is_key(public)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "ann.pem").stat().st_mode) == 0o600
    sign(file, tmp_path / "ann.pem")
    assert installer.stage(file).signed_by == public
    other = build(write_plugin(tmp_path / "source", version="1.0.1"), tmp_path / "dist")
    beside_of(other).write_bytes(beside_of(file).read_bytes())
    with pytest.raises(ArchiveError, match="not what was signed"):
        installer.stage(other)
    sign(other, tmp_path / "ann.pem")
    with other.open("ab") as opened:
        opened.write(b"\0")
    with pytest.raises(ArchiveError, match="not what was signed"):
        installer.stage(other)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 5000, b"desk-app plugin signature 1\nAAAA\nBBBB\n", b"desk-app plugin signature 1\n"]
)
def test_pl_10_rubbish_is_no_signature(installer: Installer, file: Path, content: bytes) -> None:
    beside_of(file).write_bytes(content)
    with pytest.raises(ArchiveError, match="not what was signed"):
        installer.stage(file)


def test_pl_10_a_key_is_never_overwritten_and_only_keys_sign(file: Path, tmp_path: Path) -> None:
    make_key(tmp_path / "ann.pem")
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "ann.pem")
    with pytest.raises(ArchiveError, match="no key"):
        sign(file, file)
    assert not beside_of(file).exists()
    assert checksum(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_pl_10_only_admins_say_whom_a_desk_trusts(desk_kit: DeskKit) -> None:
    signers = PluginSigners(desk_kit.desk.unit_of_work)
    admin = desk_kit.ann
    tom = actor_for(desk_kit.desk.people.add_agent("tom", admin, name="Tom"))
    signers.trust("Kopi Works", "key", admin)
    assert signers.name_of("key") == "Kopi Works"
    assert signers.name_of("") == signers.name_of("other") == ""
    for act in (lambda: signers.trust("Tom", "mine", tom), lambda: signers.forget("Kopi Works", tom)):
        with pytest.raises(PermissionError):
            act()
    assert signers.all() == {"Kopi Works": "key"}
    with pytest.raises(ValueError, match="can be seen"):
        signers.trust("Kopi\u202e", "key", admin)
    assert signers.forget("Kopi Works", admin)
    assert not signers.forget("Kopi Works", admin)
    assert signers.all() == {}
