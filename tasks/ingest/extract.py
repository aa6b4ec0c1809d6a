"""EXTRACT: DOCUMENTS -> ARTICLES, row for row."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from tasks.config import Config, Outlet, Settings
from tasks.errors import RejectDocument
from tasks.ingest import datelines, dates, encoding, infer, languages, pages, paragraphs, plain, records
from tasks.ingest.article import Draft
from tasks.ingest.documents import printable
from tasks.tables import ARTICLES, conform

FUTURE = dt.timedelta(hours=12)
"""A publication time so much later than the document was fetched is one from the future: clocks and zones are off by less."""


class SourceSettings(Settings):
    """What EXTRACT needs of a source; as in `tasks.config.Source`."""

    outlet: str = ""
    language: str = ""
    columns: dict[str, str] = {}
    min_words: int = 20
    max_words: int = 200_000


class ExtractSettings(Settings):
    """What decides the step's result besides its table."""

    timezone: str = "UTC"
    sources: dict[str, SourceSettings] = {}
    outlets: tuple[Outlet, ...] = ()

    @classmethod
    def of(cls, config: Config) -> ExtractSettings:
        """The settings of a configuration."""
        sources = {
            s.name: SourceSettings(
                outlet=s.outlet, language=s.language, columns=s.columns, min_words=s.limits.min_words, max_words=s.limits.max_words
            )
            for s in config.sources
        }
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
    except Exception as error:  # noqa: BLE001 - the parsers below are not ours, and one document never stops a night
        return row | {"reject_stage": "extract", "reject": "internal", "reject_message": printable(f"{type(error).__name__}: {error}")}


def article(document: Mapping[str, Any], source: SourceSettings, settings: ExtractSettings) -> dict[str, Any]:
    """The columns of ARTICLES that the document's bytes decide.

    Raises:
        RejectDocument: there is no article in it.
    """
    draft = _draft(document, source)
    text, spans = paragraphs.join(draft.blocks)
    if not text:
        raise RejectDocument("no_article", "no text beside the title")
    words = len(text.split())
    if words > source.max_words:
        raise RejectDocument("too_large", f"{words} words, over the limit of {source.max_words}")
    text, spans, dateline = _take_dateline(text, spans)
    moment = _moment(draft, text, spans, document["fetched_at"], settings.timezone, dateline)
    language, confidence = languages.detect(text)
    flags = list(draft.flags)
    if words < source.min_words:
        flags.append("too_short")
    if moment.at and moment.at > document["fetched_at"] + FUTURE:
        flags.append("future_date")
    if source.language and language != "und" and source.language.split("-")[0] != language:
        flags.append("lang_mismatch")
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


def _draft(document: Mapping[str, Any], source: SourceSettings) -> Draft:
    known = json.loads(document["fields"]) if document["fields"] else {}
    text = encoding.decode(document["raw"], document["charset"])
    match document["media_type"]:
        case "text/html":
            draft = pages.read(text, known.get("url", ""))
        case "application/json":
            draft = records.read(text, source.columns)
        case _:
            draft = plain.read(text)
    if known.get("published"):
        draft = replace(draft, published=((known.get("method", "feed"), known["published"]), *draft.published))
    return replace(draft, **{name: known[name] for name in ("title", "url", "outlet", "byline") if known.get(name)})


def _take_dateline(text: str, spans: list[paragraphs.Paragraph]) -> tuple[str, list[paragraphs.Paragraph], datelines.Dateline | None]:
    for index, span in enumerate(spans[: plain.TEASERS + 1]):
        found = datelines.find(text[span.start : span.end])
        if found:
            return text, paragraphs.cut(spans, index, span.start + found.end, text, "dateline"), found
    return text, spans, None


def _moment(
    draft: Draft,
    text: str,
    spans: list[paragraphs.Paragraph],
    fetched_at: dt.datetime,
    zone: str,
    dateline: datelines.Dateline | None,
) -> dates.Moment:
    for method, raw in draft.published:
        if parsed := dates.parse(raw, zone):
            return dates.Moment(parsed[0], parsed[1], method, raw)
    body = "\n".join(text[s.start : s.end] for s in spans if s.kind == "body")
    if inferred := infer.day(body, fetched_at.date()):
        parsed = dates.parse(inferred[0].isoformat(), zone)
        return dates.Moment(parsed[0] if parsed else None, "inferred", "text", inferred[1])
    return dates.UNKNOWN


def _outlet(draft: Draft, source: SourceSettings, outlets: tuple[Outlet, ...]) -> str | None:
    host = (urlsplit(draft.url).hostname or "").removeprefix("www.") if draft.url else ""
    for outlet in outlets:
        if host and any(host == h or host.endswith(f".{h}") for h in outlet.hosts):
            return outlet.id
    named = next((o.id for o in outlets if draft.outlet and draft.outlet in (o.id, o.name)), None)
    return named or source.outlet or draft.outlet or host or None
