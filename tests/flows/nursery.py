"""Nights in processes of their own, hundreds of them: forked from one process that has read the code and run a night already.

The process preloads `faults.c`, so that any file operation of a child can be made to fail (`how`, `at`); where there is no C compiler
only the kill at an instant is left. Run as `python -m tests.flows.nursery`, it takes one JSON object a line and tells what became of
each child.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOW = {"count": 0, "kill": 1, "ENOSPC": 2, "EIO": 3, "EINTR": 4, "short": 5}
DONE, FAILED, BUSY = 0, 1, 3
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Child:
    """One night's process."""

    pid: int
    told: Path
    ended: threading.Event = field(default_factory=threading.Event)
    status: int = 0

    def kill(self) -> None:
        """End it at once, unless it has ended."""
        if not self.ended.is_set():
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float = 300) -> int:
        """Its exit code; minus the number of the signal that ended it."""
        assert self.ended.wait(seconds), f"process {self.pid} does not end: {self.told.read_text()}"
        return self.status

    @property
    def operations(self) -> int:
        """How many file operations it made before it ended of itself."""
        return int(self.told.read_text().rpartition("operations ")[2].split()[0])

    @property
    def spoiled(self) -> str:
        """Function and path of the operation that was made to fail; nothing where the process was killed, or met none."""
        return self.told.read_text().rpartition("spoiled ")[2].split("\n")[0] if "spoiled " in self.told.read_text() else ""


class Nursery:
    """Starts children; to be closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.can_spoil = shutil.which("cc") is not None
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        if self.can_spoil:
            library = folder / "faults.so"
            source = Path(__file__).with_name("faults.c")
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
            environment["LD_PRELOAD"] = str(library)
        command = [sys.executable, "-m", "tests.flows.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
        self._children: dict[int, Child] = {}
        self._started: list[Child] = []
        self._news = threading.Condition()
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, config: Path, date: dt.date, how: str = "count", at: int = 0, **more: Any) -> Child:
        """Start a night.

        Args:
            more: `file_bytes`: the longest file that it may write (RLIMIT_FSIZE); `trace`: the file that gets each operation's function
                and path; `where`: a pattern of such lines, of the only operations that count.
        """
        self._number += 1
        told = self.folder / f"{self._number}.txt"
        order = {"config": str(config), "date": str(date), "how": HOW[how], "at": at, "told": str(told), **more}
        with self._news:
            before = len(self._started)
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            assert self._news.wait_for(lambda: len(self._started) > before, 300), "the nursery does not answer"
            return self._started[before]

    def run(self, config: Path, date: dt.date, how: str = "count", at: int = 0, **more: Any) -> Child:
        """Start a night and wait for its end."""
        child = self.start(config, date, how, at, **more)
        child.wait()
        return child

    def close(self) -> None:
        """End the nursery; its children have ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(300)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            news = json.loads(line)
            with self._news:
                if "told" in news:
                    child = Child(news["pid"], Path(news["told"]))
                    self._children[child.pid] = child
                    self._started.append(child)
                else:
                    child = self._children.pop(news["pid"])
                    child.status = news["status"]
                    child.ended.set()
                self._news.notify_all()


def _say(**news: object) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def _warm() -> None:
    """Run a night, so that no child has to import anything."""
    from flows.desk import Desk
    from flows.run import Run
    from flows.runners import Inline
    from tests.flows import desks

    with tempfile.TemporaryDirectory() as folder:
        config = desks.quick(Path(folder), [dt.date(2026, 3, 2)])
        runner = Inline(1)
        Run(Desk.open(config), dt.date(2026, 3, 2)).execute(runner)
        runner._pool.shutdown()


def _child(order: dict[str, Any]) -> int:
    import logging
    import resource
    import traceback

    from flows.desk import Desk
    from flows.publish import BusyError
    from flows.run import Run
    from flows.runners import Inline
    from tasks.errors import NightwireError

    told = os.open(order["told"], os.O_WRONLY | os.O_CREAT)
    os.dup2(told, 1)
    os.dup2(told, 2)
    logging.disable()
    config = Path(order["config"])
    desk = Desk.open(config)
    if "file_bytes" in order:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"], order["file_bytes"]))
    faults = ctypes.CDLL(None)
    if hasattr(faults, "faults_arm"):
        trace = os.open(order["trace"], os.O_WRONLY | os.O_CREAT) if "trace" in order else -1
        faults.faults_arm(
            str(config.parents[1]).encode(), order["how"], ctypes.c_long(order["at"]), trace, order.get("where", "").encode()
        )
    code = FAILED
    try:
        Run(desk, dt.date.fromisoformat(order["date"])).execute(Inline(2))
        code = DONE
    except BusyError as error:
        print(f"{error}", file=sys.stderr)
        code = BUSY
    except NightwireError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    except Exception:
        traceback.print_exc()
        code = 70
    if hasattr(faults, "faults_counted"):
        faults.faults_counted.restype, faults.faults_met.restype = ctypes.c_long, ctypes.c_char_p
        print(f"spoiled {faults.faults_met().decode()}", file=sys.stderr)
        print(f"operations {faults.faults_counted()}", file=sys.stderr)
    return code


def main() -> None:
    """Fork a child for each line of stdin, and tell its end."""
    import traceback

    _warm()
    children = 0
    waiting = b""
    while True:
        readable, _, _ = select.select([0], [], [], 0.003 if children else None)
        while children and (ended := os.waitpid(-1, os.WNOHANG))[0]:
            children -= 1
            _say(pid=ended[0], status=os.waitstatus_to_exitcode(ended[1]))
        if not readable:
            continue
        if not (chunk := os.read(0, 65536)):
            return
        *lines, waiting = (waiting + chunk).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if (pid := os.fork()) == 0:
                code = 70
                try:
                    code = _child(order)
                except BaseException:
                    traceback.print_exc()
                finally:
                    sys.stderr.flush()
                    os._exit(code)
            children += 1
            _say(pid=pid, told=order["told"])


if __name__ == "__main__":
    main()
