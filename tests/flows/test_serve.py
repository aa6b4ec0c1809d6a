"""`nightwire up` with a real server: what is served, scheduled and protected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import httpx
import pytest
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun, StateType

from tests.conftest import copy_demo
from tests.flows.house import House, eventually, up


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One served desk for all tests that need a real server."""
    with up(copy_demo(tmp_path_factory.mktemp("served"))) as served:
        yield served


def scheduled(house: House) -> list[FlowRun] | None:
    """The booked runs of the nightly deployment, once there are some."""
    with house.client() as client:
        runs = client.read_flow_runs(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=["nightly"])))
    booked = [run for run in runs if run.state is not None and run.state.type == StateType.SCHEDULED]
    return booked or None


def test_a_served_night_is_booked_ahead_in_the_desks_zone(house: House) -> None:
    """With a broken pair of versions the scheduler is silently dead: flows and pages work, and no night ever starts."""
    runs = eventually(lambda: scheduled(house), 60, "a scheduled night")
    times = sorted(run.expected_start_time for run in runs if run.expected_start_time)
    assert times[0] > dt.datetime.now(dt.UTC)
    assert {at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") for at in times} == {"04:30"}


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
