"""A step on shards: `each` by itself on every shard, `whole` once over the night. Knows keys and files, not Prefect.

What runs a job is a `Runner`: in this process (`Inline`), not at all (`Planner`: what would run?), or Prefect (`flows.orchestrate`).
All three walk the same path of the night, so a dry run can't disagree with a run.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
from pydantic import BaseModel

from flows.store import Record, Ref, Store
from tasks.config import Config, digest_of
from tasks.errors import Abort, ContractError, NightwireError, Stopped
from tasks.step import Step
from tasks.tables import Spec

log = logging.getLogger("nightwire")


@dataclass(frozen=True)
class Done:
    """What a job came to.

    Attributes:
        step, shard: which job.
        refs: one per table that the step writes; empty in a plan where the job would run.
        ran: false where the record was there already.
        seconds: spent now.
    """

    step: str
    shard: int
    refs: tuple[Ref, ...]
    ran: bool
    seconds: float
    rows: int


@dataclass(frozen=True)
class Part:
    """The table number `index` of a job that may still be running: a `Done`, or a future of one."""

    job: Any
    index: int


@dataclass(frozen=True)
class Pile:
    """A table of the night: for every shard the parts that make it; one entry only where it is not sharded."""

    shards: tuple[tuple[Part, ...], ...]
    sharded: bool

    def shard(self, number: int) -> tuple[Part, ...]:
        """The parts of one shard, or all of a table that is not sharded."""
        return self.shards[number] if self.sharded else self.all()

    def all(self) -> tuple[Part, ...]:
        """The parts of the whole night, in the order of the shards."""
        return tuple(part for shard in self.shards for part in shard)


Inputs = tuple[tuple[tuple[Done, int], ...], ...]
"""Per table that the step reads, the finished jobs and which of their tables is meant."""


class Job(Protocol):
    """A piece of work with a name, a shard and a key."""

    @property
    def name(self) -> str:
        """The stage's name."""

    @property
    def shard(self) -> int:
        """The shard's number."""

    @property
    def about(self) -> str:
        """What the job does, for the UI."""

    def recall(self, inputs: Inputs) -> Done | None:
        """The finished result, if there is one."""

    def perform(self, inputs: Inputs) -> Done:
        """The result, from its record or by doing the work."""


@dataclass(frozen=True)
class StepJob:
    """One step on one shard."""

    step: Step
    settings: BaseModel
    shard: int
    store: Store
    asked_to_stop: Callable[[], bool]

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name

    @property
    def about(self) -> str:
        """The first line of the step's own words."""
        return (self.step.run.__doc__ or "").strip().split("\n")[0]

    def key(self, refs: Sequence[Sequence[Ref]]) -> str:
        """Digest of all that decides the result; 64 hex digits."""
        models = dict(self.step.models(self.settings))
        settings = self.settings.model_dump(mode="json")
        inputs = [[ref.digest for ref in table if ref.rows] for table in refs]
        return digest_of([self.step.name, self.step.version, inputs, settings, models])

    def recall(self, inputs: Inputs) -> Done | None:
        """The finished result, if there is one."""
        refs = _refs(inputs)
        record = self.store.recall(self.step.name, self.key(refs)) if refs is not None else None
        return None if record is None else Done(self.step.name, self.shard, record.refs, False, 0.0, _rows(record.refs))

    def forget(self, inputs: Inputs) -> None:
        """Remove the record, so that the step runs again; its files stay."""
        if (refs := _refs(inputs)) is not None:
            self.store.forget(self.step.name, self.key(refs))

    def perform(self, inputs: Inputs) -> Done:
        """The result, from its record or by running the step.

        Raises:
            Stopped: somebody asked the night to stop.
            NightwireError: whatever the step raises.
        """
        if self.asked_to_stop():
            raise Stopped(f"{self.step.name}, shard {self.shard}: the night was asked to stop; the next run goes on from here")
        if (done := self.recall(inputs)) is not None:
            return report(done)
        began = time.perf_counter()
        refs = _refs(inputs) or ()
        try:
            written = self._run(refs)
        except NightwireError:
            raise
        except OSError as error:
            raise Abort(
                f"{self.name}, shard {self.shard}: the disk said no: {error}. Nothing was published; make room and run again."
            ) from error
        except Exception as error:
            raise Abort(
                f"{self.name}, shard {self.shard}: {type(error).__name__}: {error}. This is a fault of ours: please report it."
            ) from error
        seconds = time.perf_counter() - began
        self.store.remember(self.name, self.key(refs), Record(written, seconds, {}))
        return report(Done(self.name, self.shard, written, True, seconds, _rows(written)))

    def _run(self, refs: Sequence[Sequence[Ref]]) -> tuple[Ref, ...]:
        tables = [
            _joined([self.store.get(ref) for ref in table if ref.rows], spec) for table, spec in zip(refs, self.step.reads, strict=True)
        ]
        outputs = _as_tuple(self.step.run(*tables, self.settings))
        if len(outputs) != len(self.step.writes):
            raise ContractError(f"{self.step.name}: gave {len(outputs)} tables, its contract has {len(self.step.writes)}")
        return tuple(self.store.put(table, spec) for table, spec in zip(outputs, self.step.writes, strict=True))


def report(done: Done) -> Done:
    """Say in the log that a job is done; the same job, for a chain of calls."""
    log.info(
        "%s-%03d %s",
        done.step,
        done.shard,
        f"{done.rows} rows in {done.seconds:.2f} s" if done.ran else "was done",
        extra={"done": done},
    )
    return done


def _joined(tables: Sequence[pa.Table], spec: Spec) -> pa.Table:
    """One table of several; keys are not looked at again, for nights of a history may hold the same document of an old story."""
    return pa.concat_tables(tables).combine_chunks().unify_dictionaries() if tables else spec.empty()


def _as_tuple(output: pa.Table | tuple[pa.Table, ...]) -> tuple[pa.Table, ...]:
    return output if isinstance(output, tuple) else (output,)


def _rows(refs: Iterable[Ref]) -> int:
    return next((ref.rows for ref in refs), 0)


def _refs(inputs: Inputs) -> tuple[tuple[Ref, ...], ...] | None:
    """The files that go in; None where a job before would run first, so that they are not known."""
    if any(not done.refs for table in inputs for done, _ in table):
        return None
    return tuple(tuple(done.refs[index] for done, index in table) for table in inputs)


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
        return self._pool.submit(lambda: job.perform(self.resolve(inputs)))

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
        return job.recall(known) or Done(job.name, job.shard, (), True, 0.0, 0)

    def result(self, job: Any) -> Done:
        """The job itself: nothing runs here."""
        done: Done = job
        return done


@dataclass(frozen=True)
class Forgetter:
    """Runs nothing: sets the records of some steps aside, so that these are worked out anew; what an empty table gave is kept."""

    stages: frozenset[str]

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...]) -> Done:
        """The recorded result, whose record is removed where its step is meant."""
        known: Inputs = tuple(tuple((part.job, part.index) for part in table) for table in inputs)
        done = job.recall(known)
        if done is not None and job.name in self.stages and isinstance(job, StepJob) and any(ref.rows for ref in done.refs):
            job.forget(known)
        return done or Done(job.name, job.shard, (), True, 0.0, 0)

    def result(self, job: Any) -> Done:
        """The job itself: nothing runs here."""
        done: Done = job
        return done


@dataclass
class Work:
    """The two verbs, for one night."""

    config: Config
    date: dt.date
    store: Store
    runner: Runner
    asked_to_stop: Callable[[], bool] = lambda: False
    jobs: list[Any] = field(default_factory=list)

    def each(self, step: Step, *tables: Pile) -> tuple[Pile, ...]:
        """Run a step on every shard by itself; a table that is not sharded goes into every one of them, whole."""
        shards = max(len(table.shards) for table in tables if table.sharded)
        jobs = [self._submit(step, number, tuple(table.shard(number) for table in tables)) for number in range(shards)]
        return tuple(Pile(tuple((Part(job, index),) for job in jobs), sharded=True) for index in range(len(step.writes)))

    def whole(self, step: Step, *tables: Pile) -> tuple[Pile, ...]:
        """Run a step once over the night."""
        job = self._submit(step, 0, tuple(table.all() for table in tables))
        return tuple(Pile(((Part(job, index),),), sharded=False) for index in range(len(step.writes)))

    def given(self, refs: Iterable[Ref]) -> Pile:
        """A table that is finished already, such as the signatures of earlier nights."""
        return Pile((tuple(Part(Done("given", 0, (ref,), False, 0.0, ref.rows), 0) for ref in refs),), sharded=False)

    def settings(self, step: Step) -> BaseModel:
        """What the step reads of the configuration; a field `run_date` is the night's date."""
        settings = step.settings(self.config)
        return settings.model_copy(update={"run_date": self.date}) if "run_date" in type(settings).model_fields else settings

    def _submit(self, step: Step, shard: int, inputs: tuple[tuple[Part, ...], ...]) -> Any:
        return self.submit(StepJob(step, self.settings(step), shard, self.store, self.asked_to_stop), inputs)

    def submit(self, job: Job, inputs: tuple[tuple[Part, ...], ...] = ()) -> Any:
        """Start any job."""
        started = self.runner.submit(job, inputs)
        self.jobs.append(started)
        return started

    def done(self) -> list[Done]:
        """All jobs of the night, waited for.

        Raises:
            NightwireError: what the first failed job raised.
        """
        return [self.runner.result(job) for job in self.jobs]

    def refs(self, table: Pile) -> tuple[Ref, ...]:
        """The files of a table, waited for; empty ones included."""
        return tuple(self.runner.result(part.job).refs[part.index] for part in table.all())
