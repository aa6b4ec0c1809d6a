"""A record of somebody else's table (JSON object) to an article, its fields under the names that they may have there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tasks.errors import RejectDocument
from tasks.ingest import pages, paragraphs, plain
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
    "byline": ("byline", "author", "authors", "creator"),
    "outlet": ("outlet", "source_domain", "publisher", "site", "sitename", "domain"),
    "language": ("language", "lang"),
}
"""Field of an article -> names under which records have it, tried in this order unless the source's `columns` says which."""


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


def read(text: str, columns: Mapping[str, str]) -> Draft:
    """The article of a record.

    Raises:
        RejectDocument: no JSON object (`bad_record`), or neither text nor HTML in it (`no_article`).
    """
    record = parse(text)
    have = {field: pick(record, field, columns) for field in FIELDS}
    body, teaser = _body(have)
    known = {name: paragraphs.squeeze(paragraphs.clean(have[name])) for name in ("title", "url", "byline", "outlet", "language")}
    blocks = tuple(([("teaser", teaser)] if teaser else []) + [b for b in body])
    return Draft(**known, blocks=blocks, published=(("record", have["published"]),) if have["published"] else ())


def _body(have: Mapping[str, str]) -> tuple[list[tuple[str, str]], str]:
    teaser = paragraphs.squeeze(paragraphs.clean(have["teaser"]))
    if have["text"]:
        return plain.label(paragraphs.split(have["text"])), teaser
    if have["html"]:
        return list(pages.read(have["html"]).blocks), teaser
    if teaser:
        return [], teaser
    raise RejectDocument("no_article", f"the record has no text; looked for {', '.join(FIELDS['text'] + FIELDS['html'])}")
