"""An HTML page to an article, with trafilatura's fast mode (measured against others in benchmarks/ingest.py)."""

from __future__ import annotations

import re
from typing import Any

from htmldate import find_date
from lxml import etree, html
from trafilatura import bare_extraction

from tasks.errors import RejectDocument
from tasks.ingest import guard, metadata, plain
from tasks.ingest.article import Draft
from tasks.ingest.paragraphs import clean, squeeze

ODD_SIZE, ODD_TAGS, ODD_TAG = 4_000_000, 40_000, 60_000
"""Characters, tags, and characters in one tag from which a page is read in a process of its own (`tasks.ingest.guard`)."""
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{60000}")
SHOWN, CLAIMED = 0.15, 0.5
"""Shares of the text in the page's `<p>` elements, and of the body that its JSON-LD claims, under which the fast mode has lost part
of the article: then the full mode runs as well and the longest text wins."""


def read(text: str, url: str = "", seconds: float = 30.0) -> Draft:
    """The article of a page.

    Args:
        seconds: how long a page beyond all proportion may take.

    Raises:
        RejectDocument: no article was found (`no_article`), the page is no tree that can be walked (`bad_record`), or it is out of all
            proportion and took too much (`timeout`, `out_of_memory`, `crashed`).
    """
    return guard.read(text, url, seconds) if _is_odd(text) else extract(text, url)


def _is_odd(text: str) -> bool:
    return len(text) > ODD_SIZE or text.count("<") > ODD_TAGS or any(len(tag) > ODD_TAG for tag in _LONG_TAG.findall(text))


def extract(text: str, url: str = "") -> Draft:
    """As `read`, for any page and however long it takes."""
    tree = _tree(text)
    head = metadata.read(tree)
    lines = _body(tree, head, text, url)
    if not lines:
        raise RejectDocument("no_article", "no article was found in the page")
    address = head.canonical if head.canonical.startswith(("http://", "https://")) else head.metas.get("og:url", "")
    return Draft(
        title=metadata.title(head),
        blocks=tuple(plain.without_title(plain.label(lines), metadata.titles(head))),
        url=address or url,
        byline=metadata.byline(head),
        language=tree.get("lang", ""),
        published=tuple(metadata.published(head, url or address) or _searched(text)),
    )


def _body(tree: html.HtmlElement, head: metadata.Head, text: str, url: str) -> list[str]:
    shown = sum(len(p.text_content()) for p in tree.iter("p"))
    claimed = [line for line in (squeeze(line) for line in metadata.body(head).split("\n")) if line]
    lines = _lines(bare_extraction(tree, url=url or None, fast=True, include_comments=False))
    if _length(lines) < max(SHOWN * shown, CLAIMED * _length(claimed)):
        full = _lines(bare_extraction(_tree(text), url=url or None, include_comments=False))
        return max(lines, full, claimed, key=_length)
    return lines


def _length(lines: list[str]) -> int:
    return sum(map(len, lines))


def _searched(text: str) -> list[tuple[str, str]]:
    """htmldate's answer, where the page says nothing that is meant for machines."""
    found = find_date(_tree(text), original_date=True)
    return [("page", found)] if found else []


def _tree(text: str) -> html.HtmlElement:
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise RejectDocument("bad_record", f"no HTML: {error}") from error
    return tree


def _lines(document: Any) -> list[str]:
    """trafilatura's text, a line a paragraph, list items without their marks."""
    text = clean(getattr(document, "text", None) or "")
    return [line for line in (squeeze(line).removeprefix("- ") for line in text.split("\n")) if line]
