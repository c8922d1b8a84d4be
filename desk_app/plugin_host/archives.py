"""Plugin files: made from a folder, and unpacked with suspicion (plugins.md, "Discovery and installation").

A plugin file is a .zip with `plugin.toml` at its top or in its only folder, or a pure-Python wheel whose package holds
one. Nothing of it runs here; `probing` tries it in a process of its own.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from desk_app.plugin_host.manifest import FILE, Manifest, read_manifest
from desk_app.plugin_host.own_words import words_problems

MAX_BYTES = 50 * 1024 * 1024
"""How large a plugin may be when it is unpacked."""
MAX_FILES = 5000
_LEFT_OUT = {"__pycache__", ".git", ".hg", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", "node_modules"}
_NATIVE = {".so", ".pyd", ".dll", ".dylib", ".exe"}
_BYTECODE = {".pyc", ".pyo"}
"""Would be loaded in the place of sources that anybody can read."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(?:\..*)?\Z", re.IGNORECASE)
_CHUNK = 1 << 16
_LONGEST_SOURCE = 2_000_000
"""Bytes of one file of Python: to read it takes many times its size."""
_MAX_FOLDERS = 1000
_ENTRY = b"PK\1\2"  # begins each line of an archive's list of files, which is read as a whole
AGAIN = "Get it once more from where it came from."
ANOTHER = "Ask its maker for another file."
HARM = "It may be meant to do harm: do not use it."


class ArchiveError(Exception):
    """This file cannot be installed; the text says why and what helps, for the person who chose it."""

    def __init__(self, why: str, helps: str = "") -> None:
        super().__init__(f"{why} {helps}".strip())


class UnfitError(ArchiveError):
    """It is in order, but made for another version of the program."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A plugin that lies unpacked in `folder`, looked at but never run."""

    manifest: Manifest
    folder: Path
    warnings: tuple[str, ...] = ()


def unpack(archive: Path, into: Path) -> Unpacked:
    """Unpack a plugin file into the new folder `into`. Raises ArchiveError, and leaves nothing behind then."""
    if into.exists():
        raise ArchiveError(f"The folder {into} exists already.")
    try:
        check_size(archive)
        with zipfile.ZipFile(archive) as opened:
            top = _top_of(opened, archive)
            _extract(opened, top, into)
        return _in_order(into)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, zlib.error) as error:
        shutil.rmtree(into, ignore_errors=True)
        raise ArchiveError("It is damaged, or no plugin file at all.", AGAIN) from error
    except RuntimeError as error:  # what zipfile says of a password
        shutil.rmtree(into, ignore_errors=True)
        raise ArchiveError("It is locked with a password.", ANOTHER) from error
    except OSError as error:
        shutil.rmtree(into, ignore_errors=True)
        raise ArchiveError("It cannot be unpacked.", in_words(error)) from error
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def in_words(error: OSError) -> str:
    """Return what the computer could not do with files, and what helps."""
    if error.errno == errno.ENOSPC:
        return "The disk is full. Make room on it, and try again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "This computer does not allow it. Ask whoever looks after it."
    return f"The computer says: {error.strerror or error}."


def _in_order(folder: Path) -> Unpacked:
    """Return what was unpacked, and say of what its maker has to mend that it is theirs."""
    try:
        return _looked_at(folder)
    except UnfitError:
        raise
    except ArchiveError as error:
        raise ArchiveError("Its maker has to mend it.", str(error)) from error


def checked(folder: Path) -> Unpacked:
    """Return what lies in a plugin's folder: manifest and sources read, nothing run. Raises ArchiveError.

    Not in the process of a desk: to compile what is made to take long keeps all its threads waiting, and it may need
    more memory than there is. The trial (`probing`) does it in a process of its own.
    """
    made = _looked_at(folder)
    for file in files_of(folder):
        if file.suffix == ".py":
            _compile(file, folder)
    return made


def _looked_at(folder: Path) -> Unpacked:
    """Return what lies in a plugin's folder, without looking into its sources."""
    manifest, problems = read_manifest(folder)
    if manifest is None:
        raise ArchiveError("\n".join(_beside(str(one), folder) for one in problems if one.error))
    if reason := manifest.incompatible():
        raise UnfitError(reason)
    problems += words_problems(folder)
    for file in files_of(folder):
        if file.suffix == ".py" and file.stat().st_size > _LONGEST_SOURCE:
            place, most = file.relative_to(folder).as_posix(), _LONGEST_SOURCE // 1_000_000
            raise ArchiveError(f"{place} is larger than {most} MB; keep data in files of its own.")
    return Unpacked(manifest, folder, tuple(_beside(str(one), folder) for one in problems))


def build(folder: Path, into: Path) -> Path:
    """Make the file `<id>-<version>.zip` of a plugin's folder in the folder `into`; the same files give the same bytes.

    Raises ArchiveError where the plugin is not in order, or the file cannot be written.
    """
    made = checked(folder)
    target = into / f"{made.manifest.id}-{made.manifest.version}.zip"
    unfinished = target.with_suffix(".part")
    try:
        into.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files_of(folder):
                entry = zipfile.ZipInfo(f"{made.manifest.slug}/{file.relative_to(folder).as_posix()}")
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes())
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ArchiveError(f"The file {target} cannot be written.", in_words(error)) from error
    return target


def files_of(folder: Path) -> list[Path]:
    """Return the files that make up a plugin, in a fixed order; what tools leave behind does not count."""
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one not in _LEFT_OUT)
        found += [Path(here, name) for name in names if Path(name).suffix.lower() not in _BYTECODE]
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


# -- inside an archive -------------------------------------------------------------------------------------------------


def _top_of(archive: zipfile.ZipFile, file: Path) -> str:
    """Return the folder of the archive that holds the manifest, with its slash; "" for the top."""
    names = archive.namelist()
    if len(names) > MAX_FILES:
        raise ArchiveError(f"It holds {len(names)} files; {MAX_FILES} are the most.", ANOTHER)
    homes = sorted({name[: -len(FILE)] for name in names if name == FILE or name.endswith(f"/{FILE}")}, key=len)
    if file.suffix == ".whl":
        _check_wheel(archive, names)
        homes = [home for home in homes if ".dist-info/" not in home]
    if not homes:
        near = next((name for name in names if name.rpartition("/")[2].casefold() == FILE), "")
        if near:
            raise ArchiveError(f"Its file “{near[:80]}” must be called {FILE}.", ANOTHER)
        raise ArchiveError(f"It is no plugin: there is no {FILE} in it.", "Choose the file its maker calls the plugin.")
    if homes[0].count("/") > 1:
        raise ArchiveError(f"It is no plugin: {FILE} must be at the top or in the only folder at the top.", ANOTHER)
    if len(homes) > 1 and homes[0].count("/") == homes[1].count("/"):
        raise ArchiveError("It holds more than one plugin. Install them one by one.")
    return homes[0]


def _check_wheel(archive: zipfile.ZipFile, names: list[str]) -> None:
    said = next((name for name in names if name.endswith(".dist-info/WHEEL")), None)
    text = ""
    if said:
        with archive.open(said) as entry:
            text = entry.read(_CHUNK).decode("utf-8", "replace")  # not all: it may unpack to more than there is memory
    if not re.search(r"^Root-Is-Purelib:\s*true\s*$", text, re.MULTILINE | re.IGNORECASE):
        raise ArchiveError("It holds parts made for one kind of computer; only plain Python is installed.", ANOTHER)


def _extract(archive: zipfile.ZipFile, top: str, into: Path) -> None:
    left = MAX_BYTES
    seen: set[str] = set()
    folders: set[PurePosixPath] = set()
    for entry, place in _entries(archive, top):
        folded = str(place).casefold()
        if folded in seen:
            raise ArchiveError(f"It holds the file “{place}” twice.", ANOTHER)
        seen.add(folded)
        folders.update(place.parents)
        if len(folders) > _MAX_FOLDERS:
            raise ArchiveError(f"It holds more than {_MAX_FOLDERS} folders.", ANOTHER)
        target = into.joinpath(*place.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("xb") as copy:
            while chunk := source.read(_CHUNK):  # what the archive says of sizes may be a lie
                left -= len(chunk)
                if left < 0:
                    raise ArchiveError(f"Unpacked, it is larger than {MAX_BYTES // 1024 // 1024} MB.", ANOTHER)
                copy.write(chunk)


def _entries(archive: zipfile.ZipFile, top: str) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    for entry in archive.infolist():
        _check_name(entry)
        if entry.is_dir() or not entry.filename.startswith(top):
            continue
        place = PurePosixPath(entry.filename[len(top) :])
        if _LEFT_OUT.intersection(place.parts) or place.suffix.lower() in _BYTECODE:
            continue
        if place.suffix.lower() in _NATIVE:
            raise ArchiveError(f"Its file “{place}” is compiled code; only plain Python is installed.", ANOTHER)
        yield entry, place


def check_size(archive: Path) -> None:
    """Refuse what is too large to look into. How long the list of its files is an archive says in several places, which
    may differ: what counts is how often a line of it can begin."""
    with archive.open("rb") as file:
        if file.seek(0, os.SEEK_END) > MAX_BYTES:
            raise ArchiveError(f"It is larger than {MAX_BYTES // 1024 // 1024} MB.", ANOTHER)
        file.seek(0)
        lines, kept = 0, b""
        while chunk := file.read(_CHUNK):
            lines += (kept + chunk).count(_ENTRY)
            kept = chunk[1 - len(_ENTRY) :]
    if lines > 2 * MAX_FILES:  # one that is not packed inside of it counts, too
        raise ArchiveError(f"It holds too many files; {MAX_FILES} are the most.", ANOTHER)


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = name.rstrip("/").split("/")
    hostile = (
        "\\" in name
        or "\0" in name
        or ":" in name
        or name.startswith("/")
        or any(part in {"", ".", ".."} or part != part.rstrip(". ") or _RESERVED.match(part) for part in parts)
    )
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if hostile or len(name) > 240:
        raise ArchiveError(f"It holds a file with the forbidden name “{ascii(name[:80])[1:-1]}”.", HARM)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ArchiveError(f"Its file “{name}” is a link or a device; a plugin holds plain files only.", HARM)


def _compile(file: Path, folder: Path) -> None:
    place = file.relative_to(folder).as_posix()
    try:
        with tokenize.open(file) as source:
            compile(source.read(), place, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ArchiveError(f"{place}:{error.lineno or 1}: {error.msg}.") from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise ArchiveError(f"{place} is not Python that can be read: {error}.") from error


def _beside(text: str, folder: Path) -> str:
    return text.replace(f"{folder}{os.sep}", "").replace(str(folder), folder.name)
