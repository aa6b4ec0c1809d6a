"""A piece of HTML that is all article (a feed's content, a record's field): its blocks as lines."""

from __future__ import annotations

import re

from lxml import etree, html

from tasks.ingest.paragraphs import clean, squeeze

_BLOCKS = frozenset(
    (
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "tr",
        "table",
        "section",
        "article",
        "figure",
        "pre",
        "hr",
        "td",
    )
)
_SILENT = frozenset(("script", "style", "noscript", "iframe", "template", "figcaption", "svg"))
_MARK_UP = re.compile(r"<[a-zA-Z!/][^<>]{0,2000}>|&(?:[a-zA-Z]{2,10}|#\d{1,6});")


def has_mark_up(text: str) -> bool:
    """Whether a text is HTML rather than plain."""
    return _MARK_UP.search(text) is not None


def parse(text: str) -> html.HtmlElement:
    """The tree of any HTML, mended where it is ill-formed, without comments.

    Raises:
        ValueError: there is no tree in it.
        MemoryError: it does not fit into the memory.
    """
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise ValueError(str(error)) from error


def lines(text: str) -> list[str]:
    """The text of each block, in order; nothing is left out but scripts and the like."""
    try:
        tree = parse(f"<div>{text}</div>")
    except ValueError:
        return []
    parts: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        block = element.tag in _BLOCKS
        if event == "start":
            parts += ["\n" if block else "", "" if element.tag in _SILENT else element.text or ""]
        else:
            parts += ["\n" if block else "", element.tail or ""]
    return [line for line in (squeeze(line) for line in clean("".join(_flat(parts))).split("\n")) if line]


def _flat(parts: list[str]) -> list[str]:
    """Line feeds in the source are blanks; only those that stand alone are ours."""
    return [part if part == "\n" else part.replace("\n", " ").replace("\r", " ") for part in parts]
