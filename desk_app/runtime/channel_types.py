"""The channel types that are there at this moment: the program's own, and those of the plugins that run."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.channels import (
    AccountView,
    ChannelError,
    ChannelFault,
    ChannelSession,
    ChannelType,
    Cursor,
    FetchBatch,
    InboundMessage,
    OutboundMail,
    Reconcilable,
    SecretError,
    SendOutcome,
    SendReceipt,
    SentCheck,
    ServerMessage,
    StepState,
    StreamCount,
    TestStep,
)
from desk_app.runtime.channel_line import (
    GRACE_SECONDS,
    LONG_SECONDS,
    SHORT_SECONDS,
    CallLeftBehindError,
    CallLine,
)
from desk_app.services.ports.channels import CORE, ChannelGoneError

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import AfterImport
    from desk_app.services.ports.plugins import PluginControl

HOOK = "channel_types"
MOST_STUCK = 3
"""Threads a plugin's channel may leave behind before nothing is begun with it any more."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provided:
    """A channel type and who brings it."""

    type: ChannelType
    plugin: str

    @property
    def own(self) -> bool:
        """Whether it comes with the program."""
        return self.plugin == CORE


class ChannelTypes:
    """Knows which channel types there are. `ask` waits for plugins that are being loaded, or has them loaded; `plugins`
    returns them, None where there are none in this program."""

    def __init__(
        self,
        core: Sequence[ChannelType],
        plugins: Callable[[], PluginControl | None],
        ask: Callable[[], object] = lambda: None,
    ) -> None:
        self._ask = ask
        self._core = core
        self._own_ids = frozenset(one.id for one in core)
        self._plugins = plugins
        self._own: dict[str, Provided] | None = None
        self._sessions: weakref.WeakSet[GuardedSession] = weakref.WeakSet()
        self._stuck: dict[str, tuple[ChannelType, list[threading.Thread]]] = {}
        self._listens = False
        self._lock = threading.Lock()

    def get(self, channel: str) -> Provided | None:
        """Return a type by its id, None where nobody brings it. Waits for plugins that are being loaded, unless the
        program has it itself."""
        if channel in self._own_ids:
            return self._own_types().get(channel)
        found = self._contributed().get(channel)
        if found is None:
            self._ask()
            found = self._contributed().get(channel)
        return found

    def has(self, channel: str, *, wait: bool = True) -> bool:
        """Return whether there is a type; loads nothing for those of the program."""
        if channel in self._own_ids:
            return True
        return self.get(channel) is not None if wait else channel in self._contributed()

    def all(self) -> Mapping[str, Provided]:
        """Return every type by its id, the program's own first."""
        self._ask()
        own = self._own_types()
        return {**own, **{key: one for key, one in self._contributed().items() if key not in own}}

    def open(self, provided: Provided, account: AccountView) -> ChannelSession:
        """Return a session; that of a plugin is guarded, and ends when the plugin is switched off."""
        if provided.own:
            return provided.type.open(account)
        self._refuse_stuck(provided)
        opened = partial(self.guarded, provided, "open", lambda: provided.type.open(account))
        session = self.limited(provided, "open", opened, SHORT_SECONDS)
        kind = GuardedListing if isinstance(session, Reconcilable) else GuardedSession
        guarded = kind(self, provided, session)
        with self._lock:
            self._sessions.add(guarded)
        return guarded

    def left_behind(self, provided: Provided, place: str, thread: threading.Thread) -> ChannelError:
        """Note that a call of a plugin's session never came back; returns what its caller is told."""
        self.fault(provided, place, None, "it did not come back in time; its thread was left behind")
        with self._lock:
            of_type, threads = self._stuck.get(provided.plugin, (provided.type, []))
            threads = [one for one in threads if one.is_alive()] if of_type is provided.type else []
            self._stuck[provided.plugin] = (provided.type, [*threads, thread])
        return ChannelError(ChannelFault.PLUGIN, f"The plugin “{provided.plugin}” did not come back in time.")

    def _refuse_stuck(self, provided: Provided) -> None:
        """Begin nothing more with a plugin that has left too many threads behind, until it is switched on anew."""
        of_type, threads = self._stuck.get(provided.plugin, (provided.type, []))
        if of_type is provided.type and sum(one.is_alive() for one in threads) >= MOST_STUCK:
            text = f"The plugin “{provided.plugin}” did not come back {MOST_STUCK} times. Switch it off and on again."
            raise ChannelError(ChannelFault.PLUGIN, text)

    def guarded(self, provided: Provided, place: str, function: Callable[[], T]) -> T:
        """Call something of a channel type. What a plugin raises against the rules is its fault, and goes on as
        ChannelError."""
        try:
            return function()
        except (ChannelError, SecretError):
            raise
        except BaseException as error:
            if provided.own or isinstance(error, KeyboardInterrupt):
                raise
            self.fault(provided, place, error)
            raise plugin_failed(provided.plugin, error) from error

    def limited(self, provided: Provided, place: str, function: Callable[[], T], seconds: float) -> T:
        """Call something of a channel type, for so many seconds where a plugin brings it. Raises what it raises, and
        ChannelError where it does not come back, or did not too often before."""
        if provided.own:
            return function()
        from desk_app.plugin_host.bounded import TooSlowError, within  # noqa: PLC0415 -- with the first such channel

        self._refuse_stuck(provided)
        try:
            return within(seconds, function, name=f"channel-{provided.type.id}-{place}")
        except TooSlowError as error:
            if error.thread is None:
                raise
            raise self.left_behind(provided, place, error.thread) from None

    def asked(self, provided: Provided, place: str, function: Callable[[], T], otherwise: T) -> T:
        """Return what a channel type says of itself, `otherwise` where its plugin fails over that: what many mailboxes
        are looked at together for must not fail for one of them."""
        try:
            return function()
        except BaseException as error:
            if provided.own or isinstance(error, KeyboardInterrupt):
                raise
            self.fault(provided, place, error)
            return otherwise

    def fault(self, provided: Provided, place: str, error: BaseException | None, summary: str = "") -> None:
        """Note that the plugin behind a channel type failed."""
        plugins = self._plugins()
        if plugins is not None and not provided.own:
            plugins.fault(provided.plugin, f"channel {provided.type.id}: {place}", error, summary)

    def _own_types(self) -> dict[str, Provided]:
        if self._own is None:
            from desk_app.plugin_api.hooks import channels as specs  # noqa: PLC0415 -- a window's start needs no hooks
            from desk_app.plugin_host.dispatch import Dispatcher  # noqa: PLC0415 -- as above
            from desk_app.runtime.core_part import CorePart  # noqa: PLC0415 -- as above

            hooks = Dispatcher(groups=[specs])
            hooks.add(CORE, CorePart(self._core), None)
            self._own = {one.id: Provided(one, CORE) for one in hooks.collect(CORE, HOOK)}
        return self._own

    def _contributed(self) -> dict[str, Provided]:
        plugins = self._plugins()
        if plugins is None:
            return {}
        with self._lock:
            if not self._listens:
                self._listens = True
                plugins.on_change(self._changed)
        found: dict[str, Provided] = {}
        for one in plugins.contributions(HOOK):
            try:
                channel = str(one.spec.id)
            except BaseException as error:  # a plugin's object may do anything when it is asked
                if isinstance(error, KeyboardInterrupt):
                    raise
                plugins.fault(one.plugin, HOOK, error)
                continue
            found.setdefault(channel, Provided(one.spec, one.plugin))
        return found

    def _changed(self, slug: str, kind: StateKind) -> None:
        if kind is StateKind.ACTIVE:
            return
        with self._lock:
            ending = [one for one in self._sessions if one.plugin == slug]
        for session in ending:
            session.end()


def plugin_failed(plugin: str, error: BaseException) -> ChannelError:
    """Return what a channel call says when its plugin broke the rules."""
    return ChannelError(ChannelFault.PLUGIN, f"The plugin “{plugin}” failed: {type(error).__name__}.")


class GuardedSession:
    """A session of a plugin's channel: whatever it does, the caller gets what `ChannelSession` promises."""

    def __init__(self, types: ChannelTypes, provided: Provided, session: ChannelSession) -> None:
        self._types, self._provided, self._session = types, provided, session
        self._ended = threading.Event()
        self._line = CallLine(f"channel-{provided.type.id}", self._ended)
        self._stuck = False  # whether a call of it never came back
        self._deaf = False  # whether it was not even possible to wake it

    @property
    def plugin(self) -> str:
        """Who brings it."""
        return self._provided.plugin

    def end(self) -> None:
        """Refuse every further call and end a running `wait`; any thread, returns at once."""
        self._ended.set()
        self.wake()

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:
        """Count what lies on the server."""
        return list(self._call("counts", lambda: self._session.counts(since)))

    def start_cursor(self, since: datetime | None) -> Cursor:
        """Return where to begin."""
        return self._typed("start_cursor", Cursor, lambda: self._session.start_cursor(since))

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        """Return what follows the cursor."""
        fetch = self._session.fetch
        return self._typed("fetch", FetchBatch, lambda: fetch(cursor, limit=limit, max_bytes=max_bytes), LONG_SECONDS)

    def fetch_one(self, source_key: str) -> InboundMessage | None:
        """Fetch one message again."""
        found = self._call("fetch_one", lambda: self._session.fetch_one(source_key), LONG_SECONDS)
        return found if isinstance(found, InboundMessage) else None

    def acknowledge(self, source_keys: Sequence[str], action: AfterImport, target: str = "") -> None:
        """Tell the server what is stored."""
        self._call("acknowledge", lambda: self._session.acknowledge(source_keys, action, target))

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds for something new."""
        return bool(self._call("wait", lambda: self._session.wait(timeout), timeout + SHORT_SECONDS))

    def wake(self) -> None:
        """End a running `wait`. Whoever wakes looks after other mailboxes, too, and is not kept from that for long."""
        if self._deaf:
            return
        from desk_app.plugin_host.bounded import TooSlowError, within  # noqa: PLC0415 -- with the first such channel

        try:
            within(GRACE_SECONDS, self._session.wake, name=f"channel-{self._provided.type.id}-wake")
        except TooSlowError as error:
            self._deaf = True
            if error.thread is not None:
                self._types.left_behind(self._provided, "wake", error.thread)
        except BaseException as error:  # whoever wakes cannot do anything about it
            if isinstance(error, KeyboardInterrupt):
                raise
            self._types.fault(self._provided, "wake", error)

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Hand a message over. Where the plugin breaks the rules meanwhile, nobody knows whether it left."""
        self._refuse_ended()
        try:
            receipt: object = self._line.call(lambda: self._session.send(mail), LONG_SECONDS)
        except (ChannelError, SecretError):
            raise
        except CallLeftBehindError:
            return SendReceipt(SendOutcome.UNKNOWN, self._left_behind("send").detail)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self._types.fault(self._provided, "send", error)
            return SendReceipt(SendOutcome.UNKNOWN, plugin_failed(self.plugin, error).detail)
        if not isinstance(receipt, SendReceipt):
            said = f"it returned {type(receipt).__name__} where SendReceipt was promised"
            self._types.fault(self._provided, "send", None, said)
            return SendReceipt(SendOutcome.UNKNOWN, f"The plugin “{self.plugin}” did not say whether it was sent.")
        return receipt

    def check_sent(self, message_id: str) -> SentCheck:
        """Look for a message among those sent."""
        return self._typed("check_sent", SentCheck, lambda: self._session.check_sent(message_id))

    def store_copy(self, raw: bytes) -> str:
        """Keep a copy on the server."""
        return str(self._call("store_copy", lambda: self._session.store_copy(raw)))

    def close(self) -> None:
        """Hang up."""
        try:
            if not self._stuck:
                self._line.call(self._session.close, GRACE_SECONDS)
        except CallLeftBehindError:
            self._left_behind("close")
        except BaseException as error:  # promised never to raise
            if isinstance(error, KeyboardInterrupt):
                raise
            self._types.fault(self._provided, "close", error)
        finally:
            self._ended.set()
            self._line.close()

    def _call(self, place: str, function: Callable[[], T], seconds: float = 0.0) -> T:
        self._refuse_ended()
        guarded = partial(self._types.guarded, self._provided, place, function)
        try:
            found: T = self._line.call(guarded, seconds or SHORT_SECONDS)
        except CallLeftBehindError:
            switched_off = self._ended.is_set()
            told = self._left_behind(place)
            raise (ChannelGoneError(self._provided.type.id) if switched_off else told) from None
        return found

    def _left_behind(self, place: str) -> ChannelError:
        self._ended.set()
        self._stuck = True
        return self._types.left_behind(self._provided, place, self._line.thread)

    def _typed(self, place: str, kind: type[T], function: Callable[[], Any], seconds: float = 0.0) -> T:
        found = self._call(place, function, seconds)
        if isinstance(found, kind):
            return found
        said = f"it returned {type(found).__name__} where {kind.__name__} was promised"
        self._types.fault(self._provided, place, None, said)
        raise ChannelError(ChannelFault.PLUGIN, f"The plugin “{self.plugin}” failed: {said}.")

    def _refuse_ended(self) -> None:
        if self._ended.is_set():
            raise ChannelGoneError(self._provided.type.id)


class GuardedListing(GuardedSession):
    """A guarded session that can list its messages."""

    def message_ids(self, stream: str, *, after: str = "", limit: int = 1000) -> Sequence[ServerMessage]:
        """List what the server holds."""
        listing: Any = self._session
        found = self._call("message_ids", lambda: listing.message_ids(stream, after=after, limit=limit))
        return [one for one in found if isinstance(one, ServerMessage)]


def guarded_steps(
    types: ChannelTypes, provided: Provided, steps: Callable[[], Iterator[TestStep]]
) -> Iterator[TestStep]:
    """Yield the steps of a connection test; a plugin that raises ends it with a failed step."""
    try:
        yield from steps()
    except GeneratorExit:
        raise
    except BaseException as error:
        if provided.own or isinstance(error, KeyboardInterrupt):
            raise
        types.fault(provided, "test", error)
        failed = plugin_failed(provided.plugin, error)
        yield TestStep("name", StepState.FAILED, failed.detail, failed.fault)


def guarded_reading(types: ChannelTypes, provided: Provided, raw: bytes) -> ParsedMessage:
    """Read a raw message. Raises what the channel raises: the message is quarantined, and it is the plugin's fault."""

    def read() -> object:
        try:
            return provided.type.read(raw)
        except BaseException as error:
            types.fault(provided, "read", error)
            if isinstance(error, Exception):
                raise
            raise plugin_failed(provided.plugin, error) from error

    parsed = types.limited(provided, "read", read, SHORT_SECONDS)
    if isinstance(parsed, ParsedMessage):
        return parsed
    said = f"it returned {type(parsed).__name__} where ParsedMessage was promised"
    types.fault(provided, "read", None, said)
    raise plugin_failed(provided.plugin, TypeError(said))
