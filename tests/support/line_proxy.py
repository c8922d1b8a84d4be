"""A TCP proxy between client and server that cuts, stalls or spoils the line at a given byte."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator

import pytest


class LineProxy:
    """Forwards connections to `target`.

    `cut_after` (bytes from the server over one connection) hangs up in the middle of whatever is being said,
    `stall_after` goes silent there, `rewrite` changes each block from the server. None: off.
    """

    host = "127.0.0.1"

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.cut_after: int | None = None
        self.stall_after: int | None = None
        self.rewrite: Callable[[bytes], bytes] | None = None
        self.connections = 0
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((self.host, 0))
        self._listener.settimeout(0.1)
        self.port = int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, name="line-proxy")
        self._accepting.start()

    def close(self) -> None:
        """Hang up everywhere and wait for the threads."""
        self._closing.set()
        self._accepting.join(10)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(client,), name="line-proxy-connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._target, timeout=5) as server:
            client.settimeout(5)
            with selectors.DefaultSelector() as selector:
                selector.register(client, selectors.EVENT_READ, server)
                selector.register(server, selectors.EVENT_READ, client)
                self._pump(selector, client, server)

    def _pump(self, selector: selectors.DefaultSelector, client: socket.socket, server: socket.socket) -> None:
        told = 0
        while not self._closing.is_set():
            for key, _ in selector.select(0.1):
                block = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not block:
                    return
                if key.fileobj is server:
                    if self.stall_after is not None and told + len(block) > self.stall_after:
                        continue
                    if self.cut_after is not None and told + len(block) > self.cut_after:
                        client.sendall(block[: max(0, self.cut_after - told)])
                        return
                    told += len(block)
                    if self.rewrite is not None:
                        block = self.rewrite(block)
                key.data.sendall(block)


@pytest.fixture
def line_proxy() -> Iterator[Callable[[str, int], LineProxy]]:
    """Return a function that puts a proxy in front of a host and port."""
    running: list[LineProxy] = []

    def start(host: str, port: int) -> LineProxy:
        proxy = LineProxy((host, port))
        running.append(proxy)
        return proxy

    yield start
    for proxy in running:
        proxy.close()
