"""Errors, named by what the night does with them.

    NightwireError
    ├── Unusable        the input can't be used: stop before any work            (exit 2)
    │   └── ConfigError     every fault of a configuration at once
    ├── Abort           the night can't go on: nothing is published              (exit 1)
    │   ├── ContractError   a table breaks its schema: a fault of ours
    │   └── Stopped         somebody asked the night to stop
    ├── RejectDocument  this one document is set aside with a reason; the night goes on
    └── TryAgain        a passing fault (a slow host, a busy file): worth a retry

A message says what went wrong, where, what was there, what was wanted, and the cure.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

REASONS: tuple[str, ...] = (
    "unreadable",  # the bytes could not be read: permission, I/O error, vanished file
    "empty",  # no bytes, or nothing but white space
    "too_large",  # over a size cap (file, record, decoded bytes)
    "too_short",  # less text than an article needs
    "binary",  # NUL bytes or another sign that this is no text
    "bad_encoding",  # bytes that are no text in the declared or detected encoding
    "bad_record",  # a record that is not what its format promises (JSON, CSV, WARC, XML)
    "bad_archive",  # a compressed file or archive that does not decode
    "bomb",  # compression ratio, entity expansion or nesting out of all proportion
    "no_article",  # a page in which no article was found
    "unsafe_path",  # a name that leaves its folder, or a link
    "unsafe_address",  # an address that must not be fetched
    "fetch_failed",  # the host did not answer, or answered with an error
    "robots",  # the host asks not to be fetched
    "over_budget",  # the source's limit of documents, bytes or seconds was reached
    "duplicate_id",  # the same document twice in one night
    "timeout",  # the document took longer than it may
    "out_of_memory",  # the document needed more memory than it may
    "crashed",  # the document ended its worker
    "model_failed",  # a model could not process the document
    "internal",  # an error of ours that we had not foreseen
)
"""The closed list of reasons for which a document is set aside."""

RETRYABLE: frozenset[str] = frozenset(
    {"unreadable", "fetch_failed", "over_budget", "timeout", "out_of_memory", "crashed", "model_failed"}
)
"""Reasons under which the same bytes may pass another time."""


class NightwireError(Exception):
    """Any error that nightwire raises on purpose."""


class Unusable(NightwireError):
    """The input can't be used; nothing was begun."""


class ConfigError(Unusable):
    """A configuration with faults.

    Args:
        faults: one line per fault, each beginning with the path of its key (`targets[2].id: …`).
        where: the file's name.
    """

    def __init__(self, faults: Sequence[str], where: str) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{where}: {len(self.faults)} fault(s) in the configuration\n" + "\n".join(f"  {f}" for f in self.faults))


class Abort(NightwireError):
    """The night can't go on; nothing is published."""


class ContractError(Abort):
    """A table that breaks its schema or its key."""


class Stopped(Abort):
    """The night was asked to stop between two batches."""


class TryAgain(NightwireError):
    """A passing fault."""


class RejectDocument(NightwireError):
    """One document is set aside.

    Args:
        reason: one of `REASONS`.
        message: what was found, for a person; never the article's own text.

    Raises:
        ValueError: `reason` is not in the closed list.
    """

    def __init__(self, reason: str, message: str) -> None:
        if reason not in REASONS:
            raise ValueError(f"unknown reject reason {reason!r}; have {', '.join(REASONS)}")
        self.reason = reason
        self.message = message
        super().__init__(f"{reason}: {message}")


def place_of(error: BaseException) -> str:
    """Kind and place of an exception that is not ours: `ValueError in tasks/quotes/rows.py, line 31`.

    Its own words are left out: those of a parser hold what it read, and no article's text stands in a message.
    """
    root = Path(__file__).parents[1]
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path.relative_to(root), line) for path, line in frames if {root / "tasks", root / "flows"} & set(path.parents)]
    return type(error).__name__ + (f" in {ours[-1][0]}, line {ours[-1][1]}" if ours else "")
