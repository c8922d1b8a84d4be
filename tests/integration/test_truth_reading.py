"""Generated mail about which everything is known (mail.md 8.2)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from desk_app.channels.email.reading import read_message
from tests.support.shared_mail import make_mailset, needs_generator

pytestmark = [pytest.mark.corpora, needs_generator]

_KINDS = {"dsn": "bounce", "autoreply": "auto_reply", "list": "list"}


def test_subject_text_attachments_and_kind_are_right_mail_8_2(tmp_path: Path) -> None:
    wrong: Counter[str] = Counter()
    hashes: dict[str, set[str]] = {}
    count = 0
    for truth, raw in make_mailset(tmp_path, count=500, seed=4711):
        count += 1
        message = read_message(raw)
        wrong["subject"] += message.subject != truth["subject"]
        wrong["text"] += truth["text_has"] not in message.text
        wrong["sample"] += bool(truth["sample"]) and " ".join(message.text.split()[:3]) != truth["sample"]
        wrong["from"] += message.from_.email != truth["from_addr"].lower()
        wrong["message id"] += f"<{message.message_id}>" != truth["message_id"]
        wrong["date"] += message.date is None
        hashes.setdefault(truth["message_id"], set()).add(message.content_hash)
        if truth["kind"] != "dsn":
            files = sorted((a.filename, a.sha256) for a in message.attachments)
            wrong["attachments"] += files != sorted(map(tuple, truth["attachments"]))
        if truth["kind"] != "copy":
            wrong["kind"] += message.classification.value != _KINDS.get(truth["kind"], "normal")
            wrong["may answer"] += message.may_answer == (truth["kind"] in _KINDS)
        if truth["kind"] == "dsn":
            wrong["bounce"] += [i.status for i in message.bounce] != ["5.1.1"] or not message.bounce_refs[0].startswith(
                "out."
            )
        if truth["link"] in ("both", "references"):
            wrong["references"] += not message.references
        if truth["link"] in ("both", "in-reply-to"):
            wrong["in-reply-to"] += len(message.in_reply_to) != 1
    assert count == 500
    assert {what: number for what, number in wrong.items() if number} == {}
    assert all(len(same) == 1 for same in hashes.values())
    assert len(hashes) < count  # the set holds copies, and copies have one hash
