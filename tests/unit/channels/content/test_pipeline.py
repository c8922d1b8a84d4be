"""The pipeline on ordinary mail: pictures, colours, boxes, folds (ui.md 9, IN-22 to IN-26, IA-07)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.content.limits import is_parseable
from desk_app.channels.content.pipeline import prepare
from desk_app.channels.content.plain import html_to_text, text_to_html
from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.inline_images import BELOW_AT_MOST, picture_for, pictures_below, pictures_in_place
from desk_app.domain.messages.model import ParsedAttachment, ParsedMessage


def prepared(html: str = "", **more: object) -> PreparedContent:
    return prepare(ParsedMessage(html=html, **more))  # type: ignore[arg-type]


def a_picture(part: str = "2", content_id: str = "logo@x", **more: str) -> ParsedAttachment:
    return ParsedAttachment(part, more.pop("filename", "logo.png"), more.pop("content_type", "image/png"), b"x", "",
                            content_id, **more)  # fmt: skip


def test_style_sheets_become_attributes_and_the_body_keeps_its_background() -> None:
    content = prepared("<head><style>p{color:#c00}body{background:#eee}</style></head><body><p>x</p></body>")
    assert content.safe_html == '<div style="background-color:#eeeeee"><p style="color:#cc0000">x</p></div>'
    assert content.own_colours


def test_a_linked_style_sheet_is_never_opened(tmp_path: object) -> None:
    sheet = tmp_path / "evil.css"  # type: ignore[operator]
    sheet.write_text("p{color:red}")
    content = prepared(f"<link rel=stylesheet href='{sheet}'><link rel=stylesheet href='file://{sheet}'>"
                       f"<style>@import '{sheet}';</style><p>x</p>")  # fmt: skip
    assert content.safe_html == "<p>x</p>"


def test_in_25_remote_pictures_wait_for_a_click() -> None:
    content = prepared(
        "<img src=http://a.example/1.png><img src='https://b.example/2.png'><img src=http://a.example/1.png>"
    )
    assert content.remote_images == ("http://a.example/1.png", "https://b.example/2.png")
    assert content.safe_html == '<img src="remote:0"><img src="remote:1"><img src="remote:0">'


@pytest.mark.parametrize(
    "attributes",
    ["width=1 height=1", "width=0", "height=1 width=300", "style='display:none'", "style='width:1px;height:1px'",
     "style='visibility:hidden'", "style='opacity:0'", "style='max-height:0'"],
)  # fmt: skip
def test_in_25_trackers_are_dropped(attributes: str) -> None:
    content = prepared(f"<p>x</p><img src=http://t.example/p.gif {attributes}>")
    assert content.remote_images == ()
    assert "img" not in content.safe_html


def test_in_24_pictures_of_the_same_mail_are_shown() -> None:
    by_id, by_place = a_picture(), a_picture("3", "", filename="b.png", content_location="http://x.example/b.png")
    content = prepared(
        "<img src=cid:logo@x><img src=http://x.example/b.png><img src=b.png>", attachments=(by_id, by_place)
    )
    assert content.safe_html == '<img src="cid:logo@x"><img src="cid:part.3"><img src="cid:part.3">'
    assert content.remote_images == ()
    assert picture_for("cid:part.3", (by_id, by_place)) is by_place


def test_a_content_id_may_be_escaped() -> None:
    content = prepared("<img src='cid:a%2Bb@x'>", attachments=(a_picture(content_id="a+b@x"),))
    assert content.safe_html == '<img src="cid:a+b@x">'


def test_only_pictures_of_this_mail_and_only_raster_ones() -> None:
    svg = a_picture("2", "v@x", content_type="image/svg+xml")
    content = prepared("<img src=cid:v@x alt=vector><img src=cid:other@x alt=lost>", attachments=(svg,))
    assert content.safe_html == "vectorlost"
    assert picture_for("cid:v@x", (svg,)) is None


def test_in_24_pictures_the_html_does_not_name_are_known() -> None:
    named, unnamed, file = a_picture(), a_picture("3", "b@x"), a_picture("4", "", content_type="application/pdf")
    named, unnamed, file = (replace(one, inline=True) for one in (named, unnamed, file))
    attached = a_picture("5", "c@x")
    parts = (named, unnamed, file, attached)
    content = prepared("<img src=cid:logo@x>", attachments=parts)
    html = content.visible_html + content.folded_html
    assert pictures_below(html, parts) == (unnamed,), "what was sent as a file stays one"
    assert pictures_in_place(html, parts) == (named, unnamed)
    many = tuple(replace(a_picture(str(n), f"{n}@x"), inline=True) for n in range(BELOW_AT_MOST + 3))
    assert pictures_below("", many) == many[:BELOW_AT_MOST]


def test_ia_07_black_text_takes_the_theme_s_colour_where_the_mail_has_no_background() -> None:
    plain = prepared(
        "<p style='color:#1f1f1f'>a</p><font color=black>b</font><p style='color:white'>c</p><p style='color:red'>d"
    )
    assert not plain.own_colours
    assert "color:#" not in plain.visible_html
    assert 'color="black"' not in plain.visible_html
    assert "color:red" in plain.visible_html
    card = prepared("<table bgcolor=white><tr><td style='color:#111111'>a")
    assert card.own_colours
    assert "#111111" in card.visible_html


def test_ui_9_buttons_boxes_and_quotes_become_cells() -> None:
    content = prepared(
        "<a href='http://x.example' style='background:#00f;padding:10px 20px;color:#fff'>Buy</a>"
        "<div style='border:1px solid #ccc;padding:8px'>boxed</div><blockquote>said</blockquote>"
    )
    view = content.visible_html
    assert "background-color:#0000ff" in view
    assert view.count("<table") == 3
    assert "border:1px solid #cccccc" in view
    assert "blockquote" not in view
    assert html_to_text(view) == "Buy <http://x.example>\n\nboxed\n\nsaid"


def test_ui_9_sizes_fit_the_pane() -> None:
    view = prepared(
        "<table width=900><tr><td width=900>x</table><img src=http://x.example/a width=1200 height=800>"
    ).visible_html
    assert 'width="900"' not in view
    assert 'width="640"' in view
    assert "height" not in view


def test_ui_9_line_height_is_counted_the_way_qt_counts() -> None:
    assert "line-height:123%" in prepared("<p style='line-height:1.5'>x</p>").visible_html
    assert "line-height:100%" in prepared("<p style='font-size:20px;line-height:20px'>x</p>").visible_html


def test_hidden_preheaders_stay_out_of_sight() -> None:
    content = prepared("<div style='display:none;max-height:0'>preheader</div><p>shown</p>")
    assert "preheader" not in content.visible_html
    assert "preheader" not in content.visible_text


def test_deceptive_links_are_named_and_honest_ones_are_not() -> None:
    content = prepared(
        "<a href='http://evil.example'>www.bank.example</a><a href='http://www.x.example/a'>x.example</a>"
        "<a href='http://login.x.example'>x.example</a><a href='http://y.example'>report.pdf</a>"
        "<a href='http://z.example' title='https://bank.example/'>Click</a>"
        "<a href='http://xn--mnchen-3ya.example'>münchen.example</a>"
    )
    assert content.deceptive_links == (("www.bank.example", "evil.example"), ("bank.example", "z.example"))


GMAIL = (
    '<div dir="ltr">Thanks!</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, A wrote:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0;border-left:1px solid #ccc">old words</blockquote></div>'
)
OUTLOOK = (
    '<div class="WordSection1"><p class="MsoNormal">Thanks!</p><div style="border:none;border-top:solid #E1E1E1 1.0pt">'
    '<p class="MsoNormal"><b>From:</b> A &lt;a@x.org&gt;<br><b>Sent:</b> Monday<br>'
    "<b>To:</b> B<br><b>Subject:</b> x</p></div>"
    "<p>old words</p></div>"
)
REPLY_DIV = (
    '<div>Thanks!</div><hr><div id="x_divRplyFwdMsg"><b>From:</b> A<br><b>Sent:</b> Monday</div><div>old words</div>'
)
APPLE = '<div>Thanks!</div><div><blockquote type="cite"><div>On 2 Apr, A wrote:</div>old words</blockquote></div>'
THUNDERBIRD = (
    '<p>Thanks!</p><div class="moz-cite-prefix">On 2 Apr, A wrote:<br></div>'
    '<blockquote type="cite">old words</blockquote>'
)
YAHOO = (
    '<div>Thanks!</div><div id="ydp123yahoo_quoted_9" class="yahoo_quoted">'
    "<div>On Monday, A wrote:</div>old words</div>"
)
PROTON = (
    '<div>Thanks!</div><div class="protonmail_quote">On Monday, A wrote:<br><blockquote>old words</blockquote></div>'
)
ZIMBRA = '<div>Thanks!<br><hr id="zwchr"><b>From: </b>a<br><b>Sent: </b>x<br><br>old words</div>'


@pytest.mark.parametrize("html", [GMAIL, OUTLOOK, REPLY_DIV, APPLE, THUNDERBIRD, YAHOO, PROTON, ZIMBRA])
def test_in_23_html_quotes_fold_and_stay(html: str) -> None:
    content = prepared(html)
    assert html_to_text(content.visible_html).strip("- \n") == "Thanks!"
    assert "old words" in html_to_text(content.folded_html)
    assert "class" not in content.safe_html
    assert "old words" in content.safe_html


def test_in_23_a_forward_stays_visible() -> None:
    html = (
        '<div>FYI</div><div class="gmail_quote">---------- Forwarded message ---------<br>From: A<br>To: B<br>'
        "Subject: c<br><br>news</div>"
    )
    assert prepared(html).folded_html == ""
    assert prepared(OUTLOOK, subject="FW: x").folded_html == ""


def test_in_23_answers_inside_a_quote_stay_visible() -> None:
    content = prepared(
        '<blockquote type="cite">one?</blockquote><p>Yes.</p><blockquote type="cite">two?</blockquote><p>No.</p>'
        '<blockquote type="cite">bye</blockquote>'
    )
    shown = html_to_text(content.visible_html)
    assert [word for word in ("one?", "Yes.", "two?", "No.", "bye") if word in shown] == ["one?", "Yes.", "two?", "No."]
    assert "bye" in content.folded_html


def test_a_quotation_of_the_author_s_own_is_content() -> None:
    assert prepared("<p>As Shakespeare says</p><blockquote>To be</blockquote>").folded_html == ""


def test_signatures_fold() -> None:
    content = prepared('<p>Hello</p><div class="gmail_signature">Megan<br>Ltd</div>')
    assert "Megan" not in content.visible_html
    assert "Megan" in content.folded_html


def test_a_text_only_mail_has_both_halves_as_html() -> None:
    content = prepared(text="See http://x.example\n\n> old <b>\n")
    assert content.safe_html == ""
    assert content.visible_html == '<div>See <a href="http://x.example">http://x.example</a></div>'
    assert content.folded_html == "<blockquote><div>old &lt;b&gt;</div></blockquote>"
    assert content.visible_text == "See http://x.example"


def test_a_huge_table_is_shown_as_blocks() -> None:
    view = prepared("<table><tr>" + "<td>x" * 1000 + "<tr><td>y" * 1000 + "</table>").visible_html
    assert "<td" not in view
    assert html_to_text(view).split().count("x") == 1000


def test_tables_nested_too_deeply_for_qt_become_blocks() -> None:
    html = "<table bgcolor=red><tr><td>" * 30 + "x" + "</table>" * 30
    view = prepared(html).visible_html
    assert 0 < view.count("<table") <= 9
    assert "x" in view


def test_html_too_deep_is_shown_as_its_words() -> None:
    content = prepared("<blockquote>word " * 20_000)
    assert content.visible_text.split()[0] == "word"
    assert content.safe_html.count("word") == 20_000


def test_a_fault_in_the_view_leaves_the_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_markup: str) -> None:
        raise ValueError("secret words of the mail")

    monkeypatch.setattr("desk_app.channels.content.pipeline.normalise", fail)
    with caplog.at_level("WARNING"):
        content = prepared("<p>Hello <b>you</b></p>")
    assert content.visible_html == "<div>Hello you</div>"
    assert content.visible_text == "Hello you"
    assert "secret" not in caplog.text


TAGS = [
    "a",
    "b",
    "i",
    "p",
    "div",
    "table",
    "tr",
    "td",
    "ul",
    "li",
    "dl",
    "dd",
    "h1",
    "span",
    "font",
    "blockquote",
    "center",
    "pre",
    "button",
    "svg",
    "select",
    "style",
    "form",
    "br",
]
SOUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS]),
        st.sampled_from([f"</{tag}>" for tag in TAGS]),
        st.sampled_from(
            ["<a href=http://x.example>", "<img src=http://x.example/i width=9>", "<td colspan=50% rowspan=999>",
             "<p style='border:1px solid;background:#fff;line-height:.5'>", "<div class=gmail_quote>",
             "<div id=divRplyFwdMsg>",
             "<table width=50% border=1>", "<font color=black size=9>", "x", "\n", " y ", "&nbsp;&lt;", "<!--", "-->"]
        ),
    ),
    max_size=20,
).map("".join)  # fmt: skip


@given(SOUP)
def test_any_soup_is_prepared_and_reads_the_same_twice(html: str) -> None:
    content = prepared(html)
    assert prepared(content.safe_html).safe_html == content.safe_html
    assert "<script" not in content.visible_html


def test_more_tags_than_qt_can_draw_are_shown_as_text() -> None:
    content = prepared("<b>word</b> " * 30_000)
    assert content.safe_html.count("<b>") == 30_000
    assert "<b>" not in content.visible_html
    assert content.visible_html.count("word") == 30_000


@pytest.mark.parametrize("reference", ["&", "&#", "&nbsp;", "&amp;xx"])
def test_so_many_references_that_a_parser_would_stall_are_read_without_one(reference: str) -> None:
    assert not is_parseable(reference * 300_000)
    assert is_parseable(f"<td>{reference}</td>" * 15_000)


def test_what_is_beyond_the_closely_read_part_keeps_its_words() -> None:
    text = html_to_text("<p>word" * 150_000 + "<div>last</div>&amp; end")
    assert text.count("word") == 150_000
    assert text.endswith("last\n& end")


def test_a_text_nobody_reads_to_its_end_is_only_escaped() -> None:
    html = text_to_html("a <b>\n" * 200_000)
    assert html.startswith("<div>a &lt;b&gt;<br>a")
    assert "<blockquote>" in text_to_html("> x")
