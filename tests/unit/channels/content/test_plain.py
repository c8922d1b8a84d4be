"""HTML to text and text to HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.content.limits import nests_deeper_than, strip_tags
from desk_app.channels.content.plain import html_to_text, linkify, split_quote_marks, text_to_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello</p><p>World</p>", "Hello\n\nWorld"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<div>one<div>two</div></div>three", "one\ntwo\nthree"),
        ("  many \n\t blanks &nbsp; here ", "many blanks   here"),
        ("<b>bo</b>ld <i>it</i>", "bold it"),
        ("<ul><li>one<li>two</ul><ol start=3><li>three<li>four</ol>", "- one\n- two\n\n3. three\n4. four"),
        ("<ul><li>a<ul><li>b</ul></ul>", "- a\n  - b"),
        ("<table><tr><th>A<th>B</tr><tr><td>1<td>2</table>", "A\tB\n1\t2"),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", "a\n\nb"),
        ("see <a href='http://x.org/a'>this</a>.", "see this <http://x.org/a>."),
        ("<a href='http://x.org/'>x.org</a>", "x.org"),
        ("<a href='http://x.org/a'>http://x.org/a</a>", "http://x.org/a"),
        ("<a href='mailto:a@x.org'>a@x.org</a>", "a@x.org"),
        ("<a href='javascript:alert(1)'>x</a>", "x"),
        ("<blockquote>old<blockquote>older</blockquote></blockquote>new", "> old\n>\n> > older\n\nnew"),
        ("a<hr>b", "a\n--------------------\nb"),
        ("<pre>x\n  y</pre>", "x\n  y"),
        ("<img src=x alt='Our logo'>", "[Our logo]"),
        ("<style>p{}</style><script>x</script><title>t</title><!-- c -->shown", "shown"),
        ("<div style='display:none'>preheader <b>x</b></div>shown", "shown"),
        ("<noscript>shown</noscript>", "shown"),
        ("<!--[if mso]>hidden<![endif]--><![if !mso]>shown<![endif]>", "shown"),
        ("<button>Go</button><select><option>one<option>two</select><textarea>typed</textarea>", "Go\none\ntwo\ntyped"),
        ("&lt;b&gt; &amp;amp; &#228;", "<b> &amp; ä"),
        ("x\x00\x01y", "xy"),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["<div>", "</p>", "<", "x", "<a href=", ">", "<!--", "<pre>\n", "<li>"])).map("".join)
)
def test_any_html_gives_some_text(html: str) -> None:
    text = html_to_text(html)
    assert "\x00" not in text
    assert isinstance(strip_tags(html), str)


def test_text_too_deep_for_a_parser_keeps_its_words() -> None:
    text = html_to_text("<style>no</style>" + "<blockquote>word<script>no</script>" * 20_000 + "<p>end &amp; more")
    assert text.startswith("word")
    assert text.endswith("end & more")
    assert "no" not in text


@pytest.mark.parametrize(
    ("html", "deep"),
    [
        ("<div>" * 200, True),
        ("<div></div>" * 200, False),
        ("<p>" * 200, False),
        ("<br>" * 200, False),
        ("<div></b>" * 200, True),
        ("<div><object></div></object>" * 200, True),
        ("<b><div></b>" * 200, True),
        ("<table><tr><td>" * 50 + "</td></tr></table>" * 50, True),
        ("<table><tr><td>x</td></tr></table>" * 200, False),
        ("<li>x" * 200, False),
    ],
)
def test_depth_is_never_underestimated(html: str, deep: bool) -> None:
    assert nests_deeper_than(html, 100) is deep


def test_text_becomes_html_with_links_blanks_and_quotes() -> None:
    assert text_to_html("Hi\n  <b>\n> old\n>> older\nnew") == (
        "<div>Hi<br>\xa0\xa0&lt;b&gt;</div><blockquote><div>old</div><blockquote><div>older</div></blockquote></blockquote>"
        "<div>new</div>"
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("http://x.org/a?b=1&c=2.", '<a href="http://x.org/a?b=1&amp;c=2">http://x.org/a?b=1&amp;c=2</a>.'),
        ("(https://x.org/w_(y))", '(<a href="https://x.org/w_(y)">https://x.org/w_(y)</a>)'),
        ("www.x.org, ok", '<a href="http://www.x.org">www.x.org</a>, ok'),
        ("a.b@x.org!", '<a href="mailto:a.b@x.org">a.b@x.org</a>!'),
        ("<http://x.org>", '&lt;<a href="http://x.org">http://x.org</a>&gt;'),
        ("javascript:alert(1) file:///etc/x", "javascript:alert(1) file:///etc/x"),
        ('http://x.org/"onclick=', '<a href="http://x.org/">http://x.org/</a>&quot;onclick='),
    ],
)
def test_addresses_in_text_become_links(text: str, html: str) -> None:
    assert linkify(text) == html


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_text_shown_as_html_reads_as_the_same_text(text: str) -> None:
    assert "".join(html_to_text(text_to_html(text)).split()).replace(">", "") == _visible(text)


def _visible(text: str) -> str:
    return "".join(text.replace("\xad", "").replace("\u200b", "").replace("\ufeff", "").split()).replace(">", "")


@pytest.mark.parametrize(
    ("line", "expected"),
    [("> a", (1, "a")), (">> a", (2, "a")), ("> > a", (2, "a")), (">a", (1, "a")), ("a > b", (0, "a > b")),
     (">", (1, "")),
     (">  code", (1, " code"))],
)  # fmt: skip
def test_quote_marks(line: str, expected: tuple[int, str]) -> None:
    assert split_quote_marks(line) == expected
