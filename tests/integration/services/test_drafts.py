"""Drafts on both databases (CO-04)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.kept_draft import DraftKind, DraftOptions, KeptDraft, TicketPlace, kept_mail
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.services.messages.drafts import StaleDraftError
from desk_app.storage.messages.drafts import SqlDraftRepository
from desk_app.storage.schema.messages import blob
from desk_app.storage.schema.writing import draft as draft_table
from tests.support.desks import DeskKit, mail

LABEL = OutgoingAttachment("label.pdf", "application/pdf", b"%PDF of a draft" * 400)
PICTURE = OutgoingAttachment("image-1.png", "image/png", b"\x89PNG" + b"p" * 900, "pic@desk")


@pytest.fixture
def ticket_id(desk_kit: DeskKit) -> int:
    desk_kit.arrive(desk_kit.mailbox("support@desk.example"), mail())
    return desk_kit.tickets()[0].id


def begun(kit: DeskKit, ticket_id: int | None, **fields: object) -> KeptDraft:
    made = KeptDraft(
        kind=DraftKind.REPLY,
        agent_id=kit.agent.id,
        ticket_id=ticket_id,
        from_account_id=1,
        from_address="support@desk.example",
        to=(Address("Bob", "bob@customer.example"),),
        cc=(Address("", "cy@customer.example"),),
        bcc=(Address("Boss", "boss@desk.example"),),
        subject="Re: Printer",
        text="Dear Bob",
        html="<p>Dear <strong>Bob</strong></p>",
        attachments=(LABEL, PICTURE),
        then_status="waiting",
        cursor=5,
        answers_message_id=7,
        last_message_id=8,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def blobs(kit: DeskKit) -> int:
    with kit.database.unit_of_work() as uow:
        return int(uow.connection.execute(select(func.count()).select_from(blob)).scalar_one())


def test_everything_about_a_draft_comes_back(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    stamp = drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    kept = drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert kept.saved_at is not None
    assert replace(kept, stamp=None, saved_at=None) == begun(desk_kit, ticket_id)
    assert kept.stamp == stamp
    assert drafts.ticket_ids(desk_kit.agent.id) == {ticket_id}
    changed = replace(kept, text="Dear Bob, dear Cy", cursor=17, attachments=(LABEL,))
    drafts.save(changed, desk_kit.ann)
    again = drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert (again.text, again.cursor, again.attachments) == ("Dear Bob, dear Cy", 17, (LABEL,))


def test_a_new_ticket_is_kept_with_the_place_it_is_to_go_to(desk_kit: DeskKit) -> None:
    with desk_kit.database.unit_of_work() as uow:
        other = uow.people.add_department("Second line")
        uow.commit()
    place = TicketPlace(desk_kit.agent.id, other, "refund, urgent")
    kept = KeptDraft(
        kind=DraftKind.NEW_TICKET, agent_id=desk_kit.agent.id, subject="Call", options=DraftOptions(place=place)
    )
    stamp = desk_kit.desk.drafts.save(kept, desk_kit.ann)
    found = desk_kit.desk.drafts.of_ticket(None, desk_kit.agent.id)[DraftKind.NEW_TICKET]
    assert found.options.place == place
    with desk_kit.database.unit_of_work() as uow:
        assert uow.connection.execute(select(draft_table.c.department_id)).scalar_one() == other
    gone = replace(found, options=DraftOptions(place=replace(place, department_id=other + 7)), stamp=stamp)
    assert desk_kit.desk.drafts.save(gone, desk_kit.ann) is not None
    assert not replace(kept, subject="").empty, "tags are something an agent typed"
    assert replace(kept, subject="", options=DraftOptions(place=replace(place, tags=" "))).empty


def test_a_late_write_never_replaces_a_newer_text(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    first = drafts.save(begun(desk_kit, ticket_id, text="one"), desk_kit.ann)
    drafts.save(begun(desk_kit, ticket_id, text="two", stamp=first), desk_kit.ann)
    for late in (first, None):
        with pytest.raises(StaleDraftError) as refused:
            drafts.save(begun(desk_kit, ticket_id, text="late", stamp=late), desk_kit.ann)
        assert refused.value.stored is not None
        assert refused.value.stored.text == "two"
    drafts.discard(DraftKind.REPLY, ticket_id, desk_kit.ann)
    with pytest.raises(StaleDraftError) as refused:
        drafts.save(begun(desk_kit, ticket_id, text="later", stamp=first), desk_kit.ann)
    assert refused.value.stored is None
    assert drafts.of_ticket(ticket_id, desk_kit.agent.id) == {}


def test_where_nobody_can_decide_both_states_stay(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts, agent_id = desk_kit.desk.drafts, desk_kit.agent.id

    def kept() -> KeptDraft:
        return drafts.of_ticket(ticket_id, agent_id)[DraftKind.REPLY]

    first = drafts.save(begun(desk_kit, ticket_id, text="one", html="<p>one</p>"), desk_kit.ann)
    drafts.save(
        begun(desk_kit, ticket_id, text="one two", html="<p>one two</p>", attachments=(LABEL,), stamp=first),
        desk_kit.ann,
    )
    late = begun(desk_kit, ticket_id, text="three", html="<p>three</p>", attachments=(PICTURE,), stamp=first)
    stamp = drafts.save(late, desk_kit.ann, beside=True)
    assert (kept().text, kept().html) == ("one two\n\nthree", "<p>one two</p><p>three</p>")
    assert kept().attachments == (LABEL, PICTURE)
    assert kept().stamp == stamp
    drafts.save(replace(late, text="three", stamp=first), desk_kit.ann, beside=True)
    assert kept().text == "one two\n\nthree", "its words are there already"
    drafts.save(replace(late, text="one two\n\nthree four", stamp=None), desk_kit.ann, beside=True)
    assert kept().text == "one two\n\nthree four", "it has all the words"
    drafts.discard(DraftKind.REPLY, ticket_id, desk_kit.ann)
    drafts.save(replace(late, stamp=first), desk_kit.ann, beside=True)
    assert kept().text == "three"


def test_an_emptied_draft_vanishes_with_its_bytes(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts, before = desk_kit.desk.drafts, blobs(desk_kit)
    stamp = drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    assert blobs(desk_kit) == before + 2
    empty = begun(desk_kit, ticket_id, text=" \n", html="", attachments=(), stamp=stamp)
    assert drafts.save(empty, desk_kit.ann) is None
    assert drafts.ticket_ids(desk_kit.agent.id) == frozenset()
    assert blobs(desk_kit) == before


def test_reply_note_and_new_ticket_are_kept_apart(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    drafts.save(begun(desk_kit, ticket_id, text="for the customer"), desk_kit.ann)
    drafts.save(begun(desk_kit, ticket_id, kind=DraftKind.NOTE, text="for us"), desk_kit.ann)
    drafts.save(begun(desk_kit, None, kind=DraftKind.NEW_TICKET, text="", attachments=()), desk_kit.ann)
    texts = {kind: one.text for kind, one in drafts.of_ticket(ticket_id, desk_kit.agent.id).items()}
    assert texts == {DraftKind.REPLY: "for the customer", DraftKind.NOTE: "for us"}
    assert list(drafts.of_ticket(None, desk_kit.agent.id)) == [DraftKind.NEW_TICKET]
    assert drafts.ticket_ids(desk_kit.agent.id) == {ticket_id}


def test_a_draft_belongs_to_its_agent(desk_kit: DeskKit, ticket_id: int) -> None:
    with pytest.raises(PermissionError):
        desk_kit.desk.drafts.save(begun(desk_kit, ticket_id), Actor(ActorKind.AGENT, desk_kit.agent.id + 1, "Eve"))
    assert desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id + 1) == {}


def test_what_is_sent_is_no_draft_any_more_and_undo_brings_it_back(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    desk_kit.arm(undo_seconds=60)
    drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    drafts.save(begun(desk_kit, ticket_id, kind=DraftKind.NOTE, text="mine"), desk_kit.ann)
    sent = desk_kit.reply(ticket_id, "Dear Bob", ends_draft=True, attachments=(LABEL,))
    assert list(drafts.of_ticket(ticket_id, desk_kit.agent.id)) == [DraftKind.NOTE]
    assert sent.outbox_id is not None
    back = desk_kit.desk.replies.undo(sent.outbox_id, desk_kit.ann)
    assert back is not None
    kept = drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert (kept.text, kept.attachments, kept.to) == ("Dear Bob", (LABEL,), back.to)
    assert replace(kept_mail(back, desk_kit.agent.id), stamp=kept.stamp, saved_at=kept.saved_at) == kept
    desk_kit.desk.replies.note(ticket_id, "mine", "", desk_kit.ann, ends_draft=True)
    assert DraftKind.NOTE not in drafts.of_ticket(ticket_id, desk_kit.agent.id)


def test_co_02_undo_brings_back_how_a_reply_was_to_be_sent(desk_kit: DeskKit, ticket_id: int) -> None:
    desk_kit.arm(undo_seconds=60)
    fields = {"with_signature": False, "include_history": HistoryIncluded.NONE}
    sent = desk_kit.reply(ticket_id, "Only words", **fields)
    back = desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann)
    assert back is not None
    assert (back.with_signature, back.include_history) == (False, HistoryIncluded.NONE)
    kept = desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert kept.options == DraftOptions(signature=False, plain=True, history=HistoryIncluded.NONE)
    sent = desk_kit.reply(ticket_id, "Words", html="<p>Words</p>", ends_draft=True)
    desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann)
    kept = desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert kept.options == DraftOptions()


def test_co_02_undo_keeps_what_was_begun_since(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    desk_kit.arm(undo_seconds=60)
    sent = desk_kit.reply(ticket_id, "The first one", html="<p>The first one</p>", attachments=(LABEL,))
    since = begun(desk_kit, ticket_id, text="Begun <since>", html="", attachments=(PICTURE,))
    drafts.save(since, desk_kit.ann)
    desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann)
    kept = drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert kept.text == "The first one\n\nBegun <since>"
    assert kept.html == "<p>The first one</p><p>Begun &lt;since&gt;</p>"
    assert kept.attachments == (LABEL, PICTURE)


def test_an_answer_from_elsewhere_leaves_the_draft_alone(desk_kit: DeskKit, ticket_id: int) -> None:
    desk_kit.desk.drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    desk_kit.reply(ticket_id, "from the command line")
    assert DraftKind.REPLY in desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id)


def test_a_new_ticket_ends_its_draft(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    drafts.save(begun(desk_kit, None, kind=DraftKind.NEW_TICKET), desk_kit.ann)
    account = desk_kit.desk.mailboxes.list()[0][0]
    new = NewTicketDraft(account.id, account.address, (Address("", "new@customer.example"),), subject="x", text="y")
    desk_kit.desk.new_tickets.open(new, desk_kit.ann, ends_draft=True)
    assert drafts.of_ticket(None, desk_kit.agent.id) == {}


def test_a_ticket_deleted_for_good_takes_drafts_and_bytes_along(desk_kit: DeskKit, ticket_id: int) -> None:
    stamp = desk_kit.desk.drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    desk_kit.desk.tickets.trash([ticket_id], desk_kit.ann)
    desk_kit.desk.tickets.purge([ticket_id], desk_kit.ann, "asked")
    with desk_kit.database.unit_of_work() as uow:
        assert uow.connection.execute(select(func.count()).select_from(draft_table)).scalar_one() == 0
    assert blobs(desk_kit) == 0
    assert desk_kit.desk.drafts.save(begun(desk_kit, ticket_id, stamp=stamp), desk_kit.ann) is None


def test_bytes_a_draft_uses_outlive_the_mail_they_came_with(desk_kit: DeskKit, ticket_id: int) -> None:
    desk_kit.arm(undo_seconds=60)
    desk_kit.desk.drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    sent = desk_kit.reply(ticket_id, "other", attachments=(LABEL,))
    assert sent.outbox_id is not None
    back = desk_kit.desk.replies.undo(sent.outbox_id, SYSTEM)
    assert back is not None
    kept = desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert kept.attachments == (LABEL, PICTURE)


def test_co_05_a_colleague_sees_a_draft_and_takes_it_over(desk_kit: DeskKit, ticket_id: int) -> None:
    drafts = desk_kit.desk.drafts
    drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    drafts.save(begun(desk_kit, ticket_id, kind=DraftKind.NOTE, text="my thoughts"), desk_kit.ann)
    bob = desk_kit.desk.people.add_agent("bob", SYSTEM, name="Bob")
    his = Actor(ActorKind.AGENT, bob.id, "Bob")
    (seen,) = drafts.of_others(ticket_id, bob.id)
    assert (seen.agent_id, seen.kind, seen.text) == (desk_kit.agent.id, DraftKind.REPLY, "Dear Bob")
    assert drafts.of_others(ticket_id, desk_kit.agent.id) == []
    with pytest.raises(PermissionError):
        drafts.hand_over(DraftKind.REPLY, ticket_id, owner_id=desk_kit.agent.id, taker_id=bob.id, actor=SYSTEM)

    def take(owner_id: int, taker_id: int) -> bool:
        return drafts.hand_over(DraftKind.REPLY, ticket_id, owner_id=owner_id, taker_id=taker_id, actor=his)

    assert take(desk_kit.agent.id, bob.id)
    taken = drafts.of_ticket(ticket_id, bob.id)[DraftKind.REPLY]
    assert (taken.text, taken.attachments, taken.cursor) == ("Dear Bob", (LABEL, PICTURE), 5)
    assert DraftKind.REPLY not in drafts.of_ticket(ticket_id, desk_kit.agent.id)
    event = desk_kit.events(ticket_id)[-1]
    assert (event.kind, event.old, event.new) == ("DraftTakenOver", desk_kit.agent.name, "Bob")
    drafts.save(begun(desk_kit, ticket_id, text="Ann again", html="", attachments=()), desk_kit.ann)
    assert take(bob.id, desk_kit.agent.id), "and back: what was begun meanwhile stays above it"
    both = drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert both.text == "Ann again\n\nDear Bob"
    assert both.html == "<p>Ann again</p><p>Dear <strong>Bob</strong></p>"
    assert both.attachments == (LABEL, PICTURE)
    assert not take(bob.id, desk_kit.agent.id), "there is none any more"


@pytest.mark.parametrize("who", ["owner", "taker"])
def test_co_05_a_draft_is_not_handed_over_while_somebody_writes_it(
    desk_kit: DeskKit, ticket_id: int, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts, bob = desk_kit.desk.drafts, desk_kit.desk.people.add_agent("bob", SYSTEM, name="Bob")
    his = Actor(ActorKind.AGENT, bob.id, "Bob")
    drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    drafts.save(begun(desk_kit, ticket_id, agent_id=bob.id, text="Bob begins"), his)
    writer = desk_kit.agent.id if who == "owner" else bob.id
    find = SqlDraftRepository.find

    def find_and_lose(
        self: SqlDraftRepository, agent_id: int, kind: DraftKind, ticket_id: int | None
    ) -> KeptDraft | None:
        found = find(self, agent_id, kind, ticket_id)
        if agent_id == writer and found is not None:
            self.put(replace(found, text="newer"), 1)  # as another program would, right after the look
        return found

    monkeypatch.setattr(SqlDraftRepository, "find", find_and_lose)
    with pytest.raises(StaleDraftError):
        drafts.hand_over(DraftKind.REPLY, ticket_id, owner_id=desk_kit.agent.id, taker_id=bob.id, actor=his)
    monkeypatch.undo()
    assert drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY].text == "Dear Bob"
    assert drafts.of_ticket(ticket_id, bob.id)[DraftKind.REPLY].text == "Bob begins"


def test_a_mail_taken_back_joins_a_draft_that_is_stored_at_the_same_moment(
    desk_kit: DeskKit, ticket_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = desk_kit.desk.drafts
    sent = desk_kit.reply(ticket_id, "Sent too early")
    drafts.save(begun(desk_kit, ticket_id, text="Next", html="", attachments=()), desk_kit.ann)
    find, looks = SqlDraftRepository.find, [True]

    def find_late(self: SqlDraftRepository, agent_id: int, kind: DraftKind, ticket_id: int | None) -> KeptDraft | None:
        return None if looks and looks.pop() else find(self, agent_id, kind, ticket_id)

    monkeypatch.setattr(SqlDraftRepository, "find", find_late)
    assert sent.outbox_id is not None
    assert desk_kit.desk.replies.undo(sent.outbox_id, desk_kit.ann) is not None
    monkeypatch.undo()
    kept = drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.REPLY]
    assert "Sent too early" in kept.text
    assert kept.text.endswith("Next")


def test_in_13_what_was_begun_in_a_merged_ticket_goes_on_in_the_other(desk_kit: DeskKit, ticket_id: int) -> None:
    desk, drafts = desk_kit.desk, desk_kit.desk.drafts
    desk_kit.arrive(desk_kit.mailbox("sales@desk.example"), mail(subject="Again"))
    other = next(one.id for one in desk_kit.tickets() if one.id != ticket_id)
    stamp = drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    drafts.save(begun(desk_kit, ticket_id, kind=DraftKind.NOTE, text="Below", attachments=()), desk_kit.ann)
    drafts.save(begun(desk_kit, other, kind=DraftKind.NOTE, text="Above", attachments=()), desk_kit.ann)
    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    kept = drafts.of_ticket(other, desk_kit.agent.id)
    assert (kept[DraftKind.REPLY].text, kept[DraftKind.REPLY].attachments) == ("Dear Bob", (LABEL, PICTURE))
    assert kept[DraftKind.NOTE].text == "Above\n\nBelow"
    assert drafts.ticket_ids(desk_kit.agent.id) == {other}
    late = begun(desk_kit, ticket_id, text="Dear Bob, late", stamp=stamp)  # from a window that does not know yet
    assert drafts.save(late, desk_kit.ann) is not None
    assert drafts.of_ticket(other, desk_kit.agent.id)[DraftKind.REPLY].text == "Dear Bob, late"
    drafts.discard(DraftKind.REPLY, ticket_id, desk_kit.ann)
    assert set(drafts.of_ticket(other, desk_kit.agent.id)) == {DraftKind.NOTE}


def test_in_14_a_draft_goes_back_to_the_ticket_it_was_begun_for(desk_kit: DeskKit, ticket_id: int) -> None:
    desk, drafts, agent_id = desk_kit.desk, desk_kit.desk.drafts, desk_kit.agent.id
    desk_kit.arrive(desk_kit.mailbox("sales@desk.example"), mail(subject="Again"))
    other = next(one.id for one in desk_kit.tickets() if one.id != ticket_id)
    drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    drafts.save(begun(desk_kit, other, kind=DraftKind.NOTE, text="Above", attachments=()), desk_kit.ann)
    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    assert set(drafts.of_ticket(other, agent_id)) == {DraftKind.REPLY, DraftKind.NOTE}
    assert desk.tickets.unmerge(ticket_id, desk_kit.ann).ok
    kept = drafts.of_ticket(ticket_id, agent_id)
    assert set(kept) == {DraftKind.REPLY}
    assert (kept[DraftKind.REPLY].text, kept[DraftKind.REPLY].attachments) == ("Dear Bob", (LABEL, PICTURE))
    assert set(drafts.of_ticket(other, agent_id)) == {DraftKind.NOTE}

    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    drafts.discard(DraftKind.REPLY, other, desk_kit.ann)
    drafts.save(begun(desk_kit, other, text="Of this one"), desk_kit.ann)
    assert desk.tickets.unmerge(ticket_id, desk_kit.ann).ok
    assert drafts.of_ticket(other, agent_id)[DraftKind.REPLY].text == "Of this one"
    assert not drafts.of_ticket(ticket_id, agent_id)


@pytest.fixture
def other(desk_kit: DeskKit, ticket_id: int) -> int:
    desk_kit.arrive(desk_kit.mailbox("sales@desk.example"), mail(subject="Again"))
    return next(one.id for one in desk_kit.tickets() if one.id != ticket_id)


def bare(draft: KeptDraft | None) -> KeptDraft | None:
    return replace(draft, stamp=None, saved_at=None) if draft is not None else None


def test_in_14_joined_drafts_are_parted_again(desk_kit: DeskKit, ticket_id: int, other: int) -> None:
    desk, drafts, agent_id = desk_kit.desk, desk_kit.desk.drafts, desk_kit.agent.id
    options = DraftOptions(signature=False, history=HistoryIncluded.NONE)
    below = begun(desk_kit, ticket_id, options=options)
    people = (Address("", "dora@customer.example"),)
    above = begun(desk_kit, other, to=people, text="Dear Dora", html="", attachments=(LABEL,), subject="Re: Again")
    drafts.save(below, desk_kit.ann)
    drafts.save(above, desk_kit.ann)
    kept = blobs(desk_kit)
    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    assert drafts.of_ticket(other, agent_id)[DraftKind.REPLY].text == "Dear Dora\n\nDear Bob"
    assert drafts.ticket_ids(agent_id) == {other}
    assert desk.tickets.unmerge(ticket_id, desk_kit.ann).ok
    assert bare(drafts.of_ticket(other, agent_id)[DraftKind.REPLY]) == above
    assert bare(drafts.of_ticket(ticket_id, agent_id)[DraftKind.REPLY]) == below
    assert blobs(desk_kit) == kept


def test_in_14_a_joined_draft_that_was_written_on_stays(desk_kit: DeskKit, ticket_id: int, other: int) -> None:
    desk, drafts, agent_id = desk_kit.desk, desk_kit.desk.drafts, desk_kit.agent.id
    drafts.save(begun(desk_kit, ticket_id), desk_kit.ann)
    drafts.save(begun(desk_kit, other, text="Above", html=""), desk_kit.ann)
    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    joined = drafts.of_ticket(other, agent_id)[DraftKind.REPLY]
    drafts.save(replace(joined, text=f"{joined.text}, and more"), desk_kit.ann)
    assert desk.tickets.unmerge(ticket_id, desk_kit.ann).ok
    assert drafts.of_ticket(other, agent_id)[DraftKind.REPLY].text == "Above\n\nDear Bob, and more"
    assert not drafts.of_ticket(ticket_id, agent_id), "nothing stands in two tickets"


def test_in_14_a_joined_draft_that_was_only_looked_at_is_parted(desk_kit: DeskKit, ticket_id: int, other: int) -> None:
    desk, drafts, agent_id = desk_kit.desk, desk_kit.desk.drafts, desk_kit.agent.id
    below, above = begun(desk_kit, ticket_id), begun(desk_kit, other, text="Above", html="", attachments=(LABEL,))
    drafts.save(below, desk_kit.ann)
    drafts.save(above, desk_kit.ann)
    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    joined = drafts.of_ticket(other, agent_id)[DraftKind.REPLY]
    files, people = tuple(reversed(joined.attachments)), (Address("", "dora@customer.example"),)
    unsigned = DraftOptions(signature=False)
    looked_at = replace(joined, text="Above\nDear Bob", attachments=files, to=people, cursor=0, options=unsigned)
    drafts.save(looked_at, desk_kit.ann)
    assert desk.tickets.unmerge(ticket_id, desk_kit.ann).ok
    expected = replace(above, to=people, cursor=0, options=unsigned)
    assert bare(drafts.of_ticket(other, agent_id)[DraftKind.REPLY]) == expected, "as the composer stored it"
    assert bare(drafts.of_ticket(ticket_id, agent_id)[DraftKind.REPLY]) == below


def test_in_14_drafts_of_several_merged_tickets_are_parted_in_turn(
    desk_kit: DeskKit, ticket_id: int, other: int
) -> None:
    desk, drafts, agent_id = desk_kit.desk, desk_kit.desk.drafts, desk_kit.agent.id
    desk_kit.arrive(desk_kit.mailbox("third@desk.example"), mail(subject="Once more"))
    third = next(one.id for one in desk_kit.tickets() if one.id not in {ticket_id, other})
    written = {
        one: begun(desk_kit, one, text=f"To {one}", html="", attachments=()) for one in (ticket_id, other, third)
    }
    for one in written.values():
        drafts.save(one, desk_kit.ann)
    assert desk.tickets.merge([ticket_id], other, desk_kit.ann)[0].ok
    assert desk.tickets.merge([other], third, desk_kit.ann)[0].ok
    assert drafts.of_ticket(third, agent_id)[DraftKind.REPLY].text == f"To {third}\n\nTo {other}\n\nTo {ticket_id}"
    assert desk.tickets.unmerge(other, desk_kit.ann).ok
    assert desk.tickets.unmerge(ticket_id, desk_kit.ann).ok
    for one, draft in written.items():
        assert bare(drafts.of_ticket(one, agent_id)[DraftKind.REPLY]) == draft
