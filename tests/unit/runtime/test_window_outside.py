from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from desk_app.runtime import window_outside
from desk_app.runtime.window_outside import MAX_IMAGE_BYTES, fetch_images, is_public


class _Shop(http.server.BaseHTTPRequestHandler):
    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        type(self).seen.append(dict(self.headers))
        if self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/page" else "image/png")
        self.send_header("Set-Cookie", "tracker=1")
        self.end_headers()
        self.wfile.write(b"x" * (MAX_IMAGE_BYTES + 10 if self.path == "/big" else 10))

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(window_outside, "is_public", lambda _address: True)
    _Shop.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x", "http://localhost/x", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/",
        "http://[::1]/", "file:///etc/passwd", "ftp://1.1.1.1/x", "http:///x", "http://[bad", "http://0.0.0.0/",
    ],
)  # fmt: skip
def test_se_10_nothing_inside_the_house_is_asked(address: str) -> None:
    if address == "http://[bad":
        assert fetch_images([address]) == {}
    else:
        assert not is_public(address)
        assert fetch_images([address]) == {}


def test_public_addresses_are_public() -> None:
    assert is_public("https://1.1.1.1/x.png")


def test_ui_9_images_come_without_cookies_and_referrer(shop: str) -> None:
    assert fetch_images([f"{shop}/a.png", f"{shop}/b.png"]) == {0: b"x" * 10, 1: b"x" * 10}
    assert all("Cookie" not in headers and "Referer" not in headers for headers in _Shop.seen)


@pytest.mark.parametrize("path", ["page", "big", "loop"])
def test_what_is_no_image_or_too_big_or_endless_is_left_out(shop: str, path: str) -> None:
    assert fetch_images([f"{shop}/{path}", f"{shop}/a.png"]) == {1: b"x" * 10}
