"""Run a night and end it at the n-th file operation: `python saboteur.py CONFIG DATE kill|ENOSPC|EIO N`; prints how many there were.

After the way of SQLite's I/O error tests (sqlite.org/testing.html): the caller counts N up until the run gets through.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

OPERATIONS = ("replace", "rename", "link", "symlink", "fsync", "unlink", "mkdir")


class Saboteur:
    """Counts the file operations of this process and spoils one of them."""

    def __init__(self, how: str, at: int) -> None:
        self.how, self.at, self.count = how, at, 0
        self._lock = threading.Lock()

    def wrap(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        """The operation, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                self.count += 1
                mine = self.count == self.at
            if mine and self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if mine:
                number = getattr(errno, self.how)
                raise OSError(number, os.strerror(number), str(arguments[0]) if arguments else "")
            return operation(*arguments, **named)

        return counted


def main(config: str, date: str, how: str, at: str) -> int:
    """Run the night under sabotage; 0 done, 1 failed with a NightwireError."""
    from flows.desk import Desk
    from flows.run import Run
    from flows.runners import Inline
    from tasks.errors import NightwireError

    desk = Desk.open(Path(config))
    saboteur = Saboteur(how, int(at))
    for name in OPERATIONS:
        setattr(os, name, saboteur.wrap(getattr(os, name)))
    try:
        Run(desk, dt.date.fromisoformat(date)).execute(Inline(2))
    except NightwireError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    finally:
        sys.stdout.write(f"{saboteur.count}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
