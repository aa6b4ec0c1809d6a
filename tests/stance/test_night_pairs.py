"""Two who disagree in a sentence, asked as a night asks: each read in their own clause, the shipped weights confuse them less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tasks.config import QuoteSettings, StanceSettings, Target
from tasks.quotes.find import finder
from tasks.quotes.rows import Article, rows_of
from tasks.stance.classify import classifier, of_segments
from tasks.stance.inputs import question
from tasks.stance.questions import Question, ask
from tasks.stance.verdict import ruled
from tasks.tables import CLASSES

PAIRS = [
    row
    for line in Path(__file__).with_name("minimal_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    if (row := json.loads(line))["kind"] == "holder_swap" and row["holder"] != "author"
]


def asked(row: dict[str, Any], attributions: Any) -> Question | None:
    """The night's question whose holder is the pair's."""
    text = row["text"]
    article = {"text": text, "title": "", "language": "en"}
    article["paragraphs"] = [{"start": 0, "end": len(text), "kind": "body", "copy_of": None}]
    target = Target(id="target", name=row["target"], type="event")
    found = ask(article, rows_of(Article("a", text, "m"), attributions), [target])
    return next((one for one in found if one.holder and row["holder"].lower() in one.holder.lower()), None)


def test_holders_are_told_apart_better_than_in_the_whole_sentence() -> None:
    attributions = finder(QuoteSettings()).find([(row["text"], [(0, len(row["text"]))], "en") for row in PAIRS])
    met = [(row, one) for row, found in zip(PAIRS, attributions, strict=True) if (one := asked(row, found))]
    assert len(met) >= 25
    model = classifier(StanceSettings().model)
    clause = [
        ruled(one, values) for (_, one), values in zip(met, model.ask([(row["text"], one) for row, one in met]).values, strict=True)
    ]
    whole = of_segments(model)([question(row["holder"], row["target"], row["text"]) for row, _ in met])

    def passed(values: Any) -> float:
        return float(np.mean([CLASSES[int(v.argmax())] in row["label"].split("|") for v, (row, _) in zip(values, met, strict=True)]))

    assert passed(clause) >= max(0.6, passed(whole)), (passed(clause), passed(whole))
