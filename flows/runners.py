"""What runs a job: this process (`Inline`), nothing (`Planner`: what would run?), or Prefect (`flows.taskruns`).

All walk the same path of the night, so a dry run can't disagree with a run.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from flows.jobs import Done, Inputs, Job, Part, StepJob, perform


class Runner(Protocol):
    """What runs jobs."""

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Any:
        """Start a job; the `Done`, or something that `result` turns into one."""

    def result(self, job: Any) -> Done:
        """Wait for a job."""


class Inline:
    """Jobs in this process, on threads."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="shard")

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Future[Done]:
        """Queue the job behind those it needs; they were queued before it, so that no thread waits in a circle."""
        return self._pool.submit(lambda: perform(job, self.resolve(inputs)))

    def resolve(self, inputs: tuple[tuple[Part, ...], ...]) -> Inputs:
        """Wait for what goes in."""
        return tuple(tuple((self.result(part.job), part.index) for part in table) for table in inputs)

    def result(self, job: Any) -> Done:
        """Wait for a job."""
        return job if isinstance(job, Done) else job.result()


class Planner:
    """Runs nothing: finds which jobs have their record, and which would run."""

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Done:
        """The recorded result, or an empty one that says `ran`."""
        known: Inputs = tuple(tuple((part.job, part.index) for part in table) for table in inputs)
        done = self.recalled(job, known)
        return done or Done(job.name, job.shard, (), True, 0.0, 0)

    def recalled(self, job: Job, inputs: Inputs) -> Done | None:
        """The recorded result, if there is one."""
        return job.recall(inputs)

    def result(self, job: Any) -> Done:
        """The job itself: nothing runs here."""
        done: Done = job
        return done


@dataclass(frozen=True)
class Forgetter(Planner):
    """Sets the records of some steps aside on its way, so that these are worked out anew; what an empty table gave is kept."""

    stages: frozenset[str]

    def recalled(self, job: Job, inputs: Inputs) -> Done | None:
        """The recorded result, whose record is removed where its step is meant."""
        done = job.recall(inputs)
        if done is not None and job.name in self.stages and isinstance(job, StepJob) and any(ref.rows for ref in done.refs):
            job.forget(inputs)
        return done
