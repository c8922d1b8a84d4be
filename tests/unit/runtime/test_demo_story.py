"""The demo's month: its mail is valid, dated in the past, and as varied as a shop's mailbox is."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading import read_message
from desk_app.domain.messages.model import Classification
from desk_app.runtime.demo.documents import document, pdf, picture
from desk_app.runtime.demo.letters import Letter, Person, Quoted, full_text, paragraphs, reply_subject, write
from desk_app.runtime.demo.outside import auto_reply, bounce, outside
from desk_app.runtime.demo.story import (
    MAILBOX_OF,
    SUPPORT,
    Mail,
    conversations,
    customer_mail,
    people,
    read_story,
    sent_as_quoted,
)

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
FILES = sorted({name for story in conversations(NOW) for turn in story.turns for name in turn.files})


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def all_mail() -> list[Mail]:
    firsts = [customer_mail(story, story.turns[0], None) for story in conversations(NOW)]
    return [*firsts, *outside(NOW)]


@pytest.mark.parametrize("mail", all_mail(), ids=lambda mail: mail.subject)
def test_every_mail_is_well_formed(mail: Mail) -> None:
    message = parsed(mail.raw)
    assert [part.defects for part in message.walk() if part.defects] == []
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    assert message["Message-ID"].strip("<>") == mail.message_id
    assert str(message["Subject"]) == mail.subject
    assert read_message(mail.raw).problems == ()


def test_there_is_a_months_worth_of_different_mail() -> None:
    stories = list(conversations(NOW))
    turns = [turn for story in stories for turn in story.turns]
    singles = list(outside(NOW))
    assert 120 <= len(turns) + len(singles) <= 200
    assert {story.customer.language for story in stories} == {"en", "id", "es"}
    assert {story.customer.client for story in stories} == {"gmail", "outlook", "apple", "phone", "plain"}
    assert len({turn.text for turn in turns}) == len(turns)
    assert any(story.copied for story in stories)
    assert any(turn.inline for turn in turns)
    assert sum(turn.from_desk for turn in turns) >= 25
    assert not any("lorem" in turn.text.lower() for turn in turns)


def test_nothing_comes_from_the_future_or_from_before_the_month() -> None:
    moments = [turn.at for story in conversations(NOW) for turn in story.turns] + [mail.at for mail in outside(NOW)]
    assert max(moments) < NOW
    assert min(moments) > NOW - timedelta(days=32)
    for story in conversations(NOW):
        assert list(story.turns) == sorted(story.turns, key=lambda turn: turn.at)


@given(st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)))  # noqa: DTZ001 -- made aware below
def test_the_month_works_at_any_hour(now: datetime) -> None:
    at = now.replace(tzinfo=UTC)
    assert all(turn.at < at for story in conversations(at) for turn in story.turns)


def test_machine_mail_is_what_it_says() -> None:
    kinds = [read_message(mail.raw) for mail in outside(NOW)]
    assert sum(mail.spam for mail in kinds) == len(read_story("outside")["spam"])
    assert sum(mail.classification is Classification.LIST for mail in kinds) == len(read_story("outside")["newsletter"])
    forms = [mail for mail in kinds if mail.from_.email.startswith("forms@")]
    assert forms
    assert all(mail.reply_to and mail.reply_to[0].email != mail.from_.email for mail in forms)


def quoted() -> Quoted:
    return Quoted(
        Person("Kopi Works Support", SUPPORT), "x", "Re: Cup", NOW, "Hello\n> old", "a@desk", ("first@customer",)
    )


def test_auto_reply_and_bounce_are_recognised_and_name_the_mail() -> None:
    absent = read_message(auto_reply(people()["pilar"], quoted(), NOW).raw)
    assert absent.classification is Classification.AUTO_REPLY
    assert absent.in_reply_to == ("a@desk",)
    desk = Person("Kopi Works Support", SUPPORT, "apple")
    raw = write(Letter(desk, [("Gil", "gil@nowhere.example")], "Re: Cup", NOW, "Hello", "a@desk"))
    returned = bounce(raw, "gil@nowhere.example", NOW)
    report = read_message(returned.raw)
    assert report.classification is Classification.BOUNCE
    [info] = report.bounce
    assert (info.recipient, info.status, info.original_message_id) == ("gil@nowhere.example", "5.1.1", "a@desk")
    assert returned.mailboxes == (SUPPORT,)


@pytest.mark.parametrize("client", ["gmail", "outlook", "apple", "phone", "plain"])
@pytest.mark.parametrize("language", ["en", "id", "es"])
def test_a_reply_quotes_and_threads_like_its_program(client: str, language: str) -> None:
    writer = Person("Ana Ruiz", "ana@customer.example", client, language, "Ana\nShop")
    letter = Letter(
        writer, [("Desk", SUPPORT)], "Re: Cup", NOW, "My own words.", "b@customer", html=True, answers=quoted()
    )
    mail = read_message(write(letter))
    assert mail.in_reply_to == ("a@desk",)
    assert mail.references == ("first@customer", "a@desk")
    assert "My own words." in mail.text
    assert "Hello" in mail.text
    assert ("> Hello" in full_text(letter)) == (client != "outlook")
    assert "Hello" in mail.html


def test_a_sent_mail_is_quoted_with_its_chain() -> None:
    desk = Person("Kopi Works Support", SUPPORT, "apple")
    raw = write(Letter(desk, [("Gil", "gil@x.example")], "Re: Cup", NOW, "Hello", "b@desk", answers=quoted()))
    found = sent_as_quoted(raw)
    assert (found.message_id, found.references) == ("b@desk", ("first@customer", "a@desk"))
    assert found.sender.email == SUPPORT
    assert "Hello" in found.text


def test_subjects_of_answers_do_not_pile_up() -> None:
    assert reply_subject("Cup") == "Re: Cup"
    assert reply_subject("RE: Cup") == "RE: Cup"


def test_paragraphs_are_escaped() -> None:
    assert paragraphs("a <b>\nc\n\n- x\n- y") == "<p>a &lt;b&gt;<br>c</p><ul><li>x</li><li>y</li></ul>"


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_what_its_name_says(name: str) -> None:
    file = document(name)
    assert file == document(name)
    if file.subtype == "png":
        width, height = struct.unpack(">II", file.content[16:24])
        length = struct.unpack(">I", file.content[33:37])[0]
        pixels = zlib.decompress(file.content[41 : 41 + length])
        assert len(pixels) == height * (1 + 3 * width)
        assert file.content.endswith(b"IEND\xaeB`\x82")
    elif file.subtype == "pdf":
        start = int(file.content.rpartition(b"startxref\n")[2].split()[0])
        assert file.content[start : start + 4] == b"xref"
        offsets = [int(line[:10]) for line in file.content[start:].splitlines()[3:9]]
        for number, offset in enumerate(offsets, start=1):
            assert file.content[offset:].startswith(b"%d 0 obj" % number)
    else:
        assert file.content.decode("utf-8-sig").count("\n") >= 3


def test_pictures_differ_and_odd_letters_are_allowed_in_a_pdf() -> None:
    assert len({picture(title) for title in ("bag", "error", "logo", "cup")}) == 4
    assert pdf("Ñandú (50 %) \\ 茶", ["é", "x"]).startswith(b"%PDF-1.4")
    with pytest.raises(ValueError, match="unknown kind"):
        document("film:x.mp4")


def test_every_customer_belongs_to_a_mailbox() -> None:
    for story in conversations(NOW):
        assert story.address in MAILBOX_OF
        assert "@" in story.customer.email
