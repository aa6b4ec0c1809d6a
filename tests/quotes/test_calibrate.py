from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quotes.calibrate import calibrated, expected_error, slope_and_intercept


@given(st.floats(0, 1), st.floats(0, 1))
def test_calibration_keeps_the_order(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0 <= calibrated(low) <= calibrated(high) <= 1


def test_what_is_calibrated_has_slope_one_and_no_error() -> None:
    drawn = random.Random(7)
    confidences = [drawn.random() for _ in range(20_000)]
    right = [drawn.random() < value for value in confidences]
    assert slope_and_intercept(confidences, right) == (pytest.approx(1, abs=0.06), pytest.approx(0, abs=0.06))
    assert expected_error(confidences, right) < 0.02


def test_too_much_confidence_shows() -> None:
    confidences, right = [0.9] * 1000, [True] * 500 + [False] * 500
    assert expected_error(confidences, right) == pytest.approx(0.4)
    assert slope_and_intercept(confidences, right)[1] < 0
    assert expected_error([], []) == 0.0
