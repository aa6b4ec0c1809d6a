"""A process that looks after itself: a step that takes too long is called back, and a process that nothing else can help ends itself.

What an interpreter can still hear is an exception in the step's own thread. A step that does not hear it (a loop in C that keeps the
interpreter's lock), and memory beyond the bound, end the process: `flows.attempts` tells the next one what it was at.
"""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

log = logging.getLogger("nightwire")

ENDED = 75
"""Exit code of a process that ended itself (EX_TEMPFAIL: the next attempt goes another way)."""
TICK = 1.0
"""Seconds between two looks."""
DEAF = 30.0
"""Seconds in which a step that was called back has to come."""


class Overtime(BaseException):  # no Exception: a step that sets a faulty document aside must not take this for its fault
    """A step took longer than it may."""


@dataclass
class _Watched:
    """A step under way in a thread."""

    ends: float
    called_back: bool = False


_watched: dict[int, _Watched] = {}
_lock = threading.Lock()


class Watched:
    """The block is called back with `Overtime` after some seconds, where somebody looks after this process."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = threading.get_ident()

    def __enter__(self) -> None:
        """Begin."""
        _watched[self._thread] = _Watched(time.monotonic() + self._seconds)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End; an exception that is on its way is waited for, so that it meets no other work."""
        try:
            with _lock:
                own = _watched.pop(self._thread, None)
            while own and own.called_back and kind is not Overtime:
                time.sleep(0.01)
        finally:
            _watched.pop(self._thread, None)


@contextmanager
def looked_after(memory: int, held: float) -> Iterator[None]:
    """Look after this process until the end of the block.

    Args:
        memory: bytes of resident memory beyond which the process ends itself.
        held: seconds for which the interpreter's lock may be kept; nothing of ours keeps it for one.
    """
    over = threading.Event()
    thread = threading.Thread(target=_look, args=(memory, held, over), name="overtime", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(memory: int, held: float, over: threading.Event) -> None:
    try:
        while not over.is_set():
            faulthandler.dump_traceback_later(held, exit=True, file=2)
            _call_back(time.monotonic())
            if (resident_now := resident()) > memory and _watched:
                _end(f"the process holds {resident_now >> 20} MB of memory, more than night.memory_gb lets it")
            over.wait(TICK)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _call_back(now: float) -> None:
    with _lock:
        for thread, step in _watched.items():
            if now > step.ends + DEAF:
                _end("a step takes longer than it may and can't be called back")
            if now > step.ends and not step.called_back:
                step.called_back = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Overtime))


def _end(why: str) -> None:
    log.error("%s: it ends here. The next run does the same work in processes of their own and finds the document.", why)
    os._exit(ENDED)


def resident() -> int:
    """Bytes of memory that this process holds now; where the system does not say, the most it ever held."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
