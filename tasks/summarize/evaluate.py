"""How good summaries are, measured on labelled files: ROUGE beside Lead-3."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.config import SummarySettings
from tasks.errors import Unusable
from tasks.summarize.extract import Article
from tasks.summarize.steps import write
from tasks.summarize.summary import Summary
from tasks.words.sentences import sentences

KINDS = ("rouge1", "rouge2", "rougeLsum")
LENGTH = SummarySettings(sentences=3, max_words=110)
"""As long as Lead-3, so that nothing is won by length alone."""
DRAWS = 1000
_TOKENISED = re.compile(r" [.?!] ")
_TOKENISED_END = re.compile(r"(?<= [.?!])\s")


def split(text: str) -> list[str]:
    """The sentences of a measured text; in tokenised text (blanks around every mark) a lone mark ends one."""
    if len(_TOKENISED.findall(text)) > 2:
        return [part.strip() for part in _TOKENISED_END.split(text) if part.strip()]
    return [text[start:end] for start, end in sentences(text, "en")]


def evaluate_summaries(table: pa.Table, settings: SummarySettings = LENGTH) -> dict[str, Any]:
    """ROUGE of our summaries and of Lead-3.

    Args:
        table: columns `source` and `reference`, or `references` (a JSON list, the best counts); optional `language`.
        settings: length and models of the summaries.

    Returns:
        rows, seconds (of making the summaries), model, fallback (how many of a generator's summaries did not stand), rouge1, rouge2,
        rougeLsum and lead3 with the same three (mean F1, 0..1, Porter stemmer), `interval`: per kind the 95 % bootstrap interval of
        ours, and `over_lead3`: that of the difference (1,000 draws of documents, seed 0).

    Raises:
        Unusable: a column is missing, the table has no rows, or rouge-score is not installed.
    """
    rows = _rows(table)
    texts = [split(row["source"]) for row in rows]
    begun = time.perf_counter()
    summaries = write([_article(row, some) for row, some in zip(rows, texts, strict=True)], settings)
    seconds = time.perf_counter() - begun
    have = _rouge([_sentences(summary, row["source"]) for row, summary in zip(rows, summaries, strict=True)], rows)
    lead = _rouge([some[:3] for some in texts], rows)
    model = (settings.generator or settings.model).name
    fallback = sum(summary.status == "fallback_extractive" for summary in summaries)
    return {"rows": len(rows), "seconds": round(seconds, 3), "model": model, "fallback": fallback, **_figures(have, lead)}


def _sentences(summary: Summary, source: str) -> list[str]:
    text = summary.text if summary.kind == "abstractive" else source
    return [text[start:end] for start, end, _ in summary.spans]


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    names = set(table.schema.names)
    if "source" not in names or not names & {"reference", "references"} or not table.num_rows:
        raise Unusable(f"evaluate summaries: want rows with columns source and reference or references; have {sorted(names)}")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _article(row: dict[str, Any], texts: Sequence[str]) -> Article:
    """The article with one paragraph per sentence, so that tokenised text is read in the same sentences as Lead-3."""
    source, spans, at = row["source"], [], 0
    for text in texts:
        start = source.index(text, at)
        at = start + len(text)
        spans.append({"start": start, "end": at, "kind": "body", "copy_of": None})
    return Article("", source, row.get("language") or "en", spans)


def _references(row: dict[str, Any]) -> list[str]:
    listed = row.get("references")
    if isinstance(listed, str) and listed.strip().startswith("["):
        listed = json.loads(listed)
    return [str(x) for x in listed] if isinstance(listed, list) and listed else [str(row["reference"])]


def _rouge(candidates: Sequence[Sequence[str]], rows: Sequence[dict[str, Any]]) -> npt.NDArray[np.float64]:
    """F1 per document and kind; of several references the best."""
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise Unusable("evaluate summaries needs rouge-score: pip install 'nightwire[evaluate]'") from error
    scorer = RougeScorer(list(KINDS), use_stemmer=True)
    found = []
    for candidate, row in zip(candidates, rows, strict=True):
        results = [scorer.score("\n".join(split(reference)), "\n".join(candidate)) for reference in _references(row)]
        found.append([max(result[kind].fmeasure for result in results) for kind in KINDS])
    return np.array(found)


def _figures(ours: npt.NDArray[np.float64], lead: npt.NDArray[np.float64]) -> dict[str, Any]:
    draws = np.random.default_rng(0).integers(0, len(ours), (DRAWS, len(ours)))
    means, gains = ours[draws].mean(axis=1), (ours - lead)[draws].mean(axis=1)
    named = dict(zip(KINDS, ours.mean(axis=0).tolist(), strict=True))
    return {
        **named,
        "lead3": dict(zip(KINDS, lead.mean(axis=0).tolist(), strict=True)),
        "interval": {kind: np.quantile(means[:, n], [0.025, 0.975]).tolist() for n, kind in enumerate(KINDS)},
        "over_lead3": {kind: np.quantile(gains[:, n], [0.025, 0.975]).tolist() for n, kind in enumerate(KINDS)},
    }
