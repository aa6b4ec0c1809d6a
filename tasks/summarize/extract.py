"""Extractive summaries: an encoder's vectors and a sentence's place and form decide which sentences stand for the article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.config import SummarySettings
from tasks.models import load_encoder
from tasks.summarize.candidates import Candidate, Reading, read
from tasks.summarize.choose import choose
from tasks.summarize.features import Floats, features
from tasks.summarize.rank import scores
from tasks.summarize.summary import INJECTED, TRUNCATED, Summary, extractive

LEAD = "lead"
"""The model of summaries that no model chose: the article's first sentences."""


@dataclass(frozen=True)
class Article:
    """What a summary is made of.

    Attributes:
        paragraphs: as in `tasks.tables.ARTICLES`.
    """

    title: str
    text: str
    language: str
    paragraphs: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Vectors:
    """Vectors of one article's candidates, and of its title where it has one; rows of NaN where the model failed."""

    candidates: Floats
    title: Floats | None
    error: str


def extract(articles: Sequence[Article], settings: SummarySettings) -> list[Summary]:
    """One summary per article, in their order; the model reads all sentences in one call."""
    readings = [read(a.text, a.paragraphs, a.language) for a in articles]
    known = [
        _is_known(a.language, settings) and len(r.candidates) > settings.sentences for a, r in zip(articles, readings, strict=True)
    ]
    vectors = _encode([(a, r) for a, r, k in zip(articles, readings, known, strict=True) if k], settings)
    return [
        _summary(article, reading, next(vectors) if k else None, settings)
        for article, reading, k in zip(articles, readings, known, strict=True)
    ]


def _is_known(language: str, settings: SummarySettings) -> bool:
    return language.split("-", maxsplit=1)[0].lower() in settings.languages


def _summary(article: Article, reading: Reading, vectors: Vectors | None, settings: SummarySettings) -> Summary:
    flags = [INJECTED] if reading.injected else []
    if len(reading.candidates) > settings.max_sentences:
        flags.append(TRUNCATED)
    candidates = reading.candidates[: settings.max_sentences]
    lead = _lead(candidates, settings)
    if not candidates:
        return extractive([], "too_short", flags, LEAD)
    if not _is_known(article.language, settings):
        return extractive(lead, "unknown_language", flags, LEAD)
    if vectors is not None and vectors.error:
        return extractive([], "failed", flags, settings.model.name, vectors.error)
    only_quotes = all(c.quote for c in candidates)
    if vectors is None:
        return extractive(lead, "only_quotes" if only_quotes else "whole_text", flags, LEAD)
    points = scores(features(candidates, vectors.candidates, vectors.title))
    chosen = [candidates[i] for i in choose(candidates, points, vectors.candidates, settings.sentences, settings.max_words)]
    return extractive(chosen, "only_quotes" if only_quotes else "ok", flags, settings.model.name)


def _lead(candidates: Sequence[Candidate], settings: SummarySettings) -> list[Candidate]:
    """The first sentences within the limits; the first in any case."""
    chosen: list[Candidate] = []
    for candidate in candidates[: settings.sentences]:
        if chosen and sum(c.words for c in chosen) + candidate.words > settings.max_words:
            break
        chosen.append(candidate)
    return chosen


def _encode(read_articles: Sequence[tuple[Article, Reading]], settings: SummarySettings) -> Iterator[Vectors]:
    """Vectors of the articles' candidates and titles, in order."""
    texts: list[str] = []
    counts: list[tuple[int, bool]] = []
    for article, reading in read_articles:
        candidates = reading.candidates[: settings.max_sentences]
        texts += [c.text for c in candidates] + ([article.title] if article.title else [])
        counts.append((len(candidates), bool(article.title)))
    if not texts:
        return
    output = load_encoder(settings.model).encode(texts)
    at = 0
    for count, titled in counts:
        rows = output.values[at : at + count]
        title = output.values[at + count] if titled else None
        failed = [output.failed[i].message for i in range(at, at + count) if i in output.failed]
        at += count + titled
        if len(failed) == count:
            yield Vectors(rows, None, failed[0])
        else:
            yield Vectors(np.nan_to_num(rows), None if title is None else np.nan_to_num(title), "")
