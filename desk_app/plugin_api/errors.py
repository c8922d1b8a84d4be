"""What calls of a plugin's context may raise."""

from __future__ import annotations


class PluginError(Exception):
    """Base of everything the desk tells a plugin by exception."""


class PermissionDenied(PluginError):  # noqa: N818 -- read as a sentence by authors
    """The plugin did not ask for this permission in its manifest, or it was taken away."""

    def __init__(self, permission: str, what: str) -> None:
        super().__init__(f"{what} needs the permission “{permission}”, which this plugin does not have")
        self.permission = permission


class RefusedByDesk(PluginError):  # noqa: N818 -- read as a sentence by authors
    """The desk refused a command: the ticket is gone, the value is not allowed, somebody else changed it meanwhile.

    The text says which, in plain words.
    """


class HttpError(PluginError):
    """A request got no usable answer: no connection, too slow, too large. `retry` tells whether a later try may
    help, `unsent` that the server certainly got nothing of it: sending it again does nothing twice."""

    def __init__(self, text: str, *, retry: bool, unsent: bool = False) -> None:
        super().__init__(text)
        self.retry = retry
        self.unsent = unsent
