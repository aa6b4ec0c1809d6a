"""An HTML page to an article, with trafilatura's fast mode (measured against others in benchmarks/ingest.py)."""

from __future__ import annotations

import re

from lxml import etree, html
from trafilatura import bare_extraction

from tasks.errors import RejectDocument
from tasks.ingest import paragraphs
from tasks.ingest.article import Draft

DEEPEST = 200
"""Nested elements: real pages stay under 60; libxml2's own limit is 256."""
_KINDS = {"head": "body", "p": "body", "quote": "body", "item": "body", "code": "body", "row": "body"}


def read(text: str, url: str = "") -> Draft:
    """The article of a page.

    Raises:
        RejectDocument: no article was found (`no_article`), or the page is no tree that can be walked (`bad_record`).
    """
    tree = _tree(text)
    document = bare_extraction(tree, url=url or None, fast=True, include_comments=False, include_tables=False, with_metadata=True)
    if document is None or document.body is None:
        raise RejectDocument("no_article", "no article was found in the page")
    blocks = _blocks(document.body)
    if not blocks:
        raise RejectDocument("no_article", "the page has an article without text")
    return Draft(
        title=paragraphs.squeeze(document.title or ""),
        blocks=tuple(blocks),
        url=document.url or url,
        byline=paragraphs.squeeze(document.author or ""),
        language=tree.get("lang", ""),
        published=(("meta", document.date),) if document.date else (),
    )


def _tree(text: str) -> html.HtmlElement:
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise RejectDocument("bad_record", f"no HTML: {error}") from error
    return tree


def _blocks(body: html.HtmlElement) -> list[tuple[str, str]]:
    blocks = []
    for element in body.iter("p", "head", "quote", "item", "code"):
        if element.find(".//p") is not None or element.find(".//item") is not None:
            continue
        for line in "".join(element.itertext()).split("\n\n"):
            if text := paragraphs.squeeze(paragraphs.clean(line)):
                blocks.append((_KINDS[element.tag], text))
    return blocks
