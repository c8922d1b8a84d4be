"""Encrypted lines: the system's trust store, the host's name, and certificates a person accepted one by one (MB-02).

An accepted certificate is compared by its SHA-256 fingerprint before a single byte of a credential leaves; there is no
"accept everything".
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from desk_app.channels.email.session_errors import clean, line_fault
from desk_app.plugin_api.channels import ChannelError, ChannelFault

L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate as an admin sees it before accepting it. `fingerprint` is SHA-256 in hex."""

    fingerprint: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    valid_from: str = ""
    valid_until: str = ""

    def __str__(self) -> str:
        facts = [f"issued to {self.subject or 'nobody'}", f"by {self.issuer or 'nobody'}"]
        if self.names:
            facts.append(f"for {', '.join(self.names[:5])}")
        if self.valid_until:
            facts.append(f"valid from {self.valid_from} to {self.valid_until}")
        return ", ".join(facts)


class CertificateRefusedError(ChannelError):
    """The server's certificate is neither trusted by this system nor accepted by a person."""

    def __init__(self, detail: str) -> None:
        super().__init__(ChannelFault.TLS, detail)


class PinMismatchError(CertificateRefusedError):
    """A certificate was accepted for this server, but the server shows another one."""


def dialled(dial: Callable[[tuple[str, ...]], L], accepted: tuple[str, ...]) -> L:
    """Return the line that `dial` opens to a server of which certificates were accepted; one with another certificate
    is dialled as any other: it may have got a proper one since. Raises CertificateRefusedError."""
    try:
        return dial(accepted)
    except PinMismatchError:
        try:
            return dial(())
        except CertificateRefusedError as error:
            detail = f"{error.detail}; it is not the one that was accepted either"
            raise CertificateRefusedError(detail) from error


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """Return a connected socket with a time limit; raises ChannelError (NAME or NETWORK)."""
    try:
        line = socket.create_connection((host, port), timeout=seconds)
    except UnicodeError as error:  # a label that is empty or over 63 bytes
        raise ChannelError(ChannelFault.NAME, f"{host}: not a host name") from error
    except OSError as error:
        raise line_fault(error, f"{host}, port {port}") from error
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return line


def secure(line: socket.socket, host: str, accepted: Sequence[str], seconds: float) -> ssl.SSLSocket:
    """Encrypt a line and check who is at its other end; the socket is closed when that fails.

    `accepted` are fingerprints a person accepted for this server. Where there are some, exactly these certificates are
    taken (PinMismatchError otherwise: the caller may try again without them, because a server may have got a proper
    certificate since).
    """
    context = ssl.create_default_context()
    if accepted:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the fingerprint is compared below, before anything is sent
    line.settimeout(seconds)
    try:
        secured = context.wrap_socket(line, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        line.close()
        raise CertificateRefusedError(f"{host}: {clean(error.verify_message or 'certificate not trusted')}") from error
    except ssl.SSLError as error:
        line.close()
        said = getattr(error, "reason", None) or "TLS failed"
        reason = "this port does not speak TLS" if said in _NOT_TLS else clean(said)
        raise ChannelError(ChannelFault.TLS, f"{host}: {reason}") from error
    except (OSError, ValueError) as error:
        line.close()
        if isinstance(error, OSError):
            raise line_fault(error, host) from error
        raise ChannelError(ChannelFault.TLS, f"{host}: not a host name") from error
    if accepted:
        shown = fingerprint(secured)
        if not any(hmac.compare_digest(shown, one.lower()) for one in accepted):
            secured.close()
            raise PinMismatchError(f"{host}: the certificate is not the one that was accepted")
    return secured


_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNEXPECTED_MESSAGE",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)


def fingerprint(line: ssl.SSLSocket) -> str:
    """Return the SHA-256 fingerprint (hex) of the certificate at the other end, "" where it showed none."""
    der = line.getpeercert(binary_form=True)
    return hashlib.sha256(der).hexdigest() if der else ""


def observe(line: socket.socket, host: str, seconds: float) -> Certificate:
    """Return the certificate at the other end, unverified, and hang up: for the question whether to accept it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over this line
    line.settimeout(seconds)
    try:
        with line, context.wrap_socket(line, server_hostname=host) as secured:
            der = secured.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise line_fault(error, host) from error
    return describe(der)


def describe(der: bytes) -> Certificate:
    """Return what a certificate (DER) says; a damaged one still has its fingerprint."""
    from cryptography import x509  # noqa: PLC0415 -- costs start-up time and is only needed for a refused certificate

    digest = hashlib.sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        try:
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            shown = tuple(clean(str(name.value)) for name in names)
        except x509.ExtensionNotFound:
            shown = ()
        return Certificate(
            fingerprint=digest,
            subject=clean(certificate.subject.rfc4514_string()),
            issuer=clean(certificate.issuer.rfc4514_string()),
            names=shown,
            valid_from=certificate.not_valid_before_utc.date().isoformat(),
            valid_until=certificate.not_valid_after_utc.date().isoformat(),
        )
    except ValueError:
        return Certificate(fingerprint=digest)


def about(line: socket.socket) -> str:
    """Return the protocol of a line for people: "TLSv1.3", or "not encrypted"."""
    return (line.version() or "TLS") if isinstance(line, ssl.SSLSocket) else "not encrypted"
