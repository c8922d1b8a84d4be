"""One window program a desk and user: a second start brings the first one's window to the front and ends."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_MS = 400
_GREETING = b"show\n"


class SingleInstance:
    """Finds the program that runs already, or waits for others to knock."""

    def __init__(self, data_dir: Path) -> None:
        place = f"{data_dir.resolve()}\n{getpass.getuser()}"
        self._name = f"desk-app-{hashlib.sha256(place.encode()).hexdigest()[:16]}"
        self._server: QLocalServer | None = None

    def knock(self) -> bool:
        """Ask a program that runs already to come forward; returns whether there is one."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_WAIT_MS):
            return False
        socket.write(_GREETING)
        socket.waitForBytesWritten(_WAIT_MS)
        socket.disconnectFromServer()
        return True

    def listen(self, on_knock: Callable[[], object]) -> bool:
        """Call `on_knock` whenever another start knocks; returns whether that works here. A socket left behind by a
        crash is removed."""
        server = QLocalServer()
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self._name):
            QLocalServer.removeServer(self._name)
            if not server.listen(self._name):
                return False

        def knocked() -> None:
            while (socket := server.nextPendingConnection()) is not None:
                socket.disconnected.connect(socket.deleteLater)
                on_knock()

        server.newConnection.connect(knocked)
        self._server = server
        return True

    def close(self) -> None:
        """Stop waiting."""
        if self._server is not None:
            self._server.close()
            self._server = None
