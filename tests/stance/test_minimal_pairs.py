"""The shipped model on hand-written minimal pairs. The floors say what it can today, the bad ones too: they only go up."""

import json
from pathlib import Path

import pytest

from tasks.config import ModelSpec
from tasks.models import load_pair
from tasks.stance.calibrate import read_calibration
from tasks.stance.evaluate import minimal_pairs

SHIPPED = Path(__file__).parents[2] / "models" / "stance"
FLOORS = {
    "negation": 0.80, "target_swap": 0.80, "holder_swap": 0.57, "own_voice": 0.87, "conditional": 0.90, "hope": 0.66,
    "absent_target": 0.90,
}  # fmt: skip
"""Share of rows passed, about two rows under what was measured: engines differ in the last digits."""


@pytest.fixture(scope="module")
def report() -> dict:
    model = load_pair(ModelSpec(kind="pair", name="shipped:stance"))
    lines = Path(__file__).with_name("minimal_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    return minimal_pairs([json.loads(line) for line in lines], lambda pairs: model.classify(pairs).values)


@pytest.mark.parametrize("kind", FLOORS)
def test_each_kind_keeps_its_floor(report: dict, kind: str) -> None:
    assert report["kinds"][kind]["passed"] >= FLOORS[kind], report["kinds"]


def test_all_kinds_have_a_floor(report: dict) -> None:
    assert set(report["kinds"]) == set(FLOORS)


def test_the_shipped_calibration_is_no_default() -> None:
    calibration = read_calibration(SHIPPED)
    assert calibration.temperature != 1
    assert 0 < calibration.unclear_below < 1
    assert calibration.found
