"""Which dates, and why; many nights, in any order, stopped and gone on with. Without Prefect: `test_serve.py` has that."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import backfill, cli, dates, forecast, manifest, schedule, status
from flows.desk import Desk
from flows.publish import locked
from flows.run import Run
from flows.runners import Inline
from flows.wanted import Wanted
from tasks.config import interval
from tasks.errors import Unusable
from tests.flows import desks

FIRST = dt.date(2026, 3, 2)
NIGHTS = dates.span(FIRST, FIRST + dt.timedelta(days=3))
ZONES = ("America/New_York", "Europe/Berlin", "Europe/Istanbul", "UTC")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with four published nights; tests copy it."""
    folder = tmp_path_factory.mktemp("nights")
    config = desks.quick(folder, NIGHTS)
    assert drive(config).published == NIGHTS
    return folder


@pytest.fixture
def config(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "desk", symlinks=True)
    return tmp_path / "desk" / "configs" / "quick.toml"


def one(run: Run) -> None:
    run.execute(Inline(1))


def drive(config: Path, **options: object) -> backfill.Outcome:
    wanted = Wanted.of({"first": NIGHTS[0], "last": NIGHTS[-1], **options})
    return backfill.drive(Desk.open(config), wanted, one, lambda: False)


def content(config: Path) -> dict[dt.date, str]:
    found = {date: manifest.read(Desk.open(config).places.published, date) for date in NIGHTS}
    return {date: night.content for date, night in found.items() if night}


def states(config: Path) -> list[str]:
    return [row.state for row in status.matrix(Desk.open(config), NIGHTS[0], NIGHTS[-1])]


def test_nights_that_are_done_have_nothing_to_do(config: Path) -> None:
    outcome = drive(config)
    assert outcome.published == []
    assert outcome.unchanged == len(NIGHTS)


def test_a_late_article_runs_its_night_and_those_that_had_seen_it(config: Path) -> None:
    desks.article(config, NIGHTS[1], "A third story comes late", 77)
    planned = forecast.plan(Desk.open(config), Wanted.of({"dates": NIGHTS}))
    assert [night.runs for night in planned] == [False, True, False, False]
    assert planned[1].night.reason == "inputs: a source has other documents"
    assert planned[1].seconds is not None
    assert planned[1].seconds > 0
    outcome = drive(config)
    assert outcome.published == NIGHTS[1:], "later nights saw the signatures of the changed one"
    assert states(config) == ["fresh"] * 4


def test_the_dry_run_changes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desks.article(config, NIGHTS[1], "A third story comes late", 77)
    folder = config.parents[1]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert cli.main(["backfill", str(config), "--from", str(NIGHTS[0]), "--to", str(NIGHTS[-1]), "--dry-run"]) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("2026-03-03  stale    inputs: a source has other documents  (runs: fetch 1, ")
    assert lines[-1].startswith("1 of 4 nights would run, at most ")


@pytest.mark.parametrize("options", [{"newest_first": True}, {"at_once": 3}])
def test_in_any_order_the_same_nights_come_out(config: Path, published: Path, tmp_path: Path, options: dict[str, object]) -> None:
    other = desks.quick(tmp_path / "other", NIGHTS)
    outcome = drive(other, **options)
    assert outcome.published[0] == (NIGHTS[-1] if "newest_first" in options else outcome.published[0])
    assert states(other) == ["fresh"] * 4
    for date in NIGHTS:
        mine, theirs = manifest.read(published / "published", date), manifest.read(other.parents[1] / "published", date)
        assert mine is not None
        assert theirs is not None
        assert mine.history.keys() == theirs.history.keys()
        for table in ("stories", "copies", "quotes", "summaries"):
            assert [ref.digest for ref in mine.tables[table]] == [ref.digest for ref in theirs.tables[table]], (date, table)


def test_a_stopped_backfill_goes_on_where_it_was(tmp_path: Path) -> None:
    config = desks.quick(tmp_path, NIGHTS)
    done: list[dt.date] = []

    def count(run: Run) -> None:
        one(run)
        done.append(run.date)

    wanted = Wanted.of({"first": NIGHTS[0], "last": NIGHTS[-1]})
    outcome = backfill.drive(Desk.open(config), wanted, count, lambda: len(done) == 2)
    assert outcome.published == NIGHTS[:2]
    assert outcome.stopped
    outcome = backfill.drive(Desk.open(config), wanted, count, lambda: False)
    assert outcome.published == NIGHTS[2:]
    assert done == NIGHTS


def test_so_many_failures_and_no_more(config: Path) -> None:
    for date in NIGHTS[:3]:
        for path in (config.parent / "news" / str(date)).iterdir():
            path.write_bytes(b"\x00" * 50)
    outcome = drive(config, stop_after=2)
    assert list(outcome.failed) == NIGHTS[:2]
    assert outcome.stopped == "stopped after 2 failed night(s)"
    assert states(config) == ["failed", "failed", "stale", "fresh"]
    assert list(drive(config, only="failed", stop_after=9).failed) == NIGHTS[:2]
    assert list(drive(config, only="missing").failed) == []


def test_a_night_under_way_is_not_doubled(config: Path) -> None:
    desks.article(config, NIGHTS[1], "A third story comes late", 77)
    with locked(Desk.open(config).places.lock(str(NIGHTS[1])), "night"):
        outcome = drive(config)
    assert outcome.under_way == [NIGHTS[1]]
    assert outcome.published == []


def test_all_works_a_stage_out_anew_and_it_comes_out_the_same(config: Path) -> None:
    before = content(config)
    ran: list[dict[str, int]] = []

    def look(run: Run) -> None:
        ran.append(run.plan().would_run)
        one(run)

    wanted = Wanted.of({"dates": NIGHTS, "only": "all", "stage": "sign"})
    assert backfill.drive(Desk.open(config), wanted, look, lambda: False).published == NIGHTS
    assert [night["sign"] for night in ran] == [1] * 4
    assert not any("fetch" in night or "extract" in night for night in ran)
    assert content(config) == before


def test_a_stage_chooses_the_nights_in_which_it_would_run(config: Path) -> None:
    desks.article(config, NIGHTS[3], "A third story comes late", 77)
    wanted = {"dates": NIGHTS, "stage": "fetch"}
    assert [night.runs for night in forecast.plan(Desk.open(config), Wanted.of(wanted))] == [False, False, False, True]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"first": FIRST}, "either from and to, or single dates"),
        ({"first": FIRST, "last": FIRST, "dates": (FIRST,)}, "either from and to, or single dates"),
        ({"first": NIGHTS[1], "last": FIRST}, "is after to"),
        ({"dates": (FIRST,), "stage": "print"}, "no stage 'print'; have fetch, extract"),
        ({"dates": (FIRST,), "at_once": 0}, "at_once"),
        ({"dates": (FIRST,), "command": "rm"}, "command"),
    ],
)
def test_what_does_not_fit_is_told(options: dict[str, object], fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        Wanted.of(options)


def test_a_night_that_is_not_over_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["backfill", str(config), "--dates", "2099-01-01", "--dry-run"]) == cli.UNUSABLE
    assert "2099-01-01: not over yet in Europe/Berlin" in capsys.readouterr().err


def test_the_forms_dates_start_empty() -> None:
    """A default of null is shown as an error of its own in Prefect's form."""
    schema = Wanted.model_json_schema()
    assert schema["properties"]["first"]["format"] == "date"
    assert "default" not in schema["properties"]["first"]
    assert "required" not in schema


@given(zone=st.sampled_from(ZONES), day=st.integers(0, 730), minute=st.integers(0, 1439))
def test_nights_tile_time(zone: str, day: int, minute: int) -> None:
    """Two years: each night ends where the next begins, and an instant's last night is the one that was over."""
    date = dt.date(2025, 1, 1) + dt.timedelta(days=day)
    _, end = interval(date, zone)
    start, following = interval(date + dt.timedelta(days=1), zone)
    assert end == start
    instant = start + (following - start) * minute / 1440
    assert dates.last_night(instant, zone) == date


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", ["30 4 * * *", "45 0 * * *", "30 3 * * *"])
def test_the_schedule_fires_once_a_night_for_two_years(zone: str, cron: str) -> None:
    schedule.check(cron, zone)
    begin, _ = interval(dt.date(2025, 1, 1), zone)
    times = schedule.starts(cron, zone, begin, 731)
    assert [dates.last_night(at, zone) for at in times] == dates.span(dt.date(2024, 12, 31), dt.date(2026, 12, 31))
    assert {at.astimezone(ZoneInfo(zone)).strftime("%M %-H * * *") for at in times} == {cron}


@pytest.mark.parametrize(
    ("cron", "fault"),
    [("30 2 * * *", "where clocks change"), ("0 5 * * 1", "once every day"), ("0 */6 * * *", "once every day"), ("at dawn", "no cron")],
)
def test_a_schedule_that_would_lose_nights_is_refused(cron: str, fault: str) -> None:
    with pytest.raises(Unusable, match=fault):
        schedule.check(cron, "Europe/Berlin")
