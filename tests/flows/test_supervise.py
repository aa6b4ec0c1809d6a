"""A command begun again where a document ended it; what it left behind ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = """
import os, subprocess, sys
from pathlib import Path
from flows import supervise

supervise.PATIENCE = 1.0

def command():
    left = subprocess.Popen([sys.executable, "-c", sys.argv[2]], start_new_session=True)
    print("started", left.pid, flush=True)
    if sys.argv[1] == "dies":
        os.kill(os.getpid(), 9)
    return 7

sys.exit(supervise.supervised(command, lambda: Path("nowhere"), print))
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are tied on Linux only")
@pytest.mark.parametrize(("end", "code"), [("dies", 128 + signal.SIGKILL), ("returns", 7)])
@pytest.mark.parametrize("left", ["import time; time.sleep(300)", STUBBORN])
def test_what_a_command_left_behind_ends_with_it(end: str, code: int, left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Prefect's own server, which outlives a night that a document killed, and holds its database and our output."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", SCRIPT, end, left], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    assert time.monotonic() - began < 30
    (process,) = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("started")]
    assert not Path(f"/proc/{process}").exists()


@pytest.mark.skipif(sys.platform != "linux" or not Path("/bin/bash").exists(), reason="needs Linux and bash")
def test_what_was_there_before_the_command_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a script that watches a log in the background and then becomes the command."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    script = 'sleep 60 > /dev/null 2>&1 & echo watcher $!; exec "$0" "$@"'
    command = ["/bin/bash", "-c", script, sys.executable, "-c", SCRIPT, "returns", "pass"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    watcher = next(int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("watcher"))
    assert done.returncode == 7, done.stderr
    assert Path(f"/proc/{watcher}").exists()
    os.kill(watcher, signal.SIGKILL)
