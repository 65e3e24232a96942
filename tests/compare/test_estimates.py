"""Intervals of one contestant's score, and what seeds say."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from scipy.stats import t as student

from bakeoff.compare import CompareOptions, probability_better, summarise

ACCURACY = CompareOptions(metric="accuracy")


def answers(n_right: int, n_wrong: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.zeros(n_right + n_wrong, dtype=int)
    return np.repeat([0, 1], [n_right, n_wrong]), y


@pytest.mark.parametrize(("n_right", "n_wrong"), [(180, 20), (999, 1), (50, 50)])
def test_without_groups_the_interval_of_accuracy_is_wilsons(n_right, n_wrong):
    said, y = answers(n_right, n_wrong)
    n = len(y)
    estimate = summarise(said, y, None, 2, ACCURACY)
    m, z = n_right / n, student.ppf(0.975, n - 1)
    size = n - 1  # the small-sample factor n / (n - 1) of the variance
    centre, width = m + z**2 / size / 2, z * np.sqrt(m * (1 - m) / size + z**2 / size**2 / 4)
    expected = [(centre + sign * width) / (1 + z**2 / size) for sign in (-1, 1)]
    assert [estimate.low, estimate.high] == pytest.approx(expected, rel=1e-9)


def test_no_mistake_on_a_hundred_rows_does_not_mean_none_ever():
    estimate = summarise(*answers(100, 0), None, 2, ACCURACY)
    assert estimate.mean == estimate.high == 1
    assert estimate.low == pytest.approx(100 / (100 + student.ppf(0.975, 99) ** 2))


def test_a_rare_class_without_a_mistake_leaves_the_interval_wide():
    y = np.repeat(np.arange(4), [500, 500, 500, 5])
    estimate = summarise(y, y, None, 4)
    # One of the five missed would cost 1 / 9 of one F1 in four; of 1,505 rows alike it would be 0.07 points.
    assert estimate.high == pytest.approx(1)
    assert 0.8 < estimate.low < 1 - 1 / 9 / 4


def test_with_classes_alike_macro_f1_is_as_sure_as_before():
    rng = np.random.default_rng(0)
    y = np.arange(1000) % 4
    said = np.where(rng.random(1000) < 0.1, (y + rng.integers(1, 4, 1000)) % 4, y)
    macro, accuracy = (summarise(said, y, None, 4, CompareOptions(metric=m)) for m in ("f1_macro", "accuracy"))
    assert macro.high - macro.low == pytest.approx(accuracy.high - accuracy.low, rel=0.03)


def test_one_row_is_one_row_in_words():
    estimate = summarise([0, 1], [0, 1], [7, 7], 2)
    assert estimate.reason == "too few for an interval: 1 group, and 30 are needed"


def test_groups_count_and_not_rows_where_the_rows_of_a_group_go_together():
    said, y = answers(160, 40)
    once = summarise(said, y, None, 2, ACCURACY)
    copies = summarise(np.repeat(said, 10), np.repeat(y, 10), np.repeat(np.arange(200), 10), 2, ACCURACY)
    assert (copies.low, copies.high) == pytest.approx((once.low, once.high), rel=1e-9)
    assert copies.n_groups == 200


def test_five_seeds_make_it_the_procedure_and_fewer_these_fits():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    runs = np.where(rng.random((5, 600)) < np.array([0.7, 0.75, 0.8, 0.85, 0.9])[:, None], y, (y + 1) % 3)
    four, five = summarise(runs[:4], y, None, 3, ACCURACY), summarise(runs, y, None, 3, ACCURACY)
    assert (four.estimand, five.estimand) == ("this fit", "this procedure")
    assert five.sd_seeds == pytest.approx(np.std(five.values, ddof=1))
    assert five.high - five.low > 2 * (four.high - four.low)
    # Seeds dominate here: the width is Student's with about four degrees of freedom.
    width = 2 * student.ppf(0.975, 4) * five.sd_seeds / np.sqrt(5)
    assert five.high - five.low == pytest.approx(width, rel=0.15)


def test_one_seed_has_no_spread_and_a_deterministic_one_is_its_procedure():
    said, y = answers(90, 10)
    assert summarise(said, y, None, 2).sd_seeds is None
    assert summarise(said, y, None, 2, deterministic=True).estimand == "this procedure"


def test_too_few_rows_keep_the_score_and_say_why_there_is_no_interval():
    estimate = summarise(*answers(20, 5), None, 2, ACCURACY)
    assert (estimate.mean, estimate.low, estimate.high) == (0.8, None, None)
    assert estimate.reason == "too few for an interval: 25 rows, and 30 are needed"


def test_the_interval_of_a_log_loss_is_around_its_mean_on_the_log_scale():
    losses = np.random.default_rng(0).gamma(0.5, 0.4, 900)
    estimate = summarise(losses, np.zeros(900, int), None, 1, CompareOptions(metric="log_loss"))
    ratio = np.exp(student.ppf(0.975, 899) * losses.std(ddof=1) / 30 / losses.mean())
    assert (estimate.low, estimate.high) == pytest.approx((losses.mean() / ratio, losses.mean() * ratio), rel=1e-9)


def test_groups_of_mixed_classes_are_one_stratum():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 800)
    said = np.where(rng.random(800) < 0.8, y, 1 - y)
    mixed = summarise(said, y, np.repeat(np.arange(80), 10), 2, ACCURACY)
    sums = (said == y).reshape(80, 10).sum(axis=1)
    expected = sums.std(ddof=1) / 10 / np.sqrt(80)
    assert mixed.high - mixed.low == pytest.approx(2 * student.ppf(0.975, 79) * expected, rel=0.03)


def test_probability_better_is_the_statistic_of_mann_and_whitney():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.3, 1, 9).round(1), rng.normal(0, 1, 7).round(1)
    reference = mannwhitneyu(a, b).statistic / 63
    assert probability_better(a, b) == pytest.approx(reference)
    assert probability_better(a, b, lower_is_better=True) == pytest.approx(1 - reference)


def test_probability_better_needs_five_runs_of_whatever_is_random():
    runs = [0.80, 0.81, 0.82, 0.83, 0.84]
    assert probability_better(runs[:4], runs) is None
    assert probability_better([0.835], runs) is None
    assert probability_better([0.835], runs, deterministic=(True, False)) == 0.8
    assert probability_better([0.9], [0.8], deterministic=(True, True)) is None
    assert probability_better(runs, [v + 0.001 for v in runs], paired=True) == 0
