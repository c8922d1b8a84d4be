"""From a parsed mail to what the mail view shows (ui.md 9)."""

from __future__ import annotations

import logging
import re

from desk_app.channels.content.folding import split
from desk_app.channels.content.limits import strip_tags
from desk_app.channels.content.normalise import Normalised, normalise
from desk_app.channels.content.pictures import Pictures
from desk_app.channels.content.plain import html_to_text, text_to_html
from desk_app.channels.content.quotes import Folded, fold_text
from desk_app.channels.content.sanitise import clean, without_leading_line_ends, without_marks
from desk_app.channels.facts import PIPELINE_VERSION
from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import ParsedMessage

_LOG = logging.getLogger(__name__)

MAX_VIEW_TAGS = 50_000
"""Markup with more tags is sanitised, but drawn as text: QTextDocument would take many seconds over it."""

_FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|fs|doorst|vs|vb|vl|pd|pr|İlt|továbbítás|转发|轉寄|転送|전달)\s*[:：]",
    re.IGNORECASE,
)


def prepare(parsed: ParsedMessage) -> PreparedContent:
    """Make one mail safe and readable.

    Never raises, never touches a file or the network; takes time linear in the size of the mail. HTML too big or too
    deep for a parser is shown as its plain text.
    """
    forwarded = bool(_FORWARD_SUBJECT.match(parsed.subject))
    text = parsed.text if parsed.text.strip() or not parsed.html else html_to_text(parsed.html)
    halves = fold_text(text, forwarded=forwarded)
    if parsed.html.strip():
        try:
            content = _from_html(parsed, halves, forwarded=forwarded)
        except (ValueError, LookupError, RecursionError) as fault:
            _LOG.warning("HTML of a mail is shown as text: %s", type(fault).__name__)
            content = None
        if content is not None:
            return content
    return PreparedContent(
        visible_text=halves.visible,
        folded_text=halves.folded,
        safe_html=text_to_html(strip_tags(parsed.html)) if parsed.html.strip() else "",
        visible_html=text_to_html(halves.visible),
        folded_html=text_to_html(halves.folded) if halves.folded else "",
        remote_images=(),
        deceptive_links=(),
        own_colours=False,
        version=PIPELINE_VERSION,
    )


def _from_html(parsed: ParsedMessage, halves: Folded, *, forwarded: bool) -> PreparedContent | None:
    """Prepare the HTML of a mail; None where it is too big or too deep."""
    marked = clean(parsed.html)
    if marked is None:
        return None
    pictures = Pictures(parsed.attachments)
    marked = without_leading_line_ends(pictures.rewrite(marked))
    view: Normalised | None = None
    if marked.count("<") > MAX_VIEW_TAGS:
        shown = fold_text(html_to_text(parsed.html), forwarded=forwarded)
        visible_html = text_to_html(shown.visible)
        folded_html = text_to_html(shown.folded) if shown.folded else ""
    else:
        view = normalise(marked)
        visible_html, folded_html = split(view.root, forwarded=forwarded)
    return PreparedContent(
        visible_text=halves.visible,
        folded_text=halves.folded,
        safe_html=without_marks(marked).strip(),
        visible_html=visible_html,
        folded_html=folded_html,
        remote_images=tuple(pictures.remote),
        deceptive_links=view.deceptive_links if view else (),
        own_colours=view.own_colours if view else False,
        version=PIPELINE_VERSION,
    )
