"""What a step is at, so that a document that ends its process is known to the next one.

A job that is under way holds a lock on a small file. Locks end with their process, however that ends: a file that nobody holds is one
whose process died in the middle of it. The next attempt at the same work is made in a process of its own (`flows.isolate`).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flows import stopping


@dataclass(frozen=True)
class Attempts:
    """The attempts at one night's jobs.

    Attributes:
        folder: `state/attempts`; local to the machine, as its processes are.
    """

    folder: Path
    night: dt.date

    @contextmanager
    def under_way(self, name: str) -> Iterator[bool]:
        """Be at a piece of work; true where an earlier attempt at it ended with its process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.json"
        died = path.exists()
        with path.open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # equal work of another night: whoever is there first tells
                yield False
                return
            os.ftruncate(file.fileno(), 0)  # asks again where a signal came between; the file's own does not
            file.write(json.dumps({"night": str(self.night), "process": os.getpid()}).encode())
            file.flush()
            try:
                with stopping.before_cut_off(partial(path.unlink, missing_ok=True)):
                    yield died
            finally:
                path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Died:
    """Work whose process died in the middle of it."""

    night: dt.date
    process: int


def died(folder: Path) -> list[Died]:
    """All work whose process died and that nobody has taken up again."""
    found = []
    for path in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            value = json.loads(file.read())
            found.append(Died(dt.date.fromisoformat(value["night"]), int(value["process"])))
    return found
