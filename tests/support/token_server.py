"""A token endpoint on loopback that plays Google or Microsoft (RFC 6749), and a browser that says yes."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests


class TokenServer:
    """`answers` are (status, JSON or bytes) given in turn before the server decides by itself; `forms` is what it was
    asked; `mint` makes access tokens. `rotate` gives a new refresh token each time and voids the old one."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any]] = []
        self.headers: dict[str, str] = {}
        self.mint: Callable[[], str] = lambda: f"access-{len(self.forms)}"
        self.rotate = False
        self.refresh_token = "refresh-0"
        self.code = "code-1"
        self.challenge = ""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                owner.forms.append(form)
                status, answer = owner.answers.pop(0) if owner.answers else owner.decide(form)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **owner.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/token"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def decide(self, form: dict[str, str]) -> tuple[int, Any]:
        """Answer as a provider does."""
        if form["grant_type"] == "authorization_code":
            verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(verifier).decode().rstrip("=") != self.challenge or form["code"] != self.code:
                return 400, {"error": "invalid_grant", "error_description": "bad code"}
        elif form["refresh_token"] != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        answer = {"access_token": self.mint(), "expires_in": 3599, "token_type": "Bearer"}
        if self.rotate or form["grant_type"] == "authorization_code":
            self.refresh_token = f"refresh-{len(self.forms)}"
            answer["refresh_token"] = self.refresh_token
        return 200, answer

    def browse(self, url: str, **change: str) -> requests.Response:
        """Do what the person's browser does after they said yes: follow the redirect, with `change` in its query."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.challenge = query["code_challenge"]
        back = {"state": query["state"], "code": self.code, **change}
        return requests.get(query["redirect_uri"], params={k: v for k, v in back.items() if v}, timeout=5)

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    """A running token endpoint."""
    server = TokenServer()
    yield server
    server.stop()
