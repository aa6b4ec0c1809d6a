"""Prefect: every night a flow run, every job a task run of its own name. Apply `flows.environment` before importing this.

Prefect carries references, never tables, and keeps no results: the store's records are the only cache. What is published is decided by
our manifest, never by Prefect's state, so a night that loses its server goes on without it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.server.database import provide_database_interface
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from flows import dates, manifest, stopping
from flows.manifest import Manifest
from flows.run import Desk, Run
from flows.steps import Done, Inline, Inputs, Job, Part
from tasks.errors import Abort, NightwireError

log = logging.getLogger("nightwire")

AT_3_AM = """One night: fetch, extract, repeats, sign, cluster, keep, summarize, quotes, stances, digest, publish.

**At 3 a.m.** A failed night has published nothing: readers still see what they saw. The message says what, where, and the cure.
Run it again with `nightwire run CONFIG --date DATE`: it goes on from what is done. `nightwire status CONFIG` shows every date and why
it is as it is; `nightwire verify CONFIG` proves the published files.
"""


class Prefect:
    """Jobs as task runs named `{stage}-{shard:03d}`; futures are passed on, so that the UI draws the arrows."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task[Any, Done]] = {}

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Any:
        """Start a task run."""
        if job.name not in self._tasks:
            self._tasks[job.name] = Task(_perform, name=job.name, description=job.about, cache_policy=NO_CACHE, persist_result=False)
        named = self._tasks[job.name].with_options(task_run_name=f"{job.name}-{job.shard:03d}")
        # quoted: else Prefect looks for earlier results inside the job, and draws arrows where there are none
        return named.submit(quote(job), [[(part.job, part.index) for part in table] for table in inputs])

    def result(self, job: Any) -> Done:
        """Wait for a task run.

        Raises:
            NightwireError: what the step raised.
        """
        done: Done = job if isinstance(job, Done) else job.result()
        return done


def _perform(job: Job, inputs: Any) -> Done:
    finished: Inputs = tuple(tuple((done, index) for done, index in table) for table in inputs)
    return job.perform(finished)


def _run_name() -> str:
    parameters: dict[str, Any] = flow_run.get_parameters()
    return f"night {parameters.get('date') or 'as scheduled'}"


@flow(name="night", flow_run_name=_run_name, description=AT_3_AM, persist_result=False)
def night_flow(config: Path, date: dt.date | None = None, trigger: str = "schedule", fetch_again: bool = False) -> None:
    """Run one night.

    Args:
        config: the desk's configuration file.
        date: the night; where it is not given, the last one that was over at the scheduled time.
        trigger: what started it: command, schedule, backfill or late.
        fetch_again: ask sources on the network once more, for what came late.
    """
    desk = Desk.open(config)
    chosen = date or dates.last_night(flow_run.get_scheduled_start_time(), desk.config.night.timezone)
    run = Run(desk, chosen, trigger, fetch_again, stopping.asked, flow_run=str(flow_run.get_id()))
    run.execute(Prefect())


def night(run: Run) -> Manifest:
    """One night as a Prefect flow run; without Prefect where it can't be reached or is lost on the way.

    Raises:
        NightwireError: the night itself failed; nothing was published.
    """
    runner: Any = ThreadPoolTaskRunner(max_workers=run.desk.config.night.workers)
    try:
        night_flow.with_options(task_runner=runner)(run.desk.path, run.date, run.trigger, run.fetch_again)
    except NightwireError:
        raise
    except Exception as error:  # whatever a job raises is a NightwireError, so this is Prefect's own
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
