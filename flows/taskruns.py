"""Jobs as Prefect task runs: the runner that Prefect's pages show.

Prefect carries references, never tables, and keeps no results: the store's records are the only cache.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from flows.jobs import Done, Inputs, Job, Part, perform


@functools.cache
def _task(name: str, about: str) -> Task[Any, Done]:
    """The task of a stage; making one looks through its function's source, so that it is made once."""
    shown = "{job.name}-{job.shard:03d}"
    return Task(_perform, name=name, description=about, task_run_name=shown, cache_policy=NO_CACHE, persist_result=False)


def _perform(job: Job, inputs: Any, finished: Callable[[Done], None]) -> Done:
    known: Inputs = tuple(tuple((done, index) for done, index in table) for table in inputs)
    done = perform(job, known)
    finished(done)
    return done


class TaskRuns:
    """Jobs as task runs named `{stage}-{shard:03d}`; futures are passed on, so that the UI draws the arrows."""

    def __init__(self, finished: Callable[[Done], None]) -> None:
        self._finished = finished

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Any:
        """Start a task run."""
        # quoted: else Prefect looks for earlier results inside the job, and draws arrows where there are none
        return _task(job.name, job.about).submit(
            quote(job), [[(part.job, part.index) for part in table] for table in inputs], quote(self._finished)
        )

    def result(self, job: Any) -> Done:
        """Wait for a task run.

        Raises:
            NightwireError: what the step raised.
        """
        done: Done = job if isinstance(job, Done) else job.result()
        return done
