"""Why a message is in its ticket, in sentences (issue 2, section 3: each decision stored with its reason)."""

from __future__ import annotations

from desk_app.services.queries.conversation import MessageView
from desk_app.ui.language import said, tr


def rule_sentences() -> dict[str, str]:
    """Return what each threading rule means, in a sentence."""
    return {
        "reply_id": tr("It answers one of our mails: it carries our keyed reply id."),
        "in_reply_to": tr("It names the message it answers, and that message is in this ticket."),
        "references": tr("It names earlier messages of this thread, and they are in this ticket."),
        "subject_token": tr("Its subject carries this ticket's number, and the sender takes part in the ticket."),
        "late_parent": tr("It is the beginning of a thread whose answer arrived first."),
        "sibling": tr("It answers the same message as another mail in this ticket."),
        "returned_mail": tr("It is a delivery failure of a mail that was sent from this ticket."),
        "copy": tr("It is a copy of a mail that came to another of our mailboxes."),
        "forward": tr("It was forwarded into the mailbox."),
        "plugin": tr("A plugin found out that it belongs to this ticket."),
        "agent": tr("An agent wrote it here."),
        "new": tr("It begins this ticket: no earlier message belongs to it."),
    }


def why_text(message: MessageView) -> list[str]:
    """Return the explanation of a message's place, the stored sentence first."""
    rules = rule_sentences()
    lines = []
    stored = str(message.join_reason.get("reason", ""))
    lines.append(said(stored) or rules.get(message.join_rule, message.join_rule))
    if stored and message.join_rule in rules:
        lines.append(rules[message.join_rule])
    if message.join_reason.get("side_conversation"):
        lines.append(said(str(message.join_reason["side_conversation"])))
    if message.stranger:
        lines.append(tr("The sender was not part of this conversation before."))
    lines.extend(tr("Noticed while reading: {problem}").format(problem=problem) for problem in message.problems[:5])
    if message.internet_id:
        lines.append(f"Message-ID: {message.internet_id}")
    return list(dict.fromkeys(line for line in lines if line))
