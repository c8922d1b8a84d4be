"""HTML of the desk as Telegram takes it, and long texts in pieces."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.telegram_channel.formatting import Run, from_html, html_of, pieces, text_of, units
from plugins.telegram_channel.names import Chat, chat_of, message_name, message_of


@pytest.mark.parametrize(
    ("html", "sent"),
    [
        ("<p>Hello Maya,</p><p>it <b>leaves</b> <em>today</em>.</p>", "Hello Maya,\n\nit <b>leaves</b> <i>today</i>."),
        ("one<br>two<br/><br>three", "one\ntwo\n\nthree"),
        ("<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>e", "• a\n• b\n  1. c\n  2. d\ne"),
        ("<a href='https://x.test/?a=1&amp;b=2'>here</a>", '<a href="https://x.test/?a=1&amp;b=2">here</a>'),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<h2>Title</h2>text", "<b>Title</b>\n\ntext"),
        ("<pre>a\n  b &lt; c</pre>", "<pre>a\n  b &lt; c</pre>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b><i>y</i>"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
        ("<style>p{}</style><script>x()</script><img src=x alt=y>5 &lt; 6 &amp; 7", "5 &lt; 6 &amp; 7"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<b><code>x</code></b>", "<code>x</code>"),
        ("<blockquote><p>a</p><p>b</p></blockquote>c", "<blockquote>a\n\nb</blockquote>\n\nc"),
        ("", ""),
    ],
)
def test_html_becomes_what_telegram_allows(html: str, sent: str) -> None:
    assert html_of(from_html(html)) == sent


class Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in {"b", "i", "u", "s", "a", "code", "pre", "blockquote"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


MARKS = st.lists(st.sampled_from(["b", "i", "u", "https://x.test/"]), unique=True, max_size=3).map(tuple)
TEXT = st.text(st.sampled_from("ab \n<&🙂é"), max_size=60)


@given(st.lists(st.builds(Run, TEXT, MARKS), max_size=12), st.integers(8, 60))
def test_pieces_are_short_enough_well_formed_and_together_the_text(runs: list[Run], longest: int) -> None:
    found = pieces(runs, longest)
    together = ""
    for piece in found:
        assert 0 < units(text_of(piece)) <= longest
        checker = Checker()
        checker.feed(html_of(piece))
        checker.close()
        assert checker.open == []
        assert checker.text == text_of(piece)
        together += text_of(piece)
    assert "".join(together.split()) == "".join(text_of(runs).split())


def test_long_texts_are_cut_between_words_and_keep_their_marks() -> None:
    text = "word " * 2000
    found = pieces([Run(text.strip(), ("b",))])
    assert len(found) == 3
    assert all(text_of(one).startswith("word") and text_of(one).endswith("word") for one in found)
    assert all(html_of(one).startswith("<b>word") for one in found)
    assert [len(text_of(one)) for one in pieces([Run("x" * 5000)])] == [4096, 904]


@given(st.text())
def test_any_html_is_taken(html: str) -> None:
    checker = Checker()
    checker.feed(html_of(from_html(html)))
    checker.close()
    assert checker.open == []


def test_names_of_chats_and_messages_are_read_back() -> None:
    for chat in (Chat(711), Chat(-100200), Chat(-100200, 9)):
        assert chat_of(chat.address.partition("@")[0]) == chat
        assert message_of(message_name(chat.id, 15, "42"), chat) == 15
        assert message_of(message_name(chat.id, 15, "42", 99), chat) == 15
    assert message_of(message_name(711, 15, "42"), Chat(712)) == 0
    assert chat_of("maria") is None
    assert message_of("abc@example.org", Chat(711)) == 0


def test_every_text_is_there_in_spanish_and_indonesian() -> None:
    folder = Path(__file__).resolve().parents[1]
    said = {
        call.args[0].value
        for file in folder.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and (getattr(call.func, "attr", "") == "tr" or getattr(call.func, "id", "") == "tr")
        and isinstance(call.args[0], ast.Constant)
    }
    for language in ("es", "id"):
        words = json.loads((folder / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
        assert set(words) == said
        for text, other in words.items():
            assert sorted(re.findall(r"{\w*}", text)) == sorted(re.findall(r"{\w*}", other))
