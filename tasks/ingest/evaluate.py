"""How well pages become articles, and datelines are found, measured on labelled files."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.errors import Unusable
from tasks.ingest import datelines, guard, languages
from tasks.ingest.documents import found, table
from tasks.ingest.extract import ExtractSettings, extract
from tasks.ingest.gold import Page, pages

_TOKEN = re.compile(r"\w+")
SHINGLE = 4
"""Tokens of a shingle, as in the scoring of article-extraction-benchmark."""


def body_scores(pairs: Sequence[tuple[str, str]]) -> tuple[float, float, float]:
    """(precision, recall, F1) of (gold, found) bodies: shingles of 4 tokens, each page weighing the same.

    The rule of article-extraction-benchmark's `evaluate.py`.
    """
    hits = extra = missed = 0.0
    for gold, have in pairs:
        want, got = _shingles(gold), _shingles(have)
        tp = sum((want & got).values())
        fp, fn = sum(got.values()) - tp, sum(want.values()) - tp
        whole = tp + fp + fn
        if whole:
            hits, extra, missed = hits + tp / whole, extra + fp / whole, missed + fn / whole
    precision = hits / (hits + extra) if hits else 0.0
    recall = hits / (hits + missed) if hits else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[n : n + SHINGLE]) for n in range(max(1, len(tokens) - SHINGLE + 1)) if tokens)


def evaluate_extraction(archive: Path, language: str = "") -> dict[str, Any]:
    """Scores of EXTRACT on labelled pages.

    Args:
        archive: article-extraction-benchmark or fundus' parser tests, tar.gz.
        language: only pages whose gold text is in it (`en`); "" for all.

    Returns:
        rows, seconds (CPU, with the reading process's), model, body_f1, precision, recall, title, date (shares; None where nothing is
        labelled) and pages_per_second.

    Raises:
        Unusable: no such archive, or no page in it.
    """
    chosen = [p for p in pages(archive) if not language or languages.detect(p.body)[0] == language]
    if not chosen:
        raise Unusable(f"{archive.name}: no page in {language!r}")
    documents = table(found("gold", p.name, p.raw, p.fetched_at, "text/html", fields={"url": p.url}) for p in chosen)
    extract(documents.slice(0, 1), ExtractSettings())  # both processes have loaded what they need; a night does it once
    began = _spent()
    rows = extract(documents, ExtractSettings()).to_pylist()
    seconds = _spent() - began
    by_name = {row["uri"]: row for row in rows}
    pairs = [(page.body, _body(by_name[page.name])) for page in chosen]
    precision, recall, f1 = body_scores(pairs)
    return {
        "rows": len(chosen),
        "seconds": round(seconds, 3),
        "model": "trafilatura fast",
        "body_f1": f1,
        "precision": precision,
        "recall": recall,
        "title": _share([_same_title(p, by_name[p.name]) for p in chosen if p.title]),
        "date": _share([_same_day(p, by_name[p.name]) for p in chosen if p.published]),
        "pages_per_second": len(chosen) / seconds,
    }


def _spent() -> float:
    """CPU seconds of this process and of those that read for it."""
    return time.process_time() + guard.READERS.spent()


def _body(row: dict[str, Any]) -> str:
    """The article's own text: all but its title and what the site put between."""
    spans = [p for p in row["paragraphs"] if p["kind"] not in ("title", "boilerplate")]
    return "\n".join(row["text"][p["start"] : p["end"]] for p in spans)


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _plain(text: str) -> str:
    return " ".join(_TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))


def _same_title(page: Page, row: dict[str, Any]) -> bool:
    return _plain(page.title or "") == _plain(row["title"] or "")


def _same_day(page: Page, row: dict[str, Any]) -> bool:
    """The same calendar day, in UTC or where the publisher is."""
    if page.published is None or row["published_at"] is None:
        return False
    at = row["published_at"]
    return bool(at.date() == page.published.date() or at.astimezone(page.published.tzinfo).date() == page.published.date())


def evaluate_datelines(file: Path) -> dict[str, Any]:
    """Scores of `datelines.find` on a Parquet file with `dateline` and `body` columns.

    Returns:
        rows; seconds (CPU); model; `exact`: share of texts (dateline + body) where exactly the gold dateline is taken off;
        `false`: share of bodies without their dateline in which one is found.
    """
    try:
        rows = pq.read_table(file, columns=["dateline", "body"]).to_pylist()
    except (OSError, ValueError) as error:
        raise Unusable(f"{file.name}: want a Parquet file with the columns dateline and body: {error}") from error
    began = time.process_time()
    exact = [_is_exact(row["dateline"], row["body"]) for row in rows if (row["dateline"] or "").strip()]
    wrong = [datelines.find(row["body"]) is not None for row in rows]
    return {
        "rows": len(rows),
        "seconds": round(time.process_time() - began, 3),
        "model": "rules",
        "exact": _share(exact),
        "false": _share(wrong),
    }


def _is_exact(dateline: str, body: str) -> bool:
    have = datelines.find(dateline + body)
    return have is not None and (dateline + body)[: have.end].strip(" \n-") == dateline.strip(" \n-")
