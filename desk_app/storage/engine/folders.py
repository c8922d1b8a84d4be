"""Which folders a SQLite file may lie in (AD-11, database.md 7).

A write-ahead log needs shared memory and locks that work; network file systems have neither, and a synchronising folder
copies a file in the middle of a write. Both end in a damaged database, so both are refused, not warned about.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from desk_app.services.ports.errors import FolderNotWritableError, UnsafeFolderError

ADVICE = "Choose a folder on this computer's own disk, or share the desk with a team through a PostgreSQL server."

_NETWORK_TYPES = re.compile(
    r"nfs\d*|cifs|smb\d*|smbfs|9p|fuse\..+|fuse|vboxsf|vmhgfs|virtiofs|prl_fs|ceph|lustre|gpfs|glusterfs|afs|davfs\d*"
    r"|ncpfs|coda|beegfs|orangefs|moosefs|drvfs|webdav|afpfs"
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.lxcfs", "fuseblk"})  # fuseblk: NTFS and exFAT on a local disk
_SYNCED = (
    (re.compile(r"onedrive(?: - .+)?", re.IGNORECASE), "OneDrive"),
    (re.compile(r"(?:.+ )?dropbox(?: \(.+\))?", re.IGNORECASE), "Dropbox"),
    (re.compile(r"icloud ?drive|com~apple~clouddocs|mobile documents", re.IGNORECASE), "iCloud"),
    (re.compile(r"google ?drive|googledrive-.+|my drive|drivefs", re.IGNORECASE), "Google Drive"),
    (re.compile(r"nextcloud\d*|owncloud", re.IGNORECASE), "Nextcloud"),
)
_DRIVE_REMOTE = 4  # GetDriveTypeW
_MNT_LOCAL = 0x1000  # statfs f_flags on macOS


@dataclass(frozen=True)
class Machine:
    """What is asked of the operating system; tests give their own answers.

    `mountinfo` is the text of /proc/self/mountinfo ("" elsewhere), `environment` names synchronised folders by
    variable.
    """

    platform: str = sys.platform
    mountinfo: str | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def mounts(self) -> str:
        """Return the mount table, read at the time of asking."""
        if self.mountinfo is not None:
            return self.mountinfo
        try:
            return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""

    def drive_type(self, root: str) -> int:
        """Return what Windows says about a drive ("X:\\")."""
        windows = getattr(ctypes, "windll", None)
        return int(windows.kernel32.GetDriveTypeW(root)) if windows is not None else 0

    def is_local_volume(self, folder: Path) -> bool:
        """Return what macOS says about a volume; True where it cannot be asked."""
        if self.platform != "darwin":
            return True
        library = ctypes.CDLL(None)
        buffer = ctypes.create_string_buffer(4096)
        call = getattr(library, "statfs$INODE64", None) or getattr(library, "statfs", None)
        if call is None or call(os.fsencode(folder), buffer) != 0:
            return True
        flags = int.from_bytes(buffer.raw[64:68], sys.byteorder)  # struct statfs64: f_flags
        return bool(flags & _MNT_LOCAL)


def check_folder(file: Path, machine: Machine | None = None) -> None:
    """Raise UnsafeFolderError where a database file must not lie; the folder need not exist yet."""
    machine = machine or Machine()
    text = str(file)
    if text.startswith(("\\\\", "//")):
        raise _network(file, "a network share")
    if machine.platform == "win32":
        drive = Path(text).drive or text[:2]
        if re.fullmatch(r"[A-Za-z]:", drive) and machine.drive_type(f"{drive}\\") == _DRIVE_REMOTE:
            raise _network(file, f"the network drive {drive}")
    existing = _existing(file)
    if machine.platform == "linux":
        kind = _mount_type(existing, machine.mounts())
        if _NETWORK_TYPES.fullmatch(kind) and kind not in _LOCAL_FUSE:
            raise _network(file, f"a file system of the kind {kind}")
    if not machine.is_local_volume(existing):
        raise _network(file, "a network volume")
    service = _synced(file, machine.environment)
    if service:
        raise UnsafeFolderError(f"{file} is in a folder that {service} synchronises; that damages databases.", ADVICE)


def prepare_folder(file: Path) -> None:
    """Create the folder of a new database and check that it can be written to."""
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FolderNotWritableError(
            f"The folder {folder} cannot be created ({error.strerror or type(error).__name__}).",
            "Choose another folder or ask for the right to write there.",
        ) from None
    target = file if file.exists() else folder
    if not os.access(target, os.W_OK) or not os.access(folder, os.W_OK):
        raise FolderNotWritableError(
            f"{target} cannot be written to.",
            "Choose another folder or ask for the right to write there.",
        )


def _network(file: Path, what: str) -> UnsafeFolderError:
    return UnsafeFolderError(f"{file} is on {what}; a SQLite database would be damaged there.", ADVICE)


def _existing(file: Path) -> Path:
    path = file.parent
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.resolve()


def _mount_type(folder: Path, mountinfo: str) -> str:
    """Return the file system type of the mount a folder is in (proc(5): mount point is field 5, type follows " - ")."""
    best, kind = -1, ""
    wanted = folder.parts
    for line in mountinfo.splitlines():
        left, separator, right = line.partition(" - ")
        fields = left.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])).parts
        if wanted[: len(point)] == point and len(point) >= best:
            best, kind = len(point), right.split(" ")[0].lower()
    return kind


def _synced(file: Path, environment: dict[str, str]) -> str:
    for variable in ("OneDrive", "OneDriveConsumer", "OneDriveCommercial"):
        root = environment.get(variable, "")
        if root and file.is_relative_to(root):
            return "OneDrive"
    for part in re.split(r"[\\/]", str(file.parent)):
        for pattern, service in _SYNCED:
            if pattern.fullmatch(part):
                return service
    return ""
