"""Killed, out of space or failing at any file operation: readers see the old night or the new one, and the next run finishes.

Bounded here; `make torture` goes through every operation (NIGHTWIRE_TORTURE=1).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flows import checks, manifest
from flows.manifest import Manifest
from tests.flows.conftest import NIGHT, run

ALL = bool(os.environ.get("NIGHTWIRE_TORTURE"))
POINTS = 6
"""Operations that are tried of each kind when not all are."""


@pytest.fixture(scope="module")
def changed(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk whose night is published and would be published anew: the digest has another title."""
    folder = tmp_path_factory.mktemp("changed") / "desk"
    shutil.copytree(first_night, folder, symlinks=True)
    config = folder / "configs" / "demo.toml"
    text = config.read_text()
    assert '[digest]\ntitle = "' in text
    config.write_text(text.replace('[digest]\ntitle = "', '[digest]\ntitle = "New: '))
    return folder


def sabotage(desk: Path, how: str, at: int) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("saboteur.py")
    command = [sys.executable, str(script), str(desk / "configs" / "demo.toml"), str(NIGHT), how, str(at)]
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "PYTHONPATH": root})


def copy(desk: Path, folder: Path) -> Path:
    shutil.copytree(desk, folder / "desk", symlinks=True)
    return folder / "desk"


class Reader(threading.Thread):
    """Polls what is published as readers are told to: resolve the link once, then read; keeps what it saw and every fault."""

    def __init__(self, published: Path) -> None:
        super().__init__(daemon=True)
        self.published, self.done = published, threading.Event()
        self.seen: set[str] = set()
        self.faults: list[str] = []

    def run(self) -> None:
        while not self.done.is_set():
            snapshot = self.published.resolve()
            night = manifest.read(snapshot, NIGHT)
            if night is None:
                self.faults.append(f"{snapshot}: no manifest")
                continue
            self.seen.add(night.content)
            self.faults += checks.verify(snapshot)


def published(desk: Path) -> Manifest:
    night = manifest.read(desk / "published", NIGHT)
    assert night is not None
    return night


@pytest.fixture(scope="module")
def operations(changed: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many file operations the run takes."""
    done = sabotage(copy(changed, tmp_path_factory.mktemp("count")), "kill", 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def chosen(operations: int) -> list[int]:
    return list(range(1, operations + 1)) if ALL else sorted({1 + round(n * (operations - 1) / (POINTS - 1)) for n in range(POINTS)})


@pytest.mark.parametrize("how", ["kill", "ENOSPC", "EIO"])
def test_at_any_operation(changed: Path, operations: int, how: str, tmp_path: Path) -> None:
    before = published(changed)
    assert operations > 20
    for at in chosen(operations):
        desk = copy(changed, tmp_path / str(at))
        reader = Reader(desk / "published")
        reader.start()
        done = sabotage(desk, how, at)
        reader.done.set()
        reader.join()
        assert reader.faults == [], (how, at)
        now = published(desk)
        assert checks.verify(desk / "published") == [], (how, at)
        if how == "kill":
            assert done.returncode == -9, (at, done.stderr)
        else:
            assert done.returncode in (0, 1), (at, done.stderr)
            assert done.returncode == 0 or "Traceback" not in done.stderr, done.stderr
        again = run(desk / "configs" / "demo.toml")
        assert dict(again.tables) == dict(before.tables), (how, at)
        assert again.content != before.content
        assert published(desk).content == again.content
        assert now.content in (before.content, again.content), (how, at)
        assert reader.seen <= {before.content, again.content}
        assert not list((desk / "state" / "store" / "partial").glob("*"))
        shutil.rmtree(desk)


def test_many_runs_of_one_date_at_once(changed: Path, tmp_path: Path) -> None:
    desk = copy(changed, tmp_path)
    before = len(list((desk / "state" / "generations").iterdir()))
    script = Path(__file__).with_name("saboteur.py")
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, str(script), str(desk / "configs" / "demo.toml"), str(NIGHT), "kill", "0"]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root})
        for _ in range(4)
    ]
    ends = [(one.communicate(timeout=120), one.returncode) for one in runs]
    won = [code for _, code in ends if code == 0]
    assert won, ends
    assert all("already under way" in told[1] for told, code in ends if code), ends
    assert len(list((desk / "state" / "generations").iterdir())) == before + 1  # one publish; a run that came later found it done
    assert checks.verify(desk / "published") == []
