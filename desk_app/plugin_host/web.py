"""Requests of plugins to other computers: with limits, and without telling secrets (plugins.md, "Isolation").

The address of a request may hold a secret, in its path too. So errors and logs name the host only.
"""

from __future__ import annotations

import json as json_text
import logging
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from desk_app.plugin_api.errors import HttpError

if TYPE_CHECKING:
    from requests import Response, Session

SHORTEST, LONGEST = 0.1, 120.0
MOST_BYTES = 100_000_000
MOST_REDIRECTS = 5
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class WebResponse:
    """An answer of a server; see `plugin_api.HttpResponse`."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    host: str = ""

    def json(self) -> Any:
        """Return the body as JSON."""
        try:
            return json_text.loads(self.content)
        except (ValueError, RecursionError):
            raise HttpError(f"the answer of {self.host} is no JSON", retry=False) from None


class Web:
    """The HTTP client of one plugin. `allowed` is asked before every request and raises where it may not be sent."""

    def __init__(self, allowed: Callable[[str], None], agent: str) -> None:
        self._allowed = allowed
        self._agent = agent
        self._trusted: ssl.SSLContext | None = None

    def request(  # noqa: PLR0913 -- what every HTTP client takes
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout: float = 10.0,
        max_bytes: int = 10_000_000,
        redirects: bool = True,
    ) -> WebResponse:
        """Send a request and wait for the answer; see `plugin_api.Http`."""
        place = _place(url)
        method = str(method).upper()
        if method not in _METHODS:
            raise HttpError(f"the method must be one of {', '.join(sorted(_METHODS))}", retry=False)
        body = {"params": params, "json": json, "data": data, "files": files}
        most = int(_between(max_bytes, 1, MOST_BYTES))
        named, trusted = {"User-Agent": self._agent, "Accept-Encoding": "identity"} | _headers(headers), self._trust()
        deadline = _Deadline(_between(timeout, SHORTEST, LONGEST))  # from here on it holds a thread
        with _session(deadline, trusted) as session:
            for _ in range(MOST_REDIRECTS + 1):
                self._allowed(_host(place))
                answer = _send(session, method, place, named, body, deadline)
                try:
                    further = _redirect(answer, place) if redirects else None
                    if further is None:
                        with _explained(place, deadline):
                            content = b"" if method == "HEAD" else _read(answer, most, deadline, _host(place))
                        return _response(answer, content, place)
                finally:
                    answer.close()
                if answer.status_code == 303 or (answer.status_code in {301, 302} and method == "POST"):
                    method, body = ("HEAD" if method == "HEAD" else "GET"), {}
                body = {**body, "params": None}
                place = further
        raise HttpError(f"{_host(place)} sends from one address to the next", retry=False)

    def _trust(self) -> ssl.SSLContext:
        """Return whom is believed: the authorities of this computer and the usual ones."""
        if self._trusted is None:
            from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: PLC0415 -- with the first request

            context = ssl.create_default_context()
            context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
            self._trusted = context
        return self._trusted


class _Deadline:
    """The moment by which an answer must be there; cuts the line where a server drips."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = monotonic() + seconds
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._until - monotonic())

    def watch(self, line: socket.socket) -> None:
        """Cut this line, too. What is kept is a second handle of it, which outlives a line that TLS takes over."""
        with self._lock:
            self._lines.append(line.dup())
        if not self.left:
            self._cut()

    def close(self) -> None:
        """Cut nothing any more."""
        self._timer.cancel()
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()

    def _cut(self) -> None:
        with self._lock:
            for line in self._lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _session(deadline: _Deadline, trusted: ssl.SSLContext) -> Iterator[Session]:
    """Open a session that takes nothing from this computer's surroundings: no proxy, no password file."""
    logging.getLogger("urllib3.connectionpool").disabled = True  # it logs addresses
    import requests  # noqa: PLC0415 -- with the first request, not with the program
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 -- as above
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415 -- as above
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool  # noqa: PLC0415 -- as above

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            line = super()._new_conn()
            deadline.watch(line)
            return line

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
            super().init_poolmanager(*arguments, **more, ssl_context=trusted)

    adapter = Adapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    class Straight(requests.Session):
        def get_redirect_target(self, *_answer: Any) -> str | None:
            return None  # it would read the whole answer to look for one

    session = Straight()
    session.trust_env = False
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    try:
        yield session
    finally:
        deadline.close()
        session.close()


def _send(
    session: Session,
    method: str,
    place: SplitResult,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
    deadline: _Deadline,
) -> Response:
    with _explained(place, deadline):
        return session.request(
            method,
            place.geturl(),
            headers=dict(headers),
            timeout=(min(10.0, max(SHORTEST, deadline.left)), max(SHORTEST, deadline.left)),
            allow_redirects=False,
            stream=True,
            verify=True,
            **body,
        )


def _read(answer: Response, most: int, deadline: _Deadline, host: str) -> bytes:
    """Return the body; gives up where it is too large or comes too slowly."""
    packed = answer.headers.get("Content-Encoding", "").strip().lower()
    unpack = _unpacker(packed, host)
    parts: list[bytes] = []
    size = 0
    too_large = HttpError(f"the answer of {host} is larger than {most} bytes", retry=False)
    announced = answer.headers.get("Content-Length", "")
    if not packed and announced.isdigit() and int(announced) > most:
        raise too_large
    while True:
        chunk = answer.raw.read1(_CHUNK, decode_content=False)
        if not chunk:
            break
        part = unpack(chunk, most + 1 - size)
        size += len(part)
        if size > most:
            raise too_large
        parts.append(part)
        if not deadline.left:
            raise TimeoutError
    if not deadline.left:
        raise TimeoutError
    if not packed and announced.isdigit() and size < int(announced):
        raise ConnectionError
    return b"".join(parts)


def _unpacker(packed: str, host: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks a body without ever making more of it than is wanted."""
    if packed in {"", "identity"}:
        return lambda chunk, _most: chunk
    if packed not in {"gzip", "x-gzip", "deflate"}:
        raise HttpError(f"{host} packs its answer in a way nobody asked for ({packed[:20]})", retry=False)
    machine = zlib.decompressobj(47)  # both gzip and zlib, by their heads

    def unpack(chunk: bytes, most: int) -> bytes:
        return machine.decompress(chunk, max(1, most))

    return unpack


def _response(answer: Response, content: bytes, place: SplitResult) -> WebResponse:
    headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
    return WebResponse(answer.status_code, headers, content, _host(place))


def _redirect(answer: Response, place: SplitResult) -> SplitResult | None:
    """Where an answer sends to, None where it is to be given as it is: it sends nowhere, or to another host."""
    if answer.status_code not in _REDIRECTS or not answer.headers.get("Location"):
        return None
    try:
        further = _place(urljoin(place.geturl(), answer.headers["Location"]))
    except (HttpError, ValueError):
        return None
    upgraded = place.scheme == "http" and further.scheme == "https" and _port(place) == 80 and _port(further) == 443
    same = further.scheme == place.scheme and _port(further) == _port(place)
    return further if further.hostname == place.hostname and (same or upgraded) else None


@contextmanager
def _explained(place: SplitResult, deadline: _Deadline) -> Iterator[None]:
    """Say in plain words what went wrong, with nothing of the address but the host."""
    import requests  # noqa: PLC0415 -- with the first request, not with the program
    from urllib3 import exceptions as lower  # noqa: PLC0415 -- as above

    host = _host(place)
    slow = f"{host} did not answer within {deadline.seconds:g} seconds"
    try:
        yield
    except HttpError:
        raise
    except requests.exceptions.SSLError as error:
        text = f"the certificate of {host} is not trusted, or it speaks no TLS"
        raise HttpError(text, retry=False, unsent=_never_left(error)) from None
    except (requests.exceptions.Timeout, lower.TimeoutError, TimeoutError) as error:
        raise HttpError(slow, retry=True, unsent=_never_left(error)) from None
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidHeader,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    ):
        raise HttpError(f"the request to {host} is not well-formed", retry=False) from None
    except (requests.exceptions.RequestException, lower.HTTPError, OSError) as error:
        text = slow if not deadline.left else f"there is no connection to {host}, or it broke off"
        raise HttpError(text, retry=True, unsent=_never_left(error)) from None
    except (ValueError, TypeError, AttributeError, zlib.error, RecursionError):
        raise HttpError(f"the request to {host}, or its answer, is not well-formed", retry=False) from None


def _never_left(error: BaseException) -> bool:
    """Whether a request failed before anything of it was sent: there was never a connection it could use."""
    import requests  # noqa: PLC0415 -- with the first request, not with the program
    from urllib3 import exceptions as lower  # noqa: PLC0415 -- as above

    before = (
        requests.exceptions.ConnectTimeout,
        lower.NewConnectionError,
        lower.ConnectTimeoutError,
        ssl.SSLCertVerificationError,
    )
    seen: list[object] = []
    causes: list[object] = [error]
    while causes:
        one = causes.pop()
        if not isinstance(one, BaseException) or any(one is earlier for earlier in seen):
            continue
        if isinstance(one, before):
            return True
        seen.append(one)
        causes += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return False


def _headers(given: Any) -> dict[str, str]:
    if given is not None and not isinstance(given, Mapping):
        raise HttpError("headers map names to texts", retry=False)
    return dict(given or {})


def _place(url: Any) -> SplitResult:
    try:
        place = urlsplit(url.strip() if isinstance(url, str) else "")
        usable = place.scheme in _PORTS and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise HttpError("the address must begin with https:// or http:// and name a host", retry=False)
    return place


def _host(place: SplitResult) -> str:
    name = place.hostname or ""
    return name if _port(place) == _PORTS[place.scheme] else f"{name}:{place.port}"


def _port(place: SplitResult) -> int:
    return place.port or _PORTS[place.scheme]


def _between(value: Any, least: float, most: float) -> float:
    number = float(value) if isinstance(value, int | float) and value == value else most  # noqa: PLR0124 -- no NaN
    return min(max(number, least), most)
