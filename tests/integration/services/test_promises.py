"""Promises of features.md that need several services at once."""

from __future__ import annotations

import email
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from desk_app.cli.exits import Exit
from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.model import Address
from desk_app.runtime.command import main
from desk_app.storage.engine import folders
from tests.support.desks import SETTINGS, DeskKit, mail


def test_mb_33_the_original_sender_becomes_the_customer_on_command(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    text = "can you help?\n\n---------- Forwarded message ----------\nFrom: Carl Client <carl@client.example>\nTo: me\n"
    desk_kit.arrive(box, mail(text, subject="Fwd: help", from_="Agent Smith <smith@home.example>"))
    (ticket,) = desk_kit.tickets()
    found = desk_kit.desk.tickets.original_sender(ticket.id, desk_kit.messages(ticket.id)[0].id)
    assert found is not None
    desk_kit.desk.tickets.change_requester([ticket.id], found.email, found.name, desk_kit.ann)
    assert desk_kit.ticket(ticket.id).requester_email == "carl@client.example"
    desk_kit.reply(ticket.id)
    desk_kit.desk.outbox.send_due()
    assert desk_kit.server(box).sent[0].recipients == ("carl@client.example",)


def test_co_16_an_edited_subject_does_not_lose_the_thread(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    (ticket,) = desk_kit.tickets()
    desk_kit.reply(ticket.id, subject="About your order")
    desk_kit.desk.outbox.send_due()
    (out,) = desk_kit.server(box).sent
    assert email.message_from_bytes(out.raw)["Subject"] == "About your order"
    assert desk_kit.ticket(ticket.id).subject == "Printer on fire"
    desk_kit.arrive(box, mail("Thanks", subject="VS: About your order", in_reply_to=out.message_id))
    assert [t.message_count for t in desk_kit.tickets()] == [3]


def test_co_08_reply_all_goes_to_everybody_but_ourselves(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", "help@desk.example")
    desk_kit.mailbox("sales@desk.example")
    desk_kit.arrive(
        box,
        mail(
            to="support@desk.example, Eva <eva@c.example>",
            headers="Cc: help@desk.example, sales@desk.example, x@c.example",
        ),
    )
    start = desk_kit.desk.replies.start(desk_kit.tickets()[0].id)
    assert [a.email for a in start.to] == ["bob@customer.example"]
    assert sorted(a.email for a in start.cc) == ["eva@c.example", "x@c.example"]


def test_mb_29_a_mailbox_that_only_sends_sends_and_is_never_fetched(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("notices@desk.example")
    only = replace(box, settings={"smtp": SETTINGS["smtp"]})
    desk_kit.desk.mailboxes.update(only, {}, desk_kit.ann)
    assert desk_kit.desk.sync.fetchable() == []
    assert desk_kit.desk.sync.sync_all() == {}
    draft = NewTicketDraft(box.id, "", (Address("Eva", "eva@c.example"),), subject="News", text="Hello")
    desk_kit.desk.new_tickets.open(draft, desk_kit.ann)
    assert desk_kit.desk.outbox.send_due() == 1
    assert len(desk_kit.server(box).sent) == 1


def test_mb_14_the_raw_mail_is_kept_both_ways_byte_for_byte(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    raw = mail()
    desk_kit.arrive(box, raw)
    ticket_id = desk_kit.tickets()[0].id
    desk_kit.reply(ticket_id)
    desk_kit.desk.outbox.send_due()
    inbound, outbound = desk_kit.messages(ticket_id)
    assert desk_kit.desk.conversations.raw(inbound.id) == raw
    assert desk_kit.desk.conversations.raw(outbound.id) == desk_kit.server(box).sent[0].raw


def test_cu_01_the_customer_comes_from_the_first_mail(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    text = "Selamat pagi, pesanan saya belum datang dan saya tidak tahu harus bagaimana. Terima kasih banyak."
    sender = "=?utf-8?q?Dewi_Sant=C3=B6sa?= <Dewi@Toko.example>"
    desk_kit.arrive(box, mail(text, from_=sender, headers="Content-Language: id"))
    contact = desk_kit.desk.contacts.by_email("dewi@toko.example")
    assert contact is not None
    assert (contact.name, contact.primary_email, contact.language) == ("Dewi Santösa", "dewi@toko.example", "id")
    desk_kit.arrive(box, mail(from_="Somebody Else <dewi@toko.example>"))
    assert {t.requester_id for t in desk_kit.tickets()} == {contact.id}


def test_in_13_numbers_and_ids_of_a_chain_of_merges_lead_to_the_last_until_unmerged(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, *(mail(f"letter {n}", message_id=f"m{n}@c.example") for n in (1, 2, 3)))
    first, second, third = (t.id for t in desk_kit.tickets())
    commands = desk_kit.desk.tickets
    assert commands.merge([first], second, desk_kit.ann)[0].ok
    assert commands.merge([second], third, desk_kit.ann)[0].ok
    desk_kit.arrive(box, mail("by number", subject="Re: x [#0001]"), mail("by id", in_reply_to="m1@c.example"))
    texts = [m.visible_text for m in desk_kit.messages(third)]
    assert texts == ["letter 1", "letter 2", "letter 3", "by number", "by id"]
    assert commands.unmerge(second, desk_kit.ann).ok
    desk_kit.arrive(box, mail("again", subject="Re: x [#0001]"))
    assert desk_kit.messages(second)[-1].visible_text == "again"


def test_se_08_no_log_holds_a_password_or_a_mail(desk_kit: DeskKit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    word = "Zebrafinkenfutter"
    desk_kit.desk.mailboxes.update(box, {"password": "Kopi-Rahasia-77"}, desk_kit.ann)
    desk_kit.arrive(box, mail(f"text {word}", subject=word), mail(word, headers="X-Break-The-Reader: yes"))
    desk_kit.reply(desk_kit.tickets()[0].id, f"answer {word}")
    desk_kit.desk.replies.note(desk_kit.tickets()[0].id, f"note {word}", "", desk_kit.ann)
    desk_kit.desk.outbox.send_due()
    desk_kit.desk.sync.sync_all()
    assert caplog.records
    assert word not in caplog.text
    assert "Kopi-Rahasia-77" not in caplog.text
    with desk_kit.database.unit_of_work() as uow:  # nothing of the password in what a dump would hold
        stored = uow.accounts.get(box.id)
        assert "Kopi-Rahasia-77" not in repr((stored, uow.settings.get("mailbox_changes")))


def test_ad_11_the_command_refuses_a_file_on_the_network_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mounts = "36 35 98:0 / / rw - ext4 /dev/sda1 rw\n40 36 0:45 / /tmp rw - nfs4 server:/share rw\n"
    monkeypatch.setattr(folders.Machine, "mounts", lambda _self: mounts.replace("/tmp", str(tmp_path)))
    place = ["--database", f"{tmp_path}/desk.sqlite", "--data", f"{tmp_path}/data"]
    for words in (["ticket", "list"], ["db", "upgrade"]):
        assert main([*words, *place]) == Exit.DATABASE
        complaint = capsys.readouterr().err
        assert "nfs4" in complaint
        assert "PostgreSQL" in complaint
