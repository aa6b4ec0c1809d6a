"""Asked to stop: SIGTERM and SIGINT end a night between two jobs; nothing is published, and the next run goes on from there.

A job that takes longer is cut off: every file is written beside its name and renamed, so a process may end anywhere.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

PATIENCE = 6.0
"""Seconds that a job has to come to its end: with the three in which a cancel in the UI is noticed, less than ten."""
CUT_OFF = 128 + signal.SIGTERM
"""The exit code of a process that was cut off."""

_asked = threading.Event()


def asked() -> bool:
    """Whether somebody asked this process to stop."""
    return _asked.is_set()


def ask() -> None:
    """Ask this process to stop; it ends in `PATIENCE` seconds, whatever it is at."""
    if not _asked.is_set():
        _asked.set()
        clock = threading.Timer(PATIENCE, os._exit, (CUT_OFF,))
        clock.daemon = True
        clock.start()


def listen() -> None:
    """Let SIGTERM and SIGINT ask; a second one ends the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    ask()
    signal.signal(number, signal.SIG_DFL)
