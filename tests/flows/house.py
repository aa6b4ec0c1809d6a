"""A desk that is served as a person serves it: `nightwire up` in a process of its own, asked through Prefect's client."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from tests.conftest import ROOT

T = TypeVar("T")
STARTUP_SECONDS = 240


@dataclass
class House:
    """A served desk.

    Attributes:
        theirs: the password of a server that is somebody else's.
    """

    config: Path
    process: subprocess.Popen[str]
    port: int
    said: list[str]
    theirs: str = ""

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def digests(self) -> str:
        """Where the morning pages are."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def password(self) -> str:
        return self.theirs or (self.config.parents[1] / "state" / "prefect" / "password").read_text()

    @contextlib.contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        """Prefect's client, signed in."""
        with (
            temporary_settings({PREFECT_API_URL: f"{self.page}/api", PREFECT_API_AUTH_STRING: self.password}),
            get_client(sync_client=True) as client,
        ):
            yield client

    def is_served(self) -> bool | None:
        """True once it said so."""
        assert self.process.poll() is None, f"nightwire up ended:\n{''.join(self.said)}"
        return any("Ctrl-C stops" in line for line in self.said) or None

    def ask_to_stop(self) -> int:
        """Ctrl-C; the process's exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)


def free_port() -> int:
    """A port that is free, and the next one too."""
    while True:
        with socket.socket() as probe, socket.socket() as following, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            following.bind(("127.0.0.1", port + 1))
            return port


def clean_environment() -> dict[str, str]:
    """The environment without any setting of Prefect's, such as those of a harness that another test has started."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}


def prepare(config: Path) -> None:
    """Spare the server its migrations: take the database that the checkout's set-up has made, as long as nobody has used it."""
    prepared = ROOT / "state" / "prefect" / "prefect.db"
    if not prepared.exists():
        return
    ours = config.parents[1] / "state" / "prefect" / "prefect.db"
    ours.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(f"file:{prepared}?mode=ro", uri=True)) as source:
        used = source.execute("select (select count(*) from flow_run) + (select count(*) from deployment)").fetchone()[0]
        if not used:
            with contextlib.closing(sqlite3.connect(ours)) as target:
                source.backup(target)


@contextlib.contextmanager
def up(config: Path, *options: str, port: int | None = None, **environment: str) -> Iterator[House]:
    """Serve a desk until the end of the block.

    Args:
        port: of the server that is given in the environment; without it the desk starts its own.
    """
    own = free_port()
    if not environment:
        prepare(config)
    command = [sys.executable, "-m", "flows", "up", str(config), "--port", str(own), "--every", "3", *options]
    process = subprocess.Popen(
        command, env={**clean_environment(), **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    house = House(config, process, port or own, [])
    reader = threading.Thread(target=_listen, args=(house,), daemon=True)
    reader.start()
    try:
        eventually(house.is_served, STARTUP_SECONDS, "a served desk")
        yield house
    finally:
        if process.poll() is None:
            house.ask_to_stop()


def _listen(house: House) -> None:
    assert house.process.stdout is not None
    for line in house.process.stdout:
        house.said.append(line)


def eventually(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """What `look` finds within some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")
