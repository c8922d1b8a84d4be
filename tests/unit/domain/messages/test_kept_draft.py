"""Drafts that are joined, and states of a draft that are compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk_app.domain.messages.kept_draft import DraftKind, DraftOptions, KeptDraft, joined_drafts, same_words
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import OutgoingAttachment

LABEL = OutgoingAttachment("label.pdf", "application/pdf", b"label")
PHOTO = OutgoingAttachment("photo.png", "image/png", b"photo")
WRITTEN = KeptDraft(
    kind=DraftKind.REPLY,
    agent_id=1,
    text="Dear Bob\n\nAnn",
    html="<p>Dear Bob</p><p>Ann</p>",
    attachments=(LABEL, PHOTO),
)


def test_a_text_only_draft_below_one_with_formats_has_its_empty_lines_as_a_composer_writes_them() -> None:
    below = KeptDraft(kind=DraftKind.REPLY, agent_id=1, text="1 < 2\n\nBob", options=DraftOptions(plain=True))
    joined = joined_drafts(WRITTEN, below)
    assert joined.html == "<p>Dear Bob</p><p>Ann</p><p>1 &lt; 2</p><p><br></p><p>Bob</p>"
    assert joined.text == "Dear Bob\n\nAnn\n\n1 < 2\n\nBob"


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"text": "Dear Bob\nAnn"}, True),
        ({"attachments": (PHOTO, LABEL)}, True),
        ({"to": (Address("", "bob@customer.example"),), "cursor": 3}, True),
        ({"text": "Dear Bob, Ann"}, False),
        ({"html": "<p>Dear <strong>Bob</strong></p><p>Ann</p>"}, False),
        ({"attachments": (LABEL,)}, False),
    ],
)
def test_words_are_the_same_whatever_their_lines_and_recipients(changed: dict[str, object], same: bool) -> None:
    assert same_words(WRITTEN, replace(WRITTEN, **changed)) is same  # type: ignore[arg-type]
