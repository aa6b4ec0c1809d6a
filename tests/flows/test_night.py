"""What runs, and what does not: the demo's night without Prefect, on real news, real models and real files."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from flows import checks, manifest, nightly, status
from flows.desk import Desk
from flows.manifest import Manifest
from flows.run import Run
from flows.store import Store
from tasks.errors import Abort
from tasks.step import Step
from tasks.tables import SPECS, plain
from tests.flows.conftest import NIGHT, ran, run, tables_of

NEXT = dt.date(2026, 3, 3)


def rows(published: Manifest) -> dict[str, list[str]]:
    return {name: [ref.digest for ref in refs] for name, refs in published.tables.items()}


def test_first_night_runs_everything(first_night: Path) -> None:
    published = manifest.read(first_night / "published", NIGHT)
    assert published is not None
    stages = {step.name for step in nightly.STEPS} | {"fetch"}
    assert set(ran(published)) == stages
    counts = {entry["table"]: entry["rows"] for entry in published.run["counts"]}
    assert counts["articles"] >= 15
    assert counts["summaries"] > 0
    assert counts["stances"] > 0
    assert checks.verify(first_night / "published") == []


def test_again_nothing_runs(desk: Path) -> None:
    plan = Run(Desk.open(desk), NIGHT).plan()
    assert plan.fresh
    assert plan.would_run == {}
    before = (desk.parents[1] / "published").resolve()
    assert [row.state for row in status.matrix(Desk.open(desk), None, NIGHT)] == ["fresh"]
    assert (desk.parents[1] / "published").resolve() == before


def test_a_lost_file_of_the_store_rebuilds_its_shard(desk: Path) -> None:
    published = manifest.read(desk.parents[1] / "published", NIGHT)
    assert published is not None
    ref = max(published.tables["quotes"], key=lambda ref: ref.rows)
    store = Store(desk.parents[1] / "state" / "store")
    store.path(ref).unlink()
    again = run(desk)
    assert ran(again) == {"quotes": 1}
    assert rows(again) == rows(published)


def test_a_flipped_bit_in_what_is_published_is_found_and_healed(desk: Path) -> None:
    published = manifest.read(desk.parents[1] / "published", NIGHT)
    assert published is not None
    path = next((desk.parents[1] / "published" / "quotes" / f"run_date={NIGHT}").glob("part-000-*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)  # the store's file is the same one, by hard link
    faults = checks.verify(desk.parents[1] / "published")
    assert len(faults) == 1
    assert str(path) in faults[0]
    assert not Run(Desk.open(desk), NIGHT).plan(check_bytes=True).fresh
    again = run(desk)
    assert rows(again) == rows(published)
    assert checks.verify(desk.parents[1] / "published") == []


def test_one_more_target_recomputes_stances_only(desk: Path) -> None:
    text = desk.read_text()
    desk.write_text(text + '\n[[targets]]\nid = "weather"\nname = "the weather"\naliases = ["rain", "Regen"]\n')
    assert status.of(Desk.open(desk), NIGHT).reason == "config: targets"
    again = run(desk)
    assert set(ran(again)) <= {"stances", "outlets", "digest"}
    assert "stances" in ran(again)


def raised(monkeypatch: pytest.MonkeyPatch, name: str) -> Callable[[], None]:
    """Raise a step's version as a change of its code would."""
    held: dict[str, Step] = {step.name: step for step in nightly.STEPS}
    changed = dataclasses.replace(held[name], version=held[name].version + 1)
    attribute = next(key for key, value in vars(nightly).items() if value is held[name])
    monkeypatch.setattr(nightly, attribute, changed)
    steps = tuple(changed if step.name == name else step for step in nightly.STEPS)
    monkeypatch.setattr("flows.run.STEPS", steps)
    return monkeypatch.undo


@pytest.mark.parametrize("name", ["repeats", "quotes", "cluster"])
def test_a_raised_version_with_the_same_output_runs_that_step_only(desk: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = manifest.read(desk.parents[1] / "published", NIGHT)
    assert before is not None
    raised(monkeypatch, name)
    assert status.of(Desk.open(desk), NIGHT).reason.startswith(f"code of {name}")
    again = run(desk)
    assert set(ran(again)) == {name}
    assert rows(again) == rows(before)


def test_a_late_article_changes_one_shard(desk: Path) -> None:
    before = manifest.read(desk.parents[1] / "published", NIGHT)
    assert before is not None
    folder = desk.parent / "demo" / "news" / str(NIGHT) / "kostrel-today"
    late = "The harbour master said on Monday that the new pilot boat had passed its trials.\n" * 8
    (folder / "late.txt").write_text(f"Pilot boat passes its trials\n\n{late}")
    assert status.of(Desk.open(desk), NIGHT).state == "stale"
    again = run(desk)
    assert ran(again)["extract"] == 1
    assert ran(again).get("summarize", 0) <= 1
    counts = {entry["table"]: entry["rows"] for entry in again.run["counts"]}
    assert counts["articles"] == sum(ref.rows for ref in before.tables["articles"]) + 1


def test_a_night_without_documents_has_empty_tables(demo: Path) -> None:
    for path in sorted((demo.parent / "demo" / "news" / str(NIGHT)).rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
    published = run(demo)
    counts = {entry["table"]: entry["rows"] for entry in published.run["counts"]}
    assert set(counts.values()) == {0}
    assert checks.verify(demo.parents[1] / "published") == []


def test_the_second_night_knows_the_first_and_says_so(desk: Path) -> None:
    published = run(desk, NEXT)
    assert list(published.history) == [str(NIGHT)]
    demo_file = desk.parent / "demo" / "news" / str(NIGHT) / "kostrel-today" / "dam.txt"
    demo_file.write_text(demo_file.read_text() + "\nA last line that was added on the day after the night had been published.\n")
    run(desk, NIGHT)
    states = {row.date: row for row in status.matrix(Desk.open(desk), NIGHT, NEXT)}
    assert states[NEXT].state == "stale"
    assert "history" in states[NEXT].reason


def test_too_many_rejects_publish_nothing(desk: Path) -> None:
    before = (desk.parents[1] / "published").resolve()
    for number, path in enumerate(sorted((desk.parent / "demo" / "news" / str(NIGHT)).rglob("*"))):
        if path.is_file() and number % 2:
            path.write_bytes(b"\x00" * 50)
    with pytest.raises(Abort, match=r"documents were set aside .* Nothing was published"):
        run(desk)
    assert (desk.parents[1] / "published").resolve() == before
    state = status.of(Desk.open(desk), NIGHT)
    assert state.state == "failed"
    assert state.published


def test_shards_and_workers_change_no_row(desk: Path, demo: Path) -> None:
    demo.write_text(demo.read_text().replace("workers = 2", "workers = 1").replace("shards = 4", "shards = 1"))
    assert Desk.open(demo).config.night.shards == 1
    other = run(demo)
    published = manifest.read(desk.parents[1] / "published", NIGHT)
    assert published is not None
    left, right = tables_of(desk, published), tables_of(demo, other)
    for name, table in left.items():
        sides = []
        for one in (table, right[name]):
            dated = one.drop_columns([column for column in ("fetched_at",) if column in one.schema.names])  # the copies' own file times
            sides.append(plain(dated).sort_by([(key, "ascending") for key in SPECS[name].key]).to_pylist())
        assert sides[0] == sides[1], name
