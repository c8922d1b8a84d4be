"""Style declarations and link targets, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.content.css import clean_style, pixels
from desk_app.channels.content.links import clean_link, host_of, is_deceptive, shown_host

FONT = "font-style:italic;font-weight:bold;font-size:14px;line-height:1.5;font-family:Arial, sans-serif"


@pytest.mark.parametrize(
    ("style", "clean"),
    [
        ("color: RED; position: fixed", "color:red"),
        ("color:#abc", "color:#aabbcc"),
        ("color:#11223380", "color:#112233"),
        ("background-color:#11223300", "background-color:transparent"),
        ("color:rgb(255, 0, 300)", "color:#ff00ff"),
        ("color:rgb(0 0 0 / 50%)", "color:#000000"),
        ("background:rgba(1,2,3,0)", "background-color:transparent"),
        ("color:hsl(0, 100%, 50%)", "color:#ff0000"),
        ("background:#fff url(http://x/y) no-repeat", "background-color:#ffffff"),
        ("font:italic bold 14px/1.5 Arial, sans-serif", FONT),
        ("font-family:'Segoe UI',\"Arial\"", "font-family:Segoe UI,Arial"),
        ("margin:0 auto -5px", ""),
        ("margin-left:-1px", ""),
        ("padding:10px 20px !important", "padding:10px 20px"),
        ("width:5000px", ""),
        ("width:50%", "width:50%"),
        ("font-size:1000px", ""),
        ("border:1px solid rgb(1,1,1)", "border:1px solid #010101"),
        ("border-left:solid #CCC 1.0pt", "border-left:solid 1.0pt #cccccc"),
        ("width:expression(alert(1))", ""),
        ("color:red\\;position:fixed", ""),
        ("color:url(x)", ""),
        ("content:'x';cursor:pointer;float:left;z-index:9;transform:none", ""),
        ("display:flex", ""),
        ("display:none", "display:none"),
        ("color:red;color:blue", "color:blue"),
        ("width:calc(100% + 1px)", ""),
        ("", ""),
        (";;:;a:b;", ""),
    ],
)  # fmt: skip
def test_a_style_is_written_anew_from_known_words(style: str, clean: str) -> None:
    assert clean_style(style) == clean
    assert clean_style(clean) == clean


@given(st.text(alphabet="colrbackgund-font-size:;#()'\"/*\\ 0123456789pxurl@!{}<>,%.", max_size=120))
def test_no_style_whatever_holds_a_reference_or_an_escape(style: str) -> None:
    clean = clean_style(style)
    assert not set(clean) & set("\\\"'<>{}()@")
    assert clean_style(clean) == clean


@pytest.mark.parametrize(
    ("length", "expected"), [("12px", 12), ("9pt", 12), ("2em", 32), ("5", 5), ("5%", None), ("x", None), (".", None)]
)
def test_lengths(length: str, expected: float | None) -> None:
    assert pixels(length) == expected


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("http://x.org/a", "http://x.org/a"),
        ("HTTPS://x.org", "https://x.org"),
        (" http://x.org/a b\n", "http://x.org/a%20b"),
        ("www.x.org/a", "http://www.x.org/a"),
        ("http:x.org", "http://x.org"),
        ("http:\\\\x.org\\a", "http://x.org\\a"),
        ("mailto:a@x.org?subject=x", "mailto:a@x.org?subject=x"),
        ("tel:+1 555", "tel:+1555"),
        ("java\tscript:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("\u200bjavascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("\\\\host\\share", ""),
        ("//host/share", ""),
        ("/path", ""),
        ("#anchor", ""),
        ("cid:x", ""),
        ("http://", ""),
        ("http://" + "x" * 5000, ""),
    ],
)
def test_only_harmless_links_are_left(address: str, link: str) -> None:
    assert clean_link(address) == link
    assert clean_link(link) == link


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.bank.com/login", "www.bank.com"), ("bank.com", "bank.com"),
        ("Visit bank.com now", ""), ("report.pdf", ""),

        ("www.report.pdf", "www.report.pdf"), ("a@bank.com", ""), ("Click here", ""), ("1.2.3", ""),
        ("bank\u200b.com", ""),
        ("BANK.com.", "bank.com"), ("xn--mnchen-3ya.de", "münchen.de"),
    ],
)  # fmt: skip
def test_the_host_a_text_names(text: str, host: str) -> None:
    assert shown_host(text) == host


def test_deception_is_another_host_and_not_a_subdomain() -> None:
    assert is_deceptive("bank.com", "evil.com")
    assert is_deceptive("bank.com", "bank.com.evil.com")
    assert not is_deceptive("www.bank.com", "bank.com")
    assert not is_deceptive("bank.com", "click.bank.com")
    assert not is_deceptive("", "evil.com")
    assert host_of("mailto:a@Bank.com?x") == "bank.com"
    assert host_of("http://[bad") == ""
