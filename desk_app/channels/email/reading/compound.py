"""Compound files (MS-CFB), the small file system that Outlook's .msg files are: storages hold streams and storages.

What is wrong in a file raises ValueError; nothing in it makes reading go round for ever or take more than the file has.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import olefile

MAGIC: bytes = olefile.MAGIC
_MOST_STREAMS = 20_000
_DAMAGE = (OSError, struct.error, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError)
"""What reading a file raises that is cut off or made up; OSError is the library's own kind."""


@dataclass(slots=True)
class Storage:
    """A folder of a compound file, by the names in it."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)


def read_compound(data: bytes) -> Storage:
    """Return the root of a compound file. Raises ValueError where it is none."""
    if not data.startswith(MAGIC):
        raise ValueError("This is no compound file.")
    try:
        _look_at_head(data)
        with olefile.OleFileIO(BytesIO(data)) as file:
            paths = file.listdir()
            root: Any = file.root  # of whose size the stubs know nothing
            held = max(root.size, sum(file.get_size(path) for path in paths))
            if held > len(data) or len(paths) > _MOST_STREAMS:
                raise ValueError("it says it holds more than it has")
            return _tree(file, paths)
    except _DAMAGE as error:
        raise ValueError(f"The compound file is cut off or damaged: {error}") from error


def _look_at_head(data: bytes) -> None:
    """The library believes how many sectors the three tables have, and would read one of them for ever."""
    sectors = len(data) >> struct.unpack_from("<H", data, 30)[0]
    if any(struct.unpack_from("<I", data, place)[0] > sectors for place in (44, 64, 72)):
        raise ValueError("it says it has more sectors than there are")


def _tree(file: olefile.OleFileIO[Any], paths: list[list[str]]) -> Storage:
    root = Storage()
    for path in paths:
        storage = root
        for name in path[:-1]:
            storage = storage.storages.setdefault(name, Storage())
        storage.streams[path[-1]] = file.openstream(path).read()
    return root
