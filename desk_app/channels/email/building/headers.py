"""Header fields of outgoing mail: encoded, folded, and impossible to inject into (RFC 5322, RFC 2047, RFC 2231).

The header writer of the standard library is not used (docs/decisions/021-own-header-writer.md). This one writes less,
and what it writes always reads back.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import UnsendableAddress

CRLF = "\r\n"
MAX_REFERENCES = 20
"""Message-IDs in References: the first of the thread and the last ones, so that both ends of a long thread hold."""

_WIDTH = 76  # RFC 5322 2.1.1 asks for 78
_WORD_BYTES = 42  # of text in one encoded word: 75 characters at most (RFC 2047 2)
_LONGEST_WORD = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:[ .][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED_LOCAL = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"')
_LOCAL = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LITERAL = re.compile(r"\[[0-9A-Fa-f:.]{2,60}(?<!:)\]|\[IPv6:[0-9A-Fa-f:.]{2,50}\]")
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,900}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")
_PARAMETER_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"


def clean(text: str) -> str:
    """Return a text fit for one header line: every run of control characters becomes one blank."""
    return _CONTROL.sub(" ", text).strip()


def text_header(name: str, value: str) -> str:
    """Write a header of free text, for instance Subject."""
    text = clean(value)
    if _is_plain(text):
        return _folded(name, text.split(" ") if text else [""])
    return _folded(name, _encoded_words(text))


def token_header(name: str, value: str) -> str:
    """Write a header whose value the desk makes itself; anything odd in it is an error.

    Raises ValueError when the value holds blanks, controls or characters outside ASCII.
    """
    if not re.fullmatch(r"[\x21-\x7e]{1,900}", value):
        raise ValueError(f"{name} holds characters a header may not have")
    return f"{name}: {value}{CRLF}"


def address_header(name: str, addresses: Sequence[Address]) -> str:
    """Write a header of addresses. Raises UnsendableAddress."""
    pieces: list[str] = []
    for number, address in enumerate(addresses, 1):
        words = _mailbox_words(address)
        if number < len(addresses):
            words[-1] += ","
        pieces += words
    return _folded(name, pieces)


def ids_header(name: str, ids: Iterable[str]) -> str:
    """Write Message-IDs (no angle brackets in `ids`), one a line; what is no Message-ID is left out ("" for none)."""
    usable = [f"<{one}>" for one in dict.fromkeys(ids) if _MESSAGE_ID.fullmatch(one)]
    return _folded(name, usable, width=0) if usable else ""


def reference_chain(references: Sequence[str], in_reply_to: str) -> tuple[str, ...]:
    """Return the References of an answer: the chain of the answered message and the message itself (RFC 5322 3.6.4)."""
    chain = [one for one in dict.fromkeys((*references, in_reply_to)) if _MESSAGE_ID.fullmatch(one)]
    if in_reply_to in chain:
        chain.remove(in_reply_to)
        chain.append(in_reply_to)
    if len(chain) > MAX_REFERENCES:
        chain = [chain[0], *chain[-(MAX_REFERENCES - 1) :]]
    return tuple(chain)


def parameter_header(name: str, value: str, parameters: Sequence[tuple[str, str]]) -> str:
    """Write a MIME header with parameters, each on its own line; RFC 2231 where quotes would not do."""
    lines = [value]
    for key, content in parameters:
        lines += _parameter(key, clean(content))
    return f"{name}: " + f";{CRLF} ".join(lines) + CRLF


def sendable(email: str) -> str:
    """Return an address as a mail server takes it: its domain in ASCII (IDNA). Raises UnsendableAddress."""
    local, at, domain = email.strip().rpartition("@")
    if not at or not local or not domain:
        raise UnsendableAddress(email)
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED_LOCAL.fullmatch(local):
        if not _LOCAL.fullmatch(local) or not local.isascii() or any(char in local for char in '<>()[]:;@,"'):
            raise UnsendableAddress(email)
        local = f'"{local}"'
    return f"{local}@{domain if _LITERAL.fullmatch(domain) else _ascii_domain(domain, email)}"


def _ascii_domain(domain: str, email: str) -> str:
    labels = []
    for label in unicodedata.normalize("NFC", domain.lower().rstrip(".")).split("."):
        written = label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        odd = not label.isascii() and any(not char.isalnum() and not unicodedata.combining(char) and char not in "-·・"
                                          for char in label)  # fmt: skip
        if odd or not _LABEL.fullmatch(written):
            raise UnsendableAddress(email)
        labels.append(written)
    name = ".".join(labels)
    if len(name) > 253:
        raise UnsendableAddress(email)
    return name


def _mailbox_words(address: Address) -> list[str]:
    email = sendable(address.email)
    name = clean(address.name)
    if not name:
        return [email]
    if not _is_plain(name):
        return [*_encoded_words(name), f"<{email}>"]
    if not _ATOM.fullmatch(name) or "." in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return [name, f"<{email}>"]


def _is_plain(text: str) -> bool:
    """Whether a text may stand in a header as it is, and comes back as it is."""
    return (
        text.isascii()
        and "=?" not in text
        and "  " not in text
        and all(len(w) <= _LONGEST_WORD for w in text.split(" "))
    )


def _encoded_words(text: str) -> list[str]:
    """Encode a text as RFC 2047 words, none of which splits a character."""
    words: list[str] = []
    chunk = b""
    for char in text:
        encoded = char.encode("utf-8")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_encoded_word(chunk))
            chunk = b""
        chunk += encoded
    words.append(_encoded_word(chunk))
    return words


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="


def _folded(name: str, words: Sequence[str], width: int = _WIDTH) -> str:
    """Join words with blanks, beginning a new line where one gets too long."""
    lines = [f"{name}:"]
    for number, word in enumerate(words):
        if number and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += " " + word
    return CRLF.join(lines) + CRLF


def _parameter(key: str, value: str) -> list[str]:
    if value.isascii() and len(value) <= 60:
        if _TOKEN.fullmatch(value):
            return [f"{key}={value}"]
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{key}="{quoted}"']
    pieces: list[str] = [""]
    for char in value:
        written = char if char in _PARAMETER_SAFE else "".join(f"%{byte:02X}" for byte in char.encode("utf-8"))
        if len(pieces[-1]) + len(written) > 50:
            pieces.append("")
        pieces[-1] += written
    if len(pieces) == 1:
        return [f"{key}*=utf-8''{pieces[0]}"]
    return [f"{key}*{number}*={'' if number else _CHARSET}{piece}" for number, piece in enumerate(pieces)]


_CHARSET = "utf-8''"
