"""Published figures."""

import numpy as np
import pytest
from scipy.stats import t as student

from bakeoff.compare import check_claim

NOTEBOOK = {"accuracy": [0.84174], "f1_macro": [0.83151], "f1_weighted": [0.84421]}


def test_a_deterministic_claim_agrees_if_the_printed_digits_are_those_measured():
    assert check_claim(0.8417, 4, NOTEBOOK, "accuracy", deterministic=True).agrees is True
    assert check_claim(0.8418, 4, NOTEBOOK, "accuracy", deterministic=True).agrees is False
    assert check_claim(0.84, 2, NOTEBOOK, "accuracy", deterministic=True).agrees is True


def test_a_figure_that_is_another_average_is_called_by_its_name():
    result = check_claim(0.8442, 4, NOTEBOOK, "f1_macro", deterministic=True)
    assert result.agrees is False
    assert "0.8442 is the weighted F1 measured here, not the macro F1." in result.explanation


def test_a_seeded_claim_agrees_inside_the_prediction_interval():
    runs = [0.80, 0.82, 0.79, 0.83, 0.81, 0.80]
    width = student.ppf(0.975, 5) * np.std(runs, ddof=1) * np.sqrt(1 + 1 / 6)
    inside = check_claim(0.8235, 4, {"accuracy": runs}, "accuracy")
    assert (inside.low, inside.high) == pytest.approx((np.mean(runs) - width, np.mean(runs) + width))
    assert inside.agrees is True
    outside = check_claim(0.9, 4, {"accuracy": runs}, "accuracy")
    assert outside.agrees is False
    assert "above" in outside.explanation


def test_under_five_seeds_it_cannot_be_said():
    result = check_claim(0.8235, 4, {"accuracy": [0.80, 0.82]}, "accuracy")
    assert (result.agrees, result.low, result.measured) == (None, None, pytest.approx(0.81))
    assert result.explanation.endswith("takes 5 seeds or more.")


def test_a_seeded_figure_of_another_average_is_explained():
    macro = [0.80, 0.801, 0.799, 0.8, 0.8]
    weighted = [0.84, 0.841, 0.839, 0.8404, 0.8404]
    result = check_claim(0.8415, 4, {"f1_macro": macro, "f1_weighted": weighted}, "f1_macro")
    assert result.agrees is False
    assert "As weighted F1 it would be no surprise" in result.explanation


def test_prediction_intervals_hold_one_more_run_as_often_as_they_say():
    rng = np.random.default_rng(0)
    runs = rng.normal(0.8, 0.02, (2000, 6))
    hits = [check_claim(run[5], 12, {"accuracy": run[:5]}, "accuracy").agrees for run in runs]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)  # three standard errors of 2,000 draws
