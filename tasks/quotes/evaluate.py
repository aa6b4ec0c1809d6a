"""How well quotations are found, on any file with PolNeAR's columns (article, text, brat).

Units of the span scores are contiguous spans: a content that its cue interrupts has two. Strict: both ends right. Overlap: each
span counts for the share of it that the other side has (Johansson and Moschitti 2010), so that one found to a half counts a half.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tasks.config import QuoteSettings
from tasks.errors import Unusable
from tasks.quotes.attribution import Attribution, Span, overlap
from tasks.quotes.calibrate import expected_error, slope_and_intercept
from tasks.quotes.find import finder
from tasks.quotes.gold import attributions
from tasks.quotes.rows import kind_of

Find = Callable[[str], list[Attribution]]


@dataclass
class Tally:
    """Sums behind precision and recall."""

    right: float = 0.0
    covered: float = 0.0
    have: int = 0
    want: int = 0

    def f1(self) -> float:
        """Harmonic mean of precision (`right` of `have`) and recall (`covered` of `want`)."""
        precision = self.right / self.have if self.have else 0.0
        recall = self.covered / self.want if self.want else 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass
class Score:
    """All tallies of an evaluation."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    speakers: dict[str, list[bool]] = field(default_factory=dict)
    confidences: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    def strict(self, name: str, have: Iterable[object], want: Iterable[object]) -> None:
        """Add two sets that are compared by equality."""
        ours, gold = set(have), set(want)
        tally = self.tallies.setdefault(name, Tally())
        tally.right += len(ours & gold)
        tally.covered += len(ours & gold)
        tally.have += len(ours)
        tally.want += len(gold)

    def soft(self, name: str, have: Iterable[Span], want: Iterable[Span]) -> None:
        """Add two sets of spans that are compared by the share of each that its best partner has."""
        ours, gold = sorted(set(have)), sorted(set(want))
        tally = self.tallies.setdefault(name, Tally())
        tally.right += sum(max((overlap(a, b) for b in gold), default=0) / (a[1] - a[0]) for a in ours)
        tally.covered += sum(max((overlap(a, b) for a in ours), default=0) / (b[1] - b[0]) for b in gold)
        tally.have += len(ours)
        tally.want += len(gold)

    def article(self, text: str, have: Sequence[Attribution], want: Sequence[Attribution]) -> None:
        """Add the attributions found in one article and the gold ones."""
        for name, spans in (("content", _contents), ("cue", _cues), ("source", _sources)):
            self.strict(f"{name}_strict_f1", spans(have), spans(want))
            self.soft(f"{name}_overlap_f1", spans(have), spans(want))
        self.strict("direct_strict_f1", _direct(text, have), _direct(text, want))
        self.strict("attribution_content_strict_f1", (a.content for a in have), (a.content for a in want))
        pairs = matched(have, want)
        whole = {id(ours) for ours, gold in pairs if _same_source(ours.source, gold.source)}
        self.confidences += [one.confidence for one in have]
        self.right += [id(one) in whole for one in have]
        for ours, gold in pairs:
            same = _same_source(ours.source, gold.source)
            self.speakers.setdefault("speaker_accuracy", []).append(same)
            if gold.source is not None:
                self.speakers.setdefault("speaker_accuracy_sourced", []).append(same)
            if kind_of(text, gold.content) == "direct":
                self.speakers.setdefault("speaker_accuracy_direct", []).append(same)

    def figures(self) -> dict[str, float]:
        """Name -> score in 0..1; besides, slope and intercept of the confidence's calibration."""
        out = {name: round(tally.f1(), 4) for name, tally in sorted(self.tallies.items())}
        out |= {"speaker_accuracy": 0.0} | {name: round(sum(right) / len(right), 4) for name, right in sorted(self.speakers.items())}
        slope, intercept = slope_and_intercept(self.confidences, self.right)
        error = expected_error(self.confidences, self.right)
        return out | {"ece": round(error, 4), "calibration_slope": round(slope, 3), "calibration_intercept": round(intercept, 3)}


def _contents(found: Iterable[Attribution]) -> set[Span]:
    return {span for one in found for span in one.content}


def _cues(found: Iterable[Attribution]) -> set[Span]:
    return {one.cue for one in found if one.cue}


def _sources(found: Iterable[Attribution]) -> set[Span]:
    return {one.source for one in found if one.source}


def _direct(text: str, found: Iterable[Attribution]) -> set[Span]:
    return {span for span in _contents(found) if kind_of(text, [span]) == "direct"}


def matched(have: Sequence[Attribution], want: Sequence[Attribution]) -> list[tuple[Attribution, Attribution]]:
    """Pairs of attributions whose contents share at least half of what they cover together, each used once, the best first."""
    pairs = []
    for ours in have:
        for gold in want:
            if ours.start >= gold.end or gold.start >= ours.end:
                continue
            shared = sum(overlap(a, b) for a in ours.content for b in gold.content)
            total = sum(b - a for a, b in (*ours.content, *gold.content)) - shared
            if shared / total >= 0.5:
                pairs.append((-shared / total, ours.start, gold.start, ours, gold))
    chosen, used = [], set()
    for _, _, _, ours, gold in sorted(pairs, key=lambda pair: pair[:3]):
        if id(ours) not in used and id(gold) not in used:
            used |= {id(ours), id(gold)}
            chosen.append((ours, gold))
    return chosen


def _same_source(ours: Span | None, gold: Span | None) -> bool:
    """Whether two mentions are the same: they share at least half of the shorter; or there is none on both sides."""
    if ours is None or gold is None:
        return ours is gold
    return 2 * overlap(ours, gold) >= min(ours[1] - ours[0], gold[1] - gold[0])


def lines(text: str) -> list[Span]:
    """The paragraphs of a plain text: its lines that are not blank."""
    return [found.span() for found in re.finditer(r"[^\n]*\S[^\n]*", text)]


def evaluate_quotes(table: pa.Table, settings: QuoteSettings) -> dict[str, Any]:
    """Scores of the configured finder on a table with the columns article, text, brat.

    Returns:
        `rows` (articles), `seconds`, `model`, and scores in 0..1: strict and overlap F1 of content, cue and source spans;
        `direct_strict_f1` of spans wholly in quotation marks; `speaker_accuracy`, the share of contents found (at least half in
        common with the gold one) whose source mention is the gold one; the same of those that have a source, and of direct ones;
        `ece`, `calibration_slope` and `calibration_intercept` of the confidence that content and source are right.

    Raises:
        Unusable: a column is missing.
    """
    missing = [name for name in ("article", "text", "brat") if name not in table.column_names]
    if missing:
        raise Unusable(f"quotes: no column {', '.join(missing)}; have {', '.join(table.column_names)}; want article, text, brat")
    rows = [row for row in table.select(["text", "brat"]).to_pylist() if row["text"] and row["brat"] is not None]
    if not rows:
        raise Unusable(f"quotes: none of {table.num_rows} rows has both a text and its annotation (brat); fill in the columns")
    find = finder(settings)
    began = time.perf_counter()
    found = find.find([(row["text"], lines(row["text"]), "en") for row in rows])
    seconds = time.perf_counter() - began
    score = Score()
    for row, ours in zip(rows, found, strict=True):
        if isinstance(ours, list):
            score.article(row["text"], ours, attributions(row["brat"]))
    return {"rows": len(rows), "seconds": round(seconds, 3), "model": find.name, **score.figures()}
