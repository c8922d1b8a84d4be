"""What stands below a mail (MB-18)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.mailboxes.model import SenderName
from desk_app.domain.messages.signatures import (
    UNSIGNED,
    Signature,
    SignatureScope,
    SignatureText,
    chosen_signature,
    sender_name,
    with_signature,
)

SCOPES = (
    SignatureScope(account_id=1, agent_id=3),
    SignatureScope(account_id=1),
    SignatureScope(agent_id=3),
    SignatureScope(department_id=2),
    SignatureScope(),
)


@given(st.sets(st.sampled_from(SCOPES)))
def test_mb_18_the_closest_scope_holds(there: set[SignatureScope]) -> None:
    strangers = [Signature(SignatureScope(account_id=9), "x"), Signature(SignatureScope(agent_id=9), "y")]
    found = chosen_signature(
        [*strangers, *(Signature(one, one.key) for one in there)], account_id=1, department_id=2, agent_id=3
    )
    closest = next((one for one in SCOPES if one in there), None)
    assert (found.scope if found else None) == closest


def test_every_scope_has_a_key_of_its_own() -> None:
    assert len({one.key for one in SCOPES}) == len(SCOPES)


@given(st.text(), st.text(alphabet="ab\n", min_size=1).filter(str.strip))
def test_rfc_3676_the_mark_stands_alone_above_the_signature(text: str, signature: str) -> None:
    signed, html = with_signature(text, "", SignatureText(signature))
    assert html == ""
    assert signed.endswith("\n-- \n" + signature.strip("\n"))
    assert signed.startswith(text.rstrip())


def test_html_gets_a_marked_block_and_nothing_changes_without_a_signature() -> None:
    text, html = with_signature("a", "<p>a</p>", SignatureText("Ann <b>", ""))
    assert text == "a\n\n-- \nAnn <b>"
    assert html == '<p>a</p><br><div class="signature">-- <br>Ann &lt;b&gt;</div>'
    assert with_signature("a", "<p>a</p>", UNSIGNED) == ("a", "<p>a</p>")
    assert with_signature("", "<p>a</p>", SignatureText("Ann"))[0] == "", "the text is made from the HTML"


def test_mb_18_names_in_from() -> None:
    assert sender_name(SenderName.AGENT_VIA_MAILBOX, mailbox="Support", agent="Ann") == "Ann via Support"
    assert sender_name(SenderName.AGENT, mailbox="Support", agent="") == "Support", "automatic mail"
