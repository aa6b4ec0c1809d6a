"""What a person sees of a running night: a bar a stage on a terminal, plain lines in a log."""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flows import logs
from flows.jobs import Done

log = logging.getLogger("nightwire")


class Bars(logging.Handler):
    """Turns the log's finished jobs into bars."""

    def __init__(self, totals: dict[str, int], console: Console) -> None:
        super().__init__(logging.INFO)
        self.bars = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._bar: dict[str, TaskID] = {name: self.bars.add_task(name, total=total) for name, total in totals.items()}

    def emit(self, record: logging.LogRecord) -> None:
        """Advance the stage of a finished job; say anything else above the bars."""
        done = getattr(record, "done", None)
        if isinstance(done, Done) and done.step in self._bar:
            self.bars.advance(self._bar[done.step])
        elif record.levelno >= logging.WARNING:
            self.bars.console.print(record.getMessage(), markup=False, highlight=False)


@contextmanager
def shown(path: Path, date: dt.date, jobs: list[Done], kind: str = "lines") -> Iterator[None]:
    """Show a night's progress: bars where stderr is a terminal, else lines; lines into the night's log file always.

    Args:
        kind: `lines` for a person, or `json`: an object a line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    logs.install()
    handlers: list[logging.Handler] = [logs.File(path)]
    console = Console(stderr=True)
    bars = Bars(totals(jobs), console) if console.is_terminal else None
    handlers.append(bars or logging.StreamHandler(sys.stderr))
    for handler in handlers:
        if handler is not bars:
            handler.setFormatter(logs.formatter(kind))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    log.info("night %s: %d jobs", date, len(jobs))
    try:
        if bars:
            with bars.bars:
                yield
        else:
            yield
    except BaseException as error:
        log.error("night %s: %s: %s", date, type(error).__name__, error)  # noqa: TRY400 (the message is made to be read; no traceback)
        raise
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


def totals(jobs: list[Done]) -> dict[str, int]:
    """Stage -> number of its jobs."""
    counts: dict[str, int] = {}
    for job in jobs:
        counts[job.step] = counts.get(job.step, 0) + 1
    return counts
