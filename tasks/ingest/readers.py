"""Processes that read documents for this one, each asked over its pipes and ended when it takes too long."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

MEMORY = 2 << 30
"""Bytes of address space of a reading process."""
START = 120.0
"""Seconds that a process may take to start, on a busy machine."""
_SIZES = struct.Struct(">QQ")


class Gone(Exception):
    """The reading process has ended without an answer."""


class Reader:
    """A process that reads one document after the other.

    Args:
        memory: bytes of address space that it may use.

    Attributes:
        seconds: CPU seconds that it has spent on reading.
        fresh: nothing has been read by it yet.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        self.seconds = 0.0
        self.fresh = True
        self._process = subprocess.Popen(  # noqa: S603 - our own module, and nothing of a document
            [sys.executable, "-P", "-m", "tasks.ingest.guard", str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._ask(None, START)

    def ask(self, question: Mapping[str, Any], text: str, seconds: float) -> dict[str, Any]:
        """The answer to a question about a text.

        Raises:
            TimeoutError: there was none after `seconds`; the process is ended.
            Gone: it ended by itself.
        """
        self.fresh = False
        answer = self._ask(question, seconds, text)
        self.seconds += answer.pop("seconds")
        return answer

    def _ask(self, question: Mapping[str, Any] | None, seconds: float, text: str = "") -> dict[str, Any]:
        began = time.monotonic()
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            if question is not None:
                write_frame(self._pipe(self._process.stdin), {**question, "limit": seconds}, text)
            frame = read_frame(self._pipe(self._process.stdout))
        except OSError:
            frame = None
        finally:
            timer.cancel()
        if frame is None:
            self.close()
            if time.monotonic() - began >= seconds:
                raise TimeoutError
            raise Gone
        return frame[0]

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None  # noqa: S101 - Popen was asked for it
        return pipe

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                self._pipe(pipe).close()
            except OSError:  # what was not read yet is lost with its reader
                continue


class Readers:
    """The reading processes of this one that wait for work; each is used by one thread at a time."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._idle: list[Reader] = []
        self._spent = 0.0
        self._lock = threading.Lock()

    def ask(self, question: Mapping[str, Any], text: str, seconds: float) -> dict[str, Any]:
        """The answer of an idle reader, or of a new one.

        A process that has read much may be short of memory for what others left: only a fresh one's failure is the document's own.

        Raises:
            TimeoutError: there was no answer after `seconds`.
            Gone: the document ended a fresh process.
        """
        while True:
            reader = self._take()
            fresh = reader.fresh
            try:
                answer = reader.ask(question, text, seconds)
            except Gone:
                if fresh:
                    raise
                continue
            if answer.get("reason") == "out_of_memory":
                reader.close()
                if fresh:
                    return answer
                continue
            self._put(reader)
            return answer

    def _take(self) -> Reader:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Reader(self._memory)

    def _put(self, reader: Reader) -> None:
        with self._lock:
            self._spent += reader.seconds
            reader.seconds = 0.0
            self._idle.append(reader)

    def spent(self) -> float:
        """CPU seconds of all answers so far."""
        with self._lock:
            return self._spent

    def close(self) -> None:
        """Ends the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.close()

    def forget(self) -> None:
        """Leaves the processes to the one that was forked from."""
        self._lock = threading.Lock()
        self._idle = []


def write_frame(pipe: IO[bytes], value: Mapping[str, Any], text: str = "") -> None:
    """Writes a question or an answer: the sizes of two parts in 8 bytes each, then JSON and a text, whose quoting would cost more."""
    parts = [json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")]
    pipe.write(_SIZES.pack(*map(len, parts)) + b"".join(parts))
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[dict[str, Any], str] | None:
    """The next question or answer and its text, or None where the pipe has ended."""
    head = pipe.read(_SIZES.size)
    if len(head) < _SIZES.size:
        return None
    value, text = (pipe.read(size) for size in _SIZES.unpack(head))
    if (len(value), len(text)) != _SIZES.unpack(head):
        return None
    return json.loads(value.decode("utf-8", "surrogatepass")), text.decode("utf-8", "surrogatepass")
