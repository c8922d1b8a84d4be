"""What an outgoing mail quotes of the thread (CO-12)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from desk_app.channels.content.markup import attributes_of, escape
from desk_app.channels.content.plain import text_to_html
from desk_app.channels.content.sanitise import clean, without_marks
from desk_app.domain.messages.outgoing import EarlierMessage

_MAX_QUOTED_LINES = 2_000
_PICTURE = re.compile(r'<img((?: [^\s=<>"]+="[^"]*")*)>')
_QUOTE_STYLE = "margin:0 0 0 8px;border-left:2px solid #c9cdd6;padding-left:10px"


def quoted_text(history: Sequence[EarlierMessage], attribution: str) -> str:
    """Return the quoted messages as text: an introduction and "> " lines, each message below the one before."""
    blocks = []
    for message in history:
        lines = message.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")[:_MAX_QUOTED_LINES]
        quoted = "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)
        blocks.append(f"{_introduction(message, attribution)}\n{quoted}")
    return "\n\n".join(blocks)


def quoted_html(history: Sequence[EarlierMessage], attribution: str, content_ids: Collection[str]) -> str:
    """Return the quoted messages as HTML. Pictures that do not travel with the mail give way to their description."""
    blocks = []
    for message in history:
        marked = clean(message.html) if message.html else None
        body = (
            text_to_html(message.text) if marked is None else _without_lost_pictures(without_marks(marked), content_ids)
        )
        blocks.append(
            f'<div class="gmail_quote"><div class="gmail_attr">{escape(_introduction(message, attribution))}</div>'
            f'<blockquote type="cite" class="gmail_quote" style="{_QUOTE_STYLE}">{body}</blockquote></div>'
        )
    return "".join(blocks)


def _without_lost_pictures(markup: str, content_ids: Collection[str]) -> str:
    def keep_or_name(match: re.Match[str]) -> str:
        attributes = attributes_of(match.group(1))
        source = attributes.get("src", "")
        if source.startswith("cid:") and source[4:] in content_ids:
            return match.group()
        return escape(attributes.get("alt", "").strip())

    return _PICTURE.sub(keep_or_name, markup)


def _introduction(message: EarlierMessage, attribution: str) -> str:
    author = str(message.author) or "?"
    text = attribution.replace("{date}", _written(message.at)).replace("{author}", author)
    return " ".join(text.split())


def _written(at: datetime) -> str:
    """Write an instant the same way in every language: 2026-11-22 14:03 +0700."""
    return at.strftime("%Y-%m-%d %H:%M %z").strip()
