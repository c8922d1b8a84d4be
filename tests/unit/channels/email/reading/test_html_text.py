"""Text out of HTML, and flowed text (RFC 3676)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.content.plain import html_to_text
from desk_app.channels.email.reading.flowed import unflow
from desk_app.channels.email.reading.html_charset import html_charset


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<b>bold</b> and <i>it</i>alic", "bold and italic"),
        ("a &amp; b &lt;c&gt; &eacute; &#8364;&nbsp;x", "a & b <c> é € x"),
        ("<ol><li>x</li><li>y</li></ol>", "1. x\n2. y"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ('<a href="https://x.example/a">here</a>', "here <https://x.example/a>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<img src="x" alt="Logo">', "[Logo]"),
        ("<script>alert('<p>')</script><style>p{}</style>x<!-- c --><title>t</title>", "x"),
        ("<head><title>t</title></head><body>x</body>", "x"),
        ("<pre>  a\n  b</pre>", "  a\n  b"),
        ("<blockquote>quoted</blockquote>mine", "> quoted\n\nmine"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('<p title="a>b">x</p>', "x"),
        ("unclosed <b", "unclosed"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("", ""),
    ],
)
def test_html_is_readable(html: str, text: str) -> None:
    assert html_to_text(html).strip("\n") == text.strip("\n")


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<title>", '<a "', "<a href=http://x>", "<blockquote>", "&", "<ul><li>", "</p>", "<script>"]
)
def test_repeated_markup_costs_one_pass(piece: str) -> None:
    assert isinstance(html_to_text(piece * 20_000), str)


@given(st.text(alphabet="<>/ab \"'&;!-=\n", max_size=200))
def test_any_markup_gives_text(html: str) -> None:
    assert isinstance(html_to_text(html), str)


def test_text_behind_very_many_tags_is_kept() -> None:
    text = html_to_text("<b>x</b>" * 30_010 + "<style>p{}</style><p>the end &amp; more</p>")
    assert text.endswith("the end & more")
    assert "p{}" not in text


def test_charset_of_html() -> None:
    assert html_charset(b'<meta charset="koi8-r">') == "koi8-r"
    assert html_charset(b"<META http-equiv=Content-Type content='text/html; charset=Windows-1251'>") == "Windows-1251"
    assert html_charset(b'<?xml version="1.0" encoding="utf-8"?>') == "utf-8"
    assert html_charset(b"<p>charset=x</p>") == ""


def test_flowed_paragraphs_and_quotes_rfc_3676() -> None:
    assert unflow("one \ntwo\nthree", del_sp=False) == "one two\nthree"
    assert unflow(">> deep \n>> er\n> up", del_sp=False) == ">> deep er\n> up"
    assert unflow(" >no quote\n From here", del_sp=False) == ">no quote\nFrom here"
    assert unflow("日本 \n語", del_sp=True) == "日本語"
    assert unflow("text \n-- \nname", del_sp=False) == "text \n-- \nname"
    assert unflow("a \n> b", del_sp=False) == "a \n> b"
