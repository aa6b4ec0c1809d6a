"""What a served desk looks after, judged without a server: missing nights across outages, the dates of queued runs, safe settings."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.objects import FlowRun

from flows import dates, failures, server, watch
from flows.desk import Desk
from tasks.errors import Abort
from tests.flows import desks

NIGHT = dt.date(2026, 3, 20)


def desk(folder: Path, published: list[dt.date], zone: str = "Europe/Berlin", look_back: int = 4) -> Desk:
    """A desk of which some nights are published, as far as names tell."""
    config = desks.quick(folder, [NIGHT], zone)
    config.write_text(config.read_text().replace("look_back = 2", f"look_back = {look_back}"))
    (folder / "published" / "manifests").mkdir(parents=True)
    for date in published:
        (folder / "published" / "manifests" / f"{date}.json").touch()
    return Desk.open(config)


def at(text: str, zone: str = "Europe/Berlin") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def days(*numbers: int) -> list[dt.date]:
    return [NIGHT.replace(day=number) for number in numbers]


def test_an_outage_leaves_nights_that_are_missing(tmp_path: Path) -> None:
    found = watch.missing(desk(tmp_path, days(16, 18)), at("2026-03-21T12:00"), again=True)
    assert found == days(17, 19, 20)


def test_one_looks_back_so_far_and_no_further(tmp_path: Path) -> None:
    assert watch.missing(desk(tmp_path, days(1), look_back=2), at("2026-03-21T12:00"), again=True) == days(19, 20)
    assert watch.missing(desk(tmp_path / "none", days(1), look_back=0), at("2026-03-21T12:00"), again=True) == []


def test_before_the_first_night_nothing_is_missing(tmp_path: Path) -> None:
    assert watch.missing(desk(tmp_path, days(19)), at("2026-03-21T12:00"), again=True) == days(20)
    assert watch.missing(desk(tmp_path / "new", []), at("2026-03-21T12:00"), again=True) == days(20)


@pytest.mark.parametrize(("clock", "found"), [("04:29", []), ("04:35", []), ("04:41", [20])])
def test_a_night_that_begins_by_itself_is_waited_for(tmp_path: Path, clock: str, found: list[int]) -> None:
    assert watch.missing(desk(tmp_path, days(19)), at(f"2026-03-21T{clock}"), again=True) == days(*found)


def test_a_failed_night_is_tried_once_at_the_start(tmp_path: Path) -> None:
    made = desk(tmp_path, days(18))
    failures.note(made.places, NIGHT, Abort("the disk said no"), at("2026-03-21T04:31"))
    assert watch.missing(made, at("2026-03-21T12:00"), again=True) == days(19, 20)
    assert watch.missing(made, at("2026-03-21T12:00"), again=False) == days(19)


@pytest.mark.parametrize("day", [dt.date(2026, 3, 28), dt.date(2026, 10, 24)])
def test_the_night_in_which_clocks_change_is_missed_once(tmp_path: Path, day: dt.date) -> None:
    """Due at 04:30 of the next day, whichever the offset is by then."""
    due = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(4, 30), ZoneInfo("Europe/Berlin")).astimezone(dt.UTC)
    made = desk(tmp_path, [day - dt.timedelta(days=1)])
    assert watch.missing(made, due + dt.timedelta(minutes=9), again=True) == []
    assert watch.missing(made, due + dt.timedelta(minutes=11), again=True) == [day]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"wanted": {"first": "2026-03-18", "last": "2026-03-20"}}, days(18, 19, 20)),
        ({"wanted": {"dates": ["2026-03-02"]}}, days(2)),
        ({"date": "2026-03-19"}, days(19)),
        ({"date": None}, days(20)),
        ({}, days(20)),
        ({"wanted": {"first": "2026-03-18"}}, []),
        ({"date": "tomorrow"}, []),
    ],
)
def test_the_nights_of_a_queued_run(parameters: dict[str, Any], found: list[dt.date]) -> None:
    run = FlowRun(flow_id=uuid4(), parameters=parameters, expected_start_time=at("2026-03-21T04:30"))
    assert watch.dates_of(run, "Europe/Berlin") == set(found)


def test_a_run_weeks_late_is_of_the_night_that_was_over_when_it_was_due(tmp_path: Path) -> None:
    run = FlowRun(flow_id=uuid4(), parameters={}, expected_start_time=at("2026-03-02T04:30"))
    assert watch.dates_of(run, "Europe/Berlin") == set(days(1))
    assert dates.last_night(at("2026-03-02T00:00"), "Europe/Berlin") == days(1)[0]


def test_the_desks_own_server_is_safe_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = desk(tmp_path, []).places
    monkeypatch.setattr("os.environ", settings := {"PREFECT_RUNNER_POLL_FREQUENCY": "60"})
    chosen = server.choose(places, 4300)
    assert chosen == server.Server("http://127.0.0.1:4300/api", False, 4300)
    assert settings["PREFECT_SERVER_API_AUTH_STRING"] == settings["PREFECT_API_AUTH_STRING"] == server.password(places.prefect)
    assert settings["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4300"
    wanted = {"CSRF_PROTECTION_ENABLED": "true", "ANALYTICS_ENABLED": "false", "UI_V2_ENABLED": "false"}
    assert {name: settings[f"PREFECT_SERVER_{name}"] for name in wanted} == wanted
    assert settings["DO_NOT_TRACK"] == "1"
    assert settings["PREFECT_HOME"] == str(places.prefect)
    assert settings["PREFECT_RUNNER_POLL_FREQUENCY"] == "60", "what the environment says stays"


def test_a_server_that_is_named_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", settings := {"PREFECT_API_URL": "http://10.0.0.9:4200/api"})
    chosen = server.choose(desk(tmp_path, []).places, 4300)
    assert (chosen.api, chosen.given) == ("http://10.0.0.9:4200/api", True)
    assert not any(name in settings for name in ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_HOME"))


def test_late_articles_of_which_nothing_came_are_told_again_ever_more_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(watch, "emit_event", lambda event, resource, payload: told.append(payload["date"]))
    late = set(days(19, 20))
    monkeypatch.setattr(watch, "late", lambda desk, date: date in late)
    one = watch.Watch(desk(tmp_path, days(19, 20)), lambda line: None, 3)
    now = at("2026-03-21T12:00")

    def look(minutes: float, taken: set[dt.date] | None = None) -> list[str]:
        told.clear()
        one._tell_late(now + dt.timedelta(minutes=minutes), taken or set())
        return list(told)

    both = ["2026-03-19", "2026-03-20"]
    assert look(0) == both
    assert look(0.5) == []
    assert look(1) == both
    assert look(2.5) == []
    assert look(3, set(days(20))) == ["2026-03-19"]  # the other is queued or running
    failures.note(one.desk.places, NIGHT, Abort("too many rejects"), now)
    assert look(4) == []
    late.remove(NIGHT)
    assert look(5) == []
    late.add(NIGHT)
    failures.clear(one.desk.places, NIGHT)
    assert look(5.1) == ["2026-03-20"]  # they are others
