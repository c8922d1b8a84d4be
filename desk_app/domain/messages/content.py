"""What the mail view needs of one message body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreparedContent:
    """One body, safe to show. Nothing of the original is dropped, only folded (mail.md 4, IN-23).

    `visible_text` is the text without quoted mail and signature; `folded_text` is the rest, in order, so that both
    together hold every line of the text. `safe_html` is the sanitised HTML ("" for a text-only mail).
    `visible_html` and `folded_html` are the same content in the subset the mail view draws, split at the fold;
    text-only mails have them too. `remote_images` are the addresses a reader may ask for, in order; the HTML names
    them as "remote:<n>" and nothing loads by itself. `deceptive_links` pairs a link's shown host with its true one.
    `own_colours` says that the mail brings backgrounds, so a dark view puts it on a white card. `version` is the
    pipeline's.
    """

    visible_text: str
    folded_text: str
    safe_html: str
    visible_html: str
    folded_html: str
    remote_images: tuple[str, ...]
    deceptive_links: tuple[tuple[str, str], ...]
    own_colours: bool
    version: int
