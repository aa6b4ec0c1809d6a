"""Asked to stop: SIGTERM and SIGINT end a night between two jobs; nothing is published, and the next run goes on from there.

A job that takes longer is cut off: every file is written beside its name and renamed, so a process may end anywhere.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

PATIENCE = 5.0
"""Seconds that a job has to come to its end. Prefect's runner looks every three seconds whether a process that it ended is gone: the
second look then finds it so, and says Cancelled within seven seconds."""
LAST_WORDS = 1.0
"""Seconds for what is to be done before a process is cut off."""
CUT_OFF = 128 + signal.SIGTERM
"""The exit code of a process that was cut off."""

_asked = threading.Event()
_before: list[Callable[[], object]] = []


def asked() -> bool:
    """Whether somebody asked this process to stop."""
    return _asked.is_set()


def ask() -> None:
    """Ask this process to stop; it ends in `PATIENCE` seconds and a bit, whatever it is at."""
    if not _asked.is_set():
        _asked.set()
        clock = threading.Timer(PATIENCE, _cut_off)
        clock.daemon = True
        clock.start()


@contextmanager
def before_cut_off(what: Callable[[], object]) -> Iterator[None]:
    """Do something if this process is cut off within the block: it was meant, and must not look like a crash."""
    _before.append(what)
    try:
        yield
    finally:
        _before.remove(what)


def listen() -> None:
    """Let SIGTERM and SIGINT ask; a second one ends the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    ask()
    signal.signal(number, signal.SIG_DFL)


def _cut_off() -> None:
    thread = threading.Thread(target=_last_words, daemon=True)
    thread.start()
    thread.join(LAST_WORDS)
    os._exit(CUT_OFF)


def _last_words() -> None:
    for what in reversed(_before[:]):  # the innermost first
        with suppress(Exception):
            what()
