"""A throw-away Dovecot on loopback: plain, STARTTLS and TLS, passwords and XOAUTH2 with locally checked tokens.

    def test_x(dovecot):
        dovecot.user("ann", "secret")
        dovecot.append("ann", "INBOX", b"Subject: hello\r\n\r\nhi\r\n")
        ... connect to dovecot.host, dovecot.port (plain, STARTTLS) or dovecot.tls_port ...

One server a test process (xdist worker) on free ports; `dovecot` makes sure that it runs when a test begins. Works as
root (Dovecot drops to its own users) and as an ordinary user. Skips where Dovecot is not installed.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import jwt
import pytest

from tests.support.tls import ServerCertificate, TestAuthority

BINARY = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
_PATIENCE_SECONDS = 20.0

_CONFIG = """\
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
{users}
ssl = {ssl}
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
mail_location = maildir:{root}/mail/%u
first_valid_uid = 1
mail_max_userip_connections = 100
mail_fsync = never
imap_capability = {capability}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf.ext
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN {root}/users/%u
}}
userdb {{
  driver = static
  args = {userdb} home={root}/mail/%u
}}
service imap-login {{
  {login_service}
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = create
  }}
}}
auth_failure_delay = 0
service anvil {{
  {anvil_service}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

_OAUTH = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = sub
"""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DovecotServer:
    """A running Dovecot. `host`, `port` (plain and STARTTLS) and `tls_port` tell where."""

    host = "127.0.0.1"

    def __init__(self, root: Path, certificate: ServerCertificate, *, capability: str = "", tls: bool = True) -> None:
        """Prepare a server in `root`; `capability` replaces what it announces, `tls` False switches STARTTLS off."""
        self.root = root
        self.certificate = certificate
        self.port = free_port()
        self.tls_port = free_port()
        self._secret = secrets.token_bytes(32)
        self._passwords: dict[str, str] = {}
        self._names = count(1)
        self._tls = tls
        self._lay_out(capability)

    def _lay_out(self, capability: str) -> None:
        root = self.root
        as_root = os.geteuid() == 0
        for folder in ("run", "mail", "users", "keys/default/HS256"):
            (root / folder).mkdir(parents=True)
        (root / "keys/default/HS256/default").write_bytes(base64.b64encode(self._secret))
        (root / "oauth2.conf.ext").write_text(_OAUTH.format(root=root))
        import grp  # not on Windows, where these tests skip but their fixtures are imported
        import pwd

        me, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        config = _CONFIG.format(
            root=root,
            users="default_internal_user = dovecot\ndefault_login_user = dovenull"
            if as_root
            else f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {group}",
            ssl="yes" if self._tls else "no",
            cert=self.certificate.cert,
            key=self.certificate.key,
            capability=capability,
            userdb="uid=mail gid=mail" if as_root else f"uid={os.getuid()} gid={os.getgid()}",
            login_service="" if as_root else "chroot =",
            anvil_service="" if as_root else "chroot =",
            port=self.port,
            tls_port=self.tls_port if self._tls else 0,
        )
        (root / "dovecot.conf").write_text(config)
        if as_root:
            shutil.chown(root / "mail", "mail", "mail")
        for path in (root, *root.rglob("*")):  # Dovecot's own users must be able to look inside
            path.chmod(0o755 if path.is_dir() else 0o644)

    # -- running ------------------------------------------------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """The master process, None while stopped."""
        try:
            pid = int((self.root / "run/master.pid").read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid

    def start(self) -> None:
        """Start the server and wait until it answers; nothing happens when it runs already."""
        if self.pid is not None:
            return
        (self.root / "run/master.pid").unlink(missing_ok=True)
        assert BINARY is not None
        with (self.root / "start.txt").open("wb") as said:  # a pipe would stay open as long as the daemon runs
            done = subprocess.run(
                [BINARY, "-c", str(self.root / "dovecot.conf")], check=False, stdout=said, stderr=said, timeout=30
            )
        assert done.returncode == 0, (self.root / "start.txt").read_text()
        self._until(self._answers, "Dovecot does not answer")

    def stop(self) -> None:
        """Stop the server in order and wait until it is gone."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server and every connection, as a crash does."""
        children = self._children()
        self._signal(signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._until(
            lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in children), "Dovecot's children live on"
        )

    def restart(self) -> None:
        """Stop and start again on the same ports."""
        self.stop()
        self.start()

    def log(self) -> str:
        """Return what the server logged, for a look at a failing test."""
        path = self.root / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _children(self) -> list[int]:
        found: list[int] = []
        wanted = {self.pid}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                text = stat.read_text()
                if int(text.rpartition(")")[2].split()[1]) in wanted:
                    found.append(int(stat.parent.name))
        return found

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, number)
        self._until(lambda: not Path(f"/proc/{pid}/exe").exists() or self.pid is None, "Dovecot does not stop")
        (self.root / "run/master.pid").unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as line:
                return line.recv(4) == b"* OK"
        except OSError:
            return False

    @staticmethod
    def _until(condition: object, complaint: str) -> None:
        assert callable(condition)
        end = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(complaint)
            time.sleep(0.02)

    # -- people and mail ----------------------------------------------------------------------------------------------

    def user(self, name: str = "", password: str = "secret") -> str:
        """Add a user (a new name where none is given) and return the name."""
        name = name or f"user{next(self._names)}-{secrets.token_hex(3)}"
        self._passwords[name] = password
        (self.root / "users" / name).write_text(
            f"{name}:{{PLAIN}}{password}\n"
        )  # a file each: one file is re-read late
        return name

    def password(self, user: str) -> str:
        """Return a user's password."""
        return self._passwords[user]

    def token(self, user: str, *, expires_in: int = 3600, secret: bytes | None = None) -> str:
        """Return an OAuth access token the server accepts for `user`; a negative `expires_in` (seconds) or a foreign
        `secret` makes one that it refuses."""
        now = int(time.time())
        claims = {"sub": user, "iat": now - 7200, "nbf": now - 7200, "exp": now + expires_in}
        return jwt.encode(claims, secret or self._secret, algorithm="HS256", headers={"kid": "default"})

    @contextlib.contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        """Open a bare connection, signed in, for what a test needs to do or see beside the product."""
        connection = imaplib.IMAP4(self.host, self.port, timeout=10)
        try:
            connection.login(user, self._passwords[user])
            yield connection
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                connection.logout()

    def append(self, user: str, folder: str, *messages: bytes, flags: str = "", at: datetime | None = None) -> None:
        """Put messages into a folder (INBOX, or an existing one by its name on the wire)."""
        with self.client(user) as connection:
            for raw in messages:
                kind, answer = connection.append(folder, flags or None, at, raw)
                assert kind == "OK", answer

    def create(self, user: str, folder: str) -> None:
        """Create a folder (its name as on the wire: modified UTF-7)."""
        with self.client(user) as connection:
            assert connection.create(f'"{folder}"')[0] == "OK"

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        """Return the UIDs in a folder."""
        with self.client(user) as connection:
            assert connection.select(f'"{folder}"', readonly=True)[0] == "OK"
            return [int(uid) for uid in connection.uid("SEARCH", "ALL")[1][0].split()]

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, str]:
        """Return the flags in a folder by UID, sorted, in one string; \\Recent is left out."""
        with self.client(user) as connection:
            assert connection.select(f'"{folder}"', readonly=True)[0] == "OK"
            lines = connection.uid("FETCH", "1:*", "(FLAGS)")[1]
        found = {}
        for line in lines:
            if line:
                text = bytes(line).decode()
                flags = set(text.partition("FLAGS (")[2].split(")")[0].split()) - {"\\Recent"}
                found[int(text.partition("UID ")[2].split(" ")[0].rstrip(")"))] = " ".join(sorted(flags))
        return found

    def bump_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """Make the server forget its UIDs: the same messages come back under a new UIDVALIDITY and new UIDs."""
        base = self.root / "mail" / user
        place = base if folder.upper() == "INBOX" else base / f".{folder}"
        before = self._uidvalidity(user, folder)
        time.sleep(max(0.0, before + 1.05 - time.time()))  # Dovecot takes the time (s) as the new UIDVALIDITY
        for name in (
            "dovecot-uidlist",
            "dovecot.index",
            "dovecot.index.log",
            "dovecot.index.log.2",
            "dovecot.index.cache",
        ):
            (place / name).unlink(missing_ok=True)
        for path in base.glob("dovecot-uidvalidity*"):
            path.unlink()
        for path in base.glob("dovecot.list.index*"):
            path.unlink()
        assert self._uidvalidity(user, folder) != before

    def _uidvalidity(self, user: str, folder: str) -> int:
        with self.client(user) as connection:
            answer = connection.status(f'"{folder}"', "(UIDVALIDITY)")[1][0]
        return int(bytes(answer).decode().rpartition("UIDVALIDITY ")[2].rstrip(")"))


@contextlib.contextmanager
def dovecot_server(
    certificate: ServerCertificate, *, capability: str = "", tls: bool = True
) -> Iterator[DovecotServer]:
    """Run a Dovecot of its own, for a test that needs other settings or another certificate than the shared one."""
    if BINARY is None:
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd)")
    folder = Path(tempfile.mkdtemp(prefix="desk-dovecot-"))  # short: socket paths are limited to 108 bytes
    try:
        server = _started(folder, lambda root: DovecotServer(root, certificate, capability=capability, tls=tls))
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, make: Callable[[Path], DovecotServer]) -> DovecotServer:
    """Start a server; another test process may take a free port between looking and listening, so try a few times."""
    folder.chmod(0o755)  # Dovecot's own users must be able to look inside
    for attempt in range(5):
        server = make(folder / str(attempt))
        try:
            server.start()
        except AssertionError as error:
            if "in use" not in str(error) or attempt == 4:
                raise
        else:
            return server
    raise AssertionError("unreachable")


@pytest.fixture(scope="session")
def _dovecot(authority: TestAuthority) -> Iterator[DovecotServer]:
    with dovecot_server(authority.issue()) as server:
        yield server


@pytest.fixture
def dovecot(_dovecot: DovecotServer) -> DovecotServer:
    """The shared server, running when the test begins. Tests make their own users (`dovecot.user()`)."""
    _dovecot.start()
    return _dovecot
