"""What is strange about a night beside those before it: pure functions over counts. `flows.pages` tells it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flows.counts import Night, Tables, documents
from flows.manifest import Manifest

ENOUGH_NIGHTS = 3
"""Fewer tell nothing."""
ENOUGH_ROWS = 20
"""A share of fewer rows is no share."""
VOLUME = 0.5
"""Part of the median volume below which a night is strange."""
JUMP = 0.2
"""Rise of a share over its median that is a jump."""
DRIFT = 0.25
"""Total variation distance of the label mix from that of the nights before, from which it has drifted."""


@dataclass(frozen=True)
class Alert:
    """Something strange: `kind` is volume, outlet, abstention, unattributed, drift or rejects."""

    kind: str
    message: str


def beside(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    """What is strange about a night beside those before it; nothing where too few are known."""
    if len(earlier) < ENOUGH_NIGHTS:
        return []
    found = [*_volume(tonight, earlier), *_silent(tonight, earlier)]
    found += _jump("abstention", "stances the model abstained from", tonight.unclear, [n.unclear for n in earlier], _stances(tonight))
    found += _jump("unattributed", "quotes whose speaker was not found", tonight.nobody, [n.nobody for n in earlier], tonight.quotes)
    return found + _drift(tonight, earlier)


def _stances(night: Night) -> int:
    return sum(night.labels.values())


def _volume(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    median = statistics.median(night.articles for night in earlier)
    if tonight.articles >= VOLUME * median:
        return []
    return [
        Alert("volume", f"{tonight.articles} articles, less than half of the median {median:g} of the {len(earlier)} nights before")
    ]


def _silent(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    present = Counter(name for night in earlier for name, count in night.outlets.items() if count)
    return [
        Alert("outlet", f"{name} is silent: it had articles in {seen} of the {len(earlier)} nights before")
        for name, seen in sorted(present.items())
        if 2 * seen > len(earlier) and not tonight.outlets.get(name)
    ]


def _jump(kind: str, what: str, share: float, shares: Sequence[float], rows: int) -> list[Alert]:
    median = statistics.median(shares)
    if rows < ENOUGH_ROWS or share <= median + JUMP:
        return []
    return [Alert(kind, f"{share:.0%} {what}; the median of the {len(shares)} nights before is {median:.0%}")]


def _drift(tonight: Night, earlier: Sequence[Night]) -> list[Alert]:
    pooled = sum((Counter(night.labels) for night in earlier), Counter())
    if _stances(tonight) < ENOUGH_ROWS or pooled.total() < ENOUGH_ROWS:
        return []
    names = sorted(set(pooled) | set(tonight.labels))
    change = {name: tonight.labels.get(name, 0) / _stances(tonight) - pooled[name] / pooled.total() for name in names}
    if sum(map(abs, change.values())) / 2 <= DRIFT:
        return []
    told = ", ".join(f"{name} {value:+.0%}" for name, value in change.items())
    return [Alert("drift", f"the mix of stance labels differs from the {len(earlier)} nights before: {told}")]


def near_limit(asked: Tables, limit: float, published: Manifest) -> list[Alert]:
    """Stages that set aside more than half of what they may."""
    read = documents(published)
    counted = asked.rows("rejects", [published.run_date], "select stage, count(*) from rows group by all order by all")
    return [
        Alert("rejects", f"{stage} set {count} of {read} documents aside; from {limit:.0%} on the night fails")
        for stage, count in counted
        if read and count > limit * read / 2
    ]
