"""Child processes that fetch and send, for tests that kill them.

`python -m tests.support.desk_child FOLDER TTL CLAIM` reads orders from its standard input: "fork" starts a process that
syncs and sends until it is killed, and answers with its pid; "worker" starts one that runs the real worker. Forking a
process that has imported everything is what makes hundreds of runs affordable.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

import desk_app.channels
import desk_app.storage
from desk_app.infra.secrets import KeychainChoice, open_keychain
from desk_app.runtime.compose import build_desk
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.desk import Desk
from desk_app.storage.database import Database, open_database


def open_child_desk(folder: Path, ttl: timedelta, claim: timedelta) -> tuple[Database, Desk]:
    """Open the desk that test and children share: database URL and keychain lie in `folder`."""
    database = open_database((folder / "url").read_text(), origin="child")
    keychain = open_keychain(folder, KeychainChoice.FILE, instance_id="kill-test")
    return database, build_desk(database, keychain.account, claim=claim, lease_ttl=ttl)


def _work(folder: Path, ttl: timedelta, claim: timedelta, order: str) -> None:
    database, desk = open_child_desk(folder, ttl, claim)
    if order == "worker":
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        run_worker(desk, stop, pace=Pace(accounts=0.2, outbox=0.1, timers=0.5, lease_ttl=ttl))
        database.close()
        return
    while True:
        desk.sync.sync_all()
        desk.outbox.recover_expired()
        desk.outbox.send_due(5)


def main() -> None:
    """Serve orders until standard input ends."""
    for package in (
        desk_app.channels,
        desk_app.storage,
    ):  # loaded when needed otherwise: too late here
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".versions." not in module.name:
                importlib.import_module(module.name)
    folder, ttl, claim = Path(sys.argv[1]), *(timedelta(seconds=float(a)) for a in sys.argv[2:4])
    for order in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _work(folder, ttl, claim, order.strip())
                status = 0
            finally:
                os._exit(status)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
