"""SIGTERM on a night of a command: it ends soon, publishes nothing, and the next run goes on. `test_serve.py` has cancels."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import attempts, failures, manifest, pulse, stopping
from flows.places import Places
from tests.flows import desks
from tests.flows.house import clean_environment, eventually

NIGHT = dt.date(2026, 3, 2)


def test_what_a_stop_may_take_is_less_than_ten_seconds() -> None:
    """Noticed, waited for, last words; Prefect's runner looks every three seconds whether a process that it ended is gone."""
    ours = stopping.PATIENCE + stopping.LAST_WORDS
    assert pulse.LOOK + ours < 10
    assert ours <= 2 * 3


@pytest.mark.parametrize("options", [["--without-prefect"], []])
def test_sigterm_ends_a_night(tmp_path: Path, options: list[str]) -> None:
    config = desks.quick(tmp_path, [NIGHT], shards=8)
    for number in range(300):
        desks.article(config, NIGHT, f"Story number {number} of the harbour's long day", 1000 + 7 * number)
    command = [sys.executable, "-m", "flows", "run", str(config), "--date", str(NIGHT)]
    process = subprocess.Popen([*command, *options], env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = tmp_path / "state" / "logs" / f"{NIGHT}.log"
    eventually(lambda: (log.exists() and "extract-000" in log.read_text()) or None, 200, "work under way")
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait(60) != 0
    assert time.monotonic() - began < stopping.PATIENCE + stopping.LAST_WORDS + 5, "our patience, and what a busy machine adds"
    assert manifest.read(tmp_path / "published", NIGHT) is None
    assert attempts.died(tmp_path / "state" / "store" / "attempts") == [], "a stop that was meant is no crash"
    assert str(failures.read(Places(tmp_path), NIGHT)).startswith("Stopped: ")
    assert subprocess.run([*command, "--without-prefect"], env=clean_environment(), check=False, capture_output=True).returncode == 0
    found = manifest.read(tmp_path / "published", NIGHT)
    assert found is not None
    assert sum(stage["reused"] for stage in found.run["timings"]) >= 1
