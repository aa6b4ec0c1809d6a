"""A command in a process of its own, begun again where a document ended it: what it was at is then done in isolation.

The command is a fork of this process, made before anything heavy is loaded; it ends with this one, however this one ends. What it
started and left behind when it died (Prefect's own server) is this process's to end: it would hold the desk's database, and our output.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flows import attempts
from flows.isolate import tie

AGAIN = 50
"""Times that a command is begun again at most; each time at least one more shard's step is done in isolation."""
_ASKED = (signal.SIGTERM, signal.SIGINT)
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of `prctl`: who dies leaves its children to this process."""
PATIENCE = 5.0
"""Seconds that a process that was left behind has to end by itself."""
_FROM_TERMINAL = 128
"""`si_code` of a signal that the kernel sends, as for Ctrl-C: the whole foreground group has it already."""


def supervised(command: Callable[[], int], died_at: Callable[[], Path], say: Callable[[str], None]) -> int:
    """Run a command; its exit code.

    Args:
        died_at: the folder of `flows.attempts`; asked for only where the command died.
        say: where a line for a person goes.
    """
    if sys.platform != "linux":  # elsewhere a process can't be tied to its parent: it is begun again by hand
        return command()
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    others = frozenset(_children())  # of the shell that became this process
    code = 0
    for _ in range(AGAIN):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_ASKED, signal.SIGCHLD})
        try:
            child = _fork()
            if child == 0:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                return command()  # the child goes on as this process would have
            code, asked = _wait(child)
            _end_the_left(others)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        mine = [] if code == 0 or asked else [one for one in attempts.died(died_at()) if one.process == child]
        if not mine:
            break
        nights = ", ".join(sorted({str(one.night) for one in mine}))
        say(f"nightwire: night {nights}: its process ended with {code} amid a step. It goes on and does that step in isolation")
    return code


def _fork() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        tie()
        if os.getppid() != parent:
            os._exit(1)
    return child


def _end_the_left(others: frozenset[int]) -> None:
    """End what the command started and did not end; `others` were there before it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + PATIENCE
        for process in (left := _children() - others):
            with suppress(ProcessLookupError):
                os.kill(process, number)
        while left and time.monotonic() < until:
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            left = _children() - others
            time.sleep(0.02)
        if not left:
            return


def _children() -> set[int]:
    return {int(child) for told in Path("/proc/self/task").glob("*/children") for child in told.read_text().split()}


def _wait(child: int) -> tuple[int, bool]:
    """The child's exit code (128 and more for a signal), and whether somebody asked it to stop."""
    asked = False
    while True:
        told = signal.sigwaitinfo({*_ASKED, signal.SIGCHLD})
        if told.si_signo in _ASKED:
            asked = True
            if told.si_code != _FROM_TERMINAL:
                os.kill(child, told.si_signo)
            continue
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code, asked
