"""Folding of quoted text and signatures (mail.md 4, IN-23)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.content.quotes import MAX_CHARS, MAX_LINES, Hint, fold_lines, fold_text

QUOTE = "> the old text\n>\n> more of it"

ATTRIBUTIONS = [
    "On Mon, Apr 2, 2012 at 6:26 PM, Megan One <megan@example.com> wrote:",
    "On Mon, Apr 2, 2012 at 6:26 PM, Megan One <\nmegan@example.com> wrote:",
    "On Mon, Apr 2, 2012 at 6:26 PM,\nMegan One\n<megan@example.com> wrote:",
    "On 02/04/12 18:26, Megan One wrote:",
    "Megan One <megan@example.com> wrote:",
    "Megan One wrote:",
    "Quoting Megan One <megan@example.com>:",
    "Am 02.04.2012 um 18:26 schrieb Megan One:",
    "Am Mo., 2. Apr. 2012 um 18:26 Uhr schrieb Megan One <megan@example.com>:",
    "Le lun. 2 avr. 2012 à 18:26, Megan One <megan@example.com> a écrit :",
    "El lun, 2 abr 2012 a las 18:26, Megan One (<megan@example.com>) escribió:",
    "Em seg., 2 de abr. de 2012 às 18:26, Megan One <megan@example.com> escreveu:",
    "Il giorno lun 2 apr 2012 alle ore 18:26 Megan One <megan@example.com> ha scritto:",
    "Op ma 2 apr 2012 om 18:26 schreef Megan One <megan@example.com>:",
    "Pada tanggal Sen, 2 Apr 2012 pukul 18.26 Megan One <megan@example.com> menulis:",
    "Den mån 2 apr. 2012 kl 18:26 skrev Megan One <megan@example.com>:",
    "pon., 2 kwi 2012 o 18:26 Megan One <megan@example.com> napisał(a):",
    "02.04.2012 14:20 пользователь Megan One <megan@example.com> написал:",
    "2012年4月2日(月) 18:26 Megan One <megan@example.com>:",
    "2012/04/02 18:26、Megan One <megan@example.com>のメール:",
    "Megan One <megan@example.com> 于2012年4月2日周一 下午6:26写道：",
    "2012년 4월 2일 (월) 오후 6:26, Megan One <megan@example.com>님이 작성:",
    "2 Nis 2012 Pzt, 18:26 tarihinde Megan One <megan@example.com> şunları yazdı:",
    "2012-04-02 18:26 GMT+02:00 Megan One <megan@example.com>:",
    "2012/4/2 Megan One <megan@example.com>",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_a_quoted_tail_folds_with_its_introduction_in_many_languages(attribution: str) -> None:
    halves = fold_text(f"Hello\n\n{attribution}\n\n{QUOTE}\n")
    assert halves.visible == "Hello"
    assert halves.folded == f"{attribution}\n\n{QUOTE}"


@pytest.mark.parametrize("attribution", [a for a in ATTRIBUTIONS if "<" in a and ("20" in a) and a[-1] in ":："])
def test_a_tail_without_marks_folds_below_a_full_introduction(attribution: str) -> None:
    halves = fold_text(f"Hello\n\n{attribution}\n\nthe old text\n\nmore of it")
    assert halves.visible == "Hello"
    assert halves.folded.endswith("more of it")


HEADER_BLOCKS = [
    "From: A B <a@x.org>\nSent: Monday, April 2\nTo: C\nSubject: Test",
    "*From:* A B\n*Sent:* Monday\n*To:* C\n*Cc:* D\n*Subject:* Test",
    "From: A B\nDate: Monday\nSubject: Test",
    "Von: A B\nGesendet: Montag\nAn: C\nBetreff: Test",
    "De : A B\nEnvoyé : lundi\nÀ : C\nObjet : Test",
    "De: A B\nEnviado el: lunes\nPara: C\nAsunto: Test",
    "De: A B\nEnviada em: segunda\nPara: C\nAssunto: Test",
    "Da: A B\nInviato: lunedì\nA: C\nOggetto: Test",
    "Van: A B\nVerzonden: maandag\nAan: C\nOnderwerp: Test",
    "Dari: A B\nDikirim: Senin\nKepada: C\nPerihal: Test",
    "От: A B\nОтправлено: понедельник\nКому: C\nТема: Test",
    "发件人: A B\n发送时间: 2012年\n收件人: C\n主题: Test",
    "差出人: A B\n送信日時: 2012\n宛先: C\n件名: Test",
    "Od: A B\nWysłano: poniedziałek\nDo: C\nTemat: Test",
    "Från: A B\nSkickat: den 2 april\nTill: C\nÄmne: Test",
]


@pytest.mark.parametrize("block", HEADER_BLOCKS)
@pytest.mark.parametrize("separator", ["", "________________________________\n", "-----Original Message-----\n"])
def test_an_outlook_header_block_folds_with_all_below(block: str, separator: str) -> None:
    halves = fold_text(f"Thank you\n\n{separator}{block}\n\nold text\nno marks")
    assert halves.visible == "Thank you"
    assert halves.folded.endswith("old text\nno marks")


@pytest.mark.parametrize(
    "mark",
    ["-----Original Message-----", "----- Ursprüngliche Nachricht -----", "-------- Message d'origine --------",
     "-----Mensaje original-----", "-----Pesan Asli-----", "-----原始邮件-----", "________ Original Message ________"],
)  # fmt: skip
def test_original_message_marks(mark: str) -> None:
    halves = fold_text(f"Hello\n\n{mark}\nwhatever\nfollows")
    assert halves.visible == "Hello"


@pytest.mark.parametrize(
    "text",
    [
        f"FYI, see below\n\n---------- Forwarded message ---------\nFrom: A\nTo: B\nSubject: c\n\nbody\n{QUOTE}",
        "Please handle\n\nBegin forwarded message:\n\n> From: A\n> Subject: b\n>\n> body",
        "Bitte\n\n-------- Weitergeleitete Nachricht --------\nBetreff: x\nVon: A\nAn: B\nDatum: heute\n\nInhalt",
        "From: A\nTo: B\nSubject: c\nDate: d\n\na mail that begins with headers",
    ],
)
def test_a_forwarded_mail_is_content(text: str) -> None:
    assert fold_text(text).folded == ""


def test_a_forward_known_by_its_subject_is_content() -> None:
    text = "FYI\n\nFrom: A\nSent: x\nTo: B\nSubject: c\n\nbody"
    assert fold_text(text, forwarded=True).folded == ""
    assert fold_text(text).visible == "FYI"


def test_answers_between_quotes_stay_with_their_quotes() -> None:
    text = "> first question?\n\nYes.\n\n> second question?\n\nNo.\n\n> goodbye"
    halves = fold_text(text)
    assert halves.visible == "> first question?\n\nYes.\n\n> second question?\n\nNo."
    assert halves.folded == "> goodbye"


def test_an_answer_below_the_whole_quote_is_shown_alone() -> None:
    halves = fold_text(f"On 2 Apr 2012, Megan wrote:\n{QUOTE}\n\nMy answer\nin two lines")
    assert halves.visible == "My answer\nin two lines"


def test_a_selected_quote_and_the_answer_to_it_stay() -> None:
    text = "Hello,\n\n> the sentence I mean\n\nThis is wrong."
    assert fold_text(text).visible == text


def test_own_words_around_a_long_quote_stay() -> None:
    quote = "\n".join(f"> line {n}" for n in range(40))
    halves = fold_text(f"Above\n\nOn 2 Apr 2012, Megan wrote:\n{quote}\n\nBelow")
    assert [line for line in halves.visible.split("\n") if line] == ["Above", "Below"]


@pytest.mark.parametrize(
    "signature",
    ["-- \nMegan One\nExample Ltd\n+1 555", "--\nMegan", "Sent from my iPhone", "Von meinem iPhone gesendet",
     "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Dikirim dari iPhone saya",
     "Verzonden vanaf mijn iPhone", "Отправлено с iPhone", "发自我的iPhone",
     "iPhoneから送信", "Get Outlook for Android", "Sent from my mobile\nGet Outlook for iOS"],
)  # fmt: skip
def test_a_signature_folds_with_and_without_a_quote_below(signature: str) -> None:
    assert fold_text(f"Hello\n\n{signature}").visible == "Hello"
    assert fold_text(f"Hello\n\n{signature}\n\nOn 2 Apr 2012, A B <a@x.org> wrote:\n{QUOTE}").visible == "Hello"
    assert fold_text(f"Hello\n\nOn 2 Apr 2012, A B <a@x.org> wrote:\n{QUOTE}\n\n{signature}").visible == "Hello"


@pytest.mark.parametrize(
    "text",
    [
        "He wrote:\nplease do it\nand this too",
        "Error log from 2012-04-02:\nline one\nline two",
        "Write to a@x.org before 10:30:\n- one\n- two",
        "First part\n\n________________________________\n\nSecond part",
        "Item A\n--\nItem B " + "which goes on " * 30,
        "Date: tomorrow\nPlace: here\n\nsee you",
        "From: my point of view it is fine",
        "Sent from my iPhone",
        QUOTE,
        "-- \nonly a signature",
        "",
        "\n\n",
    ],
)
def test_when_in_doubt_a_line_stays_visible(text: str) -> None:
    assert fold_text(text).folded == ""


LINES = st.lists(
    st.sampled_from(
        ["", "text", "> quote", ">> deep", "-- ", "Sent from my iPhone", "On 2 Apr 2012, A <a@x.org> wrote:", "From: a",
         "To: b", "Subject: c", "-----Original Message-----", "________________",
         "---------- Forwarded message ---------",
         "wrote:", "a@x.org", "2012"]
    ),
    max_size=30,
)  # fmt: skip


@given(LINES, st.booleans())
def test_no_line_is_ever_lost(lines: list[str], forwarded: bool) -> None:
    halves = fold_text("\n".join(lines), forwarded=forwarded)
    kept = [line for line in f"{halves.visible}\n{halves.folded}".split("\n") if line.strip()]
    assert sorted(line.rstrip() for line in kept) == sorted(line.rstrip() for line in lines if line.strip())
    assert halves.visible.strip() or not any(line.strip() for line in lines)


@given(st.text())
def test_any_text_is_kept_whole(text: str) -> None:
    halves = fold_text(text)
    kept = "".join(f"{halves.visible}{halves.folded}".split())
    assert sorted(kept) == sorted("".join(text.split()))


HOSTILE = [
    "On " * 333_333, "From:\n" * 200_000, "> " * 500_000, ">\n" * 500_000, "a\n" * 500_000, "On 2012\n" * 125_000,
    "x" * 1_000_000, "From: a\nTo: b\n" * 70_000, "-- \n" * 250_000, "On 1:\n" * 160_000, "wrote:" * 160_000,
    "@" * 1_000_000,
    "<" * 1_000_000, "1/" * 500_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_hostile_texts_end_at_once(text: str) -> None:
    started = time.process_time()
    fold_text(text)
    assert time.process_time() - started < 5  # 0.1 s is the target; the bound only catches runaway behaviour


def test_what_lies_beyond_the_examined_part_shares_its_fate() -> None:
    long = "old line\n" * (MAX_LINES + 10)
    assert fold_text(f"Hello\n\n-----Original Message-----\n{long}").visible == "Hello"
    assert fold_text(f"Hello\n{long}").folded == ""
    for long in (
        "word " * MAX_CHARS + "\nend",
        "first\n" + "x" * MAX_CHARS,
        "x\n" * MAX_LINES + "end",
        "x" * MAX_CHARS * 2,
    ):
        halves = fold_text(long)
        assert halves.folded == ""
        assert halves.visible == long.rstrip()


def test_hints_of_the_markup() -> None:
    assert fold_lines(["own", "quoted"], [Hint.NONE, Hint.QUOTED]) == [False, True]
    assert fold_lines(["own", "old", "older"], [Hint.NONE, Hint.QUOTE_START, Hint.NONE]) == [False, True, True]
    assert fold_lines(["own", "old"], [Hint.NONE, Hint.QUOTE_START], forwarded=True) == [False, False]
    assert fold_lines(["own", "Megan", "Ltd"], [Hint.NONE, Hint.SIGNATURE, Hint.SIGNATURE]) == [False, True, True]
    assert fold_lines(["Megan"], [Hint.SIGNATURE]) == [False]
