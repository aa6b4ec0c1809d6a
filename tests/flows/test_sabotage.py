"""Killed, out of space, failing, started eight times: readers see the old night or the new one; the next run gives the same files.

A sample of each ordeal; `make torture` goes through all of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.flows import ordeals
from tests.flows.nursery import Nursery
from tests.flows.ordeals import Arena, Figures


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    folder = tmp_path_factory.mktemp("arena")
    nursery = Nursery(folder / "nursery")
    yield ordeals.arena(nursery, folder, **ordeals.SMALL)
    nursery.close()


@pytest.fixture
def figures() -> Iterator[Figures]:
    """What came out; an ordeal that found a fault fails its test."""
    found = Figures()
    yield found
    assert found.faults == []
    assert found.cases > 0


def test_killed_at_any_instant(arena: Arena, figures: Figures) -> None:
    for share in (0.1, 0.5, 0.8, 0.95):
        ordeals.killed_at(arena, share, figures)
    assert figures.reads > 0


@pytest.mark.parametrize("how", ["kill", "ENOSPC", "EIO", "EINTR", "short"])
def test_at_any_file_operation(arena: Arena, figures: Figures, how: str) -> None:
    if not arena.nursery.can_spoil:
        pytest.skip("no C compiler, with which the file operations are spoiled")
    operations = ordeals.operations(arena, how)
    assert operations > 100
    chance = random.Random(how)
    met = [
        ordeals.spoiled_at(arena, how, at, figures) for at in (chance.randrange(1, operations // 2), operations - chance.randrange(40))
    ]
    assert any(met)
    if how in ("EINTR", "short"):
        assert figures.ends == {"published all the same": len(met)} or not all(met)


def test_many_runs_of_one_date_at_once(arena: Arena, figures: Figures) -> None:
    for runs in (2, 8):
        ordeals.at_once(arena, runs, figures)


def test_under_a_quota(arena: Arena, figures: Figures) -> None:
    for size in (1000, 1_000_000):
        ordeals.file_limit(arena, size, figures)
    assert figures.ends == {"failed": 1, "published": 1}


def test_every_flipped_bit_is_found_and_its_file_named(arena: Arena) -> None:
    found, missed = ordeals.flipped(arena.desk / "published", 250, random.Random(7))
    assert missed == []
    assert found == 250
