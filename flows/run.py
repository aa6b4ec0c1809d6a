"""One night from the command to the published data: plan, lock, run, check, publish."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import logging
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows import checks, consistency, failures, fetch, manifest, room, snapshot, stopping, tombstones
from flows.desk import Desk
from flows.isolate import Bounds
from flows.jobs import Done
from flows.manifest import Manifest
from flows.nightly import STEPS, Tonight, night
from flows.overtime import looked_after
from flows.publish import locked, publish
from flows.runners import Planner, Runner
from flows.steps import Pile, Work
from flows.store import DamagedFileError, Ref
from tasks.config import digest_of, interval
from tasks.errors import Abort, NightwireError, Stopped
from tasks.tables import RUNS, concat

log = logging.getLogger("nightwire")
HEALED_AT_MOST = 20


@dataclass(frozen=True)
class Plan:
    """What a run of a date would do.

    Attributes:
        jobs: every job; those with `ran` would run.
        published: the date's manifest, or None.
        fresh: nothing would run, and what is published is what would be published.
    """

    jobs: tuple[Done, ...]
    published: Manifest | None
    fresh: bool

    @property
    def would_run(self) -> dict[str, int]:
        """Stage -> number of shards that would run."""
        counts: dict[str, int] = {}
        for job in self.jobs:
            if job.ran:
                counts[job.step] = counts.get(job.step, 0) + 1
        return counts


@dataclass
class Run:
    """One run of one night."""

    desk: Desk
    date: dt.date
    trigger: str = "command"
    fetch_again: bool = False
    asked_to_stop: Callable[[], bool] = lambda: False
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    flow_run: str | None = None

    def __post_init__(self) -> None:
        """Note when the run began, and the history that it sees."""
        self.started = self.now()
        self._began = time.monotonic()
        self.history = self.desk.history(self.date)

    def _fetch(self, runner: Runner) -> tuple[Work, Pile]:
        work = Work(self.desk.config, self.desk.models, self.date, self.desk.places.store, runner, self.asked_to_stop)
        gone = tombstones.read(self.desk.places)
        return work, fetch.documents(work, self.desk.path.parent, self.now, again=self.fetch_again, forgotten=gone)

    def fetched(self, runner: Runner) -> list[Done]:
        """Queue the fetching of the sources alone; its jobs."""
        work, _ = self._fetch(runner)
        return work.done()

    def walk(self, runner: Runner) -> tuple[Work, Tonight]:
        """Queue the whole night on a runner."""
        work, documents = self._fetch(runner)
        earlier = work.given(ref for known in self.history.values() for ref in known.signatures)
        heard = work.given(ref for known in self.history.values() for ref in known.tables.get("voices", ()))
        return work, night(work, documents, earlier, heard)

    def execute(self, runner: Runner) -> Manifest:
        """Run the night and publish it; a failure is noted for `nightwire status`.

        Raises:
            BusyError: another run of this date is under way.
            Abort: the night failed; what was published stays.
        """
        bounds = Bounds.of(self.desk.config.night)
        lock = locked(self.desk.places.lock(str(self.date)), f"night {self.date}")
        with self._disk(), lock, looked_after(bounds.memory, bounds.wall(0)):
            try:
                with stopping.before_cut_off(self._note_stop), self._disk():
                    published = self._healing(runner)
            except NightwireError as error:
                failures.note(self.desk.places, self.date, error, self.now())
                raise
            except BaseException as error:
                if not isinstance(error, Exception):  # a signal
                    self._note_stop()
                raise
            failures.clear(self.desk.places, self.date)
            return published

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Turn what the disk says into an error of ours."""
        try:
            yield
        except OSError as error:
            raise Abort(f"night {self.date}: {room.said(error, self.desk.places.root)} Readers see what they saw.") from error

    def _note_stop(self) -> None:
        """Write down that somebody stopped the night: it is not missing, and nothing begins it again unasked."""
        failures.note(self.desk.places, self.date, Stopped("it was asked to stop; the next run goes on from here"), self.now())

    def _healing(self, runner: Runner) -> Manifest:
        """Walk the night; a damaged file of the store is removed and built again, a few times at most."""
        for _ in range(HEALED_AT_MOST):
            try:
                self.desk.places.store.clean()
                work, tonight = self.walk(runner)
                return self.finish(work, tonight)
            except DamagedFileError as error:
                log.warning("%s It is removed and built again now.", error)
                error.path.unlink(missing_ok=True)
                self._of_tonight(error.path)
        raise Abort(
            f"night {self.date}: more than {HEALED_AT_MOST} files of the store are damaged. Check the disk; then remove the store."
        )

    def _of_tonight(self, lost: Path) -> None:
        """See that a lost file is one that tonight's own steps build again.

        Raises:
            Abort: an earlier night made it, and tonight is compared with it.
        """
        store = self.desk.places.store
        for day, known in self.history.items():
            if any(store.path(ref) == lost for ref in (*known.signatures, *known.tables.get("voices", ()))):
                raise Abort(
                    f"night {self.date}: {lost}, made by night {day}, was damaged or is gone, and tonight is compared with it. "
                    f"Run that night first, then this one again: nightwire run {self.desk.path} --date {day} --date {self.date}"
                )

    def plan(self, *, check_bytes: bool = False) -> Plan:
        """What would run; reads records, writes nothing.

        Args:
            check_bytes: also compare the published files with their digests; else only their sizes.
        """
        work, tonight = self.walk(Planner())
        jobs = tuple(work.done())
        held = snapshot.of(self.desk.places.published)
        published = manifest.read(held, self.date)
        fresh = (
            published is not None
            and not any(job.ran for job in jobs)
            and self._manifest(work, tonight, [], published.runs).content == published.content
            and checks.intact(held, published, check_bytes=check_bytes)
        )
        return Plan(jobs, published, fresh)

    def finish(self, work: Work, tonight: Tonight) -> Manifest:
        """Wait for the night, check it, publish it unless it stands there already.

        Raises:
            Abort: the night must not be published; what was published stays.
        """
        store = self.desk.places.store
        done = work.done()
        draft = self._manifest(work, tonight, done, Ref("runs", "", 0, 0))
        tables = checks.files(store, draft.tables)
        read = sum(job.rows for job in done if job.step == "fetch")
        checks.over_limit(tables, read, self.desk.config.night.reject_limit)
        consistency.complete(tables, read)
        consistency.consistent(tables)
        held = snapshot.of(self.desk.places.published)
        stands = manifest.read(held, self.date)
        if stands and stands.content == draft.content and checks.intact(held, stands, check_bytes=True):
            return draft  # nothing new to a reader: a lost file of the store was built again, or somebody else was faster
        runs = store.put(self._runs(draft), RUNS)
        final = dataclasses.replace(draft, runs=runs)
        publish(self.desk.places, final, self._pages(work, tonight))
        return final

    def steps(self) -> dict[str, int]:
        """Every step's version."""
        return {step.name: step.version for step in STEPS}

    def models(self) -> list[dict[str, str]]:
        """Every model that a step uses, with its digest."""
        used = self.desk.models.items()
        return [{"step": step, "model": name, "digest": digest} for step, models in used for name, digest in models.items()]

    def seen_history(self) -> dict[str, str]:
        """Date -> digest of that night's signatures, as this run sees them."""
        return {str(day): _signatures(known) for day, known in self.history.items()}

    def _pages(self, work: Work, tonight: Tonight) -> dict[str, str]:
        (ref,) = work.refs(tonight.digest)
        (row,) = self.desk.places.store.get(ref).to_pylist()
        return {f"{self.date}.html": row["html"], f"{self.date}.md": row["markdown"]}

    def _manifest(self, work: Work, tonight: Tonight, done: list[Done], runs: Ref) -> Manifest:
        tables = {name: _with_rows([ref for pile in piles for ref in work.refs(pile)]) for name, piles in tonight.published.items()}
        config = self.desk.config.model_dump(mode="json")
        return Manifest(
            self.date,
            tables,
            _with_rows(work.refs(tonight.signatures)),
            self.seen_history(),
            {name: hashlib.sha256(page.encode()).hexdigest() for name, page in self._pages(work, tonight).items()},
            config,
            self.steps(),
            self._row(tables, done) if done else {},
            runs,
        )

    def _row(self, tables: Mapping[str, tuple[Ref, ...]], done: list[Done]) -> dict[str, Any]:
        start, end = interval(self.date, self.desk.config.night.timezone)
        return {
            "run_id": self.run_id,
            "interval_start": start.isoformat(),
            "interval_end": end.isoformat(),
            "started_at": self.started.isoformat(),
            # no jump of the clock is in it
            "finished_at": (self.started + dt.timedelta(seconds=time.monotonic() - self._began)).isoformat(),
            "trigger": self.trigger,
            "flow_run": self.flow_run,
            "config_name": self.desk.config.name,
            "config_sha256": self.desk.config.digest_hex(),
            "code_version": code_version(),
            "models": self.models(),
            "counts": [{"table": name, "rows": sum(ref.rows for ref in refs)} for name, refs in tables.items()],
            "timings": timings(done),
            "status": "published",
        }

    def _runs(self, draft: Manifest) -> pa.Table:
        """The runs of this date, the former ones included."""
        times = ("interval_start", "interval_end", "started_at", "finished_at")
        row = {key: dt.datetime.fromisoformat(value) if key in times else value for key, value in draft.run.items()}
        return concat([*self._former_runs(), RUNS.rows([row])], RUNS)

    def _former_runs(self) -> list[pa.Table]:
        """The rows of this night's former runs, from the store or from what is published; no step could make them again."""
        held = snapshot.of(self.desk.places.published)
        stands = manifest.read(held, self.date)
        if stands is None:
            return []
        name = next(name for name, ref in stands.files() if ref.table == "runs")
        try:
            return [self.desk.places.store.get(stands.runs)]
        except DamagedFileError as error:
            log.warning("%s Its rows are read from what is published.", error)
        try:
            return checks.read(held, name, stands.runs)
        except DamagedFileError as error:
            log.warning("%s The former runs of night %s are not listed any more.", error, self.date)
            return []


def _with_rows(refs: list[Ref] | tuple[Ref, ...]) -> tuple[Ref, ...]:
    """The files that have rows; one empty file where none has, so that every table of every night can be opened."""
    return tuple(ref for ref in refs if ref.rows) or tuple(refs[:1])


def _signatures(known: Manifest) -> str:
    return digest_of([ref.digest for ref in known.signatures if ref.rows])


def timings(done: list[Done]) -> list[dict[str, Any]]:
    """Per stage: shards run and reused, seconds over all shards, rows of the first table that it writes."""
    stages: dict[str, dict[str, Any]] = {}
    for job in done:
        stage = stages.setdefault(job.step, {"step": job.step, "ran": 0, "reused": 0, "seconds": 0.0, "rows": 0})
        stage["ran" if job.ran else "reused"] += 1
        stage["seconds"] = round(stage["seconds"] + job.seconds, 3)
        stage["rows"] += job.rows
    return list(stages.values())


def code_version() -> str:
    """The package's version, and the commit where the code is a checkout."""
    describe = ["git", "-C", str(Path(__file__).resolve().parent), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(describe, check=False, capture_output=True, text=True, timeout=5)  # noqa: S603 (a fixed command)
    except (OSError, subprocess.TimeoutExpired):
        return version("nightwire")
    return version("nightwire") + (f"+{found.stdout.strip()}" if found.returncode == 0 else "")
