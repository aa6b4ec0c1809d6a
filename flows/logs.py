"""The log: one event is one line, whatever stands in it; in words for a person, or as JSON for a machine."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path

from flows.jobs import Done

LONGEST = 2000
"""Characters of a message."""
_ACTS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of characters on which a terminal or a log acts (line ends, escapes, changes of direction), or that have no look."""


def clean(text: str) -> str:
    """The text in one line, with all that a terminal or a log would act on escaped, cut at `LONGEST`."""
    line = "".join(ascii(sign)[1:-1] if unicodedata.category(sign) in _ACTS else sign for sign in text[:LONGEST])
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


class Clean(logging.Filter):
    """Cleans every message of a logger before any handler, Prefect's too, sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        record.msg, record.args = clean(record.getMessage()), ()
        return True


class Json(logging.Formatter):
    """One JSON object a line: time, level, message; of a finished job also step, shard, rows, seconds and whether it ran."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        value: dict[str, object] = {"time": at.isoformat(), "level": record.levelname, "message": record.getMessage()}
        if isinstance(done := getattr(record, "done", None), Done):
            value |= {"step": done.step, "shard": done.shard, "rows": done.rows, "seconds": round(done.seconds, 3), "ran": done.ran}
        return json.dumps(value, ensure_ascii=False)


class File(logging.FileHandler):
    """The log's file; a disk that takes no line of it is told of once, on stderr, and stops nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8")
        self._told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's own name)
        """Say why the log has no more lines."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._told:
            self._told = True
            sys.stderr.write(f"nightwire: {self.baseFilename}: lines of the log are lost: {error}\n")

    def close(self) -> None:
        """Close the file; what it could not take was told."""
        with suppress(OSError):
            super().close()


LINES = logging.Formatter("%(asctime)s %(levelname)s %(message)s")


def formatter(kind: str) -> logging.Formatter:
    """How `night.log` wants its lines: `lines` or `json`."""
    return Json() if kind == "json" else LINES


def install() -> None:
    """Clean what nightwire logs; once is enough."""
    log = logging.getLogger("nightwire")
    if not any(isinstance(one, Clean) for one in log.filters):
        log.addFilter(Clean())
