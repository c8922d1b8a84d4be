"""What stands below a mail, and the name it comes from (MB-18)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from desk_app.domain.mailboxes.model import SenderName

MARK = "-- "
"""The line that divides a text from its signature (RFC 3676 4.3)."""


@dataclass(frozen=True, slots=True)
class SignatureScope:
    """Where a signature holds. All None: everywhere. `agent_id` with `account_id`: this agent in this mailbox."""

    account_id: int | None = None
    department_id: int | None = None
    agent_id: int | None = None

    @property
    def key(self) -> str:
        """A name for the scope that no other scope has."""
        parts = (("agent", self.agent_id), ("mailbox", self.account_id), ("department", self.department_id))
        return " ".join(f"{name}:{value}" for name, value in parts if value is not None) or "desk"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature with placeholders. An empty one stands for "none here": it hides those of wider scopes. `version`
    grows with every change, 0 in what was never stored."""

    scope: SignatureScope
    text: str
    html: str = ""
    version: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing would be written below the mail."""
        return not (self.text.strip() or self.html.strip())


@dataclass(frozen=True, slots=True)
class SignatureText:
    """A signature filled in. `scope` says which one it is, None where there is none."""

    text: str = ""
    html: str = ""
    scope: SignatureScope | None = None


UNSIGNED = SignatureText()
"""Nothing below a mail."""


def chosen_signature(
    signatures: Iterable[Signature], *, account_id: int, department_id: int, agent_id: int | None
) -> Signature | None:
    """Return the signature of a mail, the closest first: the agent's for this mailbox, the mailbox's, the agent's, the
    department's, the desk's (decision 090)."""
    by_key = {one.scope.key: one for one in signatures}
    scopes = [SignatureScope(account_id=account_id), SignatureScope(department_id=department_id), SignatureScope()]
    if agent_id is not None:
        scopes.insert(0, SignatureScope(account_id=account_id, agent_id=agent_id))
        scopes.insert(2, SignatureScope(agent_id=agent_id))
    return next((by_key[scope.key] for scope in scopes if scope.key in by_key), None)


def with_signature(text: str, html: str, signature: SignatureText) -> tuple[str, str]:
    """Return a mail's text and HTML with a signature below: "-- " in the text, a marked block in the HTML. A text-only
    mail (`html` "") stays one."""
    plain = signature.text.strip("\n")
    if not plain.strip() and not signature.html.strip():
        return text, html
    signed = f"{text.rstrip()}\n\n{MARK}\n{plain}" if plain else text
    if html and not text.strip():  # the text is made from the HTML later
        signed = ""
    if not html:
        return signed, ""
    below = signature.html or "<br>".join(escape(line, quote=False) for line in plain.split("\n"))
    return signed, f'{html}<br><div class="signature">{MARK}<br>{below}</div>'


def sender_name(form: SenderName, *, mailbox: str, agent: str) -> str:
    """Return the name in From; without an agent (automatic mail) it is the mailbox's."""
    if not agent or form is SenderName.MAILBOX:
        return mailbox
    return agent if form is SenderName.AGENT else f"{agent} via {mailbox}"
