"""Many nights: which dates, and why, judged from the data; then night after night, each judged again at its turn. Knows no Prefect.

A backfill keeps no state of its own: a night that is done is fresh, so one that was killed goes on where it was.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from flows import dates, manifest, status, stopping
from flows.nightly import STEPS
from flows.publish import BusyError
from flows.run import Desk, Run
from flows.runners import Forgetter
from flows.status import DateStatus
from tasks.errors import NightwireError, Unusable

log = logging.getLogger("nightwire")

STAGES = ("", "fetch", *(step.name for step in STEPS))


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default")  # a form would show it as a value of type None


class Wanted(BaseModel):
    """What a backfill is asked for; also the form in Prefect's UI."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Backfill")

    first: dt.date | SkipJsonSchema[None] = Field(
        default=None, title="From", description="First night of the range.", json_schema_extra=_no_default
    )
    last: dt.date | SkipJsonSchema[None] = Field(
        default=None, title="To", description="Last night of the range, itself included.", json_schema_extra=_no_default
    )
    dates: tuple[dt.date, ...] = Field(default=(), title="Single nights", description="Instead of a range.")
    only: Literal["needed", "missing", "failed", "stale", "all"] = Field(
        default="needed",
        title="Which of them",
        description="needed: all that are not as a run would leave them now (missing, failed, stale, damaged). "
        "all: fresh ones too, whose stages are worked out anew, as a proof that they come out the same.",
    )
    stage: str = Field(
        default="",
        title="Stage",
        description="Only nights in which this stage would run; with `all`, the stage that is worked out anew. Empty: any stage.",
        json_schema_extra={"enum": list(STAGES)},
    )
    newest_first: bool = Field(default=False, title="Newest first", description="The last night of the range is done first.")
    at_once: int = Field(default=1, ge=1, le=16, title="At once", description="Nights under way at the same time.")
    stop_after: int = Field(default=3, ge=1, title="Stop after", description="So many failed nights end the backfill.")
    dry_run: bool = Field(default=False, title="Dry run", description="Only tell which nights would run, why, and how long.")

    @field_validator("stage")
    @classmethod
    def _known_stage(cls, value: str) -> str:
        if value not in STAGES:
            raise ValueError(f"no stage {value!r}; have {', '.join(STAGES[1:])}")
        return value

    @model_validator(mode="after")
    def _names_nights(self) -> Wanted:
        if bool(self.dates) == bool(self.first and self.last):
            raise ValueError("name the nights: either from and to, or single dates")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"from {self.first} is after to {self.last}")
        return self

    def nights(self) -> list[dt.date]:
        """The dates asked for, each once, oldest first."""
        return sorted(set(self.dates)) if self.dates else dates.span(self.first, self.last)  # type: ignore[arg-type]

    def wants(self, night: DateStatus) -> bool:
        """Whether a night in this state is to be run."""
        if self.only != "all" and (night.state == "fresh" or self.only not in ("needed", night.state)):
            return False
        return self.only == "all" or not self.stage or self.stage in night.would_run


@dataclass(frozen=True)
class Estimate:
    """What earlier runs took: stage -> mean seconds of one job, measured at the config's number of workers."""

    seconds: dict[str, float]
    workers: int

    @classmethod
    def of(cls, desk: Desk) -> Estimate:
        """From the manifests' timings."""
        spent: Counter[str] = Counter()
        jobs: Counter[str] = Counter()
        for date in manifest.dates(desk.places.published):
            known = manifest.read(desk.places.published, date)
            for stage in known.run.get("timings", ()) if known else ():
                if stage["ran"]:
                    spent[stage["step"]] += stage["seconds"]
                    jobs[stage["step"]] += stage["ran"]
        return cls({name: spent[name] / jobs[name] for name in jobs}, desk.config.night.workers)

    def of_night(self, would_run: dict[str, int]) -> float | None:
        """Seconds that a night would take at most; None where a stage never ran before."""
        if any(stage not in self.seconds for stage in would_run):
            return None
        return sum(self.seconds[stage] * -(-count // self.workers) for stage, count in would_run.items())


@dataclass(frozen=True)
class Planned:
    """A night of the dry run; `seconds` at most, None where nothing is known."""

    night: DateStatus
    runs: bool
    seconds: float | None


@dataclass
class Outcome:
    """What a backfill came to."""

    published: list[dt.date] = field(default_factory=list)
    failed: dict[dt.date, str] = field(default_factory=dict)
    under_way: list[dt.date] = field(default_factory=list)
    unchanged: int = 0
    stopped: str = ""

    def __str__(self) -> str:
        parts = [f"{len(self.published)} published", f"{self.unchanged} had nothing to do"]
        parts += [f"{len(self.under_way)} left to a run that is under way ({_listed(self.under_way)})"] if self.under_way else []
        parts += [f"{len(self.failed)} failed ({_listed(self.failed)})"] if self.failed else []
        return ", ".join(parts) + (f"; {self.stopped}" if self.stopped else "")


def _listed(nights: Iterable[dt.date]) -> str:
    return ", ".join(str(date) for date in nights)


def wanted(values: Mapping[str, Any]) -> Wanted:
    """What a backfill is asked for, of options as a person gives them.

    Raises:
        Unusable: they do not fit together; every fault is told.
    """
    try:
        return Wanted(**values)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'backfill'}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise Unusable("\n".join(faults)) from error


def check(desk: Desk, wanted: Wanted, now: dt.datetime) -> None:
    """See that all the nights are over.

    Raises:
        Unusable: one is not.
    """
    newest = dates.last_night(now, desk.config.night.timezone)
    if late := [date for date in wanted.nights() if date > newest]:
        raise Unusable(f"{_listed(late)}: not over yet in {desk.config.night.timezone}; want {newest} or earlier")


def plan(desk: Desk, wanted: Wanted) -> list[Planned]:
    """The dry run: every date, its state and reason, whether it would run, and at most how long."""
    estimate = Estimate.of(desk)
    found = []
    for date in wanted.nights():
        night = status.of(desk, date)
        runs = wanted.wants(night)
        redone = dict.fromkeys([wanted.stage] if wanted.stage else STAGES[2:], desk.config.night.shards) if wanted.only == "all" else {}
        found.append(Planned(night, runs, estimate.of_night({**redone, **night.would_run}) if runs else 0.0))
    return found


def told(nights: Sequence[Planned]) -> list[str]:
    """The dry run in lines, and a last one with its sum."""
    lines = []
    for planned in nights:
        night = planned.night
        would = ", ".join(f"{stage} {count}" for stage, count in night.would_run.items()) or "nothing but publishing"
        about = "no estimate" if planned.seconds is None else f"at most {planned.seconds:.0f} s"
        lines.append(f"{night.date}  {night.state:<8} {night.reason}" + (f"  (runs: {would}; {about})" if planned.runs else ""))
    running = [planned for planned in nights if planned.runs]
    known = sum(planned.seconds or 0.0 for planned in running)
    unknown = sum(planned.seconds is None for planned in running)
    lines.append(
        f"{len(running)} of {len(nights)} nights would run, at most {known:.0f} s"
        + (f" and {unknown} that can't be estimated: a stage never ran" if unknown else "")
    )
    return lines


def forget(run: Run, stage: str) -> None:
    """Set the records of a stage (none: of all but fetch) aside for one night, so that it is worked out anew; its files stay."""
    run.walk(Forgetter(frozenset([stage] if stage else STAGES[2:])))


def drive(desk: Desk, wanted: Wanted, one: Callable[[Run], object], asked_to_stop: Callable[[], bool]) -> Outcome:
    """Run the nights; each is judged again at its turn, for a night before it may have changed its history.

    Nights done out of their order, newest first or several at once, are looked at once more in the order of their dates: only then
    has each of them seen the nights before it as they are now.

    Args:
        one: runs one night.
    """
    outcome = Outcome()
    order = wanted.nights()
    _pass(desk, wanted, order[::-1] if wanted.newest_first else order, wanted.at_once, one, asked_to_stop, outcome)
    if (wanted.newest_first or wanted.at_once > 1) and outcome.published and not outcome.stopped:
        again = wanted.model_copy(update={"only": "needed", "stage": ""})
        touched = [date for date in order if date in outcome.published or wanted.only in ("needed", "all")]
        _pass(desk, again, [date for date in touched if date not in outcome.failed], 1, one, asked_to_stop, outcome)
    return outcome


def _pass(
    desk: Desk,
    wanted: Wanted,
    order: Sequence[dt.date],
    at_once: int,
    one: Callable[[Run], object],
    asked_to_stop: Callable[[], bool],
    outcome: Outcome,
) -> None:
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(at_once, thread_name_prefix="night") as pool:
        try:
            for date in order:
                if outcome.stopped or _to_be_stopped(wanted, outcome, asked_to_stop):
                    break
                context = contextvars.copy_context()  # Prefect finds the parent of a flow run in it
                under_way.add(pool.submit(context.run, _night, desk, wanted, date, one, asked_to_stop, outcome))
                if len(under_way) == at_once:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    _raise(done)
            _raise(under_way)
        except BaseException:  # a signal, or a fault of ours: leaving the block waits for the nights, which are to end
            stopping.ask()
            raise
    _to_be_stopped(wanted, outcome, asked_to_stop)


def _raise(futures: Iterable[Future[None]]) -> None:
    for future in futures:
        future.result()


def _to_be_stopped(wanted: Wanted, outcome: Outcome, asked_to_stop: Callable[[], bool]) -> bool:
    if asked_to_stop():
        outcome.stopped = "it was asked to stop; the same command goes on from here"
    elif len(outcome.failed) >= wanted.stop_after:
        outcome.stopped = f"stopped after {len(outcome.failed)} failed night(s)"
    return bool(outcome.stopped)


def _night(
    desk: Desk, wanted: Wanted, date: dt.date, one: Callable[[Run], object], asked_to_stop: Callable[[], bool], outcome: Outcome
) -> None:
    night = status.of(desk, date)
    if not wanted.wants(night):
        outcome.unchanged += date not in outcome.published
        return
    run = Run(desk, date, "backfill", asked_to_stop=asked_to_stop)
    log.info("night %s: %s, %s", date, night.state, night.reason)
    try:
        if wanted.only == "all":
            forget(run, wanted.stage)
        one(run)
    except BusyError as error:
        log.warning("night %s: %s", date, error)
        outcome.under_way.append(date)
    except NightwireError as error:
        log.error("night %s: %s: %s", date, type(error).__name__, error)  # noqa: TRY400 (made to be read; no traceback)
        outcome.failed[date] = str(error)
    else:
        if date not in outcome.published:
            outcome.published.append(date)
