"""How far a score is from another that was measured on other rows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from bakeoff.compare import bonferroni, doubts_labels, score_gap, tells_apart, validation_gaps

numbers = st.floats(0, 1)
intervals = st.tuples(numbers, numbers, numbers).map(
    lambda parts: dict(zip(("low", "mean", "high"), sorted(parts), strict=True))
)


def score(mean: float, half: float | None = 0.01) -> dict[str, Any]:
    ends = (None, None) if half is None else (mean - half, mean + half)
    return {"mean": mean, "low": ends[0], "high": ends[1]}


def run(scores: dict[str, tuple[Any, Any]], metric: str = "f1_macro", **protocol: Any) -> dict[str, Any]:
    contestants = [
        {
            "name": name,
            "family": name,
            "validation": validation and {metric: validation},
            "test": test and {metric: test},
        }
        for name, (validation, test) in scores.items()
    ]
    return {"protocol": {"primary_metric": metric, "margin": 0.005} | protocol, "contestants": contestants}


@given(intervals, intervals)
def test_a_gap_turned_round_is_the_same_gap_with_the_other_sign(a: dict[str, float], b: dict[str, float]) -> None:
    one, other = score_gap(a, b), score_gap(b, a)
    assert (one.mean, one.low, one.high) == pytest.approx((-other.mean, -other.high, -other.low), abs=1e-12)
    assert one.low <= one.mean <= one.high


def test_of_symmetrical_intervals_the_squares_of_the_widths_add() -> None:
    found = score_gap(score(0.8, 0.03), score(0.6, 0.04))
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.15, 0.25))
    assert score_gap(score(0.8), score(0.6, None)).low is None
    assert score_gap(score(0.8), {}) is None


@pytest.mark.parametrize("n", [1, 2, 8])
def test_bonferroni_stretches_by_the_ratio_of_normal_quantiles(n: int) -> None:
    assert bonferroni(0.95, n) == pytest.approx(norm.ppf(1 - 0.025 / n) / norm.ppf(0.975), rel=1e-9)


def test_of_a_run_those_count_that_have_both_scores_and_do_not_guess() -> None:
    both = (score(0.9), score(0.8))
    results = run({"svc": both, "dummy": both, "bare": (score(0.9, None), score(0.8)), "sealed": (score(0.9), None)})
    gaps = validation_gaps(results)
    assert list(gaps) == ["svc", "bare"]
    assert gaps["bare"].low is None
    assert gaps["svc"].low == pytest.approx(0.1 - 0.01 * 2**0.5)  # the one interval there is stays as it is


@pytest.mark.parametrize("protocol", [{"validation": "test"}, {"test": "folds"}])
def test_parts_of_the_same_rows_have_no_gap(protocol: dict[str, str]) -> None:
    assert validation_gaps(run({"svc": (score(0.9), score(0.8))}, **protocol)) == {}


def test_the_margin_is_one_of_scores_and_a_loss_has_none() -> None:
    scores = {"svc": (score(0.804, 1e-4), score(0.8, 1e-4))}
    of_score, of_loss = validation_gaps(run(scores))["svc"], validation_gaps(run(scores, "log_loss"))["svc"]
    assert (of_score.is_beyond_chance, of_score.is_beyond_margin) == (True, False)
    assert of_loss.is_beyond_margin


def test_probes_speak_from_their_limits_on() -> None:
    assert not tells_apart({})
    assert not tells_apart({"accuracy": {"mean": 0.6, "low": None, "high": None}, "chance": 0.5})
    assert not tells_apart({"accuracy": {"mean": 0.56, "low": 0.54, "high": 0.58}, "chance": 0.5})
    assert tells_apart({"accuracy": {"mean": 0.58, "low": 0.56, "high": 0.60}, "chance": 0.5})
    assert doubts_labels({"n_candidates": 3, "evidence": 20.0})
    assert not doubts_labels({"n_candidates": 3, "evidence": None})
    assert not doubts_labels({"n_candidates": 0, "evidence": 20.0})
