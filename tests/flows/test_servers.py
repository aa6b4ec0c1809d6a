"""Servers beside the desk's own on SQLite: PostgreSQL below it, a server of somebody else's, workers that run what prefect.yaml says.

In the order of a desk that grows. Where PostgreSQL is not installed, the later tests use SQLite.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun, StateType

from flows import checks, dates, manifest, server
from tests.conftest import ROOT
from tests.flows import desks, postgres
from tests.flows.house import House, clean_environment, eventually, free_port, prepare, up

PATIENCE = 240
WITHOUT = postgres.why_not()
PASSWORD = "somebody:else"


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """The setting that names the database: a cluster of our own, or nothing where there is no PostgreSQL."""
    if WITHOUT:
        yield {}
    else:
        with postgres.cluster() as url:
            yield {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk in a folder laid out as the checkout, with two nights of news, the first of them published."""
    zone = desks.midday_zone(dt.datetime.now(dt.UTC))
    last = dates.last_night(dt.datetime.now(dt.UTC), zone)
    folder = tmp_path_factory.mktemp("checkout")
    config = desks.quick(folder, [last - dt.timedelta(days=1), last], zone).rename(folder / "configs" / "nightly.toml")
    for name in ("flows", "tasks"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "prefect.yaml", folder)
    command = [sys.executable, "-m", "flows", "run", str(config), "--without-prefect", "--date", str(last - dt.timedelta(days=1))]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    return config


def newest(config: Path) -> dt.date:
    """The last of the desk's nights."""
    return max(dt.date.fromisoformat(path.name) for path in (config.parent / "news").iterdir())


def published(config: Path, date: dt.date) -> manifest.Manifest | None:
    return manifest.read(config.parents[1] / "published", date)


@pytest.mark.skipif(WITHOUT is not None, reason=str(WITHOUT))
def test_a_desk_is_served_on_postgresql(config: Path, database: dict[str, str]) -> None:
    with up(config, **database) as house:
        found = eventually(lambda: published(config, newest(config)), PATIENCE, "the missing night")
        assert found.run["trigger"] == "schedule"
        eventually(lambda: len(booked(house, "nightly")) >= 2 or None, 90, "nights that are booked ahead, by a service of the server's")
        assert house.ask_to_stop() == 0
    assert checks.verify(config.parents[1] / "published") == []
    assert not (config.parents[1] / "state" / "prefect" / "prefect.db").exists()


def booked(house: House, deployment: str) -> list[FlowRun]:
    with house.client() as client:
        runs = client.read_flow_runs(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment])))
    return [run for run in runs if run.state_type == StateType.SCHEDULED and run.auto_scheduled]


@pytest.fixture(scope="module")
def given(config: Path, database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, str]]]:
    """A server that somebody else has started: its port, and the settings with which it is reached."""
    port, home = free_port(), tmp_path_factory.mktemp("theirs")
    if not database:
        prepare(home / "configs" / "none.toml")
        home = home / "state" / "prefect"
        home.mkdir(parents=True, exist_ok=True)
    theirs = {**clean_environment(), **database, "PREFECT_HOME": str(home), "PREFECT_SERVER_API_AUTH_STRING": PASSWORD}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", server.HOST, "--port", str(port)]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=theirs, stdout=log, stderr=log)
    api = f"http://{server.HOST}:{port}/api"
    try:
        server.wait_healthy(api, process, server.STARTUP_SECONDS)
        yield port, {"PREFECT_API_URL": api, "PREFECT_API_AUTH_STRING": PASSWORD, "PREFECT_HOME": str(home)}
    finally:
        server.stop(process)


def test_a_server_that_is_there_is_used_and_left_alone(config: Path, given: tuple[int, dict[str, str]]) -> None:
    port, environment = given
    with up(config, port=port, **environment) as house:
        house.theirs = PASSWORD
        assert eventually(lambda: booked(house, "nightly") or None, 60, "nights that are booked ahead")
        eventually(lambda: published(config, newest(config)), PATIENCE, "the missing night")
        assert house.ask_to_stop() == 0
    assert server.healthy(environment["PREFECT_API_URL"])


def test_a_worker_runs_what_prefect_yaml_says(config: Path, given: tuple[int, dict[str, str]]) -> None:
    port, environment = given
    folder = config.parents[1]
    env = {
        **clean_environment(),
        **environment,
        "PYTHONPATH": str(ROOT),
        "NIGHTWIRE_CONFIG": str(config),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
    }

    def prefect(*words: str) -> None:
        found = subprocess.run(
            [sys.executable, "-m", "prefect", *words], env=env, cwd=folder, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, found.stdout + found.stderr

    prefect("work-pool", "create", "nights", "--type", "process")
    prefect("--no-prompt", "deploy", "--all")
    desks.article(config, newest(config), "A third story comes late", 77)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "nights", "--name", "one"]
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
    try:
        with up(config, "--beside-workers", port=port, **environment) as house:
            house.theirs = PASSWORD

            def look() -> manifest.Manifest | None:
                found = published(config, newest(config))
                return found if found and found.run["trigger"] == "late" else None

            found = eventually(look, PATIENCE, "the night again, with its late article")
            with house.client() as client:
                run = client.read_flow_run(found.run["flow_run"])
            assert run.work_pool_name == "nights"
            assert house.ask_to_stop() == 0
    finally:
        worker.terminate()
        worker.wait(30)
    assert checks.verify(folder / "published") == []
