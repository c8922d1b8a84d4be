"""Puts plugin files into the user's folder, step by step and never by halves (plugins.md, "Discovery and
installation")."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from desk_app.plugin_host.archives import ArchiveError, check_size, in_words, unpack
from desk_app.plugin_host.manifest import Manifest
from desk_app.plugin_host.probing import ProbeReport
from desk_app.plugin_host.signing import beside_of, checksum, signed_by

STAGING = ".staging"
_FORGOTTEN_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin file that was unpacked and tried, and waits for a person's word. `previous` is the version it would
    replace, `sha256` the checksum of the file, `signed_by` the public key it was signed with, "" for none."""

    manifest: Manifest
    folder: Path
    report: ProbeReport
    warnings: tuple[str, ...] = ()
    previous: Version | None = None
    sha256: str = ""
    signed_by: str = ""

    def discard(self) -> None:
        """Throw it away."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Placed:
    """A plugin in its place, `folder`; `replaced` is where the files of the same version lie that were there before,
    until one of the two is done."""

    folder: Path
    replaced: Path

    def settle(self) -> None:
        """Throw away what was there before."""
        shutil.rmtree(self.replaced.parent, ignore_errors=True)

    def undo(self) -> None:
        """Put back what was there before. Raises ArchiveError; what was put there stays then."""
        failed = self.replaced.with_name("failed")
        try:
            self.folder.rename(failed)
            self.replaced.rename(self.folder)
        except OSError as error:
            if failed.exists() and not self.folder.exists():
                failed.rename(self.folder)
            raise ArchiveError(
                f"The files of before cannot be put back into {self.folder}.", in_words(error)
            ) from error
        self.settle()


class Installer:
    """The folder `<data>/plugins`: one folder a plugin, in it one a version.

    `probe` tries a folder in a process of its own.
    """

    def __init__(self, root: Path, probe: Callable[[Path], ProbeReport]) -> None:
        self._root = root
        self._probe = probe

    def stage(self, archive: Path) -> Candidate:
        """Unpack a plugin file beside the installed ones and try it. Raises ArchiveError with what is wrong with it."""
        staging = self._root / STAGING
        try:
            staging.mkdir(parents=True, exist_ok=True)
            self._tidy()
            place = Path(tempfile.mkdtemp(dir=staging))
        except OSError as error:
            raise ArchiveError(f"The folder {self._root} cannot be written to.", in_words(error)) from error
        try:
            copy = _copied(archive, place)  # what is signed is what is unpacked, whatever becomes of the file meanwhile
            sha256 = checksum(copy)
            key = signed_by(sha256, beside_of(archive))
            made = unpack(copy, place / "plugin")
            report = self._try(made.folder)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        previous = self.newest(made.manifest.id)
        return Candidate(made.manifest, made.folder, report, made.warnings, previous, sha256, key)

    def _try(self, folder: Path) -> ProbeReport:
        try:
            report = self._probe(folder)
        except OSError as error:  # no room for its report, no further process
            raise ArchiveError("It cannot be tried.", in_words(error)) from error
        if report.problem:
            raise ArchiveError("Its maker has to mend it.", report.problem)
        return report

    def install(self, candidate: Candidate, in_use: str = "") -> Placed:
        """Put a tried plugin in its place, at once or not at all. The version before stays for a way back, and the one
        `in_use`, which may be an older one; others go. Raises ArchiveError."""
        home = self._root / candidate.manifest.id
        target, replaced = home / str(candidate.manifest.version), candidate.folder.parent / "replaced"
        try:
            home.mkdir(parents=True, exist_ok=True)
            if target.exists():
                target.rename(replaced)
            candidate.folder.rename(target)
        except OSError as error:
            if replaced.exists() and not target.exists():
                replaced.rename(target)
            candidate.discard()
            raise ArchiveError(f"It cannot be put into {home}.", in_words(error)) from error
        keep = {candidate.manifest.version, candidate.previous}
        for version, folder in self._versions(candidate.manifest.id):
            if version not in keep and folder.name != in_use:
                shutil.rmtree(folder, ignore_errors=True)
        return Placed(target, replaced)

    def newest(self, plugin_id: str) -> Version | None:
        """Return the newest installed version, None where there is none."""
        return max((version for version, _ in self._versions(plugin_id)), default=None)

    def remove(self, plugin_id: str) -> None:
        """Remove every version of a plugin. Raises ArchiveError where that cannot be done; all are there still then."""
        home, staging = self._root / plugin_id, self._root / STAGING
        try:
            staging.mkdir(parents=True, exist_ok=True)
            gone = Path(
                tempfile.mkdtemp(prefix="gone-", dir=staging)
            )  # its own: another program may be removing it, too
            with suppress(FileNotFoundError):
                home.rename(gone / plugin_id)  # from here on nobody finds it any more
        except OSError as error:
            raise ArchiveError(f"Its files in {home} cannot be removed.", in_words(error)) from error
        shutil.rmtree(gone, ignore_errors=True)

    def _tidy(self) -> None:
        """Throw away what an installation that was cut short has left; what is young may be waiting for a person."""
        for left in (self._root / STAGING).iterdir():
            with suppress(FileNotFoundError):  # another program tidies up as well
                if time.time() - left.stat().st_mtime > _FORGOTTEN_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)

    def _versions(self, plugin_id: str) -> list[tuple[Version, Path]]:
        home = self._root / plugin_id
        found = []
        for folder in home.iterdir() if home.is_dir() else ():
            try:
                found.append((Version(folder.name), folder))
            except InvalidVersion:
                continue
        return found


def _copied(archive: Path, place: Path) -> Path:
    copy = place / f"file{archive.suffix}"
    try:
        check_size(archive)
        shutil.copyfile(archive, copy)
    except OSError as error:
        raise ArchiveError("It cannot be read, or copied.", in_words(error)) from error
    return copy
