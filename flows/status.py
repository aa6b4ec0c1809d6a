"""Every date: its state and the reason, judged from the data and never from a scheduler's history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from flows import failures, manifest
from flows.desk import Desk
from flows.manifest import Manifest
from flows.run import Plan, Run

State = Literal["fresh", "stale", "missing", "failed", "damaged"]
SIGN: dict[State, str] = {"fresh": "✓", "stale": "≠", "missing": "·", "failed": "✗", "damaged": "!"}
LEGEND = ", ".join(f"{sign} {state}" for state, sign in SIGN.items())
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@dataclass(frozen=True)
class DateStatus:
    """A date's state.

    Attributes:
        state: fresh: published, and a run would change nothing; stale: published, but a run would; missing: not published;
            failed: its last run failed (`published` tells whether an older version stands); damaged: its manifest can't be read.
        reason: why, in words.
        would_run: stage -> shards that a run would compute; a stage behind these may run too, unless its input stays the same.
    """

    date: dt.date
    state: State
    reason: str
    published: bool
    would_run: dict[str, int]


def of(desk: Desk, date: dt.date) -> DateStatus:
    """The state of one date."""
    try:
        plan = Run(desk, date).plan()
    except ValueError as error:
        return DateStatus(date, "damaged", str(error), True, {})
    published = plan.published is not None
    if plan.fresh:
        return DateStatus(date, "fresh", "nothing to do", published, {})
    if failure := failures.read(desk.places, date):
        return DateStatus(date, "failed", failure, published, plan.would_run)
    if plan.published is None:
        return DateStatus(date, "missing", "never published", published, plan.would_run)
    return DateStatus(date, "stale", _why_stale(desk, plan, plan.published, Run(desk, date)), published, plan.would_run)


def _why_stale(desk: Desk, plan: Plan, published: Manifest, run: Run) -> str:
    reasons = []
    now = run.steps()
    changed = [f"{name} {published.steps.get(name)} → {number}" for name, number in now.items() if published.steps.get(name) != number]
    if changed:
        reasons.append(f"code of {', '.join(changed)}")
    config = desk.config.model_dump(mode="json")
    if sections := [name for name, value in config.items() if published.config.get(name) != value]:
        reasons.append(f"config: {', '.join(sections)}")
    if run.models() != list(published.run.get("models", [])):
        reasons.append("models")
    if dict(published.history) != run.seen_history():
        reasons.append("history: earlier nights changed")
    if plan.would_run.get("fetch"):
        reasons.append("inputs: a source has other documents")
    if not reasons:
        reasons.append("files of the store are gone" if plan.would_run else "outputs differ from what is published")
    return "; ".join(reasons)


def matrix(desk: Desk, first: dt.date | None, last: dt.date) -> list[DateStatus]:
    """The states of all dates from first (default: the first published) to last."""
    known = manifest.dates(desk.places.published)
    begin = first or (known[0] if known else last)
    return [of(desk, begin + dt.timedelta(days=number)) for number in range((last - begin).days + 1)]


def weeks(rows: Sequence[DateStatus]) -> dict[str, list[str]]:
    """ISO week -> seven cells from Monday on: the day of the month and its sign, or nothing where the date is not among the rows."""
    found: dict[str, list[str]] = {}
    for row in rows:
        year, week, day = row.date.isocalendar()
        cells = found.setdefault(f"{year}-W{week:02d}", [""] * 7)
        cells[day - 1] = f"{row.date.day} {SIGN[row.state]}"
    return found
