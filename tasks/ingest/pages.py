"""An HTML page to an article, with trafilatura's fast mode (measured against others in benchmarks/ingest.py)."""

from __future__ import annotations

from typing import Any

from htmldate import find_date
from lxml import html
from trafilatura import bare_extraction

from tasks.errors import RejectDocument
from tasks.ingest import fragments, metadata, plain
from tasks.ingest.article import Draft
from tasks.ingest.paragraphs import clean, squeeze

SHOWN, CLAIMED = 0.15, 0.5
"""Shares of the text in the page's `<p>` elements, and of the body that its JSON-LD claims, under which the fast mode has lost part
of the article: then the full mode runs as well and the longest text wins."""


def read(text: str, url: str = "") -> Draft:
    """The article of a page, however long it takes: `tasks.ingest.guard` sets the limit.

    Raises:
        RejectDocument: no article was found (`no_article`), or the page is no tree that can be walked (`bad_record`).
    """
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
        return fragments.parse(text)
    except ValueError as error:
        raise RejectDocument("bad_record", f"no HTML: {error}") from error


def _lines(document: Any) -> list[str]:
    """trafilatura's text, a line a paragraph, list items without their marks."""
    text = clean(getattr(document, "text", None) or "")
    return [line for line in (squeeze(line).removeprefix("- ") for line in text.split("\n")) if line]
