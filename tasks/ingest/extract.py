"""EXTRACT: DOCUMENTS -> ARTICLES, row for row."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pydantic import Field

from tasks.config import Config, Outlet, Settings, Source
from tasks.errors import RejectDocument, place_of
from tasks.ingest import datelines, dates, encoding, guard, languages, metadata, paragraphs, plain, records, signs
from tasks.ingest.article import Draft
from tasks.ingest.documents import printable
from tasks.tables import ARTICLES, conform

FUTURE = dt.timedelta(hours=12)
"""A publication time so much later than the document was fetched is one from the future: clocks and zones are off by less."""


class SourceSettings(Settings):
    """What EXTRACT needs of a source; as in `tasks.config.Source`."""

    outlet: str = ""
    language: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    min_words: int = 20
    max_words: int = 200_000
    seconds: float = 30.0

    @classmethod
    def of(cls, source: Source) -> SourceSettings:
        """The settings of a source."""
        return cls(
            outlet=source.outlet,
            language=source.language,
            columns=source.columns,
            min_words=source.limits.min_words,
            max_words=source.limits.max_words,
            seconds=source.limits.document_seconds,
        )


class ExtractSettings(Settings):
    """What decides the step's result besides its table."""

    timezone: str = "UTC"
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    outlets: tuple[Outlet, ...] = ()

    @classmethod
    def of(cls, config: Config) -> ExtractSettings:
        """The settings of a configuration."""
        sources = {source.name: SourceSettings.of(source) for source in config.sources}
        return cls(timezone=config.night.timezone, sources=sources, outlets=config.outlets)


def extract(documents: pa.Table, settings: ExtractSettings) -> pa.Table:
    """The article of every document; what has none keeps its row with `reject` and its reason."""
    rows = [_row(document, settings) for document in documents.to_pylist()]
    return conform(pa.Table.from_pylist(rows, schema=ARTICLES.schema), ARTICLES)


def _row(document: Mapping[str, Any], settings: ExtractSettings) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(ARTICLES.schema.names)
    row |= {name: document[name] for name in ("source", "uri", "fetched_at", "reject", "reject_message", "raw_sha256")}
    row |= {"article_id": document["document_id"], "published_precision": "unknown", "paragraphs": [], "flags": []}
    if document["reject"] is not None:
        return row | {"reject_stage": "fetch"}
    source = settings.sources.get(document["source"], SourceSettings())
    try:
        return row | article(document, source, settings)
    except RejectDocument as fault:
        return row | {"reject_stage": "extract", "reject": fault.reason, "reject_message": printable(fault.message)}
    except MemoryError:
        return row | {"reject_stage": "extract", "reject": "out_of_memory", "reject_message": "no memory for this document"}
    except Exception as error:  # the parsers below are not ours, and one document never stops a night
        return row | {"reject_stage": "extract", "reject": "internal", "reject_message": place_of(error)}


def article(document: Mapping[str, Any], source: SourceSettings, settings: ExtractSettings) -> dict[str, Any]:
    """The columns of ARTICLES that the document's bytes decide.

    Raises:
        RejectDocument: there is no article in it.
    """
    raw_text = encoding.decode(document["raw"], document["charset"])
    draft = _draft(raw_text, document, source)
    text, spans = paragraphs.join(plain.without_title(draft.blocks, [draft.title]))
    words = len(text.split())
    if not words:
        raise RejectDocument("no_article", "no text beside the title")
    if words > source.max_words:
        raise RejectDocument("too_large", f"{words} words, over the limit of {source.max_words}")
    spans, dateline = _take_dateline(text, spans)
    moment = dates.decide(
        draft.published, dateline.date if dateline else None, _body(text, spans), document["fetched_at"], settings.timezone
    )
    language, confidence = languages.detect(text)
    flags = [*draft.flags, *signs.flags(raw_text, text)]
    flags += ["too_short"] if words < source.min_words else []
    flags += ["future_date"] if moment.at and moment.at > document["fetched_at"] + FUTURE else []
    flags += ["lang_mismatch"] if source.language and language not in ("und", source.language.split("-")[0]) else []
    return {
        "outlet": _outlet(draft, source, settings.outlets),
        "url": draft.url or None,
        "title": draft.title or None,
        "text": text,
        "language": language,
        "language_confidence": confidence,
        "published_at": moment.at,
        "published_precision": moment.precision,
        "published_method": moment.method,
        "published_raw": moment.raw,
        "dateline_place": dateline.place if dateline else None,
        "dateline_agency": dateline.agency if dateline else None,
        "dateline_date": dateline.date if dateline else None,
        "byline": draft.byline or None,
        "paragraphs": [vars(span) for span in spans],
        "flags": flags,
    }


def _draft(text: str, document: Mapping[str, Any], source: SourceSettings) -> Draft:
    known = json.loads(document["fields"]) if document["fields"] else {}
    match document["media_type"]:
        case "text/html":
            draft = guard.page(text, known.get("url", ""), source.seconds)
        case "application/json" if records.may_hold_mark_up(text):
            draft = guard.record(text, source.columns, source.seconds)
        case "application/json":
            draft = records.read(text, source.columns)
        case _:
            draft = plain.read(text)
    if known.get("published"):
        draft = replace(draft, published=((known.get("method", "feed"), known["published"]), *draft.published))
    title, byline = (metadata.line(known.get(name, "")) for name in ("title", "byline"))
    return replace(draft, title=title or draft.title, byline=byline or draft.byline, url=draft.url or known.get("url", ""))


def published(document: Mapping[str, Any], settings: ExtractSettings) -> dt.datetime | None:
    """When the document's article was published, or None where there is none or it does not say."""
    at: dt.datetime | None = _row(document, settings)["published_at"]
    return at


def _take_dateline(text: str, spans: list[paragraphs.Paragraph]) -> tuple[list[paragraphs.Paragraph], datelines.Dateline | None]:
    """The spans with the first dateline near the top as a span of its own; it may be its paragraph's only text."""
    for index, span in enumerate(spans[: plain.TEASERS + 2]):
        if span.kind != "title" and (found := datelines.find(text[span.start : span.end])):
            return paragraphs.cut(spans, index, span.start + found.end, text, "dateline"), found
    return spans, None


def _body(text: str, spans: list[paragraphs.Paragraph]) -> str:
    return "\n".join(text[s.start : s.end] for s in spans if s.kind == "body")


def _outlet(draft: Draft, source: SourceSettings, outlets: tuple[Outlet, ...]) -> str | None:
    host = (urlsplit(draft.url).hostname or "").removeprefix("www.") if draft.url else ""
    for outlet in outlets:
        if host and any(host == h or host.endswith(f".{h}") for h in outlet.hosts):
            return outlet.id
    named = next((o.id for o in outlets if draft.outlet and draft.outlet in (o.id, o.name)), None)
    return named or source.outlet or draft.outlet or host or None
