"""Sitemaps: XML, their indexes, Google's news extension, and plain lists of addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from tasks.ingest import encoding, feeds

DEEPEST, MOST = 3, 1000
"""How deep indexes may nest, and how many sitemaps may wait to be read."""


@dataclass(frozen=True)
class Place:
    """An entry: a page, or (`is_index`) another sitemap; times as they stand, "" where they don't."""

    url: str
    is_index: bool = False
    changed: str = ""
    published: str = ""
    title: str = ""


def places(raw: bytes, declared: str | None = None) -> Iterator[Place]:
    """The entries of a sitemap, in its order.

    Raises:
        RejectDocument: no text, or XML that declares entities.
    """
    text = encoding.decode(raw, declared).lstrip()
    if not text.startswith("<"):
        yield from (Place(line.strip()) for line in text.splitlines() if line.strip().startswith(("http://", "https://")))
        return
    for element in feeds.tree(text).iter(etree.Element):
        name = feeds.local(element.tag)
        if name in ("url", "sitemap"):
            said = {feeds.local(e.tag): (e.text or "").strip() for e in element.iter(etree.Element) if e is not element}
            if said.get("loc"):
                known = {
                    "changed": said.get("lastmod", ""),
                    "published": said.get("publication_date", ""),
                    "title": said.get("title", ""),
                }
                yield Place(said["loc"], name == "sitemap", **known)
