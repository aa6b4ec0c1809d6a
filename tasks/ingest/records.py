"""A record of somebody else's table (JSON object) to an article, its fields under the names that they may have there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tasks.errors import RejectDocument
from tasks.ingest import fragments, paragraphs, plain
from tasks.ingest.article import Draft

FIELDS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "headline"),
    "text": ("text", "body", "maintext", "content", "article", "article_text", "plaintext"),
    "html": ("html", "content_html", "raw_html"),
    "teaser": ("teaser", "description", "summary", "lede"),
    "url": ("url", "link", "uri", "canonical_url", "permalink"),
    "published": (
        "published",
        "published_at",
        "date_publish",
        "date_published",
        "pub_date",
        "pubDate",
        "published_date",
        "publish_date",
        "date",
        "datetime",
        "timestamp",
        "time",
    ),
    "updated": ("updated", "updated_at", "modified", "date_modified", "last_updated"),
    "byline": ("byline", "author", "authors", "creator"),
    "outlet": ("outlet", "source_domain", "publisher", "site", "sitename", "domain"),
    "language": ("language", "lang"),
}
"""Field of an article -> names under which records have it, tried in this order unless the source's `columns` says which."""


_WHOLE = re.compile(r"<(?:!doctype|html|body|head)\b", re.IGNORECASE)


def pick(record: Mapping[str, Any], field: str, columns: Mapping[str, str]) -> str:
    """A field of a record as a string; lists are joined by a comma; "" where there is none."""
    names = (columns[field],) if field in columns else FIELDS[field]
    for name in names:
        value = record.get(name)
        if isinstance(value, list):
            value = ", ".join(str(v) for v in value if isinstance(v, str | int | float))
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def parse(text: str) -> Mapping[str, Any]:
    """The JSON object of a record.

    Raises:
        RejectDocument: `bad_record`.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectDocument("bad_record", f"no JSON: {type(error).__name__}") from error
    if not isinstance(value, dict):
        raise RejectDocument("bad_record", f"a record must be a JSON object, have {type(value).__name__}")
    return value


def may_hold_mark_up(text: str) -> bool:
    """Whether a field of the JSON text, escaped or not, may be HTML."""
    return "<" in text or "&" in text or "\\u00" in text


def read(text: str, columns: Mapping[str, str]) -> Draft:
    """The article of a record.

    Raises:
        RejectDocument: no JSON object (`bad_record`), or neither text nor HTML in it (`no_article`).
    """
    record = parse(text)
    have = {field: pick(record, field, columns) for field in FIELDS}
    page = _page(have)
    teaser = " ".join(_lines(have["teaser"]))
    body = page.blocks if page else tuple(plain.label(_lines(have["text"] or have["html"])))
    if not body and not teaser:
        raise RejectDocument("no_article", f"the record has no text; looked for {', '.join(FIELDS['text'] + FIELDS['html'])}")
    return Draft(
        title=" ".join(_lines(have["title"])) or (page.title if page else ""),
        blocks=((("teaser", teaser),) if teaser else ()) + body,
        url=paragraphs.squeeze(paragraphs.clean(have["url"])),
        outlet=paragraphs.squeeze(paragraphs.clean(have["outlet"])),
        byline=" ".join(_lines(have["byline"])) or (page.byline if page else ""),
        language=have["language"],
        published=_published(have, page),
    )


def _published(have: Mapping[str, str], page: Draft | None) -> tuple[tuple[str, str], ...]:
    said = [("record", have[field]) for field in ("published", "updated") if have[field]]
    return (*said[:1], *(page.published if page else ()), *said[1:])


def _page(have: Mapping[str, str]) -> Draft | None:
    """The page in a record that holds a whole one; feeds' fragments are read as they are."""
    whole = not have["text"] and _WHOLE.search(have["html"][:2000])
    if not whole:
        return None
    from tasks.ingest import pages  # a process that reads only plain records never needs the extractors

    return pages.read(have["html"], have["url"])


def _lines(text: str) -> list[str]:
    return fragments.lines(text) if fragments.has_mark_up(text) else paragraphs.split(text)
