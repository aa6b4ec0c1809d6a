"""Promises of docs/promises.md that have no better place: counts, clocks, pruning, many nights as single ones."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows import backfill, care, checks, consistency, dates, manifest, snapshot, status
from flows.desk import Desk
from flows.run import Run
from flows.runners import Inline
from flows.wanted import Wanted
from tasks.errors import ContractError
from tasks.tables import RUNS
from tests.flows import desks
from tests.flows.conftest import NIGHT, run, tables_of

Tables = dict[str, pa.Table]
FIRST = dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 4, 5, 8, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def tables(first_night: Path) -> Tables:
    """The demo's first night, as it is before it is published."""
    night = manifest.read(first_night / "published", NIGHT)
    assert night is not None
    return tables_of(first_night / "configs" / "demo.toml", night)


def whole(tables: Tables) -> consistency.Tables:
    """Each table as one file."""
    return {name: [table.select] for name, table in tables.items()}


def without_first(tables: Tables, name: str) -> Tables:
    return {**tables, name: tables[name].slice(1)}


def changed(tables: Tables, name: str, column: str, value: Callable[[object], object], row: int = 0) -> Tables:
    values = tables[name][column].to_pylist()
    values[row] = value(values[row])
    index = tables[name].schema.get_field_index(column)
    return {**tables, name: tables[name].set_column(index, column, pa.array(values, tables[name].schema.field(column).type))}


def row_with(tables: Tables, name: str, column: str) -> int:
    return next(number for number, value in enumerate(tables[name][column].to_pylist()) if value not in (None, "", []))


def test_a_night_that_holds_together_passes(tables: Tables) -> None:
    consistency.consistent(whole(tables))
    night_documents = tables["articles"].num_rows + sum(
        row["document"] not in set(tables["articles"]["article_id"].to_pylist()) for row in tables["rejects"].to_pylist()
    )
    consistency.complete(whole(tables), night_documents)
    with pytest.raises(ContractError, match="documents were read"):
        consistency.complete(whole(tables), night_documents + 1)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda t: without_first(t, "articles"), "is no articles row"),
        (lambda t: without_first(t, "stories"), r"articles.article_id: \S+ is no stories row"),
        (
            lambda t: {**t, "stories": changed(t, "stories", "article_id", lambda _: t["stories"]["article_id"][1].as_py())["stories"]},
            "stor",
        ),
        (lambda t: changed(t, "quotes", "text", lambda text: f"{text}!"), "spans do not give its text"),
        (lambda t: changed(t, "quotes", "cue", lambda _: "x", row_with(t, "quotes", "cue_start")), "is not the cue"),
        (lambda t: changed(t, "quotes", "repeat_of", lambda _: "nowhere"), r"quotes.repeat_of: nowhere is no quotes row"),
        (lambda t: changed(t, "stances", "evidence", lambda text: f"{text}?"), "is not the evidence"),
        (lambda t: changed(t, "stances", "quote_id", lambda _: "nowhere", row_with(t, "stances", "quote_id")), "is no quotes row"),
        (lambda t: changed(t, "summaries", "sentences", lambda _: [{"start": 0, "end": 10**6, "support": 1.0}]), "outside the article"),
        (lambda t: changed(t, "articles", "paragraphs", lambda p: [{**p[0], "end": 10**7}]), "outside the text"),
        (lambda t: changed(t, "roundups", "story_id", lambda _: "nowhere"), "is no stories row"),
    ],
)
def test_what_does_not_hold_together_is_not_published(tables: Tables, spoil: Callable[[Tables], Tables], told: str) -> None:
    with pytest.raises(ContractError, match=told):
        consistency.consistent(whole(spoil(tables)))


def test_files_that_are_cut_otherwise_hold_together_too(tables: Tables) -> None:
    """Articles in two files, everything else in three that do not fit them."""
    cut = {name: _cut(table, 2 if name == "articles" else 3) for name, table in tables.items()}
    consistency.consistent(cut)
    broken = changed(tables, "quotes", "text", lambda text: f"{text}!", tables["quotes"].num_rows - 1)
    with pytest.raises(ContractError, match="spans do not give its text"):
        consistency.consistent({**cut, "quotes": _cut(broken["quotes"], 3)})


def test_a_key_in_two_files_is_found(tables: Tables) -> None:
    with pytest.raises(ContractError, match=r"summaries: the key \{.*\} stands in more than one row"):
        consistency.consistent({**whole(tables), "summaries": [tables["summaries"].select, tables["summaries"].slice(1, 1).select]})


def _cut(table: pa.Table, files: int) -> list[consistency.Piece]:
    rows = -(-table.num_rows // files)
    return [table.slice(number * rows, rows).select for number in range(files)]


def quick(folder: Path, nights: list[dt.date]) -> Path:
    return desks.quick(folder, nights)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("late"), st.integers(0, 1)),
            st.tuples(st.just("prune"), st.integers(1, 4)),
            st.tuples(st.just("back"), st.integers(1, 3)),
        ),
        min_size=3,
        max_size=7,
    )
)
def test_pruning_loses_nothing_that_is_published(steps: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any order of new versions, prunings, and links that a person set back to an earlier generation."""
    config = desks.quick(tmp_path_factory.mktemp("desk"), [FIRST, FIRST + dt.timedelta(days=1)])
    for date in (FIRST, FIRST + dt.timedelta(days=1)):
        run(config, date)
    places = Desk.open(config).places
    for number, (step, value) in enumerate(steps):
        kept = [one.location("") for one in care.generations(places)]
        match step:
            case "late":
                date = FIRST + dt.timedelta(days=value)
                desks.article(config, date, f"A story comes late {number}", 77 + number)
                run(config, date)
            case "back":
                from flows.publish import point

                point(places, Path(kept[max(0, len(kept) - 1 - value)]))
            case _:
                held = snapshot.of(places.published)
                before = {name: held.content(name) for name in held.within("")}
                state = [row.state for row in status.matrix(Desk.open(config), FIRST, FIRST + dt.timedelta(days=1))]
                newest = kept[-value:]
                care.prune(Desk.open(config), value, NOW)
                after = snapshot.of(places.published)
                assert {name: after.content(name) for name in after.within("")} == before
                assert {name: held.content(name) for name in held.within("")} == before, "a reader's snapshot of it"
                assert [one.location("") for one in care.generations(places)] == newest
                assert [row.state for row in status.matrix(Desk.open(config), FIRST, FIRST + dt.timedelta(days=1))] == state
        assert checks.verify(places.published) == []


def test_a_month_at_once_is_its_single_nights(tmp_path: Path) -> None:
    """31 nights by a backfill of three at once, in the order of chance, and the same nights one by one: the same bytes."""
    nights = dates.span(FIRST, FIRST + dt.timedelta(days=30))
    single = desks.quick(tmp_path / "single", nights)
    shutil.copytree(tmp_path / "single", tmp_path / "many")
    many = tmp_path / "many" / "configs" / "quick.toml"
    for date in nights:
        run(single, date)
    wanted = Wanted.of({"first": nights[0], "last": nights[-1], "at_once": 3})
    outcome = backfill.drive(Desk.open(many), wanted, lambda one: one.execute(Inline(1)), lambda: False)
    assert sorted(outcome.published) == nights
    for date in nights:
        mine, theirs = (manifest.read(config.parents[1] / "published", date) for config in (single, many))
        assert mine is not None
        assert theirs is not None
        assert mine.content == theirs.content, date


def test_a_clock_that_jumps_back_changes_no_row(tmp_path: Path) -> None:
    """Two hours back at every second look: the same files, one publish, and a run that does not end before it began."""
    config = desks.quick(tmp_path / "steady", [FIRST])
    shutil.copytree(tmp_path / "steady", tmp_path / "jumping")
    jumping = tmp_path / "jumping" / "configs" / "quick.toml"
    run(config, FIRST)
    chance = random.Random(3)

    def clock() -> dt.datetime:
        return dt.datetime.now(dt.UTC) - dt.timedelta(hours=2 * chance.randrange(2))

    Run(Desk.open(jumping), FIRST, now=clock).execute(Inline(2))
    steady, jumped = (manifest.read(one.parents[1] / "published", FIRST) for one in (config, jumping))
    assert steady is not None
    assert jumped is not None
    assert jumped.content == steady.content
    assert Run(Desk.open(jumping), FIRST).plan().fresh
    row = Desk.open(jumping).places.store.get(jumped.runs).to_pylist()[0]
    assert set(row) == set(RUNS.schema.names)
    assert row["finished_at"] >= row["started_at"]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_the_machines_zone_changes_nothing(tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    config = desks.quick(tmp_path, [FIRST])
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", zone)
            time.tzset()
            one = run(config, FIRST)
    finally:
        time.tzset()
    start, end = one.run["interval_start"], one.run["interval_end"]
    assert (start, end) == ("2026-03-01T23:00:00+00:00", "2026-03-02T23:00:00+00:00"), "the desk's zone, which is Berlin's"
