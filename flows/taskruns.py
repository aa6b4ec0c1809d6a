"""Jobs as Prefect task runs: the runner that Prefect's pages show.

Prefect carries references, never tables, and keeps no results: the store's records are the only cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from flows.jobs import Done, Inputs, Job, Part, perform


class TaskRuns:
    """Jobs as task runs named `{stage}-{shard:03d}`; futures are passed on, so that the UI draws the arrows."""

    def __init__(self, finished: Callable[[Done], None]) -> None:
        self._tasks: dict[str, Task[Any, Done]] = {}
        self._finished = finished

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Any:
        """Start a task run."""
        if job.name not in self._tasks:
            self._tasks[job.name] = Task(
                self._perform, name=job.name, description=job.about, cache_policy=NO_CACHE, persist_result=False
            )
        named = self._tasks[job.name].with_options(task_run_name=f"{job.name}-{job.shard:03d}")
        # quoted: else Prefect looks for earlier results inside the job, and draws arrows where there are none
        return named.submit(quote(job), [[(part.job, part.index) for part in table] for table in inputs])

    def _perform(self, job: Job, inputs: Any) -> Done:
        finished: Inputs = tuple(tuple((done, index) for done, index in table) for table in inputs)
        done = perform(job, finished)
        self._finished(done)
        return done

    def result(self, job: Any) -> Done:
        """Wait for a task run.

        Raises:
            NightwireError: what the step raised.
        """
        done: Done = job if isinstance(job, Done) else job.result()
        return done
