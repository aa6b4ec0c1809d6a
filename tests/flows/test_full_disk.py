"""A disk that is really full: a small tmpfs, filled up. Nothing is published, the error says what and how much; room is the cure."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import checks, manifest
from flows.desk import Desk
from flows.run import Run
from flows.runners import Inline
from tasks.errors import Abort
from tests.conftest import ROOT
from tests.flows import desks
from tests.flows.house import clean_environment

NIGHT = dt.date(2026, 3, 2)
SIZE, PAGE = 3_000_000, 4096
"""Bytes of the disk, and the unit in which tmpfs gives them."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty disk of a few megabytes."""
    folder = tmp_path_factory.mktemp("disk")
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root and a mount command")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        # lazily: what the interpreter has not closed yet may hold a file of a night that ended in the middle
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def config(disk: Path) -> Iterator[Path]:
    """A desk on that disk with a published night, whose every stage would run again."""
    config = desks.quick(disk / "desk", [NIGHT])
    Run(Desk.open(config), NIGHT).execute(Inline(2))
    for path in sorted((config.parent / "news" / str(NIGHT)).iterdir()):
        path.write_text(path.read_text().replace("council", "assembly"))
    yield config
    (disk / "ballast").unlink(missing_ok=True)
    shutil.rmtree(disk / "desk")


def fill(disk: Path, left: int) -> None:
    """Fill the disk up to some free bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    free = shutil.disk_usage(disk).free
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - left)
    assert shutil.disk_usage(disk).free == left


def content(config: Path) -> str:
    night = manifest.read(config.parents[1] / "published", NIGHT)
    assert night is not None
    return night.content


def night(config: Path) -> str | None:
    """Run it; the error that ended it."""
    try:
        Run(Desk.open(config), NIGHT).execute(Inline(2))
    except Abort as error:
        return str(error)
    return None


def test_a_full_disk_at_any_point_of_the_night(disk: Path, config: Path) -> None:
    before, errors = content(config), []
    for left in range(0, SIZE, 4 * PAGE):
        fill(disk, left)
        if (error := night(config)) is None:
            break
        errors.append(error)
        assert content(config) == before
        assert checks.verify(config.parents[1] / "published") == []
        told = re.search(r"([\d.]+) of 3\.00 MB are free at (\S+)\. Make room, then run again", error)
        assert told, error
        assert float(told[1]) <= left / 1e6 + 0.1
        assert Path(told[2]).is_relative_to(disk)
    assert len({error.partition(":")[0] for error in errors}) > 3, f"the disk was full in too few places: {errors}"
    assert content(config) != before
    assert checks.verify(config.parents[1] / "published") == []
    assert list((config.parents[1] / "state" / "store" / "partial").iterdir()) == []


def test_the_command_on_a_full_disk_says_so_and_room_is_the_cure(disk: Path, config: Path) -> None:
    command = [sys.executable, "-m", "flows", "run", str(config), "--date", str(NIGHT), "--without-prefect"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=clean_environment(), cwd=ROOT, capture_output=True, text=True, check=False)

    before = content(config)
    fill(disk, 0)
    full = run()
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stderr
    assert "No space left on device" in full.stderr
    assert "0.00 of 3.00 MB are free at" in full.stderr
    assert content(config) == before
    (disk / "ballast").unlink()
    roomy = run()
    assert roomy.returncode == 0, roomy.stderr
    assert content(config) != before
