"""Requests of plugins: limits, no secrets in errors, nothing taken from this computer's surroundings (PL-01, PL-12)."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from desk_app.plugin_api.errors import HttpError
from desk_app.plugin_host.web import Web
from tests.support.tls import TestAuthority


@dataclass
class Site:
    """A real server. `answers` maps paths to what is done there; everything asked for is remembered."""

    port: int = 0
    answers: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    scheme: str = "http"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


def _serve(site: Site, context: Any = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append((self.command, self.path, headers, body))
            answer = site.answers.get(self.path.partition("?")[0], _hello)
            try:
                answer(self)
            except OSError:
                self.close_connection = True

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 -- http.server's names

        def log_message(self, *_arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_arguments: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def _send(handler: Any, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def _hello(handler: Any) -> None:
    _send(handler, b'{"hello": "world"}', Content_Type="application/json")


def _to(place: str, status: int = 302) -> Callable[[Any], None]:
    return lambda handler: _send(handler, b"", status, Location=place)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    server = _serve(found)
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def web() -> Web:
    return Web(lambda _host: None, "Sample/1.0")


def test_pl_02_an_answer_is_given_whatever_its_status(site: Site, web: Web) -> None:
    site.answers["/gone"] = lambda handler: _send(handler, b"no", 410)
    found = web.request("GET", site.url("/x"), params={"q": "ä b"}, headers={"X-Own": "1"})
    assert (found.status, found.json()) == (200, {"hello": "world"})
    assert found.headers["content-type"] == "application/json"
    assert web.request("GET", site.url("/gone")).status == 410
    method, path, headers, _body = site.asked[0]
    assert (method, path) == ("GET", "/x?q=%C3%A4+b")
    assert (headers["user-agent"], headers["x-own"]) == ("Sample/1.0", "1")
    assert "cookie" not in headers


def test_pl_02_bodies_of_every_kind_are_sent(site: Site, web: Web) -> None:
    web.request("POST", site.url(), json={"a": 1})
    web.request("POST", site.url(), data={"a": "1"})
    web.request("PUT", site.url(), data=b"raw")
    web.request("POST", site.url(), files={"photo": ("a.png", b"png!", "image/png")}, data={"chat": "5"})
    bodies = [body for _, _, _, body in site.asked]
    assert json.loads(bodies[0]) == {"a": 1}
    assert bodies[1:3] == [b"a=1", b"raw"]
    assert b'filename="a.png"' in bodies[3]
    assert b"png!" in bodies[3]
    assert b'name="chat"' in bodies[3]
    assert web.request("HEAD", site.url()).content == b""


def test_pl_02_redirects_are_followed_on_the_same_host_only(site: Site, web: Web) -> None:
    other = Site()
    server = _serve(other)
    try:
        site.answers |= {
            "/same": _to("/end"),
            "/other": _to(other.url("/end")),
            "/name": _to(site.url("/end", "localhost")),
            "/file": _to("file:///etc/passwd"),
            "/odd": _to("http://[::1"),
            "/huge": lambda handler: _send(handler, b"x" * 50_000, 302, Location="/end"),
            "/round": _to("/round"),
        }
        assert web.request("GET", site.url("/same?token=geheim")).json() == {"hello": "world"}
        assert site.asked[-1][1] == "/end"
        for path in ("/other", "/name", "/file", "/odd"):
            assert web.request("GET", site.url(path), headers={"Authorization": "Bearer x"}).status == 302
        assert web.request("GET", site.url("/huge"), max_bytes=1000).json() == {"hello": "world"}
        assert other.asked == []
        with pytest.raises(HttpError, match="one address to the next") as refused:
            web.request("GET", site.url("/round"))
        assert not refused.value.retry
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "method", "kept"), [(302, "GET", False), (303, "GET", False), (307, "POST", True), (308, "POST", True)]
)
def test_pl_02_a_redirect_keeps_the_body_where_it_must(
    site: Site, web: Web, status: int, method: str, kept: bool
) -> None:
    site.answers["/from"] = _to("/end", status)
    web.request("POST", site.url("/from"), params={"q": "1"}, data=b"body")
    asked, path, _headers, body = site.asked[-1]
    assert (asked, path, body) == (method, "/end", b"body" if kept else b"")


def test_pl_02_a_request_that_is_none_leaves_no_thread_behind(site: Site, web: Web) -> None:
    before = set(threading.enumerate())
    for _ in range(5):
        with pytest.raises(HttpError, match="headers map names"):
            web.request("GET", site.url(), headers="X-Own: 1", timeout=60)  # type: ignore[arg-type]
    assert set(threading.enumerate()) <= before


def test_pl_02_a_redirect_is_given_as_it_is_where_none_is_wanted(site: Site, web: Web) -> None:
    site.answers["/from"] = _to("/end", 301)
    assert web.request("POST", site.url("/from"), data=b"body", redirects=False).status == 301
    assert [path for _, path, _, _ in site.asked] == ["/from"]


def test_pl_02_a_body_that_is_too_large_is_not_read_to_its_end(site: Site, web: Web) -> None:
    sent = []

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(20_000):
            handler.wfile.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
            sent.append(1)

    site.answers["/endless"] = endless
    site.answers["/large"] = lambda handler: _send(handler, b"x" * 5000)
    for path in ("/large", "/endless"):
        with pytest.raises(HttpError, match="larger than 1000 bytes") as refused:
            web.request("GET", site.url(path), max_bytes=1000)
        assert not refused.value.retry
    assert len(sent) < 5000
    assert len(web.request("GET", site.url("/large"), max_bytes=5000).content) == 5000


def test_pl_02_a_packed_body_cannot_swell_beyond_the_limit(site: Site, web: Web) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    site.answers |= {
        "/bomb": lambda handler: _send(handler, bomb, Content_Encoding="gzip"),
        "/gzip": lambda handler: _send(handler, gzip.compress(b"hello" * 9000), Content_Encoding="gzip"),
        "/deflate": lambda handler: _send(handler, zlib.compress(b"hello"), Content_Encoding="deflate"),
        "/broken": lambda handler: _send(handler, b"no gzip at all", Content_Encoding="gzip"),
        "/br": lambda handler: _send(handler, b"x", Content_Encoding="br"),
    }
    with pytest.raises(HttpError, match="larger"):
        web.request("GET", site.url("/bomb"), max_bytes=100_000)
    assert web.request("GET", site.url("/gzip")).content == b"hello" * 9000
    assert web.request("GET", site.url("/deflate")).content == b"hello"
    for path in ("/broken", "/br"):
        with pytest.raises(HttpError):
            web.request("GET", site.url(path))
    assert site.asked[0][2]["accept-encoding"] == "identity"


def _drip(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def _drip_heads(handler: Any) -> None:
    for _ in range(100):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.05)


def _silent(handler: Any) -> None:
    time.sleep(5)


@pytest.mark.parametrize("answer", [_drip, _drip_heads, _silent])
def test_pl_02_a_server_that_takes_its_time_is_left(site: Site, web: Web, answer: Callable[[Any], None]) -> None:
    site.answers["/slow"] = answer
    begun = time.monotonic()
    with pytest.raises(HttpError, match=r"within 0\.5 seconds") as refused:
        web.request("GET", site.url("/slow"), timeout=0.5)
    assert refused.value.retry
    assert time.monotonic() - begun < 3


def test_pl_02_a_line_that_breaks_off_is_no_answer(site: Site, web: Web) -> None:
    def half(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)

    def nothing(handler: Any) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    def rubbish(handler: Any) -> None:
        handler.wfile.write(b"\x00\x01 rubbish\r\n\r\n")
        handler.close_connection = True

    site.answers |= {"/half": half, "/nothing": nothing, "/rubbish": rubbish}
    for path in ("/half", "/nothing", "/rubbish"):
        with pytest.raises(HttpError) as refused:
            web.request("GET", site.url(path))
        assert refused.value.retry, path


def test_pl_12_errors_hold_nothing_of_an_address_but_the_host(site: Site, web: Web) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.answers["/bot123:geheim/slow"] = _silent
    for url in (
        f"http://me:geheim@127.0.0.1:{port}/bot123:geheim/send?token=geheim#geheim",
        f"http://geheim.invalid.:{port}x/",
        site.url("/bot123:geheim/slow?token=geheim"),
        "http://nobody.invalid/geheim?geheim=1",
    ):
        with pytest.raises(HttpError) as refused:
            web.request("GET", url, headers={"Authorization": "geheim"}, timeout=0.3)
        assert "geheim" not in str(refused.value)
        assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_pl_12_nothing_of_a_request_stands_in_the_log(site: Site, web: Web, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "desk_app"):
        web.request("GET", site.url("/geheim"), params={"token": "geheim"})
    assert "geheim" not in caplog.text


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "file:///etc/passwd", "http://", "http:///x", "//x", "http://x:99999/", "nonsense", None, 5]
)
def test_pl_02_addresses_that_are_none_are_refused(web: Web, url: Any) -> None:
    with pytest.raises(HttpError) as refused:
        web.request("GET", url)
    assert not refused.value.retry


@pytest.mark.parametrize(
    "odd",
    [
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": {"X\r\n": "a"}},
        {"headers": {"X": 5}},
        {"json": {1j}},
        {"data": 5},
        {"params": 5},
        {"headers": 5},
    ],
    ids=str,
)
def test_pl_02_requests_that_are_not_well_formed_are_told_in_words(site: Site, web: Web, odd: dict[str, Any]) -> None:
    with pytest.raises(HttpError):
        web.request("POST", site.url(), **odd)
    with pytest.raises(HttpError, match="method"):
        web.request("GET / HTTP/1.1\r\nX: ", site.url())


def test_pl_02_an_answer_that_is_no_json_is_told(site: Site, web: Web) -> None:
    site.answers["/html"] = lambda handler: _send(handler, b"<html>geheim")
    site.answers["/deep"] = lambda handler: _send(handler, b"[" * 200_000)
    site.answers["/bytes"] = lambda handler: _send(handler, b"\xff\xfe\x00")
    for path in ("/html", "/deep", "/bytes"):
        with pytest.raises(HttpError, match="no JSON") as refused:
            web.request("GET", site.url(path)).json()
        assert "geheim" not in str(refused.value)


def test_pl_02_times_and_sizes_are_kept_within_limits(site: Site, web: Web) -> None:
    for timeout in (30, float("nan"), 10**9, "5", None):
        for most in (1000, 10**12, float("nan"), None):
            found = web.request("GET", site.url(), timeout=timeout, max_bytes=most)  # type: ignore[arg-type]
            assert found.status == 200
    site.answers["/slow"] = _silent
    for timeout in (-5, 0, float("-inf")):
        with pytest.raises(HttpError, match=r"within 0\.1 seconds"):
            web.request("GET", site.url("/slow"), timeout=timeout)


def test_pl_02_no_proxy_and_no_password_file_of_this_computer_is_used(
    site: Site, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password geheim\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert web.request("GET", site.url()).status == 200
    assert "authorization" not in site.asked[-1][2]


def test_pl_01_permission_is_asked_before_every_request(site: Site) -> None:
    asked: list[str] = []

    def allowed(host: str) -> None:
        asked.append(host)
        if len(asked) > 2:
            raise HttpError("taken away", retry=False)

    web = Web(allowed, "Sample/1.0")
    site.answers["/from"] = _to("/end")
    assert web.request("GET", site.url("/from")).status == 200
    with pytest.raises(HttpError, match="taken away"):
        web.request("GET", site.url())
    assert asked == [f"127.0.0.1:{site.port}"] * 3
    assert len(site.asked) == 2


@pytest.mark.parametrize("fault", ["unknown", "host", "expired", "none"])
def test_pl_02_a_certificate_that_is_not_right_ends_the_request(
    web: Web, fault: str, authority: TestAuthority, request: pytest.FixtureRequest
) -> None:
    if fault != "unknown":
        request.getfixturevalue("trusted_authority")
    names = ("elsewhere.example",) if fault == "host" else ("localhost", "127.0.0.1")
    context = authority.issue(*names, expired=fault == "expired").context() if fault != "none" else None
    found = Site(scheme="https")
    server = _serve(found, context)
    try:
        with pytest.raises(HttpError) as refused:
            web.request("GET", found.url("/geheim"), headers={"Authorization": "geheim"}, timeout=5)
        assert "geheim" not in str(refused.value)
        assert "certificate" in str(refused.value)
        assert not refused.value.retry
        assert found.asked == []
    finally:
        server.shutdown()
        server.server_close()


def test_pl_02_an_authority_of_this_computer_is_trusted(web: Web, trusted_authority: TestAuthority) -> None:
    found = Site(scheme="https")
    server = _serve(found, trusted_authority.issue().context())
    found.answers["/slow"] = _drip
    try:
        assert web.request("GET", found.url(), timeout=5).status == 200
        with pytest.raises(HttpError, match=r"within 0\.5 seconds"):
            web.request("GET", found.url("/slow"), timeout=0.5)
    finally:
        server.shutdown()
        server.server_close()


def test_pl_02_nothing_is_left_open(site: Site, web: Web) -> None:
    before = threading.active_count()
    for _ in range(5):
        web.request("GET", site.url())
    deadline = time.monotonic() + 5
    while threading.active_count() > before + 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before + 1


def test_pl_02_a_failure_tells_whether_anything_was_sent(site: Site, web: Web) -> None:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    with pytest.raises(HttpError) as nobody:
        web.request("POST", f"http://127.0.0.1:{free.getsockname()[1]}/", data=b"x")
    free.close()
    assert (nobody.value.retry, nobody.value.unsent) == (True, True)
    site.answers["/hangs-up"] = lambda handler: handler.connection.close()
    with pytest.raises(HttpError) as broken:
        web.request("POST", site.url("/hangs-up"), data=b"x")
    assert (broken.value.retry, broken.value.unsent) == (True, False)


def test_pl_12_addresses_stand_in_no_log(site: Site, web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web.request("GET", site.url("/bot12:secret-part/x"))
    assert "secret-part" not in caplog.text
