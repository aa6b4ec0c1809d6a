"""A step on shards: `each` by itself on every shard, `whole` once over the night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from flows.attempts import Attempts
from flows.isolate import Bounds
from flows.jobs import Done, Job, Part, StepJob
from flows.runners import Runner
from flows.store import Ref, Store
from tasks.config import Config
from tasks.step import Step


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


@dataclass
class Work:
    """The two verbs, for one night.

    Attributes:
        models: step -> model -> its digest.
    """

    config: Config
    models: Mapping[str, Mapping[str, str]]
    date: dt.date
    store: Store
    runner: Runner
    asked_to_stop: Callable[[], bool] = lambda: False
    jobs: list[Any] = field(default_factory=list)

    def each(self, step: Step, *tables: Pile) -> tuple[Pile, ...]:
        """Run a step on every shard by itself; a table that is not sharded goes into every one of them, whole."""
        shards = max(len(table.shards) for table in tables if table.sharded)
        jobs = [self._submit(step, number, tuple(table.shard(number) for table in tables), each=True) for number in range(shards)]
        return tuple(Pile(tuple((Part(job, index),) for job in jobs), sharded=True) for index in range(len(step.writes)))

    def whole(self, step: Step, *tables: Pile) -> tuple[Pile, ...]:
        """Run a step once over the night."""
        job = self._submit(step, 0, tuple(table.all() for table in tables), each=False)
        return tuple(Pile(((Part(job, index),),), sharded=False) for index in range(len(step.writes)))

    def given(self, refs: Iterable[Ref]) -> Pile:
        """A table that is finished already, such as the signatures of earlier nights."""
        return Pile((tuple(Part(Done("given", 0, (ref,), False, 0.0, ref.rows), 0) for ref in refs),), sharded=False)

    def settings(self, step: Step) -> BaseModel:
        """What the step reads of the configuration; a field `run_date` is the night's date."""
        settings = step.settings(self.config)
        return settings.model_copy(update={"run_date": self.date}) if "run_date" in type(settings).model_fields else settings

    def _submit(self, step: Step, shard: int, inputs: tuple[tuple[Part, ...], ...], *, each: bool) -> Any:
        attempts = Attempts(self.store.root / "attempts", self.date)
        bounds = Bounds.of(self.config.night)
        settings, models = self.settings(step), self.models[step.name]
        job = StepJob(step, settings, models, shard, self.store, self.asked_to_stop, attempts, bounds, each)
        return self.submit(job, inputs)

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
