"""`nightwire up` with a real server: scheduled, protected, triggered, looked after. In the order of a desk's days."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelling

from flows import checks, dates, failures, manifest, status, stopping
from flows.desk import Desk
from tests.flows import desks
from tests.flows.house import House, clean_environment, eventually

PATIENCE = 240
"""Seconds: a flow run of its own process begins within ten, on a machine that is busy with other things within a minute."""
DONE = {StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED, StateType.CRASHED}


def runs_of(house: House, deployment: str, *states: StateType) -> list[FlowRun]:
    with house.client() as client:
        runs = client.read_flow_runs(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment])))
    return [run for run in runs if run.state_type in (states or DONE)]


def start(house: House, deployment: str, parameters: dict[str, Any]) -> UUID:
    """What the form in the UI does."""
    with house.client() as client:
        found = client.read_deployment_by_name(deployment)
        return client.create_flow_run_from_deployment(found.id, parameters={**found.parameters, **parameters}).id


def ended(house: House, run: UUID, seconds: float = PATIENCE) -> FlowRun:
    def look() -> FlowRun | None:
        with house.client() as client:
            found = client.read_flow_run(run)
        return found if found.state_type in DONE else None

    return eventually(look, seconds, "the end of a run")


def desk(house: House) -> Desk:
    return Desk.open(house.config)


def last(house: House) -> dt.date:
    return dates.last_night(dt.datetime.now(dt.UTC), desk(house).config.night.timezone)


def published(house: House, date: dt.date) -> manifest.Manifest | None:
    return manifest.read(house.config.parents[1] / "published", date)


@pytest.fixture(scope="module", autouse=True)
def elsewhere(house: House, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    """A run of a desk that the watch can't see into, as if on another machine; killed at the beginning of these tests."""
    date = dt.date(2020, 1, 1)
    folder = tmp_path_factory.mktemp("elsewhere")
    config = desks.quick(folder, [], shards=8)
    for number in range(150):
        desks.article(config, date, f"Story number {number} of the harbour's long day", 1000 + 7 * number)
    theirs = {"PREFECT_API_URL": f"{house.page}/api", "PREFECT_API_AUTH_STRING": house.password, "PREFECT_HOME": str(folder)}
    process = quietly(["run", str(config), "--date", str(date)], theirs)
    log = folder / "state" / "logs" / f"{date}.log"
    eventually(lambda: (log.exists() and "extract-000" in log.read_text()) or None, PATIENCE, "work under way")
    process.kill()
    process.wait()
    with house.client() as client:
        (run,) = [run for run in client.read_flow_runs() if run.name == f"night {date}"]
    assert run.state_type == StateType.RUNNING
    return run.id


def quietly(words: list[str], settings: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A command of ours in a process of its own."""
    command = [sys.executable, "-m", "flows", *words]
    environment = {**clean_environment(), **(settings or {})}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_served_night_is_booked_ahead_in_the_desks_zone(house: House) -> None:
    """With a broken pair of versions the scheduler is silently dead: flows and pages work, and no night ever starts."""

    def look() -> list[dt.datetime] | None:
        found = [run.expected_start_time for run in runs_of(house, "nightly", StateType.SCHEDULED) if run.auto_scheduled]
        return sorted(at for at in found if at) or None

    times = eventually(look, 60, "a scheduled night")
    assert times[0] > dt.datetime.now(dt.UTC)
    assert {at.astimezone(ZoneInfo(desk(house).config.night.timezone)).strftime("%H:%M") for at in times} == {"04:30"}


def test_nobody_gets_in_without_the_password(house: House) -> None:
    assert httpx.get(f"{house.page}/api/health").status_code == 200
    assert httpx.get(f"{house.page}/api/admin/version").status_code == 401
    user, word = house.password.split(":")
    assert httpx.get(f"{house.page}/api/admin/version", auth=(user, word)).status_code == 200
    signed_in = httpx.post(f"{house.page}/api/flow_runs/filter", json={}, auth=(user, word))
    assert signed_in.status_code == 403, "a request without a CSRF token is refused"
    preflight = httpx.options(
        f"{house.page}/api/flow_runs/filter", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.headers.get("access-control-allow-origin") is None
    assert (house.config.parents[1] / "state" / "prefect" / "password").stat().st_mode & 0o077 == 0


def test_the_missing_night_is_queued_at_the_start(house: House) -> None:
    found = eventually(lambda: published(house, last(house)), PATIENCE, "the last night")
    assert found.run["trigger"] == "schedule"
    assert f"night {last(house)} is missing: queued\n" in house.said
    assert checks.verify(desk(house).places.published) == []


def test_five_dates_from_the_form(house: House) -> None:
    first = last(house) - dt.timedelta(days=5)
    wanted = {"first": str(first), "last": str(first + dt.timedelta(days=4))}
    run = ended(house, start(house, "backfill/backfill", {"wanted": wanted}))
    assert run.state_type == StateType.COMPLETED, run.state
    assert run.name == f"backfill {wanted['first']} to {wanted['last']}"
    assert [row.state for row in status.matrix(desk(house), first, first + dt.timedelta(days=4))] == ["fresh"] * 5
    with house.client() as client:
        nights = [night for night in client.read_flow_runs() if night.parent_task_run_id and night.name.startswith("night ")]
    assert {night.name for night in nights} == {f"night {date}" for date in dates.span(first, first + dt.timedelta(days=4))}


CALLER = """
import datetime as dt, json, sys
from prefect import flow
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectHTTPStatusError

date = dt.date.fromisoformat(sys.argv[1])

@flow
def caller():
    night = {"first": date, "last": date}
    unfinished = run_deployment("backfill/backfill", parameters={"wanted": night}, timeout=0.5, poll_interval=0.2)
    done = run_deployment("backfill/backfill", parameters={"wanted": {**night, "dry_run": True}}, as_subflow=False, poll_interval=1)
    try:
        run_deployment("backfill/backfill", parameters={"wanted": {"frist": date, "last": date}}, timeout=0)
    except PrefectHTTPStatusError as error:
        refused = error.response.text
    runs = [[str(run.id), run.state.type.value, run.parent_task_run_id is not None] for run in (unfinished, done)]
    print(json.dumps([*runs, refused]))

caller()
"""


def test_a_caller_in_python_starts_a_backfill(house: House, troubled: dt.date) -> None:
    """`run_deployment` as docs/backfills.md has it: without a timeout it waits; with one it comes back, and the run goes on."""
    theirs = {"PREFECT_API_URL": f"{house.page}/api", "PREFECT_API_AUTH_STRING": house.password}
    command = [sys.executable, "-c", CALLER, str(troubled)]
    told = subprocess.run(command, env={**clean_environment(), **theirs}, capture_output=True, text=True, check=True).stdout
    unfinished, done, refused = json.loads(told.splitlines()[-1])
    assert unfinished[1] in {"SCHEDULED", "PENDING", "RUNNING"}
    assert unfinished[2], "a run that was started in a flow stands below it"
    assert done[1:] == ["COMPLETED", False]
    assert "frist" in refused, "the server itself refuses what is not in the form"
    assert ended(house, UUID(unfinished[0])).state_type == StateType.COMPLETED
    assert published(house, troubled) is not None


@pytest.fixture(scope="module")
def troubled(house: House) -> dt.date:
    """A night with so many documents that can't be used that it is told, and so few that it does not fail."""
    date = last(house) - dt.timedelta(days=7)
    for number in range(10):
        desks.article(house.config, date, f"Story number {number} of the harbour's long day", 1000 + 7 * number)
    for number in range(2):
        (house.config.parent / "news" / str(date) / f"empty-{number}.txt").write_text("")
    return date


def test_an_alert_is_an_event_on_the_server(house: House, troubled: dt.date) -> None:
    """Of the night before; what an automation that sends it on would be triggered by."""

    def look() -> list[dict[str, Any]] | None:
        with house.client() as client:
            answer = client.request("POST", "/events/filter", json={"filter": {"event": {"name": ["nightwire.alert"]}}})
        return [event for event in answer.json()["events"] if event["payload"]["date"] == str(troubled)] or None

    (event,) = eventually(look, 30, "the night's alert")
    assert event["payload"]["kind"] == "rejects"
    assert "documents aside" in event["payload"]["message"]
    assert event["resource"]["prefect.resource.id"] == f"nightwire.night.quick.{troubled}"
    assert {related["prefect.resource.role"] for related in event["related"]} >= {"flow-run", "flow"}


def test_the_form_refuses_what_is_no_night(house: House) -> None:
    run = ended(house, start(house, "backfill/backfill", {"wanted": {"first": "2026-03-02"}, "config": "/etc/passwd"}))
    assert run.state_type == StateType.FAILED


def test_articles_that_come_late_start_one_run_of_their_night(house: House) -> None:
    # the last night has seen the nights that the backfill made before it, so that nothing but the late article changes it
    date = last(house) - dt.timedelta(days=1)
    desks.article(house.config, date, "A third story comes late", 77)

    def look() -> manifest.Manifest | None:
        found = published(house, date)
        return found if found is not None and found.run["trigger"] == "late" else None

    found = eventually(look, PATIENCE, "the night again, with its late article")
    assert {entry["table"]: entry["rows"] for entry in found.run["counts"]}["articles"] == 3
    runs = runs_of(house, "late", *StateType)
    assert [run.parameters["date"] for run in runs] == [str(date)]
    assert ended(house, runs[0].id).state_type == StateType.COMPLETED


@pytest.fixture(scope="module")
def heavy(house: House) -> dt.date:
    """A night of the desk with so many articles that a run of it can be stopped on its way."""
    return burdened(house, last(house) - dt.timedelta(days=6))


def burdened(house: House, date: dt.date, articles: int = 400) -> dt.date:
    """The night, with so many articles more."""
    for number in range(articles):
        desks.article(house.config, date, f"Story number {number} of the harbour's long day", 1000 + 7 * number)
    return date


def at_work(house: House, date: dt.date) -> None:
    """Wait until the night's summaries are under way."""
    records = desk(house).places.root / "state" / "locks" / f"{date}.lock"
    eventually(lambda: records.exists() or None, PATIENCE, "the night's lock")


def test_a_cancel_in_the_ui_ends_a_night_and_publishes_nothing(house: House, heavy: dt.date) -> None:
    run = start(house, "night/nightly", {"date": str(heavy)})
    at_work(house, heavy)
    cancelled(house, run, heavy)


def cancelled(house: House, run: UUID, date: dt.date) -> None:
    """Cancel a run as the UI does: its process ends, within the seconds that are promised and some for a busy machine."""
    with house.client() as client:
        client.set_flow_run_state(run, Cancelling())
    assert ended(house, run, 120).state_type == StateType.CANCELLED
    with house.client() as client:
        at = {state.type: state.timestamp for state in client.read_flow_run_states(run)}
    assert (at[StateType.CANCELLED] - at[StateType.CANCELLING]).total_seconds() < 12
    lock = desk(house).places.lock(str(date))
    eventually(lambda: free(lock), stopping.LAST_WORDS + 3, "the process is gone, and its locks with it")
    assert published(house, date) is None
    assert str(failures.read(desk(house).places, date)).startswith("Stopped: "), "nothing begins it again unasked"


def free(lock: Path) -> bool | None:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
    return True


def test_a_cancel_ends_a_night_that_no_runner_looks_after(house: House) -> None:
    # it asks every two seconds whether it was cancelled, and must not be done by then on any machine
    date = burdened(house, last(house) - dt.timedelta(days=12), 4000)
    process = quietly(["backfill", str(house.config), "--dates", str(date)])
    at_work(house, date)
    run = eventually(lambda: running(house, f"night {date}"), 30, "the night's run")
    cancelled(house, run, date)
    assert process.wait(20) != 0
    parent = eventually(lambda: state_of(house, f"backfill {date} to {date}"), 20, "the end of the backfill that it was below")
    assert parent == StateType.CANCELLED


def running(house: House, name: str) -> UUID | None:
    with house.client() as client:
        return next((run.id for run in client.read_flow_runs() if run.name == name and run.state_type == StateType.RUNNING), None)


def state_of(house: House, name: str) -> StateType | None:
    with house.client() as client:
        return next((run.state_type for run in client.read_flow_runs() if run.name == name and run.state_type in DONE), None)


def test_a_killed_run_is_marked_and_goes_on(house: House, heavy: dt.date) -> None:
    words = ["run", str(house.config), "--date", str(heavy)]
    lock = desk(house).places.lock(str(heavy))
    lock.unlink(missing_ok=True)
    process = quietly(words)
    at_work(house, heavy)
    process.kill()
    process.wait()
    assert published(house, heavy) is None
    eventually(lambda: crashed(house, f"night {heavy}") or None, 30, "the killed run is marked as crashed")
    assert quietly([*words, "--without-prefect"]).wait(PATIENCE) == 0
    found = published(house, heavy)
    assert found is not None
    assert sum(stage["reused"] for stage in found.run["timings"]) >= 1


def crashed(house: House, name: str) -> bool:
    with house.client() as client:
        return any(run.name == name and run.state_type == StateType.CRASHED for run in client.read_flow_runs())


def test_a_killed_backfill_goes_on_where_it_was(house: House) -> None:
    nights = dates.span(last(house) - dt.timedelta(days=10), last(house) - dt.timedelta(days=8))
    for date in nights:
        desks.article(house.config, date, "Ships are counted", 12)
    words = ["backfill", str(house.config), "--from", str(nights[0]), "--to", str(nights[-1])]
    process = quietly(words)
    first = eventually(lambda: published(house, nights[0]), PATIENCE, "the first night")
    eventually(lambda: desk(house).places.lock(str(nights[1])).exists() or None, PATIENCE, "the second night has begun")
    process.kill()
    process.wait()
    assert published(house, nights[-1]) is None
    eventually(lambda: crashed(house, f"backfill {nights[0]} to {nights[-1]}") or None, 30, "the killed backfill is marked as crashed")
    assert quietly([*words, "--without-prefect"]).wait(PATIENCE) == 0
    assert [row.state for row in status.matrix(desk(house), nights[0], nights[-1])] == ["fresh"] * 3
    again = published(house, nights[0])
    assert again is not None
    assert again.run == first.run, "the night that was done was not done again"


def test_a_run_of_another_machine_is_marked_by_the_automation(house: House, elsewhere: UUID) -> None:
    """Three signs of life are missed after a minute and a half; the tests before this one take about as long."""
    found = ended(house, elsewhere)
    assert found.state_type == StateType.CRASHED
    assert found.state is not None
    assert found.state.message == "No sign of life: its process is gone."


def test_ctrl_c_stops_all_of_it(house: House) -> None:
    """The last test of this house."""
    assert house.ask_to_stop() == 0
    assert not (house.config.parents[1] / "state" / "prefect" / "server.json").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{house.page}/api/health")
