"""What plugins make of messages before somebody looks at them (hook `filter_message_html`).

What is stored stays. The results are kept in memory as long as the same plugins with the same settings run, so that
switching one off shows the original again.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import Direction, ParsedAttachment, ParsedMessage
from desk_app.plugin_api.data import MessageView as MessagePicture
from desk_app.plugin_api.data import TicketView
from desk_app.services.faults import where
from desk_app.services.ports.hooks import MESSAGE_HTML, Hooks
from desk_app.services.ports.outside import ContentPipeline, MessageReader
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
from desk_app.services.queries.conversation import ConversationQueries, ConversationView, MessageView

HOOK = MESSAGE_HTML
VIEW, PRINT = "view", "print"
KEPT = 500
"""Results that are remembered."""
_REMOTE = re.compile(r'"remote:(\d+)"')
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown instead of the stored content; None stands for the stored one."""

    content: PreparedContent | None


class ShownContent:
    """Conversations as plugins want them to be seen. Not for the GUI thread."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        conversations: ConversationQueries,
        reader: MessageReader,
        pipeline: ContentPipeline,
        hooks: Hooks,
    ) -> None:
        self._uow = uow
        self._conversations = conversations
        self._reader = reader
        self._pipeline = pipeline
        self._hooks = hooks
        self._kept: OrderedDict[tuple[object, ...], _Shown] = OrderedDict()
        self._lock = threading.Lock()

    def shown(self, view: ConversationView, purpose: str = VIEW) -> ConversationView:
        """Return a conversation as it is to be seen: the very same where no plugin filters."""
        if not self._hooks.wants(HOOK):
            return view
        with self._uow() as uow:
            ticket = uow.pictures.ticket(view.ticket.id)
            pictures = uow.pictures.messages([one.id for one in view.messages])
        if ticket is None:
            return view
        messages = tuple(
            self._message(one, ticket, pictures[one.id], purpose) if one.id in pictures and one.html else one
            for one in view.messages
        )
        return replace(view, messages=messages)

    def printed(self, view: ConversationView, agent_id: int | None) -> ConversationView:
        """Return a conversation as it is to be printed."""
        if not self._hooks.wants(HOOK):
            return view
        stored = self._conversations.conversation(view.ticket.id, agent_id=agent_id)
        return self.shown(stored, PRINT) if stored is not None else view

    def _message(self, message: MessageView, ticket: TicketView, picture: MessagePicture, purpose: str) -> MessageView:
        key = (message.id, purpose, self._hooks.state(HOOK), hash((message.html, message.folded_html)))
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is None:
            kept = _Shown(self._filtered(message, ticket, picture, purpose))
            with self._lock:
                self._kept[key] = kept
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        content = kept.content
        if content is None:
            return message
        return replace(
            message,
            html=content.visible_html,
            folded_html=content.folded_html,
            remote_images=content.remote_images,
            deceptive_links=content.deceptive_links,
            own_colours=content.own_colours,
        )

    def _filtered(
        self, message: MessageView, ticket: TicketView, picture: MessagePicture, purpose: str
    ) -> PreparedContent | None:
        parsed = self._original(message.id) if message.direction is Direction.INBOUND else None
        html = parsed.html if parsed is not None else _with_addresses(message.html, message.remote_images)
        changed = self._hooks.filter(HOOK, html, ticket=ticket, message=picture, purpose=purpose)
        if not isinstance(changed, str) or changed == html:
            return None
        if parsed is not None:
            return self._pipeline.prepare(replace(parsed, html=changed))
        return self._beside_fold(message, changed)

    def _original(self, message_id: int) -> ParsedMessage | None:
        """Return an inbound mail as it came, where it has HTML of its own and nobody changed it when it came."""
        with self._uow() as uow:
            record = uow.messages.get(message_id)
            if record is None or record.final or not record.raw_sha256 or not record.has_html:
                return None
            account = uow.accounts.get(record.account_id) if record.account_id is not None else None
            raw = uow.blobs.get(record.raw_sha256)
        channel = account.channel if account is not None else "email"
        if raw is None or not self._reader.knows(channel):
            return None
        try:
            parsed = self._reader.read(raw, channel=channel)
        except Exception as error:  # noqa: BLE001 -- a plugin's reader; the stored content is filtered instead
            _log.warning("message %d is filtered as it was prepared: %s", message_id, where(error))
            return None
        return parsed if parsed.html.strip() else None

    def _beside_fold(self, message: MessageView, html: str) -> PreparedContent:
        """Prepare new HTML for what is shown of a message; what is folded stays as it is."""
        files = tuple(
            ParsedAttachment(
                part=one.part,
                filename=one.filename,
                content_type=one.content_type,
                content=b"",
                sha256=one.sha256,
                content_id=one.content_id,
                inline=one.inline,
            )
            for one in message.attachments
        )
        made = self._pipeline.prepare(ParsedMessage(html=html, attachments=files))
        first = len(message.remote_images)
        shifted = _REMOTE.sub(
            lambda found: f'"remote:{first + int(found.group(1))}"', made.visible_html + made.folded_html
        )
        return replace(
            made,
            visible_html=shifted,
            folded_html=message.folded_html,
            remote_images=(*message.remote_images, *made.remote_images),
            deceptive_links=tuple(dict.fromkeys((*message.deceptive_links, *made.deceptive_links))),
            own_colours=made.own_colours or message.own_colours,
        )


def _with_addresses(html: str, remote: Sequence[str]) -> str:
    """Put the addresses of pictures back where the view has numbers."""

    def address(found: re.Match[str]) -> str:
        number = int(found.group(1))
        return f'"{remote[number]}"' if number < len(remote) else found.group()

    return _REMOTE.sub(address, html)
