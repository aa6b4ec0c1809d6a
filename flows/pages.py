"""What Prefect's pages show of a run: progress, tables, alerts. Needs to be called inside a flow run.

All that came from outside (an outlet's name may be a page's host) goes through `flows.markup`. That a page can't be made never hurts
the night: what is published is decided elsewhere.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec
from uuid import UUID

import httpx
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.events import emit_event
from prefect.settings import get_current_settings

from flows import alerts, counts, digests, manifest, snapshot, status
from flows.alerts import Alert
from flows.backfill import Outcome
from flows.counts import Row, Tables
from flows.desk import Desk
from flows.forecast import Planned
from flows.jobs import Done
from flows.manifest import Manifest
from flows.markup import cell, plain
from flows.status import DateStatus
from tasks.errors import NightwireError

log = logging.getLogger("nightwire")
P = ParamSpec("P")

MATRIX = 35
"""Nights of the status matrix."""
EVERY = 2.0
"""Seconds between two updates of a progress bar."""
SILENT = 300.0
"""Seconds for which nothing is shown after the server was found lost: Prefect's client tries for a minute each time."""
_lost: list[float] = []
"""When the server was found lost, by the clock of `time.monotonic`; the last one counts."""
_RETRIES = 1
"""How often Prefect's client asks a lost server again: at its end a run has several things to say, and waits for each."""
_patient: list[int] = []
"""How often it asked before the server was lost; the first one counts."""


def harmless(function: Callable[P, None]) -> Callable[P, None]:
    """A page that can't be made is a line in the log, and nothing more."""

    @functools.wraps(function)
    def tried(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:  # whatever a server, a client or a reader of data raises
            log.warning("%s can't be shown in Prefect (%s: %.200s)", function.__name__, type(error).__name__, error)

    return tried


def _show(make: Callable[..., Any], **what: Any) -> Any:
    """Have the server keep an artifact, unless it was lost just now."""
    if _lost and time.monotonic() < _lost[-1] + SILENT:
        return None
    client = get_current_settings().client
    try:
        shown = make(**what)
    except httpx.TransportError:
        _lost.append(time.monotonic())
        _patient.append(client.max_retries)
        client.max_retries = _RETRIES
        raise
    if _patient:  # it is back
        client.max_retries = _patient[0]
        _patient.clear()
    return shown


class Progress:
    """A bar on the run's page that follows its jobs in a thread of its own: no job waits for a server.

    To be entered; a night that is over before `EVERY` seconds have passed has no bar.
    """

    def __init__(self, jobs: Sequence[Done]) -> None:
        self._todo = max(1, sum(job.ran for job in jobs))
        self._done = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._id: UUID | None = None

    def __enter__(self) -> Progress:
        """Begin to follow."""
        context = contextvars.copy_context()  # whose page it is stands in it
        threading.Thread(target=context.run, args=(self._follow,), name="progress", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Follow no more."""
        self._over.set()

    def finished(self, done: Done) -> None:
        """One more job is done."""
        with self._lock:
            self._done += done.ran

    def complete(self) -> None:
        """The night is published."""
        self._over.set()
        if self._id is not None:
            self._show(100.0)

    def _follow(self) -> None:
        shown = 0
        while not self._over.wait(EVERY):
            if self._done != shown:
                shown = self._done
                self._show(min(99.0, 100.0 * shown / self._todo))

    @harmless
    def _show(self, progress: float) -> None:
        if self._id is None:
            about = "Jobs of this night that are done."
            self._id = _show(create_progress_artifact, progress=progress, key="progress", description=about)
        else:
            _show(update_progress_artifact, artifact_id=self._id, progress=progress)


@harmless
def _table(key: str, rows: Sequence[Row], about: str) -> None:
    if rows:
        table = [{name: _cell(value) for name, value in row.items()} for row in rows]
        _show(create_table_artifact, key=key, table=table, description=about)


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float) or value is None else cell(value)


@harmless
def report(desk: Desk, published: Manifest) -> None:
    """Everything that a published night's page shows."""
    date = published.run_date
    with Tables.of(desk) as asked:
        for key, about, make in (
            ("funnel", "From what came in to what is published.", lambda: counts.funnel(asked, published)),
            ("timings", "Seconds over all shards; rows of the first table that a stage writes.", lambda: counts.timings(published)),
            ("rejects", "Documents set aside, by stage and reason.", lambda: counts.rejects(asked, date)),
            ("sources", "What every source brought.", lambda: counts.sources(asked, desk, date)),
            ("stances", "Rows of quoted speakers and authors for each target.", lambda: counts.stances(asked, desk, date)),
        ):
            _made(key, make, about)
        warn(desk, asked, published)
    matrix(desk, published)
    digest(desk, published)


@harmless
def _made(key: str, make: Callable[[], list[Row]], about: str) -> None:
    _table(key, make(), about)


@harmless
def warn(desk: Desk, asked: Tables, published: Manifest) -> None:
    """The night's alerts: in the log, as events, and as a list on its page."""
    date = published.run_date
    *earlier, tonight = counts.nights(asked, [*counts.before(desk, date), date])
    found = alerts.beside(tonight, earlier)
    found += alerts.near_limit(asked, desk.config.night.reject_limit, published)
    for alert in found:
        log.warning("night %s: %s", date, alert.message)
        emit_event("nightwire.alert", _resource(desk, date), payload={"kind": alert.kind, "message": alert.message, "date": str(date)})
    _show(
        create_markdown_artifact,
        key="alerts",
        markdown=_listed(found),
        description=f"What is strange about {date} beside the nights before.",
    )


def _resource(desk: Desk, date: object) -> dict[str, str]:
    return {"prefect.resource.id": f"nightwire.night.{desk.config.name}.{date}", "prefect.resource.name": f"night {date}"}


def _listed(found: Sequence[Alert]) -> str:
    return "\n".join(f"- **{alert.kind}**: {plain(alert.message)}" for alert in found) or "Nothing strange."


@harmless
def matrix(desk: Desk, published: Manifest) -> None:
    """The states of the last nights, a week a row."""
    date = published.run_date
    first = max(manifest.dates(desk.places.published)[0], date - dt.timedelta(days=MATRIX - 1))
    rows = status.matrix(desk, first, date)
    _show(create_markdown_artifact, key="nights", markdown=calendar(rows), description=f"The last {len(rows)} nights.")


def calendar(rows: Sequence[DateStatus]) -> str:
    """A table of weeks with a sign a night, and the reason of each that is not fresh."""
    lines = ["| week | " + " | ".join(status.DAYS) + " |", "|---" * 8 + "|"]
    lines += [f"| {week} | " + " | ".join(cells) + " |" for week, cells in status.weeks(rows).items()]
    reasons = [f"- {row.date} {row.state}: {plain(row.reason)}" for row in rows if row.state != "fresh"]
    return "\n".join([*lines, "", status.LEGEND, "", *reasons])


@harmless
def digest(desk: Desk, published: Manifest) -> None:
    """Where the morning page is: a link that opens from this page while the desk is served, and the file."""
    date = published.run_date
    file = snapshot.of(desk.places.published).shown(f"digests/{date}.html")
    link = digests.link(desk.places, date)
    opens = f"[The morning page of {date}]({link}) (opens while `nightwire up` runs)\n\n" if link else ""
    _show(create_markdown_artifact, key="digest", markdown=f"{opens}File: `{file}`", description=f"The morning page of {date}.")


@harmless
def failed(desk: Desk, date: object, error: NightwireError) -> None:
    """Why a night failed, on its page and as an event."""
    text = f"**Nothing was published; readers see what they saw.**\n\n{type(error).__name__}: {plain(error)}\n\n"
    text += f"Run it again with `nightwire run {desk.path} --date {date}`: it goes on from what is done."
    _show(create_markdown_artifact, key="failure", markdown=text, description=f"Why {date} failed, and the cure.")
    emit_event("nightwire.failed", _resource(desk, date), payload={"kind": type(error).__name__, "date": str(date)})


@harmless
def planned(nights: Sequence[Planned]) -> None:
    """A backfill's dry run."""
    _table("plan", [plan_row(night) for night in nights], "What a backfill would do; seconds at most.")


def plan_row(planned: Planned) -> Row:
    """One night of a plan."""
    would = ", ".join(f"{stage} {count}" for stage, count in planned.night.would_run.items())
    return {
        "date": str(planned.night.date),
        "state": planned.night.state,
        "reason": planned.night.reason,
        "runs": "yes" if planned.runs else "no",
        "stages": would,
        "seconds": None if planned.seconds is None else round(planned.seconds, 1),
    }


@harmless
def outcome(result: Outcome) -> None:
    """What a backfill came to."""
    rows = [{"date": str(date), "came to": "published", "why": ""} for date in result.published]
    rows += [{"date": str(date), "came to": "failed", "why": why[:500]} for date, why in result.failed.items()]
    rows += [{"date": str(date), "came to": "left to a run that is under way", "why": ""} for date in result.under_way]
    _table("nights", sorted(rows, key=lambda row: str(row["date"])), str(result))
