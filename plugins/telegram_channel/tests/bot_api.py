"""A Bot API server that speaks what https://core.telegram.org/bots/api documents."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

TOKEN = "4242:AAE-very_secret_token_of_the_bot"
MARIA = {"id": 711, "is_bot": False, "first_name": "Maria", "last_name": "Lopez", "username": "maria"}
CARL = {"id": 712, "is_bot": False, "first_name": "Carl"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Key holders"}


@dataclass
class Call:
    """A call the server got."""

    method: str
    values: dict[str, Any]
    files: dict[str, tuple[str, str, bytes]]


class BotServer:
    """One bot. `script` holds answers to give instead: a method's list of (status, body); a body of None hangs up."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.script: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
        self.files: dict[str, bytes] = {}
        self.webhook = ""
        self.updates: list[Any] = []
        self._ids = itertools.count(5000)
        self._messages = itertools.count(15)
        self._changed = threading.Condition()
        self._asking = 0
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_port}"
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._asking += 1
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    # -- what customers do --------------------------------------------------------------------------------------------

    def say(self, text: str = "", *, who: Any = MARIA, chat: Any = None, **more: Any) -> int:
        """Let somebody write; returns the number of the message."""
        number = next(self._messages)
        chat = chat or {"id": who["id"], "type": "private", "first_name": who["first_name"]}
        message = {"message_id": number, "from": who, "chat": chat, "date": int(time.time()), **more}
        if text:
            message["text"] = text
        self.put({"message": message})
        return number

    def edit(self, number: int, text: str, *, who: Any = MARIA) -> None:
        """Let somebody change what was written."""
        now = int(time.time())
        chat = {"id": who["id"], "type": "private"}
        message = {"message_id": number, "from": who, "chat": chat, "date": now - 5, "edit_date": now, "text": text}
        self.put({"edited_message": message})

    def put(self, update: Any) -> None:
        """Put an update into the bot's queue, with a number where it has none."""
        if isinstance(update, dict):
            update.setdefault("update_id", next(self._ids))
        with self._changed:
            self.updates.append(update)
            self._changed.notify_all()

    def keep(self, content: bytes) -> str:
        """Keep a file; returns its id."""
        name = f"file{len(self.files)}"
        self.files[name] = content
        return name

    def sent(self, method: str = "") -> list[Call]:
        """Return the calls that say something, or those of one method."""
        return [one for one in self.calls if (one.method == method if method else one.method.startswith("send"))]

    # -- the server ---------------------------------------------------------------------------------------------------

    def answer(self, method: str, values: dict[str, Any]) -> tuple[int, Any]:
        if self.script[method]:
            return self.script[method].pop(0)
        if method == "getMe":
            me = {"id": 4242, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
            return 200, {"ok": True, "result": me}
        if method == "getWebhookInfo":
            return 200, {"ok": True, "result": {"url": self.webhook, "pending_update_count": len(self.updates)}}
        if method == "getUpdates":
            return self._get_updates(values)
        if method == "getFile":
            return self._get_file(values.get("file_id"))
        if method in {"sendMessage", "sendPhoto", "sendDocument"}:
            return 200, {"ok": True, "result": {"message_id": next(self._messages), "date": int(time.time())}}
        return refused(404, "Not Found")

    def _get_file(self, found: Any) -> tuple[int, Any]:
        if found not in self.files:
            return refused(400, "Bad Request: invalid file_id")
        return 200, {"ok": True, "result": {"file_id": found, "file_path": f"docs/{found}"}}

    def _get_updates(self, values: dict[str, Any]) -> tuple[int, Any]:
        if self.webhook:
            return refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        offset, limit = int(values.get("offset", 0)), int(values.get("limit", 100))
        end = time.monotonic() + min(int(values.get("timeout", 0)), 50)
        with self._changed:
            self._asking += 1
            mine = self._asking
            self._changed.notify_all()
            newest = max((_id(one) for one in self.updates), default=offset)
            if 0 < offset <= newest + 10:  # beyond that the server takes it for an offset of old
                self.updates = [one for one in self.updates if not _id(one) or _id(one) >= offset]
            elif offset < 0:
                self.updates = self.updates[offset:]
            while not self.updates and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
                if self._asking != mine:
                    text = "Conflict: terminated by other getUpdates request; make sure that only one bot is running"
                    return refused(409, text)
            return 200, {"ok": True, "result": self.updates[:limit]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                prefix = f"/file/bot{TOKEN}/docs/"
                name = unquote(self.path[len(prefix) :]) if self.path.startswith(prefix) else ""
                if server.script["file"]:
                    self._give(*server.script["file"].pop(0))
                elif name in server.files:
                    self._give(200, server.files[name])
                else:
                    self._give(404, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                token, _, method = self.path.removeprefix("/bot").partition("/")
                if token != TOKEN:
                    self._give(*refused(401, "Unauthorized"))
                    return
                call = _call(method, self.headers.get("Content-Type", ""), body)
                server.calls.append(call)
                self._give(*server.answer(method, call.values))

            def _give(self, status: int, body: Any) -> None:
                if body is None:
                    self.close_connection = True
                    return
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True  # whoever asked has given up

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        return Handler


def refused(code: int, description: str, **parameters: Any) -> tuple[int, Any]:
    """Return an error as the Bot API tells it."""
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return code, body | ({"parameters": parameters} if parameters else {})


def _id(update: Any) -> int:
    found = update.get("update_id") if isinstance(update, dict) else None
    return found if isinstance(found, int) else 0


def _call(method: str, kind: str, body: bytes) -> Call:
    if not kind.startswith("multipart/"):
        return Call(method, json.loads(body) if body else {}, {})
    parts = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP)
    values, files = {}, {}
    for part in parts.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename():
            files[name] = (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        else:
            values[name] = part.get_content().strip()
    return Call(method, values, files)
