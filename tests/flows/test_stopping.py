"""SIGTERM on a night of a command: it ends soon, publishes nothing, and the next run goes on."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import manifest
from tests.flows import desks
from tests.flows.house import clean_environment, eventually

NIGHT = dt.date(2026, 3, 2)


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
    assert time.monotonic() - began < 12
    assert manifest.read(tmp_path / "published", NIGHT) is None
    assert subprocess.run([*command, "--without-prefect"], env=clean_environment(), check=False, capture_output=True).returncode == 0
    found = manifest.read(tmp_path / "published", NIGHT)
    assert found is not None
    assert sum(stage["reused"] for stage in found.run["timings"]) >= 1
