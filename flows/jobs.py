"""A piece of a night's work: what it reads, its key, and what it came to. Knows keys and files, not Prefect."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from flows import room
from flows.attempts import Attempts
from flows.isolate import Bounds, Work, made
from flows.store import Record, Ref, Store
from tasks.config import digest_of
from tasks.errors import Abort, NightwireError, Stopped, place_of
from tasks.step import Step

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


Inputs = tuple[tuple[tuple[Done, int], ...], ...]
"""Per table that the step reads, the finished jobs and which of their tables is meant."""


class Job(Protocol):
    """A piece of work with a name and a shard, which finds its finished result by itself; `perform` runs it."""

    @property
    def name(self) -> str:
        """The stage's name."""

    @property
    def shard(self) -> int:
        """The shard's number."""

    @property
    def store(self) -> Store:
        """Where its files are."""

    @property
    def about(self) -> str:
        """What the job does, for the UI."""

    @property
    def asked_to_stop(self) -> Callable[[], bool]:
        """Whether somebody asked the night to stop."""

    def recall(self, inputs: Inputs) -> Done | None:
        """The finished result, if there is one."""

    def work(self, inputs: Inputs) -> Done:
        """Do it, and write its record down."""


def perform(job: Job, inputs: Inputs) -> Done:
    """The result of a job, from its record or by doing the work.

    Raises:
        Stopped: somebody asked the night to stop.
        NightwireError: whatever the job raises; an error that is none of ours becomes one that says where.
    """
    where = f"{job.name}, shard {job.shard}"
    if job.asked_to_stop():
        raise Stopped(f"{where}: the night was asked to stop; the next run goes on from here")
    try:
        done = job.recall(inputs) or job.work(inputs)
    except NightwireError:
        raise
    except OSError as error:
        raise Abort(f"{where}: {room.said(error, job.store.root)} Nothing was published.") from error
    except Exception as error:
        raise Abort(f"{where}: {place_of(error)}. This is a fault of ours: please report it.") from error
    told = f"{done.rows} rows in {done.seconds:.2f} s" if done.ran else "was done"
    log.info("%s-%03d %s", done.step, done.shard, told, extra={"done": done})
    return done


@dataclass(frozen=True)
class StepJob:
    """One step on one shard.

    Attributes:
        models: every model that the step uses -> its digest.
        row_by_row: it runs on each document of the shard by itself, so that one may be taken out.
    """

    step: Step
    settings: BaseModel
    models: Mapping[str, str]
    shard: int
    store: Store
    asked_to_stop: Callable[[], bool]
    attempts: Attempts
    bounds: Bounds
    row_by_row: bool

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
        settings = self.settings.model_dump(mode="json")
        inputs = [[ref.digest for ref in table if ref.rows] for table in refs]
        return digest_of([self.step.name, self.step.version, inputs, settings, dict(self.models)])

    def recall(self, inputs: Inputs) -> Done | None:
        """The finished result, if there is one; None too where a job before would run first."""
        refs = _refs(inputs)
        record = self.store.recall(self.step.name, self.key(refs)) if refs is not None else None
        return None if record is None else Done(self.step.name, self.shard, record.refs, False, 0.0, _rows(record.refs))

    def forget(self, inputs: Inputs) -> None:
        """Remove the record, so that the step runs again; its files stay."""
        if (refs := _refs(inputs)) is not None:
            self.store.forget(self.step.name, self.key(refs))

    def work(self, inputs: Inputs) -> Done:
        """Run the step, and write its record down."""
        began = time.perf_counter()
        refs = _refs(inputs) or ()
        key = self.key(refs)
        with self.attempts.under_way(f"{self.name}-{key}") as died:
            written = made(Work(self.step, self.settings, refs, self.store, self.bounds, self.row_by_row), died=died)
            seconds = time.perf_counter() - began
            self.store.remember(self.name, key, Record(written, seconds, {}))
        return Done(self.name, self.shard, written, True, seconds, _rows(written))


def _rows(refs: Iterable[Ref]) -> int:
    return next((ref.rows for ref in refs), 0)


def _refs(inputs: Inputs) -> tuple[tuple[Ref, ...], ...] | None:
    """The files that go in; None where a job before would run first, so that they are not known."""
    if any(not done.refs for table in inputs for done, _ in table):
        return None
    return tuple(tuple(done.refs[index] for done, index in table) for table in inputs)
