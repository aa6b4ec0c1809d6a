"""Nothing of an article is ever markup: every payload, in every place, leaves the page's structure as ordinary words leave it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from tasks.digest import safe
from tests.digest.nights import render, tables

PAYLOADS = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "</svg><iframe src=https://evil.example></iframe>",
    "</text></g></svg><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--<img src=x onerror=alert(1)>-->",
    "--><script>alert(1)</script><!--",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=https://evil.example><input name=password><button>Sign in</button></form>",
    "<a href=javascript:alert(1)>click</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>click</a>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "</td></tr></table><h1>Forged heading</h1>",
    "</li></ul><h2 id=stories>Forged section</h2>",
    "<p style=position:fixed;inset:0>cover</p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\u003cscript\u003ealert(1)\u003c/script\u003e",
    "＜script＞alert(1)＜/script＞",
    "{{ 7*7 }}{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "![tracker](https://evil.example/pixel.png)",
    "[bank](https://evil.example/login)",
    "<https://evil.example>",
    "https://evil.example/plain and www.evil.example and mail@evil.example",
    "[x]: https://evil.example 'title'",
    "# Forged heading\n\n| a | b |\n| - | - |\n| 1 | 2 |",
    "```mermaid\ngraph TD; A-->B; click A 'https://evil.example'\n```",
    "~~~html\n<script>alert(1)</script>\n~~~",
    "* * *\n- item\n1. item\n> quote\n===",
    "| forged | cell |\n\n**bold** _em_ `code` ~~gone~~ $x^2$",
    "\u202egnp.exe\u202c \u2066isolate\u2069 \u200f\u200e",
    "\x1b[31mred\x1b[0m\x07\x00\x08 and \r\nInjected: header",
    "e\u0301\ufeff\u00ad\u2028\u2029 line and paragraph separators",
    "A" * 5000 + "<b>" * 500,
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace") + "<b>half an emoji</b>",
)
assert len(PAYLOADS) >= 50
PLACES = ("html", "markdown")
BAD_ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//evil.example/x",
    "https://good.example@evil.example/",
    "https:\\\\evil.example",
    "https://",
    "https://evil .example/",
    "https://evil.example:99999/",
    "https://[::1",
    "http://" + "a" * 3000,
    "https://e\u202evil.example/",
)


class Skeleton(HTMLParser):
    """Tags and attribute names in order; the text is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, *sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.shape.append(("/", tag))

    def handle_comment(self, data: str) -> None:
        self.shape.append(("comment", data))


def shape(page: str) -> list[tuple[str, ...]]:
    parser = Skeleton()
    parser.feed(page)
    parser.close()
    return parser.shape


def blocks(markdown: str) -> list[tuple[str, ...]]:
    """What a Markdown renderer with raw HTML and tables makes of the twin, texts left out."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = [t for block in parser.parse(markdown) for t in (block, *(block.children or []))]
    return [
        (t.type, t.tag, *sorted(str(v) for k, v in t.attrs.items() if k in ("href", "src")))
        for t in tokens
        if t.type not in ("text", "text_special", "softbreak")
    ]


@cache
def ordinary() -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    page, markdown = render(tables())
    return shape(page), blocks(markdown)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: repr(payload[:30]))
def test_payload_leaves_the_structure_alone(payload: str) -> None:
    page, markdown = render(tables(words=payload, name=payload))
    assert shape(page) == ordinary()[0]
    assert blocks(markdown) == ordinary()[1]
    for text in (page, markdown):
        assert not any(c in text for c in "\u202e\u202c\u2066\u2069\u200f\u200e\x1b\x07\x00\x08\u2028")


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: repr(payload[:30]))
def test_parsed_page_has_nothing_active(payload: str) -> None:
    page, _ = render(tables(words=payload, name=payload))
    tree = lxml_html.document_fromstring(page.encode())
    for element in tree.iter():
        assert isinstance(element.tag, str), "a comment or an instruction"
        assert element.tag not in {
            "script",
            "img",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "base",
            "link",
            "video",
            "audio",
            "template",
        }
        for name in element.attrib:
            assert not name.startswith("on")
            assert name not in {"style", "src", "srcset", "action", "formaction", "xlink:href"}
    (style,) = tree.iter("style")
    policy = tree.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=lambda address: repr(address[:30]))
def test_bad_addresses_are_no_links(address: str) -> None:
    assert safe.link(address) is None
    page, markdown = render(tables(url=address))
    assert shape(page) == ordinary()[0]
    assert blocks(markdown) == ordinary()[1]


def test_links_show_where_they_lead() -> None:
    page, markdown = render(tables(url="https://Gazette.example:8443/a b".replace(" ", "%20") + "?x=1&y=<2>"))
    tree = lxml_html.document_fromstring(page.encode())
    links = [a for a in tree.iter("a") if not a.get("href").startswith("#")]
    assert links
    for a in links:
        assert a.get("href") == "https://gazette.example:8443/a%20b?x=1&y=%3C2%3E"
        assert a.text_content() == "gazette.example"
        assert "noopener" in a.get("rel")
    assert "[gazette.example](<https://gazette.example:8443/a%20b?x=1&y=%3C2%3E>)" in markdown


def test_lookalike_hosts_are_shown_in_ascii() -> None:
    found = safe.link("https://аpple.example/")  # the first letter is Cyrillic
    assert found is not None
    assert found.host.startswith("xn--")


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_one_line_of_visible_characters(text: str) -> None:
    line = safe.plain(text)
    assert safe.plain(line) == line
    assert "\n" not in line
    assert line == line.strip()


@given(st.text(alphabet="#*_`~|<>[]()!-+=.1 \\&;:/@wht\"'aé", max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_plain_in_markdown(text: str) -> None:
    line = safe.plain(text)
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = parser.parse(f"- said: {safe.markdown(line)} — end")
    kinds = {child.type for block in tokens for child in block.children or []}
    assert kinds <= {"text", "text_special"}
    assert [block.type for block in tokens].count("inline") == 1
    (inline,) = [block for block in tokens if block.type == "inline"]
    shown = "".join(child.content for child in inline.children or []).replace("\u2060", "")
    assert shown == f"said: {line} — end"


@given(st.text(max_size=200), st.integers(min_value=1, max_value=80))
def test_shortened_texts_are_short_and_begin_alike(text: str, limit: int) -> None:
    cut = safe.shorten(text, limit)
    assert len(cut) <= max(limit, 1)
    assert cut == text or text.startswith(cut[:-1])
