"""`nightwire status`, as a person and as a program read it: every state that a night can be in."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from flows import dates, failures, manifest
from flows.cli import main
from flows.desk import Desk
from flows.publish import locked
from flows.run import Run
from flows.runners import Inline
from flows.wanted import STAGES
from tasks.errors import Abort
from tests.flows import desks

FRESH, STALE, MISSING, FAILED, RUNNING, DAMAGED = dates.span(dt.date(2026, 3, 6), dt.date(2026, 3, 11))

TABLE = """\
              Mo    Tu    We    Th    Fr    Sa    Su
2026-W10                             6 ✓   7 ≠   8 ·
2026-W11     9 ✗  10 ▸  11 !
✓ fresh, ≠ stale, · missing, ✗ failed, ! damaged, ▸ running

2026-03-06  fresh    nothing to do
2026-03-07  stale    inputs: a source has other documents  (would run: every stage)
2026-03-08  missing  never published  (would run: every stage)
2026-03-09  failed   Abort: the disk said no  (would run: every stage)
2026-03-10  running  process PROCESS; before: missing, never published
2026-03-11  damaged  MANIFEST: not a manifest: KeyError('run_date'). CURE
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with a night in every state but running."""
    config = desks.quick(tmp_path_factory.mktemp("states"), [FRESH, STALE, MISSING, FAILED, RUNNING, DAMAGED])
    for date in (FRESH, STALE, DAMAGED):
        Run(Desk.open(config), date).execute(Inline(1))
    desks.article(config, STALE, "A third story comes late", 77)
    failures.note(Desk.open(config).places, FAILED, Abort("the disk said no"), dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC))
    damaged = (config.parents[1] / "published" / "manifests" / f"{DAMAGED}.json").resolve()
    damaged.unlink()
    damaged.write_text("{}")
    return config


def test_the_matrix_says_what_every_night_is(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(Desk.open(config).places.lock(str(RUNNING)), "night"):
        assert main(["status", str(config)]) == 0
    told = capsys.readouterr().out.replace(f"process {os.getpid()}", "process PROCESS").replace(manifest.CURE, "CURE")
    path = config.parents[1] / "published" / "manifests" / f"{DAMAGED}.json"
    assert told.replace(str(path), "MANIFEST").splitlines() == TABLE.splitlines()


def test_a_program_reads_an_object_a_night(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(Desk.open(config).places.lock(str(RUNNING)), "night"):
        assert main(["status", str(config), "--from", str(STALE), "--to", str(RUNNING), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == {
        "date": "2026-03-07",
        "state": "stale",
        "reason": "inputs: a source has other documents",
        "published": True,
        "would_run": dict.fromkeys(STAGES[1:], 1),
        "running": "",
    }
    assert [(row["state"], row["running"]) for row in rows[1:]] == [
        ("missing", ""),
        ("failed", ""),
        ("missing", f"process {os.getpid()}"),
    ]


def test_a_lock_that_nobody_holds_is_no_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(Desk.open(config).places.lock(str(RUNNING)), "night"):
        pass
    assert main(["status", str(config), "--from", str(RUNNING), "--to", str(RUNNING), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["running"] == ""
