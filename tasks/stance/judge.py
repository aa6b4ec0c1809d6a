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
from tasks.stance.questions import Question, ask
from tasks.step import Step
from tasks.tables import CANONICAL, CLASSES, QUOTES, REJECTS, STANCES, conform, plain

CODEBOOK = "1"
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
        STANCES with the holder levels quoted_speaker and author; REJECTS of articles that the model could not process.
    """
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for quote in plain(quotes).to_pylist():
        said[quote["article_id"]].append(quote)
    asked = [
        (article, question)
        for article in plain(articles).to_pylist()
        if article["language"] in settings.stances.languages
        for question in ask(article, said[article["article_id"]], settings.targets)
    ]
    put = [(article, question) for article, question in asked if question.mention != "not_mentioned"]
    silent = [_silent(article, question) for article, question in asked if question.mention == "not_mentioned"]
    if not put:
        return STANCES.rows(silent), REJECTS.empty()
    model, limit = classifier(settings.stances.model), threshold(settings.stances)
    answers = model.ask([(article["text"], question) for article, question in put])
    rows = [
        _row(article, question, answers.values[number], limit, model)
        for number, (article, question) in enumerate(put)
        if number not in answers.failed
    ]
    return STANCES.rows([*rows, *silent]), _rejects([article for article, _ in put], answers)


def label(probabilities: NDArray[np.float64], unclear_below: float) -> tuple[str, float]:
    """The label and its calibrated probability; `unclear` where the best class is below the threshold."""
    best = int(np.argmax(probabilities))
    confidence = float(probabilities[best])
    return (CLASSES[best] if confidence >= unclear_below else "unclear"), confidence


def _row(
    article: Mapping[str, Any], question: Question, given: NDArray[np.float64], unclear_below: float, model: Classifier
) -> dict[str, Any]:
    probabilities = np.round(given, 4)  # batches of another make-up move the last digits of a float32 sum
    decided, confidence = label(probabilities, unclear_below)
    if decided == "favor" and question.hoped:
        decided = "unclear"
    return _cell(article, question, probabilities, decided, confidence, model.name)


def _silent(article: Mapping[str, Any], question: Question) -> dict[str, Any]:
    return _cell(article, question, np.array([0.0, 0.0, 0.0, 1.0]), "none", 1.0, NOBODY_SAID)


def _cell(
    article: Mapping[str, Any], question: Question, probabilities: NDArray[np.float64], decided: str, confidence: float, model: str
) -> dict[str, Any]:
    start, end = question.evidence
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
        "evidence": article["text"][start:end],
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
    2,
    judge,
    (CANONICAL, QUOTES),
    (STANCES, REJECTS),
    settings=judge_settings,
    models=lambda settings: {settings.stances.model.name: digest(settings.stances.model)},
)
