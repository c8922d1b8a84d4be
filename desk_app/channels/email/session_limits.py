"""How long and how much the channel lets a server go on."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds, sizes in bytes.

    `read` bounds one silence of the server, `command` a whole exchange however it trickles. `final` is the patience
    after the end of a mail was sent: giving up early makes the outcome unknown, so it is long (RFC 5321 4.5.3.2.6 asks
    for ten minutes; the desk never retries after it, so three are enough). `idle` is when IDLE is issued again (mail.md
    6).
    """

    connect: float = 15.0
    read: float = 60.0
    command: float = 600.0
    final: float = 180.0
    idle: float = 540.0
    poll: float = 60.0
    keep_smtp: float = 30.0
    batch_bytes: int = 16 * MIB
    line_bytes: int = 64 * MIB
    literal_slack: int = 1 * MIB
    command_ids: int = 500
    single_attempts: int = 3
