"""The channel: what an account asks for, how it is tried, and a session of it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import ceil
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from desk_app.plugin_api import Context, Parameter
from desk_app.plugin_api.channels import (
    AccountView,
    AfterImport,
    Capabilities,
    ChannelError,
    ChannelFault,
    ChannelSession,
    Cursor,
    FetchBatch,
    InboundMessage,
    OutboundContent,
    OutboundMail,
    ParsedMessage,
    SecretError,
    SendReceipt,
    SentCheck,
    StepState,
    StreamCount,
    TestStep,
)

from . import outgoing, reading
from .api import SERVER, Bot, BotApi, Refused, server_of
from .incoming import STREAM, Fetcher
from .names import CHANNEL
from .sending import Sender
from .shapes import number, record, words

LONGEST_POLL = 25
"""Seconds the server holds a question back while nobody writes."""
AT_ONCE = 100
"""Updates at once; the Bot API gives no more."""
MOST_BYTES = 24_000_000
"""A batch ends behind the message that brings it over this size."""
LONGEST_BATCH = 15.0
"""Seconds after which a batch ends, too: what has come is to be stored, however slowly the files come."""
_CONFLICT_PAUSE = 5.0
_WANTED = ["message", "edited_message"]


class TelegramChannel:
    """The kind of channel. One is made when the plugin is switched on."""

    id = CHANNEL
    title = "Telegram"
    capabilities = Capabilities(idle=True)

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._tries: dict[str, int] = {}
        tr = ctx.tr
        self.account_settings = (
            Parameter(
                "token",
                tr("Bot token"),
                "secret",
                required=True,
                help=tr("From @BotFather in Telegram. It is kept in the keychain of this computer only."),
            ),
            Parameter("groups", tr("Take messages of groups"), "bool", default=True),
            Parameter(
                "server",
                tr("Bot API server"),
                default=SERVER,
                help=tr("Leave it as it is unless you run a server of your own."),
            ),
        )

    def open(self, account: AccountView) -> ChannelSession:
        """Return a session; it connects with the first call."""
        return TelegramSession(self._ctx, account, self._tries)

    def test(self, account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:  # noqa: ARG002 -- nobody to send to
        """Try an account: the server, the token, and whether messages come here. Nothing is sent."""
        tr = self._ctx.tr
        server = TestStep("name", StepState.RUNNING, title=tr("Telegram's server"))
        token = TestStep("sign_in", StepState.RUNNING, title=tr("Signing in as the bot"))
        fetching = TestStep("fetching", StepState.RUNNING, title=tr("Fetching messages"))
        yield server
        try:
            host = urlsplit(server_of(self._ctx, account.settings.get("server"))).netloc
            api = BotApi(self._ctx, Bot.of(self._ctx, account))
            me = record(api.ask("getMe"))
        except (ChannelError, SecretError, Refused) as error:
            fault, detail = _explained(error)
            if fault in {ChannelFault.SIGN_IN, ChannelFault.SECRET}:
                yield replace(server, state=StepState.SKIPPED if fault is ChannelFault.SECRET else StepState.OK)
                yield token
                yield replace(token, state=StepState.FAILED, detail=detail, fault=fault)
            else:
                yield replace(server, state=StepState.FAILED, detail=detail, fault=fault)
            return
        yield replace(server, state=StepState.OK, detail=host)
        yield token
        name, user = words(me.get("first_name"))[:100], words(me.get("username"))[:100]
        yield replace(token, state=StepState.OK, detail=f"{name} (@{user})" if user else name)
        yield fetching
        try:
            hook = record(api.ask("getWebhookInfo"))
        except (ChannelError, Refused) as error:
            fault, detail = _explained(error)
            yield replace(fetching, state=StepState.FAILED, detail=detail, fault=fault)
            return
        if hook.get("url"):
            detail = tr(
                "Another program gets this bot's messages by webhook. Switch it off there, or make a bot for the desk."
            )
            yield replace(fetching, state=StepState.FAILED, detail=detail, fault=ChannelFault.REFUSED)
            return
        waiting = max(0, number(hook.get("pending_update_count")) or 0)
        detail = tr("Messages that wait: {count}").format(count=waiting) if waiting else ""
        yield replace(fetching, state=StepState.OK, detail=detail)

    def read(self, raw: bytes) -> ParsedMessage:
        """Return what a raw message says."""
        return reading.parse(self._ctx, raw)

    def build(self, content: OutboundContent) -> bytes:
        """Return an answer as it will leave."""
        return outgoing.build(self._ctx, content, quote=bool(self._ctx.settings["quote"]))


class TelegramSession:
    """An open line to one bot.

    The cursor holds the number of the first update that was not taken (`offset`), and from when on messages are wanted
    (`since`). Telegram forgets an update as soon as a later one is asked for, and that is done only with a cursor the
    desk has stored: what is lost on the way comes again.
    """

    def __init__(self, ctx: Context, account: AccountView, tries: dict[str, int]) -> None:
        self._ctx = ctx
        self._account = account
        self._tries = tries
        self._made: tuple[Bot, BotApi] | None = None
        self._offset = 0
        self._seen: frozenset[int] = frozenset()
        self._conflicts = 0
        self._bell: queue.SimpleQueue[_Ring] = queue.SimpleQueue()
        self._polls = 0

    # -- fetching -----------------------------------------------------------------------------------------------------

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:  # noqa: ARG002 -- nothing there is older
        """Count what waits with Telegram: what was written in the last 24 hours and not fetched."""
        info = record(self._ask("getWebhookInfo"))
        return [StreamCount(STREAM, max(0, number(info.get("pending_update_count")) or 0))]

    def start_cursor(self, since: datetime | None) -> Cursor:
        """Return the cursor behind everything that waits now, or behind what is older than an instant. Nothing that
        waits is forgotten by asking."""
        if since is not None:
            return _cursor(0, since.timestamp())
        waiting = self._updates(0, AT_ONCE, 0)
        ids = [one for update in waiting if (one := number(record(update).get("update_id"))) is not None]
        if len(waiting) < AT_ONCE:
            return _cursor(max(ids) + 1 if ids else 0, 0)
        return _cursor(0, self._ctx.clock.now().timestamp())

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        """Return the messages of the next updates."""
        position = cursor.positions.get(STREAM, {})
        offset, since = number(position.get("offset")) or 0, position.get("since")
        since = float(since) if isinstance(since, int | float) else 0.0
        asked = max(1, min(limit, AT_ONCE))
        updates = self._updates(offset, asked, 0)
        numbered = [(one, record(u)) for u in updates if (one := number(record(u).get("update_id"))) is not None]
        numbered.sort(key=lambda pair: pair[0])
        ids = frozenset(one for one, _update in numbered)
        if updates and (not ids or (ids <= self._seen and max(ids) < offset)):
            text = self._ctx.tr("The server gives the same messages again and again, or none that have a number.")
            raise ChannelError(ChannelFault.PROTOCOL, text)
        self._offset, self._seen = offset, ids
        messages, taken = self._messages([update for _one, update in numbered], since, max_bytes)
        if taken:
            offset = numbered[taken - 1][0] + 1
        remaining = len(numbered) - taken
        if not remaining and len(updates) >= asked:
            remaining = 1  # there may be more
        return FetchBatch(tuple(messages), _cursor(offset, since), remaining)

    def _messages(
        self, updates: Sequence[Mapping[str, Any]], since: float, max_bytes: int
    ) -> tuple[list[InboundMessage], int]:
        """Return the messages of updates, and of how many updates they are: those behind a file that cannot be fetched
        now come later."""
        bot, api = self._line()
        fetcher = Fetcher(self._ctx, api, bot.id, self._tries)
        groups, edits = self._account.settings.get("groups") is not False, bool(self._ctx.settings["edits"])
        found: list[InboundMessage] = []
        weight, end = 0, monotonic() + LONGEST_BATCH
        for place, update in enumerate(updates):
            try:
                message = fetcher.message(update, since=since, groups=groups, edits=edits, most=max_bytes)
            except ChannelError:
                if not place:
                    raise
                return found, place
            if message is not None:
                found.append(message)
                weight += message.size
            if weight > MOST_BYTES or monotonic() > end:
                return found, place + 1
        return found, len(updates)

    def fetch_one(self, source_key: str) -> InboundMessage | None:  # noqa: ARG002 -- the channel's interface
        """Return nothing: Telegram gives no message twice."""
        return None

    def acknowledge(self, source_keys: Sequence[str], action: AfterImport, target: str = "") -> None:
        """Do nothing: what is fetched is forgotten there."""

    def wait(self, timeout: float) -> bool:
        """Wait until somebody writes: the server holds the question back. It is asked in a thread of its own, which
        gives up by itself, so that `wake` need not wait for it."""
        if self._seen:
            return True  # their cursor is stored by now; ask behind them
        end = monotonic() + max(0.0, timeout)
        while (left := end - monotonic()) > 0:
            number_of, seconds = self._begin_poll(left)
            ring = self._listen(number_of, min(left, seconds + 20.0))
            if ring is None:
                continue
            if ring.poll == 0:
                return False
            if isinstance(ring.found, Exception):
                self._refused(ring.found, left)
                return True
            self._conflicts = 0
            if ring.found:
                return True
        return False

    def _begin_poll(self, left: float) -> tuple[int, int]:
        self._polls += 1
        number_of, seconds, offset = self._polls, max(1, min(ceil(left), LONGEST_POLL)), self._offset
        self._line()  # where no token is, this thread says so

        def poll() -> None:
            try:
                found: bool | Exception = bool(self._updates(offset, 1, seconds))
            except Exception as error:  # noqa: BLE001 -- told by `wait`, in the thread that waits
                found = error
            self._bell.put(_Ring(number_of, found))

        threading.Thread(target=poll, name="telegram long poll", daemon=True).start()
        return number_of, seconds

    def _listen(self, poll: int, seconds: float) -> _Ring | None:
        """Return the answer of a poll or a wake-up, None where neither came in time."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            try:
                ring = self._bell.get(timeout=left)
            except queue.Empty:
                return None
            if ring.poll in {0, poll}:
                return ring
        return None

    def _refused(self, error: Exception, left: float) -> None:
        """Take a failed poll: asking elsewhere ends it, which is fine once, when this program asked."""
        if not isinstance(error, ChannelError) or error.fault is not ChannelFault.THROTTLED:
            raise error
        self._conflicts += 1
        if self._conflicts > 1:
            self._conflicts = 0
            raise error
        self._listen(0, min(left, _CONFLICT_PAUSE))

    def wake(self) -> None:
        """End a running `wait`, or the next one."""
        self._bell.put(_Ring(0, False))

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Send an answer."""
        return Sender(self._ctx, self._line()[1]).send(mail)

    def check_sent(self, message_id: str) -> SentCheck:  # noqa: ARG002 -- as above
        """Say that nobody can tell: bots cannot look at what they have sent."""
        return SentCheck.CANNOT_TELL

    def store_copy(self, raw: bytes) -> str:  # noqa: ARG002 -- as above
        """Do nothing: Telegram keeps what is sent."""
        return ""

    def close(self) -> None:
        """Let go of a running wait; no line is held open."""
        self.wake()

    # -- the line -----------------------------------------------------------------------------------------------------

    def _line(self) -> tuple[Bot, BotApi]:
        if self._made is None:
            bot = Bot.of(self._ctx, self._account)
            self._made = (bot, BotApi(self._ctx, bot))
        return self._made

    def _ask(self, method: str, values: Mapping[str, Any] | None = None, timeout: float = 15.0) -> Any:
        try:
            return self._line()[1].ask(method, values, timeout=timeout)
        except Refused as error:
            raise ChannelError(ChannelFault.REFUSED, error.text) from None

    def _updates(self, offset: int, limit: int, seconds: int) -> list[Any]:
        values: dict[str, Any] = {"limit": limit, "timeout": seconds, "allowed_updates": _WANTED}
        if offset > 0:
            values["offset"] = offset
        found = self._ask("getUpdates", values, timeout=seconds + 20.0)
        if not isinstance(found, list):
            text = self._ctx.tr("This is no Bot API server: it gives no list of messages.")
            raise ChannelError(ChannelFault.PROTOCOL, text)
        return found


class _Ring:
    """What a waiting session hears: the answer of a poll, or a wake-up (poll 0)."""

    __slots__ = ("found", "poll")

    def __init__(self, poll: int, found: bool | Exception) -> None:
        self.poll = poll
        self.found = found


def _cursor(offset: int, since: float) -> Cursor:
    return Cursor({STREAM: {"offset": offset, "since": since}})


def _explained(error: Exception) -> tuple[ChannelFault, str]:
    if isinstance(error, ChannelError):
        return error.fault, error.detail
    if isinstance(error, Refused):
        return ChannelFault.REFUSED, error.text
    return ChannelFault.SECRET, str(error)
