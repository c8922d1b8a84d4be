"""Certificates for test servers: an own authority, a good certificate, and the ways a certificate can be bad."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A certificate with its key in PEM files, and the SHA-256 fingerprint (hex) the desk shows for it."""

    cert: Path
    key: Path
    fingerprint: str

    def context(self) -> ssl.SSLContext:
        """Return a server context that presents this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


class TestAuthority:
    """A certificate authority whose files live in one directory."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ca = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    def issue(self, *names: str, expired: bool = False) -> ServerCertificate:
        """Issue a certificate for host names or addresses; `expired` makes one that ran out yesterday."""
        until = datetime.now(UTC) - timedelta(days=1) if expired else None
        leaf = self._ca.issue_cert(*(names or ("localhost", "127.0.0.1")), not_after=until)
        stem = hashlib.sha256(leaf.cert_chain_pems[0].bytes()).hexdigest()[:12]
        cert, key = self._folder / f"{stem}.pem", self._folder / f"{stem}.key"
        cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(key))
        der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode("ascii"))
        return ServerCertificate(cert, key, hashlib.sha256(der).hexdigest())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    """One certificate authority a test process."""
    return TestAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted_authority(authority: TestAuthority, monkeypatch: pytest.MonkeyPatch) -> TestAuthority:
    """The authority, trusted by every default TLS context made during the test."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    return authority
