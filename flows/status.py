"""Every date: its state and the reason, judged from the data and never from a scheduler's history."""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from flows import failures, manifest
from flows.desk import Desk
from flows.manifest import Manifest
from flows.nightly import STEPS
from flows.places import Places
from flows.run import Plan, Run

State = Literal["fresh", "stale", "missing", "failed", "damaged"]
SIGN = {"fresh": "✓", "stale": "≠", "missing": "·", "failed": "✗", "damaged": "!", "running": "▸"}
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
        running: the process that is at it now, as in `process 12`, or nothing; the rest is as it was before that run.
    """

    date: dt.date
    state: State
    reason: str
    published: bool
    would_run: dict[str, int]
    running: str = ""

    @property
    def shown(self) -> str:
        """The state, or that a run is under way."""
        return "running" if self.running else self.state

    @property
    def line(self) -> str:
        """All of it in a line for a person."""
        whole = len(self.would_run) == 1 + len(STEPS)  # fetch, and every step
        would = "every stage" if whole else ", ".join(f"{stage} {count}" for stage, count in self.would_run.items())
        behind = f"{self.running}; before: {self.state}, {self.reason}" if self.running else self.reason
        return f"{self.date}  {self.shown:<8} {behind}" + (f"  (would run: {would})" if would and not self.running else "")


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
    nights = [begin + dt.timedelta(days=number) for number in range((last - begin).days + 1)]
    return [replace(of(desk, date), running=under_way(desk.places, date)) for date in nights]


def under_way(places: Places, date: dt.date) -> str:
    """The process that holds a night's lock, as in `process 12`, or nothing."""
    path = places.lock(str(date))
    if not path.exists():
        return ""
    holder = path.read_text()
    if not Path("/proc", holder.removeprefix("process ")).exists():  # no lock is touched that nobody holds: a run may be about to begin
        return ""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return holder
    return ""


def table(rows: Sequence[DateStatus]) -> list[str]:
    """The matrix for a terminal: a line a week, what the signs mean, and a line a date."""
    lines = ["          " + "".join(f"{day:>6}" for day in DAYS)]
    lines += [f"{week:<10}" + "".join(f"{cell:>6}" for cell in cells).rstrip() for week, cells in weeks(rows).items()]
    return [*lines, LEGEND, "", *(row.line for row in rows)]


def weeks(rows: Sequence[DateStatus]) -> dict[str, list[str]]:
    """ISO week -> seven cells from Monday on: the day of the month and its sign, or nothing where the date is not among the rows."""
    found: dict[str, list[str]] = {}
    for row in rows:
        year, week, day = row.date.isocalendar()
        cells = found.setdefault(f"{year}-W{week:02d}", [""] * 7)
        cells[day - 1] = f"{row.date.day} {SIGN[row.shown]}"
    return found
