"""Asked to stop: SIGTERM and SIGINT end a night between two jobs; nothing is published, and the next run goes on from there."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_asked = threading.Event()


def asked() -> bool:
    """Whether somebody asked this process to stop."""
    return _asked.is_set()


def listen() -> None:
    """Let SIGTERM and SIGINT ask; a second one ends the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ask)


def _ask(number: int, _frame: FrameType | None) -> None:
    _asked.set()
    signal.signal(number, signal.SIG_DFL)
