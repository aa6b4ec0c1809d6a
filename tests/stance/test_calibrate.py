"""Confidence: known answers for each measure."""

import numpy as np
import pytest

from tasks.errors import Unusable
from tasks.stance.calibrate import (
    Calibration,
    area_under_risk,
    brier,
    calibration_error,
    fit_temperature,
    read_calibration,
    risk_coverage,
    tempered,
    threshold_for,
)


def test_calibration_error_of_known_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    correct = np.array([1.0, 0.0, 1.0, 0.0])
    assert calibration_error(confidence, correct) == pytest.approx((2 * 0.45 + 2 * 0.05) / 4)
    assert calibration_error(np.ones(5), np.ones(5)) == 0
    assert np.isnan(calibration_error(np.array([]), np.array([])))


def test_brier_runs_from_zero_to_two() -> None:
    assert brier(np.array([[1.0, 0.0]]), np.array([0])) == 0
    assert brier(np.array([[1.0, 0.0]]), np.array([1])) == 2


def test_the_temperature_that_was_put_in_is_found() -> None:
    draw = np.random.default_rng(3)
    true = draw.dirichlet(np.ones(4), size=4000)
    labels = np.array([draw.choice(4, p=row) for row in true])
    overconfident = tempered(true, 0.5)
    assert fit_temperature(overconfident, labels) == pytest.approx(2.0, rel=0.1)


def test_a_temperature_keeps_the_order_and_must_be_positive() -> None:
    rows = np.array([[0.1, 0.2, 0.3, 0.4]])
    assert (np.argsort(tempered(rows, 3.0)) == np.argsort(rows)).all()
    assert tempered(rows, 1.0) == pytest.approx(rows)
    with pytest.raises(ValueError, match="not positive"):
        tempered(rows, 0.0)


def test_risk_grows_as_the_unsure_are_answered() -> None:
    coverage, risk = risk_coverage(np.array([0.9, 0.8, 0.2]), np.array([1.0, 1.0, 0.0]))
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk == pytest.approx([0, 0, 1 / 3])
    assert area_under_risk(np.array([0.9, 0.8, 0.2]), np.array([1.0, 1.0, 0.0])) == pytest.approx(1 / 9)


def test_the_file_comes_back_as_it_went(tmp_path) -> None:
    written = Calibration(1.7, 0.55, {"rows": 12})
    written.write(tmp_path)
    assert read_calibration(tmp_path) == written
    assert read_calibration(tmp_path / "nowhere") == Calibration()


def test_a_broken_file_says_what_it_wants(tmp_path) -> None:
    (tmp_path / "calibration.json").write_text('{"temperature": "warm"}')
    with pytest.raises(Unusable, match="unclear_below"):
        read_calibration(tmp_path)


def test_the_threshold_is_the_least_that_keeps_the_risk() -> None:
    confidence, correct, even = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 1.0, 0.0, 1.0]), np.ones(4)
    assert threshold_for(confidence, correct, even, 0.0) == 0.8
    assert threshold_for(confidence, correct, even, 0.34) == 0.6
    assert threshold_for(confidence, np.zeros(4), even, 0.1) > 1
    assert threshold_for(confidence, correct, np.array([1, 1, 8, 1]), 0.34) == 0.8
    assert threshold_for(confidence, correct, np.array([1, 1, 0.1, 1]), 0.05) == 0.6


def test_equal_confidences_are_answered_together() -> None:
    assert threshold_for(np.array([0.8, 0.8, 0.9]), np.array([1.0, 0.0, 1.0]), np.ones(3), 0.0) == 0.9
