"""What a served desk looks after: nights that are missing, articles that came late, runs whose process is gone.

Everything is judged from the data and from locks; Prefect is only asked what it has queued already, so that no date is doubled.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments import run_deployment
from prefect.events import emit_event
from prefect.states import Cancelled, Crashed

from flows import attempts, dates, failures, manifest, schedule
from flows.desk import Desk
from flows.places import Places
from flows.run import Run
from flows.runners import Planner
from flows.wanted import Wanted
from tasks.config import interval

LATE = "nightwire.late"
"""The event of articles that came for a published night; its payload has the `date`."""
GRACE = dt.timedelta(minutes=10)
"""How long after its time a night may still be about to start by itself."""
TELL_AGAIN = dt.timedelta(minutes=1)
"""How long after late articles were told they are told again, where nothing came of it: a server hears no event before it has read its
triggers. Twice as long each time."""
OPEN = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]
"""States of runs that are not over."""
STARTED = (StateType.RUNNING, StateType.CANCELLING)
"""States of runs that have a process."""


@dataclass
class Watch:
    """Looks again and again, in a thread of its own, until it is stopped.

    Attributes:
        say: where a line for a person goes.
        first: failed nights are tried once more at the first look, after a start.
        told: of nights with late articles, how often and when that was told last.
    """

    desk: Desk
    say: Callable[[str], None]
    every: float
    first: bool = True
    told: dict[dt.date, tuple[int, dt.datetime]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look until `over` is set; a look that fails is told, and the next one comes."""
        while not self.over.is_set():
            try:
                self.look(dt.datetime.now(dt.UTC))
            except Exception as error:  # a config in the middle of an edit, a server that is restarted
                self.say(
                    f"could not look after the desk ({type(error).__name__}: {error!s:.300}); the next look comes in {self.every:.0f} s"
                )
            self.over.wait(self.every)

    def look(self, now: dt.datetime) -> None:
        """One look."""
        self.desk = Desk.open(self.desk.path)
        with get_client(sync_client=True) as client:
            runs = under_way(client)
            for run in runs:
                if run.state_type in STARTED and dead(self.desk.places, run.id):
                    marked = gone(client, self.desk.places, run)
                    self.say(f"{run.name}: its process is gone; marked as {marked}. It goes on from what is done when it is run again.")
        taken = {date for run in runs for date in dates_of(run, self.desk.config.night.timezone)}
        wanted = dict.fromkeys(missing(self.desk, now, again=self.first), "is missing")
        wanted |= dict.fromkeys(broken_off(self.desk, now), "lost its process amid a step")
        for date, why in sorted(wanted.items()):
            if date not in taken:
                run_deployment(
                    "night/nightly", parameters={"config": str(self.desk.path), "date": str(date)}, timeout=0, as_subflow=False
                )
                self.say(f"night {date} {why}: queued")
        self._tell_late(now, taken)
        self.first = False

    def _tell_late(self, now: dt.datetime, taken: set[dt.date]) -> None:
        for date in window(self.desk, now):
            if not late(self.desk, date):
                self.told.pop(date, None)
            elif date not in taken and self._is_to_tell(date, now):
                self.told[date] = (self.told.get(date, (0, now))[0] + 1, now)
                resource = {
                    "prefect.resource.id": f"nightwire.night.{self.desk.config.name}.{date}",
                    "prefect.resource.name": f"night {date}",
                }
                emit_event(LATE, resource, payload={"date": str(date)})
                self.say(f"night {date}: articles came late; told to Prefect as {LATE}")

    def _is_to_tell(self, date: dt.date, now: dt.datetime) -> bool:
        """Whether nothing came of what was told so far; a night that failed since is a person's to look at."""
        if date not in self.told:
            return True
        times, last = self.told[date]
        return now >= last + TELL_AGAIN * 2 ** (times - 1) and failures.read(self.desk.places, date) is None


def window(desk: Desk, now: dt.datetime) -> list[dt.date]:
    """The nights that are looked after, oldest first: `night.look_back` of them, up to the last one that is over."""
    newest = dates.last_night(now, desk.config.night.timezone)
    return dates.span(newest - dt.timedelta(days=desk.config.night.look_back - 1), newest)


def missing(desk: Desk, now: dt.datetime, *, again: bool) -> list[dt.date]:
    """Nights that should be published and are not, oldest first.

    Before the first published night nothing is missing: there the desk did not exist. A desk without any begins with its last night.

    Args:
        again: those that failed are meant as well.
    """
    night = desk.config.night
    known = manifest.dates(desk.places.published)
    begin = known[0] if known else dates.last_night(now, night.timezone)
    found = []
    for date in window(desk, now):
        if date < begin or date in known or (not again and failures.read(desk.places, date)):
            continue
        _, end = interval(date, night.timezone)
        (due,) = schedule.starts(night.cron, night.timezone, end, 1)
        if now > due + GRACE:
            found.append(date)
    return found


def broken_off(desk: Desk, now: dt.datetime) -> list[dt.date]:
    """Nights whose process died amid a step, published before or not; the next run does that step in isolation."""
    died = {one.night for one in attempts.died(desk.places.store.root / "attempts")}
    return [date for date in window(desk, now) if date in died]


def late(desk: Desk, date: dt.date) -> bool:
    """Whether a source has other documents for a published night than were fetched."""
    if manifest.read(desk.places.published, date) is None:
        return False
    return any(job.ran for job in Run(desk, date).fetched(Planner()))


def under_way(client: SyncPrefectClient) -> list[FlowRun]:
    """Runs of nights that are queued or running."""
    return client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=["night", "backfill"])),
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=OPEN))),
    )


def dates_of(run: FlowRun, zone: str) -> set[dt.date]:
    """The nights of a run: those of a backfill, its parameter's, else the last one that is over when it is due."""
    try:
        if asked := run.parameters.get("wanted"):
            return set(Wanted.model_validate(asked).nights())
        if given := run.parameters.get("date"):
            return {dt.date.fromisoformat(str(given))}
    except ValueError:  # a form that was filled in wrong: that run fails by itself
        return set()
    return {dates.last_night(run.expected_start_time, zone)} if run.expected_start_time else set()


def dead(places: Places, run: UUID) -> bool:
    """Whether a run held its lock and does no more: locks end with their process. A run of another machine has none here."""
    try:
        with places.lock(f"run-{run}").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return False
    return True


def gone(client: SyncPrefectClient, places: Places, run: FlowRun) -> str:
    """Mark a run whose process is gone, and say as what: cancelled where that was asked for, else crashed."""
    cancelled = run.state_type == StateType.CANCELLING
    killed: State[Any] = Crashed(message="Its process is gone: killed, or the machine went down.")
    client.set_flow_run_state(run.id, Cancelled(message="Its process is gone.") if cancelled else killed, force=True)
    places.lock(f"run-{run.id}").unlink(missing_ok=True)
    return "cancelled" if cancelled else "crashed"
