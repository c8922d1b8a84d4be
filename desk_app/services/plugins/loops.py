"""Stops plugins that answer each other, or themselves, for ever."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from threading import Lock

from desk_app.domain.people.actor import ActorKind
from desk_app.domain.tickets.model import TicketEvent

DEEPEST = 8
"""So many changes may follow from one another."""
MOST_ACTS = 100
"""So many lines of history plugins may write into one ticket within `SPAN`."""
MOST_UNANSWERED = 5
"""So often plugins may write to the customer of one ticket within `SPAN` before the customer writes."""
MOST_REPLIES = 12
"""So often plugins may write to the customer of one ticket within `SPAN` at all: that may be a machine, too."""
SPAN = timedelta(minutes=10)
_REMEMBERED = 10_000
_depth: ContextVar[int] = ContextVar("plugin_depth", default=0)
_ANSWERS = frozenset({"ReplyQueued"})


class LoopError(Exception):
    """Plugins go in a circle; the text says so, for the author."""


class Chains:
    """Knows how many changes led to the one that is being made.

    Within a call that is the depth of the call. Between calls, when events are told, it is remembered by ticket: what a
    plugin does to a ticket while it is told of a plugin's change of that ticket lies one deeper.
    """

    def __init__(self) -> None:
        self._reached: OrderedDict[int, int] = OrderedDict()
        self._begun: OrderedDict[int, int] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def telling(self, ticket_id: int, kind: ActorKind, event_id: int) -> Iterator[None]:
        """Tell a plugin, inside this block, of something that an actor of this kind did to a ticket. What plugins do
        begins to be counted anew with what somebody else does, once: those that hear of it late begin nothing."""
        depth = 0
        with self._lock:
            if kind is ActorKind.PLUGIN:
                depth = self._reached.get(ticket_id, 0)
            elif event_id > self._begun.get(ticket_id, 0):
                self._reached.pop(ticket_id, None)
                _remember(self._begun, ticket_id, event_id)
        token = _depth.set(max(depth, _depth.get()))
        try:
            yield
        finally:
            _depth.reset(token)

    @contextmanager
    def change(self, ticket_id: int) -> Iterator[None]:
        """Change a ticket inside this block. Raises LoopError where too many changes led here."""
        depth = _depth.get() + 1
        if depth > DEEPEST:
            raise LoopError(
                f"Plugins change this ticket in a circle: {DEEPEST} changes have already followed from one another."
            )
        with self._lock:
            _remember(self._reached, ticket_id, depth)
        token = _depth.set(depth)
        try:
            yield
        finally:
            _depth.reset(token)


def _remember(kept: OrderedDict[int, int], ticket_id: int, number: int) -> None:
    kept[ticket_id] = number
    kept.move_to_end(ticket_id)
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)


def check_pace(history: Sequence[TicketEvent], now: datetime, *, reply: bool = False) -> None:
    """Raise LoopError where plugins have done so much to a ticket lately that they must be going in a circle."""
    acts = replies = unanswered = 0
    alone = True
    for event in reversed(history):
        if event.at < now - SPAN:
            break
        alone = alone and event.actor.kind is not ActorKind.CONTACT
        if event.actor.kind is ActorKind.PLUGIN:
            acts += 1
            replies += event.kind in _ANSWERS
            unanswered += alone and event.kind in _ANSWERS
    if reply and (replies >= MOST_REPLIES or unanswered >= MOST_UNANSWERED):
        raise LoopError(
            f"Plugins have written to this customer {replies} times within {SPAN.seconds // 60} minutes; a person must "
            "go on."
        )
    if acts >= MOST_ACTS:
        raise LoopError(f"Plugins have changed this ticket {acts} times within {SPAN.seconds // 60} minutes.")
