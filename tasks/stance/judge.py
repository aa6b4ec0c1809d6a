"""The step STANCES: for each article and target, who is for or against it, by which words, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.config import Config, Settings, StanceSettings, Target
from tasks.models import Output, digest
from tasks.stance.classify import Classifier, classifier, threshold
from tasks.stance.questions import NOTHING, Question, ask
from tasks.stance.verdict import decide, ruled, speaks_most, united
from tasks.step import Step
from tasks.tables import CANONICAL, CLASSES, QUOTES, REJECTS, STANCES, conform, plain

CODEBOOK = "2"
"""Version of docs/codebook.md by whose rules the labels are meant."""
NOBODY_SAID = "mentions@1"
"""In the column `model` of rows that no model was asked for: the target is not named in or near the words."""


class JudgeSettings(Settings):
    """What the stances of a night depend on."""

    stances: StanceSettings
    targets: tuple[Target, ...]


def judge(articles: pa.Table, quotes: pa.Table, settings: JudgeSettings) -> tuple[pa.Table, pa.Table]:
    """Tag who stands where on the configured targets.

    Args:
        articles: CANONICAL of one shard.
        quotes: QUOTES of the same shard.

    Returns:
        STANCES with the holder levels quoted_speaker and author: for each article and target that it names one row a quotation, and one
        for the author, of all sentences of their own on it; REJECTS of articles that the model could not process.
    """
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for quote in plain(quotes).to_pylist():
        said[quote["article_id"]].append(quote)
    asked = [
        (article, question)
        for article in plain(articles).to_pylist()
        if (article["language"] or "").split("-")[0] in settings.stances.languages
        for question in ask(article, said[article["article_id"]], settings.targets)
    ]
    put = [(article, question) for article, question in asked if question.mention != "not_mentioned"]
    silent = [_silent(article, question) for article, question in asked if question.mention == "not_mentioned"]
    if not put:
        return STANCES.rows(silent), REJECTS.empty()
    model, limit = classifier(settings.stances.model), threshold(settings.stances)
    answers = model.ask([(article["text"], question) for article, question in put])
    cells: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, (article, question) in enumerate(put):
        if number not in answers.failed:
            cells[article["article_id"], question.target.id, question.level, question.quote_id].append(number)
    rows = [_row([put[n] for n in numbers], answers.values[numbers], limit, model) for numbers in cells.values()]
    return STANCES.rows([*rows, *silent]), _rejects([article for article, _ in put], answers)


def _row(
    put: Sequence[tuple[Mapping[str, Any], Question]], given: NDArray[np.float64], unclear_below: float, model: Classifier
) -> dict[str, Any]:
    """The row of one question, or of all the sentences of an author on a target."""
    # Batches of another make-up move the last digits of a float32 sum.
    each = np.stack([ruled(question, values) for (_, question), values in zip(put, given, strict=True)]).round(4).astype(np.float64)
    probabilities = np.round(united(each) if len(put) > 1 else each[0], 4)
    decided, confidence = decide(put[0][1], probabilities, unclear_below)
    article, question = put[speaks_most(each, decided)]
    return _cell(article, question, probabilities, decided, confidence, model.name)


def _silent(article: Mapping[str, Any], question: Question) -> dict[str, Any]:
    return _cell(article, question, np.array([0.0, 0.0, 0.0, 1.0]), "none", 1.0, NOBODY_SAID)


def _cell(
    article: Mapping[str, Any], question: Question, probabilities: NDArray[np.float64], decided: str, confidence: float, model: str
) -> dict[str, Any]:
    start, end = question.evidence if question.evidence != NOTHING else (None, None)
    return {
        "article_id": article["article_id"],
        "target_id": question.target.id,
        "holder_level": question.level,
        "quote_id": question.quote_id,
        "holder": (article["byline"] or article["outlet"]) if question.level == "author" else question.holder,
        "holder_chain": list(question.chain),
        "mention": question.mention,
        "label": decided,
        **{f"p_{name}": float(probabilities[number]) for number, name in enumerate(CLASSES)},
        "confidence": confidence,
        "articles": 1,
        "evidence_start": start,
        "evidence_end": end,
        "evidence": None if start is None else article["text"][start:end],
        "codebook": CODEBOOK,
        "model": model,
    }


def _rejects(articles: Sequence[Mapping[str, Any]], answers: Output[Any]) -> pa.Table:
    rows = {}
    for number, fault in answers.failed.items():
        article = articles[number]
        rows[article["article_id"]] = {
            "document": article["article_id"],
            "source": article["source"],
            "uri": article["uri"],
            "stage": "stances",
            "reason": fault.reason,
            "message": fault.message,
            "raw_sha256": article["raw_sha256"],
            "retryable": True,
        }
    return conform(REJECTS.rows(rows.values()), REJECTS)


def judge_settings(config: Config) -> JudgeSettings:
    """The part of the configuration that stances depend on."""
    return JudgeSettings(stances=config.stances, targets=config.targets)


STEP = Step(
    "stances",
    4,
    judge,
    (CANONICAL, QUOTES),
    (STANCES, REJECTS),
    settings=judge_settings,
    models=lambda settings: {settings.stances.model.name: digest(settings.stances.model)},
)
