"""A step on some of a shard's documents, in a process of its own that may be ended; and the search for the document that ends it.

A night runs its steps in its own process: threads share the models, and nothing is copied. Only where that process died, or a step took
too long, is the shard's work done here: a process with limits of memory and time, halved until each document that fails by itself is
found. That document is set aside with a reason, and the step is run once on the rest, as if it had never come.
"""

from __future__ import annotations

import ctypes
import json
import logging
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel

from flows import apply
from flows.overtime import Overtime, Watched
from flows.store import Ref, Store
from tasks import aside
from tasks.config import NightSettings
from tasks.errors import Abort, ContractError, NightwireError, RejectDocument, place_of
from tasks.step import Step

log = logging.getLogger("nightwire")

WALL = 3.0
"""Seconds on the clock for each second of work: other work on the machine must not look like a fault of a document."""
MANY = 20
"""Documents of one shard that may be found before the step itself is taken for the fault."""
Made = tuple[pa.Table, ...] | RejectDocument
"""What a step made of some documents, or how it ended."""
Attempt = Callable[[Sequence[str] | None], Made]
"""Ids of some of a shard's documents -> what came of them; None stands for a step that is not row by row."""


@dataclass(frozen=True)
class Bounds:
    """What a step may take on a shard.

    Attributes:
        seconds, document_seconds: of work, for the step and for each of its documents on top.
        memory: bytes of data.
    """

    seconds: float
    document_seconds: float
    memory: int

    @classmethod
    def of(cls, night: NightSettings) -> Bounds:
        """The bounds of a configuration; three quarters of the machine's memory where it names none."""
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(night.step_seconds, night.document_seconds, int(night.memory_gb * 2**30) or machine * 3 // 4)

    def work(self, documents: int) -> float:
        """Seconds of work for so many documents."""
        return self.seconds + documents * self.document_seconds

    def wall(self, documents: int) -> float:
        """Seconds on the clock."""
        return WALL * self.work(documents)


@dataclass(frozen=True)
class Work:
    """A step and the files that it reads.

    Attributes:
        row_by_row: it runs on each document of its first table by itself, so that one may be taken out.
    """

    step: Step
    settings: BaseModel
    refs: Sequence[Sequence[Ref]]
    store: Store
    bounds: Bounds
    row_by_row: bool

    def told(self) -> bytes:
        """The work, as a process of its own is told of it."""
        kind = type(self.settings)
        task = {
            "step": self.step.name,
            "settings": [kind.__module__, kind.__qualname__, self.settings.model_dump_json()],
            "refs": [[asdict(ref) for ref in table] for table in self.refs],
            "store": str(self.store.root),
            "memory": self.bounds.memory,
        }
        return json.dumps(task).encode() + b"\n"


def made(work: Work, *, died: bool) -> tuple[Ref, ...]:
    """What a step writes; a document that it can't be run on is found and set aside.

    Args:
        died: an earlier attempt ended with its process, so that this one is made in isolation.

    Raises:
        NightwireError: what the step raises to end a night, or that no single document is at fault.
    """
    tables = apply.read(work.store, work.step, work.refs)
    documents = tables[0].num_rows
    if died:
        log.warning("%s: the process ended in the middle of it; it is done again in isolation", work.step.name)
        return _apart(work, tables)
    try:
        with Watched(work.bounds.wall(documents)):
            outputs = apply.run(work.step, tables, work.settings)
    except (Overtime, MemoryError) as error:
        log.warning("%s: %s; it is done again in isolation", work.step.name, type(error).__name__)
        return _apart(work, tables)
    except (NightwireError, OSError) as error:
        if not isinstance(error, ContractError) or not work.row_by_row:
            raise
        return _survived(work, tables, partial(_here, work, tables))
    except Exception as error:
        if not work.row_by_row:
            raise
        log.warning("%s: %s; the document that it fails on is looked for", work.step.name, place_of(error))
        return _survived(work, tables, partial(_here, work, tables))
    return apply.write(work.store, work.step, outputs)


def _survived(work: Work, tables: Sequence[pa.Table], attempt: Attempt) -> tuple[Ref, ...]:
    ids = tables[0][work.step.reads[0].key[0]].to_pylist() if work.row_by_row else None
    outputs = attempt(ids)
    if isinstance(outputs, RejectDocument):
        doomed = culprits(ids, outputs, attempt) if ids else {}
        for name, fault in doomed.items():
            log.warning("%s: document %s set aside: %s", work.step.name, name, fault)
        if doomed:
            rest = [name for name in ids or () if name not in doomed]
            outputs = attempt(rest) if rest else tuple(spec.empty() for spec in work.step.writes)
        if isinstance(outputs, RejectDocument):
            raise Abort(
                f"{work.step.name}: {outputs}, and no single document is at fault. More of night.memory_gb, night.step_seconds or "
                "night.shards may help; else this is a fault of ours: please report it."
            )
        outputs = aside.with_rejects(work.step, tables[0], outputs, doomed)
    return apply.write(work.store, work.step, outputs)


def _here(work: Work, tables: Sequence[pa.Table], ids: Sequence[str] | None) -> Made:
    """Run a step on some documents in this process."""
    try:
        return apply.run(work.step, aside.only(tables, ids or ()), work.settings)
    except (ContractError, MemoryError) as error:
        return fault_of(error)
    except (NightwireError, OSError):
        raise
    except Exception as error:  # one bad document never stops a night
        return fault_of(error)


def _apart(work: Work, tables: Sequence[pa.Table]) -> tuple[Ref, ...]:
    """Run a step in processes of its own."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "ARROW_DEFAULT_MEMORY_POOL": "system"}  # the others reserve a gigabyte beforehand
    command = [sys.executable, "-m", "flows.child"]  # our own module
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603 (our own module)
        try:
            _say(process, work.told())
            return _survived(work, tables, partial(_asked, work, process))
        finally:
            process.kill()


def _asked(work: Work, process: subprocess.Popen[bytes], ids: Sequence[str] | None) -> Made:
    """What came of some documents in a process of its own.

    Raises:
        Abort: what the step itself raises to end a night.
    """
    documents = len(ids) if ids is not None else sum(ref.rows for ref in work.refs[0])
    part = {"ids": ids, "work": work.bounds.work(documents), "wall": work.bounds.wall(documents)}
    _say(process, json.dumps(part).encode() + b"\n")
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise Abort(f"{work.step.name}: the process that isolates it ended with {process.wait()}")
    answer = json.loads(line)
    if "code" in answer:
        return ended(answer["code"], answer["words"])
    if "abort" in answer:
        raise Abort(answer["abort"])
    if "reason" in answer:
        return RejectDocument(answer["reason"], answer["message"])
    return tuple(work.store.get(Ref(**ref)) for ref in answer["refs"])


def _say(process: subprocess.Popen[bytes], line: bytes) -> None:
    if process.stdin:
        process.stdin.write(line)
        process.stdin.flush()


def ended(code: int, said: str) -> RejectDocument:
    """How a process ended, as a reason.

    Args:
        code: as of `subprocess`: negative for a signal.
        said: the end of its standard error.
    """
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return RejectDocument("timeout", "took longer than night.step_seconds and night.document_seconds let it")
    if code == -signal.SIGKILL or (code == -signal.SIGABRT and ("bad_alloc" in said or "memory" in said)):
        return RejectDocument("out_of_memory", "took more memory than night.memory_gb lets it, or than there is")
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return RejectDocument("crashed", f"ended its process with {how}")


def fault_of(error: Exception) -> RejectDocument:
    """An exception as a reason; of its words only the kind and the place, for they may hold the article's."""
    if isinstance(error, MemoryError):
        return RejectDocument("out_of_memory", "took more memory than night.memory_gb lets it, or than there is")
    return RejectDocument("internal", place_of(error))


def culprits(ids: Sequence[str], fault: RejectDocument, attempt: Attempt) -> dict[str, RejectDocument]:
    """The documents that fail by themselves, and how; empty where none does.

    Args:
        ids: documents that failed together.
        fault: how they did.

    Raises:
        Abort: so many that the step itself is at fault.
    """
    if len(ids) == 1:
        return {ids[0]: fault}
    found: dict[str, RejectDocument] = {}
    middle = len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        if isinstance(outcome := attempt(half), RejectDocument):
            found |= culprits(half, outcome, attempt)
    if len(found) > MANY and 2 * len(found) > len(ids):
        raise Abort(f"{len(found)} of {len(ids)} documents failed, together so: {fault}. The step is at fault, or its bounds.")
    return found


def tie() -> None:
    """Let this process end with its parent, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def limit(work: float, wall: float, memory: int) -> None:
    """Bound this process, so that the system ends it whatever it is at."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    seconds = math.ceil(time.process_time() + work)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 10))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, wall)
