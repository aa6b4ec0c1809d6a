"""A real Prefect server that is killed while a night runs, or that is not there: the night does not need it."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from flows import checks, manifest
from tests.conftest import ROOT
from tests.flows import desks
from tests.flows.house import clean_environment, eventually, free_port, prepare
from tests.flows.ordeals import Figures

NIGHT = dt.date(2026, 3, 2)
WHEN = (
    "down at the start",
    "killed at the start",
    "killed in the middle",
    "killed at the end",
    "the night killed, its run still Running",
)
WITHIN = 60.0
"""Seconds from the publish to the end."""


def ordeal(folder: Path, when: str, figures: Figures) -> None:
    """One night with the server lost at the given time; the time from its publish to its end must be short."""
    desk = folder / when.replace(" ", "-").replace(",", "")
    config = desks.quick(desk, [NIGHT], shards=4)
    for number in range(40):
        desks.article(config, NIGHT, f"Story number {number} of the harbour's long day", 1000 + 7 * number)
    port = free_port()
    environment = {**clean_environment(), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_HOME": str(desk / "prefect")}
    server = None if when.startswith("down") else _server(config, port, environment)
    log, link = desk / "state" / "logs" / f"{NIGHT}.log", desk / "published"
    command = [sys.executable, "-m", "flows", "run", str(config), "--date", str(NIGHT)]
    night = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        if server:
            eventually(lambda: _come(when, log, link) or (night.poll() is not None) or None, 300, when)
            victim = night if when.startswith("the night") else server
            victim.send_signal(signal.SIGKILL)
        eventually(lambda: link.is_symlink() or (night.poll() is not None) or None, 300, "the night's publish or end")
        ended = time.monotonic()
        told, _ = night.communicate(timeout=300)
        seconds = time.monotonic() - ended
    finally:
        for process in (server, night):
            if process and process.poll() is None:
                process.kill()
    figures.cases += 1
    figures.count(f"{when}: {'published' if link.is_symlink() else 'absent'}, ended after {seconds:.0f} s")
    if seconds > WITHIN:
        figures.faults.append(f"{when}: the process was there {seconds:.0f} s after its publish")
    if night.returncode not in (0, -signal.SIGKILL) or "Traceback" in told:
        figures.faults.append(f"{when}: ended with {night.returncode}: {told[-2000:]}")
    figures.faults += [f"{when}: {fault}" for fault in checks.verify(link)]
    again = subprocess.run([*command, "--without-prefect"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    generations = [path for path in (desk / "state" / "generations").iterdir() if path.name.isdigit()]
    if again.returncode != 0 or len(generations) != 1 or manifest.read(link, NIGHT) is None or checks.verify(link):
        figures.faults.append(f"{when}: the next run: {again.returncode}, {len(generations)} publishes, {again.stderr[-2000:]}")


def _come(when: str, log: Path, link: Path) -> bool | None:
    """Whether it is time to kill."""
    text = log.read_text() if log.exists() else ""
    match when:
        case "killed at the start":
            return "jobs" in text or None
        case "killed at the end":
            return link.is_symlink() or "digest-000" in text or None
        case _:
            return "sign-000" in text or None


def _server(config: Path, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    prepare(config)
    prepared = config.parents[1] / "state" / "prefect" / "prefect.db"
    if prepared.exists():
        home = Path(environment["PREFECT_HOME"])
        home.mkdir(parents=True)
        prepared.rename(home / "prefect.db")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-services"]
    settings = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_SERVER_UI_ENABLED": "false"}
    started = subprocess.Popen(
        command,
        env={**os.environ, **environment, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    eventually(lambda: _healthy(port), 300, "a Prefect server")
    return started


def _healthy(port: int) -> bool | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2) as answer:
            return answer.status == 200 or None
    except OSError:
        return None
