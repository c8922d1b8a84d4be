"""How fast mail is taken in, as a ratio to bare fetch and to fetch + stdlib parse + bare insert (mail.md 7.1 and
8.5).
"""

from __future__ import annotations

import argparse
import contextlib
import email
import hashlib
import imaplib
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from bench.mailgen import ACCOUNTS, MailMaker

TARGET = 0.5
BATCH = 200
LEVELS = ("fetch", "insert", "full")


# -- the server
# -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def mail_server(folder: Path, count: int, seed: int) -> Iterator[dict[str, object]]:
    """Fill mailboxes with generated mail and serve them with Dovecot, else from memory; yields how to reach them."""
    from tests.support.dovecot import BINARY, dovecot_server
    from tests.support.tls import TestAuthority

    if BINARY is None:
        print("Dovecot is not installed: the mail comes out of memory, without a network.")
        yield {"kind": "memory", "count": count, "seed": seed}
        return
    with dovecot_server(TestAuthority(folder).issue()) as server:
        for account in ACCOUNTS:
            server.user(account, "bench")
            for part in ("cur", "new", "tmp"):
                (server.root / "mail" / account / part).mkdir(parents=True, exist_ok=True)
        total = 0
        for number, (account, raw) in enumerate(MailMaker(seed).stream(count)):
            name = f"{1772323200 + number}.M{number:06d}.bench"
            (server.root / "mail" / account / "new" / name).write_bytes(raw)
            total += len(raw)
        owner = (server.root / "mail").stat()
        for path in (server.root / "mail").rglob("*"):
            shutil.chown(path, owner.st_uid, owner.st_gid)
        print(f"{count:,} messages, {total / 1e6:.1f} MB, served by Dovecot")
        yield {"kind": "dovecot", "host": server.host, "port": server.port}


# -- the levels, each in a process of its own
# -----------------------------------------------------------------------------


def fetch_bare(place: dict[str, object]) -> Iterator[bytes]:
    """Yield every message of every mailbox, fetched by UID in batches with the standard library."""
    if place["kind"] == "memory":
        for _, raw in MailMaker(int(str(place["seed"]))).stream(int(str(place["count"]))):
            yield raw
        return
    for account in ACCOUNTS:
        client = imaplib.IMAP4(str(place["host"]), int(str(place["port"])))
        client.login(account, "bench")
        client.select("INBOX", readonly=True)
        uids = client.uid("SEARCH", "ALL")[1][0].split()
        for start in range(0, len(uids), BATCH):
            chunk = b",".join(uids[start : start + BATCH]).decode()
            for item in client.uid("FETCH", chunk, "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[])")[1]:
                if isinstance(item, tuple):
                    yield item[1]
        client.logout()


def level_fetch(place: dict[str, object], folder: Path) -> int:  # noqa: ARG001 -- every level has the same shape
    """Fetch and drop."""
    return sum(1 for _ in fetch_bare(place))


def level_insert(place: dict[str, object], folder: Path) -> int:
    """Fetch, parse with the standard library's compat32, insert message, references and attachment rows."""
    base = sqlite3.connect(folder / "bare.db", isolation_level=None)
    base.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE message (id INTEGER PRIMARY KEY, mid TEXT, subject TEXT, sender TEXT, date TEXT, body TEXT);"
        "CREATE INDEX by_mid ON message (mid);"
        "CREATE TABLE reference (message INTEGER, mid TEXT); CREATE INDEX by_reference ON reference (mid);"
        "CREATE TABLE attachment (message INTEGER, name TEXT, sha256 TEXT, size INTEGER);"
    )
    number = 0
    for number, raw in enumerate(fetch_bare(place), 1):
        if number % BATCH == 1:
            base.execute("BEGIN")
        _insert_bare(base, raw)
        if number % BATCH == 0:
            base.execute("COMMIT")
    if number % BATCH:
        base.execute("COMMIT")
    base.close()
    return number


def _insert_bare(base: sqlite3.Connection, raw: bytes) -> None:
    parsed = email.message_from_bytes(raw)
    body, files = "", []
    for part in parsed.walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if part.get_filename():
            files.append((part.get_filename(), hashlib.sha256(data).hexdigest(), len(data)))
        elif part.get_content_type() == "text/plain" and not body:
            body = data.decode(part.get_content_charset() or "utf-8", "replace")
    fields = [str(parsed[name] or "") for name in ("message-id", "subject", "from", "date")]
    sql = "INSERT INTO message (mid, subject, sender, date, body) VALUES (?, ?, ?, ?, ?)"
    row = base.execute(sql, (*fields, body)).lastrowid
    for mid in f"{parsed['references'] or ''} {parsed['in-reply-to'] or ''}".split():
        base.execute("INSERT INTO reference VALUES (?, ?)", (row, mid))
    base.executemany("INSERT INTO attachment VALUES (?, ?, ?, ?)", [(row, *file) for file in files])


def level_full(place: dict[str, object], folder: Path) -> int:
    """Fetch through the channel and take everything in: raw kept, threads, tickets, events, search."""
    from desk_app.channels.email.channel import EmailChannel
    from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
    from desk_app.plugin_api.channels import ChannelType
    from desk_app.runtime.compose import build_desk
    from desk_app.services.people.agents import actor_for
    from desk_app.storage.database import open_database
    from tests.support.desks import MemoryChannel
    from tests.support.secrets import MemorySecrets

    database = open_database(f"sqlite:///{folder / 'desk.db'}", origin="bench")
    channel: ChannelType = EmailChannel()
    if place["kind"] == "memory":
        memory = MemoryChannel()
        for account, raw in MailMaker(int(str(place["seed"]))).stream(int(str(place["count"]))):
            memory.server(f"{account}@desk.example").deliver(raw)
        channel = memory
    stores: dict[int, MemorySecrets] = {}
    desk = build_desk(database, lambda i: stores.setdefault(i, MemorySecrets()), channels=[channel])
    admin = actor_for(desk.people.sign_in("bench"))
    for name in ACCOUNTS:
        imap = {"host": place.get("host", "memory"), "port": place.get("port", 1), "security": "none", "user": name}
        policy = AccountPolicy(first_import=FirstImport.SINCE)
        new = Account(0, 1, "email", name, name, f"{name}@desk.example", {"imap": imap}, policy)
        desk.mailboxes.add(new, {"password": "bench"}, admin)
    begin, cpu = time.perf_counter(), time.process_time()
    results = desk.sync.sync_all()
    took = time.perf_counter() - begin, time.process_time() - cpu
    readers = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    assert not any(result.fault or result.quarantined for result in results.values()), results
    database.close()
    _told["seconds"], _told["cpu"] = took
    _told["readers"] = sum(times.user + times.system for times in readers)
    return sum(result.fetched for result in results.values())


_told: dict[str, float] = {}


def run_level(level: str, place: dict[str, object], folder: Path) -> dict[str, float]:
    """Run one level in this process and return seconds, CPU seconds, count and memory in MB."""
    process = psutil.Process()
    samples: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            samples.append(process.memory_info().rss / 1e6)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    begin, cpu = time.perf_counter(), time.process_time()
    count = {"fetch": level_fetch, "insert": level_insert, "full": level_full}[level](place, folder)
    seconds, used = _told.get("seconds", time.perf_counter() - begin), _told.get("cpu", time.process_time() - cpu)
    done.set()
    watcher.join()
    early = max(samples[: max(1, len(samples) // 4)], default=0.0)
    return {
        "count": count,
        "seconds": seconds,
        "cpu": used,
        "all_cpu": used + _told.get("readers", 0.0),
        "peak_mb": max(samples, default=0.0),
        "early_mb": early,
    }


# -- the run
# --------------------------------------------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Measure interleaved rounds and print the ratios; returns 0 when the target is met."""
    parser = argparse.ArgumentParser(prog="python -m bench ingest", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--level", choices=LEVELS, help=argparse.SUPPRESS)
    parser.add_argument("--place", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as name:
        if args.level:
            print(json.dumps(run_level(args.level, json.loads(args.place), Path(name))))
            return 0
        with mail_server(Path(name), args.count, args.seed) as place:
            return _compare(args.rounds, args.count, place)


def _compare(rounds: int, count: int, place: dict[str, object]) -> int:
    found: dict[str, list[dict[str, float]]] = {level: [] for level in LEVELS}
    for _ in range(rounds):
        for level in LEVELS:
            command = [sys.executable, "-m", "bench.ingest", "--level", level, "--place", json.dumps(place)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[level].append(json.loads(done.stdout.splitlines()[-1]))
            assert found[level][-1]["count"] == count, found[level][-1]
    middle = {level: statistics.median(one["seconds"] for one in found[level]) for level in LEVELS}
    for level in LEVELS:
        cpu, all_cpu = (statistics.median(one[key] for one in found[level]) for key in ("cpu", "all_cpu"))
        peak = max(one["peak_mb"] for one in found[level])
        growth = max(one["peak_mb"] - one["early_mb"] for one in found[level])
        print(
            f"{level:7} {middle[level]:8.2f} s  {count / middle[level]:8.0f} messages/s  CPU {cpu:7.2f} s,"
            f" with its readers {all_cpu:7.2f} s  peak {peak:5.0f} MB, {growth:+5.0f} MB after the first quarter"
        )
    ratio = middle["insert"] / middle["full"]
    print(f"speed of the whole intake: {middle['fetch'] / middle['full']:.2f} of bare fetch, ", end="")
    print(f"{ratio:.2f} of fetch + stdlib parse + bare insert (target: at least {TARGET})")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
