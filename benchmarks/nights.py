"""What a backfill costs beside its nights' own work: 31 nights of two short articles, with and without Prefect; done, and done again.

`floor` is what Prefect alone takes for as much: below one parent a flow run a night, with the same number of task runs that do nothing
and of artifacts. The database is the one that PREFECT_SERVER_DATABASE_CONNECTION_URL names, else SQLite.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flows import backfill, dates, environment
from flows.desk import Desk
from flows.run import Run
from flows.runners import Inline
from flows.wanted import Wanted
from tests.flows import desks

NIGHTS = int(sys.argv[1]) if len(sys.argv) > 1 else 31
FIRST = dt.date(2026, 3, 1)
TASKS, TABLES, MARKDOWNS = 12, 4, 3
"""What a night of this desk has on its page; a bar of progress besides."""


def alone(desk: Desk, wanted: Wanted) -> object:
    """The nights in this process."""
    return backfill.drive(desk, wanted, lambda run: run.execute(Inline(1)), lambda: False)


def below_prefect(desk: Desk, wanted: Wanted) -> object:
    """The nights as flow runs below a parent."""
    from flows import orchestrate

    def one(run: Run) -> object:
        return orchestrate.night(run)

    return orchestrate.backfill_command(desk, wanted, one)


def floor(_desk: Desk, wanted: Wanted) -> object:
    """As many runs and artifacts of Prefect's as the nights have, and nothing else."""
    from prefect import flow, task
    from prefect.artifacts import create_markdown_artifact, create_progress_artifact, create_table_artifact, update_progress_artifact
    from prefect.cache_policies import NO_CACHE
    from prefect.task_runners import ThreadPoolTaskRunner

    @task(cache_policy=NO_CACHE, persist_result=False)
    def nothing(before: object) -> None:
        pass

    @flow(name="floor", persist_result=False, task_runner=ThreadPoolTaskRunner(max_workers=1))
    def night() -> None:
        bar = create_progress_artifact(progress=0.0, key="progress")
        last = None
        for number in range(TASKS):
            last = nothing.with_options(task_run_name=f"nothing-{number:03d}").submit(last)
        assert last is not None
        last.result()
        update_progress_artifact(artifact_id=bar, progress=100.0)
        for number in range(TABLES):
            create_table_artifact(key=f"table-{number}", table=[{"a": 1, "b": "two"}] * 5)
        for number in range(MARKDOWNS):
            create_markdown_artifact(key=f"markdown-{number}", markdown="| a |\n|---|\n| b |\n" * 8)

    @flow(name="floors", persist_result=False)
    def many() -> None:
        for _ in wanted.nights():
            night()

    many()
    return f"{NIGHTS} flow runs of {TASKS} task runs"


def timed(name: str, what: str, way: Callable[[Desk, Wanted], object], desk: Desk, wanted: Wanted) -> None:
    """Say what a way takes a night, on the clock and of this process's CPU."""
    began, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    outcome = way(desk, wanted)
    seconds, after = (time.perf_counter() - began) / NIGHTS, resource.getrusage(resource.RUSAGE_SELF)
    used = (after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime) / NIGHTS
    print(f"{name:<28} {what:<14} {seconds:7.3f} s a night, {used:6.3f} CPU s in the client   ({outcome})", flush=True)


def main() -> None:
    """Time each way: with all the work to do, and with none."""
    logging.getLogger("nightwire").setLevel(logging.ERROR)
    nights = dates.span(FIRST, FIRST + dt.timedelta(days=NIGHTS - 1))
    wanted = Wanted.of({"first": nights[0], "last": nights[-1]})
    database = os.environ.get("PREFECT_SERVER_DATABASE_CONNECTION_URL", "sqlite").split(":")[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        desk = Desk.open(desks.quick(Path(folder), nights))
        environment.apply(desk.places)
        from flows import orchestrate

        orchestrate.prepare()
        timed("(a first flow run)", "", floor, desk, Wanted.of({"first": nights[0], "last": nights[0]}))
        timed(f"Prefect on {database}", "floor", floor, desk, wanted)
        for what in ("with work", "nothing to do"):
            timed(f"Prefect on {database}", what, below_prefect, desk, wanted)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        desk = Desk.open(desks.quick(Path(folder), nights))
        for what in ("with work", "nothing to do"):
            timed("without Prefect", what, alone, desk, wanted)


if __name__ == "__main__":
    main()
