"""Desks on which nights of the demo are published, made once and copied by the tests that need them; and one desk that is served."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from flows import dates
from flows.desk import Desk
from flows.manifest import Manifest
from flows.run import Run
from flows.runners import Inline
from tasks.tables import SPECS, concat
from tests.conftest import copy_demo
from tests.flows import desks
from tests.flows.house import House, up

NIGHT = dt.date(2026, 3, 2)


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk on which the demo's first night is published; tests copy it."""
    folder = tmp_path_factory.mktemp("desk")
    run(copy_demo(folder))
    return folder


@pytest.fixture
def desk(first_night: Path, tmp_path: Path) -> Path:
    """A copy of that desk, files and all; the path of its configuration."""
    shutil.copytree(first_night, tmp_path / "desk", symlinks=True)
    return tmp_path / "desk" / "configs" / "demo.toml"


def run(config: Path, date: dt.date = NIGHT) -> Manifest:
    one = Run(Desk.open(config), date)
    return one.execute(Inline(2))


def tables_of(config: Path, published: Manifest) -> dict[str, pa.Table]:
    """The tables of a night, each in one piece, from the store."""
    store = Desk.open(config).places.store
    return {name: concat([store.get(ref) for ref in refs if ref.rows], SPECS[name]) for name, refs in published.tables.items()}


def ran(published: Manifest) -> dict[str, int]:
    """Stage -> shards that ran."""
    return {stage["step"]: stage["ran"] for stage in published.run["timings"] if stage["ran"]}


@pytest.fixture(scope="session")
def second_night(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with two published nights."""
    folder = tmp_path_factory.mktemp("two") / "desk"
    shutil.copytree(first_night, folder, symlinks=True)
    run(folder / "configs" / "demo.toml", NIGHT + dt.timedelta(days=1))
    return folder


@pytest.fixture(scope="module")
def two_nights(second_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it for each module."""
    folder = tmp_path_factory.mktemp("copy") / "desk"
    shutil.copytree(second_night, folder, symlinks=True)
    return folder


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`nightwire up` on a quick desk with seven nights of news, none of which is published yet."""
    zone = desks.midday_zone(dt.datetime.now(dt.UTC))
    last = dates.last_night(dt.datetime.now(dt.UTC), zone)
    config = desks.quick(tmp_path_factory.mktemp("served"), dates.span(last - dt.timedelta(days=6), last), zone)
    with up(config) as served:
        yield served
