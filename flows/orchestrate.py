"""Prefect: every night a flow run, every job a task run of its own name. Apply `flows.environment` before importing this.

What is published is decided by our manifest, never by Prefect's state, so a night that loses its server goes on without it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow, State, flow, tags
from prefect.context import TagsContext
from prefect.exceptions import CancelledRun
from prefect.runtime import flow_run
from prefect.server.database import provide_database_interface
from prefect.states import Cancelled
from prefect.task_runners import ThreadPoolTaskRunner

from flows import backfill, dates, forecast, logs, manifest, pages, stopping
from flows.backfill import Outcome
from flows.desk import Desk
from flows.manifest import Manifest
from flows.publish import locked
from flows.pulse import Pulse, beating
from flows.run import Run
from flows.runners import Inline
from flows.taskruns import TaskRuns
from flows.wanted import Wanted
from tasks.config import load
from tasks.errors import Abort, NightwireError, Stopped, Unusable

log = logging.getLogger("nightwire")
log.setLevel(logging.INFO)  # a run's page shows what a night says
logs.install()

AT_3_AM = """One night: fetch, extract, repeats, sign, cluster, keep, summarize, quotes, stances, digest, publish.

**At 3 a.m.** A failed night has published nothing: readers still see what they saw. The message says what, where, and the cure.
Run it again with `nightwire run CONFIG --date DATE`: it goes on from what is done. `nightwire status CONFIG` shows every date and why
it is as it is; `nightwire verify CONFIG` proves the published files.
"""


MANY = """Many nights, one after the other: each is judged from the data at its turn, and run where it needs to be.

**At 3 a.m.** A backfill that failed or was killed is started again with the same parameters: nights that are done have nothing to do.
"""
lost = threading.Event()
"""Set once Prefect was lost: at its end a process would wait minutes for what Prefect's threads have still to tell a server."""
ONLY = "NIGHTWIRE_CONFIG"
"""The one configuration that a served desk's runs may name; `nightwire up` sets it."""


_desk: ContextVar[Desk | None] = ContextVar("desk", default=None)
"""The desk of the command or backfill that a night is run by: opened once, for all its nights."""


def _date_of(config: Path, date: dt.date | None) -> dt.date:
    """The night that is meant: where no date is given, the last one that was over when the run was due, however late it starts."""
    return date or dates.last_night(flow_run.get_scheduled_start_time(), load(config).night.timezone)


def _run_name() -> str:
    parameters: dict[str, Any] = flow_run.get_parameters()
    return f"night {_date_of(Path(parameters['config']), parameters.get('date'))}"


def served(config: Path) -> Path:
    """The configuration, if it is one that may be run here: a server that serves a desk runs no other file of this machine.

    Raises:
        Unusable: it is another.
    """
    mine = os.environ.get(ONLY)
    if mine and config.resolve() != Path(mine):
        raise Unusable(f"{config}: this server serves {mine} and nothing else")
    return config


@flow(name="night", flow_run_name=_run_name, description=AT_3_AM, persist_result=False)
def night_flow(config: Path, date: dt.date | None = None, trigger: str = "schedule", fetch_again: bool = False) -> State[None] | None:
    """Run one night.

    Args:
        config: the desk's configuration file.
        date: the night; where it is not given, the last one that was over at the scheduled time.
        trigger: what started it: command, schedule, backfill or late.
        fetch_again: ask sources on the network once more, for what came late.
    """
    desk = _desk.get() or Desk.open(served(config))
    # a task run with tags asks the server for a place of each before it begins, and waits for minutes where the server is lost
    with alive(desk) as heart, TagsContext(current_tags=set()):
        try:
            _night(Run(desk, _date_of(config, date), trigger, fetch_again, stopping.asked, flow_run=str(flow_run.get_id())))
        except Stopped as error:
            return Cancelled(message=str(error))
    return Cancelled(message="It was cancelled when all was done, and is published.") if heart.cancelled else None


def _night(run: Run) -> None:
    plan = run.plan()
    if plan.fresh and not run.fetch_again:
        log.info("night %s: published and unchanged, no step to run", run.date)
        return
    try:
        with pages.Progress(plan.jobs) as progress:
            published = run.execute(TaskRuns(progress.finished))
            progress.complete()
    except Stopped:  # somebody wanted it: no failure that anybody has to be told of
        raise
    except NightwireError as error:
        pages.failed(run.desk, run.date, error)
        raise
    except Exception:  # Prefect's own: leaving the flow waits for its jobs, and the night goes on without it
        raise
    except BaseException:  # a signal: leaving the flow waits for its jobs, which are to end
        stopping.ask()
        raise
    pages.report(run.desk, published)


@contextmanager
def alive(desk: Desk) -> Iterator[Pulse]:
    """Give signs of life, and hold a lock that ends with this process: a run that says it is running and holds none has lost it."""
    run = flow_run.get_id()
    path = desk.places.lock(f"run-{run}")
    with locked(path, "this flow run"), beating(UUID(str(run)), str(flow_run.get_name())) as heart:
        yield heart
        path.unlink(missing_ok=True)


def _many_name() -> str:
    wanted = Wanted.model_validate(flow_run.get_parameters()["wanted"])
    nights = wanted.nights()
    return ("dry run of a backfill " if wanted.dry_run else "backfill ") + f"{nights[0]} to {nights[-1]}"


@flow(name="backfill", flow_run_name=_many_name, description=MANY, persist_result=False)
def backfill_flow(config: Path, wanted: Wanted) -> State[None] | None:
    """Run many nights.

    Args:
        config: the desk's configuration file.
        wanted: which nights, and how.
    """
    desk = Desk.open(served(config))
    wanted.check(desk.config.night.timezone, dt.datetime.now(dt.UTC))
    if wanted.dry_run:
        pages.planned(forecast.plan(desk, wanted))
        return None
    with alive(desk) as heart:
        outcome = _drive(desk, wanted, night)
    return _state_of(outcome, cancelled=heart.cancelled)


def _drive(desk: Desk, wanted: Wanted, one: Callable[[Run], object]) -> Outcome:
    outcome = backfill.drive(desk, wanted, one, stopping.asked)
    pages.outcome(outcome)
    log.info("backfill: %s", outcome)
    return outcome


def _state_of(outcome: Outcome, *, cancelled: bool) -> State[None] | None:
    """How a backfill's run ends.

    Raises:
        Abort: nights failed.
    """
    if cancelled or stopping.asked():
        return Cancelled(message=f"backfill: {outcome}")
    if outcome.failed or outcome.stopped:
        raise Abort(f"backfill: {outcome}")
    return None


def backfill_command(desk: Desk, wanted: Wanted, one: Callable[[Run], object]) -> Outcome:
    """A backfill as a flow run whose nights are flow runs below it; without that parent where Prefect is lost."""
    came_to: list[Outcome] = []

    @flow(name="backfill", flow_run_name=_many_name, description=MANY, persist_result=False, validate_parameters=False)
    def parent(config: Path, wanted: Wanted) -> State[None] | None:  # noqa: ARG001 (the run's page shows its parameters)
        with alive(desk) as heart:
            came_to.append(_drive(desk, wanted, one))
        return _state_of(came_to[0], cancelled=heart.cancelled)

    try:
        with tags("nightwire", desk.config.name, "command"):
            parent(desk.path, wanted)
    except Exception as error:
        if came_to:  # its run ended as failed or cancelled
            return came_to[0]
        if isinstance(error, NightwireError):
            raise
        lost.set()
        log.warning("Prefect was lost (%s: %.200s). The backfill goes on without its parent run.", type(error).__name__, error)
        return backfill.drive(desk, wanted, one, stopping.asked)
    return came_to[0]


@functools.cache
def _with_workers(workers: int) -> Flow[..., Any]:
    """The night's flow with so many shards at once; making one looks through its function's source, so that it is made once."""
    runner: Any = ThreadPoolTaskRunner(max_workers=workers)
    return night_flow.with_options(task_runner=runner)


def night(run: Run) -> Manifest:
    """One night as a Prefect flow run; without Prefect where it can't be reached or is lost on the way.

    Raises:
        NightwireError: the night itself failed; nothing was published.
    """
    _desk.set(run.desk)
    try:
        with tags("nightwire", run.desk.config.name, run.trigger):
            _with_workers(run.desk.config.night.workers)(run.desk.path, run.date, run.trigger, run.fetch_again)
    except NightwireError:
        raise
    except CancelledRun as error:
        raise Stopped(f"night {run.date}: {error}") from error
    except Exception as error:  # whatever a job raises is a NightwireError, so this is Prefect's own
        lost.set()
        log.warning(
            "Prefect was lost (%s: %.200s). The night goes on without it; its UI will not show it whole.", type(error).__name__, error
        )
        return run.execute(Inline(run.desk.config.night.workers))
    published = manifest.read(run.desk.places.published, run.date)
    if published is None:
        raise Abort(f"night {run.date}: the flow ended well, but {run.desk.places.published} has no such night; see the log")
    return published


def prepare() -> None:
    """Bring Prefect's database to its newest form: 13 to 50 seconds that the first night would spend otherwise."""
    asyncio.run(provide_database_interface().create_db())
