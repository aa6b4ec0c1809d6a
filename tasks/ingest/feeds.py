"""Feeds to records: RSS 0.9x to 2.0, RDF, Atom, CDF and JSON Feed, by lxml.

feedparser reads more dialects at about 1,000 entries a second, fastfeedparser fewer (no CDF, no RSS without a channel) at more than
we need; the figures are in docs/log/ingest.md. Declarations of entities are refused before parsing: no feed needs them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from tasks.errors import RejectDocument
from tasks.ingest import encoding

_DECLARATION = re.compile(r"\s{0,100}<\?xml[^>]{0,200}\?>")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_FORBIDDEN = re.compile(r"<!ENTITY|<!ELEMENT|<!ATTLIST|<!NOTATION|<xi:include|http://www\.w3\.org/2001/XInclude", re.IGNORECASE)
_ENTRIES = frozenset(("item", "entry"))
_ATOM = "{http://www.w3.org/2005/Atom}"
_FOREIGN = tuple(
    "{" + name
    for name in (
        "http://search.yahoo.com/mrss",
        "http://www.itunes.com/",
        "http://podlove.org",
        "http://www.georss.org",
        "http://www.w3.org/2003/01/geo",
    )
)
"""Namespaces whose `title`, `link` or `content` is not the entry's."""
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("guid", "id"),
    "published": ("pubdate", "published", "issued", "date", "created"),
    "updated": ("updated", "modified", "lastmod"),
    "content": ("encoded", "content", "body"),
    "teaser": ("description", "summary", "abstract"),
    "byline": ("creator", "author"),
}


def entries(raw: bytes, declared: str | None = None, base: str = "") -> Iterator[dict[str, str]]:
    """The entries of a feed as records, with the field names of `tasks.ingest.records.FIELDS`.

    Args:
        base: the feed's address, for relative links.

    Raises:
        RejectDocument: no feed (`bad_record`), entities declared (`bomb`), no text (`empty`, `bad_encoding`).
    """
    text = encoding.decode(raw, declared).lstrip()
    if text.startswith("{"):
        yield from _json_feed(text, base)
        return
    root = tree(text)
    for element in root.iter(etree.Element):
        if local(element.tag) in _ENTRIES:
            yield _entry(element, base)


def tree(text: str) -> Any:
    """The root of an XML text, mended where it is ill-formed, with nothing fetched, included or expanded.

    Raises:
        RejectDocument: `bomb` or `bad_record`.
    """
    if _FORBIDDEN.search(text):
        raise RejectDocument("bomb", "declares entities or includes other documents; no feed needs that")
    plain = _ENTITY.sub(_character, _DECLARATION.sub("", text, count=1))
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(plain.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RejectDocument("bad_record", f"no XML: {error}") from error
    if root is None:
        raise RejectDocument("bad_record", "no XML element in it")
    return root


def _character(match: re.Match[str]) -> str:
    """HTML's named characters, which XML does not know, as themselves."""
    return match[0] if match[1] in _XML_ENTITIES else html.unescape(match[0])


@lru_cache(4096)
def local(tag: str) -> str:
    """An element's name in small letters, without namespace or prefix; "" in a namespace whose names mean something else."""
    if tag.startswith(_FOREIGN):
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _entry(element: Any, base: str) -> dict[str, str]:
    children: dict[str, Any] = {}
    links = []
    for child in element.iterchildren(tag=etree.Element):
        name = local(child.tag)
        if name == "link":
            links.append(child)
        elif name and (name not in children or (child.tag.startswith(_ATOM) and not children[name].tag.startswith(_ATOM))):
            children[name] = child
    record = {"title": _text(children["title"])} if "title" in children else {}
    for field, names in _FIELDS.items():
        for name in names:
            if name in children and (text := _text(children[name])):
                record[field] = text
                break
    record["url"] = _link(links, element, children.get("guid"), base)
    if content := record.pop("content", ""):
        record["html" if "<" in content else "text"] = content
    return {name: value for name, value in record.items() if value}


def _text(element: Any) -> str:
    """What an element holds: its text, or its mark-up where it has child elements (XHTML)."""
    if not len(element):
        return (element.text or "").strip()
    if (name := next((c for c in element if isinstance(c.tag, str) and local(c.tag) == "name"), None)) is not None:
        return (name.text or "").strip()
    inner = (element.text or "") + "".join(etree.tostring(c, encoding="unicode", method="html") for c in element)
    return inner.strip()


def _link(links: list[Any], entry: Any, guid: Any, base: str) -> str:
    ranked = sorted(links, key=lambda e: (e.get("rel") or "alternate") != "alternate")
    found = next((u for e in ranked if (u := (e.get("href") or e.get("HREF") or e.text or "").strip())), "")
    found = found or entry.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about") or entry.get("HREF") or ""
    if not found and guid is not None and (guid.get("isPermaLink") or "true").lower() == "true":
        found = (guid.text or "").strip()
    try:
        return urljoin(base, found) if base else found
    except ValueError:
        return ""


def _json_feed(text: str, base: str) -> Iterator[dict[str, str]]:
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectDocument("bad_record", f"no JSON feed: {type(error).__name__}") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise RejectDocument("bad_record", "a JSON feed must have a list of items")
    for item in items:
        if isinstance(item, dict):
            yield _json_entry(item, base)


_JSON_FIELDS = {
    "id": "id",
    "url": "url",
    "title": "title",
    "html": "content_html",
    "text": "content_text",
    "teaser": "summary",
    "published": "date_published",
    "updated": "date_modified",
    "language": "language",
}


def _json_entry(item: Mapping[str, Any], base: str) -> dict[str, str]:
    record = {ours: str(item[theirs]).strip() for ours, theirs in _JSON_FIELDS.items() if isinstance(item.get(theirs), str | int)}
    listed = item.get("authors")
    authors = listed if isinstance(listed, list) else [item.get("author")]
    names = [a["name"] for a in authors if isinstance(a, dict) and isinstance(a.get("name"), str)]
    if names:
        record["byline"] = ", ".join(names)
    if base and "url" in record:
        record["url"] = urljoin(base, record["url"])
    return record
