"""Content-addressed bytes, compressed, each stored once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import zstandard
from sqlalchemy import bindparam, delete, select
from sqlalchemy.engine import Connection

from desk_app.services.ports.errors import DamagedDatabaseError
from desk_app.storage.schema.messages import attachment, blob, message
from desk_app.storage.schema.sync import inbound_item, outbox
from desk_app.storage.schema.writing import canned_attachment, draft_attachment
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from desk_app.storage.batch import Batch
    from desk_app.storage.transaction import Transaction

_LEVEL = 3
_SMALLEST = 128  # bytes; below, a frame saves nothing
_SAMPLE = 64 * 1024
_SAMPLED_ABOVE = 256 * 1024
_PACKED = (  # first bytes of what is compressed already
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
    b"OggS",
    b"ID3",
)

_SELECT = select(blob.c.codec, blob.c.size, blob.c.content).where(blob.c.sha256 == bindparam("wanted"))
_EXISTS = select(blob.c.size).where(blob.c.sha256 == bindparam("wanted"))
_WHICH = select(blob.c.sha256).where(blob.c.sha256.in_(bindparam("wanted", expanding=True)))
_tools = threading.local()  # zstandard's contexts must not be shared between threads


class SqlBlobStore:
    """Bytes in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction
        self._insert = insert_new(transaction, blob, keys=("sha256",))

    def put(self, content: bytes, *, sha256: str = "", compressible: bool = True) -> str:
        """Store bytes unless they are there, and return their SHA-256."""
        sha256 = sha256 or hashlib.sha256(content).hexdigest()
        if self._t.held is not None:
            self._t.held.part(HeldBlobs).put(content, sha256, compressible=compressible)
            return sha256
        if self._t.connection.execute(_EXISTS, {"wanted": sha256}).first() is not None:
            return sha256
        codec, packed = pack(content, compressible=compressible)
        self._t.connection.execute(
            self._insert, {"sha256": sha256, "size": len(content), "codec": codec, "content": packed}
        )
        return sha256

    def prefetch(self, sha256s: Sequence[str]) -> None:
        """Look up together which bytes of a batch are there already."""
        if self._t.held is not None and sha256s:
            found = self._t.connection.execute(_WHICH, {"wanted": sorted(set(sha256s))}).scalars()
            self._t.held.part(HeldBlobs).note(sha256s, found)

    def get(self, sha256: str) -> bytes | None:
        """Return bytes, checked against their hash."""
        return read_blob(self._t.connection, sha256)

    def remove_unused(self, sha256s: Sequence[str]) -> int:
        """Delete those of these bytes that nothing refers to any more."""
        return remove_orphans(self._t, sha256s)


class HeldBlobs:
    """The bytes of a batch; knows which are stored already."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._stored: set[str] = set()
        self._absent: set[str] = set()

    def note(self, asked: Iterable[str], found: Iterable[str]) -> None:
        """Remember what a look-up gave."""
        self._stored.update(found)
        self._absent.update(sha256 for sha256 in asked if sha256 not in self._stored)

    def put(self, content: bytes, sha256: str, *, compressible: bool) -> None:
        """Hold bytes back unless they are stored or held."""
        if sha256 in self._stored:
            return
        self._stored.add(sha256)
        if sha256 not in self._absent:
            connection = self._batch.transaction.connection
            if connection.execute(_EXISTS, {"wanted": sha256}).first() is not None:
                return
        codec, packed = pack(content, compressible=compressible)
        row = {"sha256": sha256, "size": len(content), "codec": codec, "content": packed}
        self._batch.insert(blob, row, skip_known=True)
        self._batch.weigh(len(packed))

    def insert(self) -> None:
        """Nothing waits: rows are handed over at once."""

    def update(self) -> None:
        """Bytes never change."""


def read_blob(connection: Connection, sha256: str) -> bytes | None:
    """Return bytes by their hash; raises DamagedDatabaseError where they are not what they were."""
    row = connection.execute(_SELECT, {"wanted": sha256}).first()
    if row is None:
        return None
    content = unpack(row.codec, bytes(row.content), int(row.size))
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise DamagedDatabaseError(
            f"Stored bytes {sha256[:12]} are damaged.", "Restore the newest backup, or fetch the mail again."
        )
    return content


def pack(content: bytes, *, compressible: bool = True) -> tuple[str, bytes]:
    """Return codec and bytes as they are stored; what does not get at least 5 % smaller stays as it is."""
    if not compressible or len(content) < _SMALLEST or content.startswith(_PACKED):
        return "raw", content
    compressor = getattr(_tools, "compressor", None)
    if compressor is None:
        compressor = _tools.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    if len(content) > _SAMPLED_ABOVE:
        middle = len(content) // 2
        sample = content[middle : middle + _SAMPLE]
        if len(compressor.compress(sample)) > len(sample) * 0.95:
            return "raw", content
    packed: bytes = compressor.compress(content)
    return ("zstd", packed) if len(packed) < len(content) * 0.95 else ("raw", content)


def unpack(codec: str, packed: bytes, size: int) -> bytes | None:
    """Return what `pack` was given (`size` bytes); None where it cannot be."""
    if codec == "raw":
        return packed
    if codec != "zstd":
        return None
    decompressor = getattr(_tools, "decompressor", None)
    if decompressor is None:
        decompressor = _tools.decompressor = zstandard.ZstdDecompressor()
    try:
        content: bytes = decompressor.decompress(packed, max_output_size=max(size, 1))
    except zstandard.ZstdError:
        return None
    return content


def remove_orphans(transaction: Transaction, candidates: Iterable[str]) -> int:
    """Delete those of the given blobs that nothing refers to any more, and return how many went."""
    removed = 0
    for sha256 in candidates:
        used = any(
            transaction.connection.execute(select(1).where(column == sha256).limit(1)).first() is not None
            for column in (
                message.c.raw_sha256,
                attachment.c.sha256,
                outbox.c.mime_sha256,
                inbound_item.c.raw_sha256,
                draft_attachment.c.sha256,
                canned_attachment.c.sha256,
            )
        )
        if not used:
            removed += transaction.connection.execute(delete(blob).where(blob.c.sha256 == sha256)).rowcount
    return removed
