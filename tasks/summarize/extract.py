"""Extractive summaries: an encoder's vectors and a sentence's place and form decide which sentences stand for the article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.config import SummarySettings
from tasks.models import load_encoder
from tasks.summarize.candidates import Candidate, Reading, read
from tasks.summarize.choose import Sets, choose
from tasks.summarize.features import features
from tasks.summarize.orders import MODEL, are_orders
from tasks.summarize.rank import scores, set_weights
from tasks.summarize.summary import INJECTED, TRUNCATED, Draft, Summary, extractive

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
    """Vectors of one article's candidates, or why the model could not make them."""

    rows: npt.NDArray[np.float32]
    error: str


def extract(articles: Sequence[Article], settings: SummarySettings) -> list[Draft]:
    """One extractive summary per article, in their order, with what it was chosen from; the model reads all sentences in one call."""
    readings = [read(a.text, a.paragraphs, a.language) for a in articles]
    known = [_is_known(a.language, settings) and bool(r.candidates) for a, r in zip(articles, readings, strict=True)]
    vectors = _encode([(a, r) for a, r, k in zip(articles, readings, known, strict=True) if k], settings)
    return [
        _draft(article, reading, next(vectors) if k else None, settings)
        for article, reading, k in zip(articles, readings, known, strict=True)
    ]


def _draft(article: Article, reading: Reading, vectors: Vectors | None, settings: SummarySettings) -> Draft:
    candidates, orders = reading.candidates[: settings.max_sentences], reading.orders
    rows = vectors.rows if vectors is not None else np.zeros((0, 0), dtype=np.float32)
    if len(rows) and settings.model.name == MODEL:
        order = are_orders(rows)
        orders += tuple(c.text for c, n in zip(candidates, order, strict=True) if n)
        candidates, rows = tuple(c for c, n in zip(candidates, order, strict=True) if not n), rows[~order]
    flags = [INJECTED] * bool(orders) + [TRUNCATED] * (len(reading.candidates) > settings.max_sentences)
    error = vectors.error if vectors is not None else ""
    summary = _summary(candidates, rows, flags, settings, known=_is_known(article.language, settings), error=error)
    return Draft(summary, candidates, rows, article.language, orders)


def _is_known(language: str, settings: SummarySettings) -> bool:
    return language.split("-", maxsplit=1)[0].lower() in settings.languages


def _summary(
    candidates: Sequence[Candidate],
    rows: npt.NDArray[np.float32],
    flags: Sequence[str],
    settings: SummarySettings,
    *,
    known: bool,
    error: str,
) -> Summary:
    if not candidates:
        return extractive([], "too_short", flags, LEAD)
    if not known:
        return extractive(_lead(candidates, settings), "unknown_language", flags, LEAD)
    if error:
        return extractive([], "failed", flags, settings.model.name, error)
    only_quotes = all(c.quote for c in candidates)
    if len(candidates) <= settings.sentences:
        return extractive(_lead(candidates, settings), "only_quotes" if only_quotes else "whole_text", flags, LEAD)
    sets = Sets(candidates, scores(features(candidates, rows)), rows)
    chosen = [candidates[i] for i in choose(sets, set_weights(), settings.sentences, settings.max_words)]
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
    """Vectors of the articles' candidates, in order; a sentence that the model could not read is a zero vector."""
    texts = [[c.text for c in reading.candidates[: settings.max_sentences]] for _, reading in read_articles]
    if not texts:
        return
    every = list(dict.fromkeys(t for some in texts for t in some))  # news repeats itself: each text once
    place = {text: number for number, text in enumerate(every)}
    output = load_encoder(settings.model).encode(every)
    for some in texts:
        failed = [output.failed[place[t]].message for t in some if place[t] in output.failed]
        rows = np.nan_to_num(output.values[[place[t] for t in some]])
        yield Vectors(rows, failed[0] if len(failed) == len(some) else "")
