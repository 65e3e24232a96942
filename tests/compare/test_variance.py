"""Closed-form variances and shares against brute force."""

import numpy as np
import pytest

from bakeoff.compare import scores
from bakeoff.compare._table import Table
from bakeoff.compare._variance import Contrast, RowCovariance, variances

METRICS = ("accuracy", "f1_macro", "f1_weighted")


def three_contestants(groups_per_class: int, rows_per_group: int, n_seeds: int = 1):
    rng = np.random.default_rng(3)
    n_groups = 4 * groups_per_class
    groups = np.repeat(np.arange(n_groups), rows_per_group)
    y = groups % 4
    hard = rng.standard_normal(n_groups)[groups]
    predictions = {
        name: np.where(hard + rng.standard_normal((n_seeds, len(y))) < ease, y, rng.integers(-1, 5, (n_seeds, len(y))))
        for name, ease in {"a": 1.0, "b": 0.7, "c": 1.2}.items()
    }
    return predictions, y, groups


@pytest.mark.parametrize("metric", METRICS)
def test_shares_sum_to_the_difference_of_the_mean_scores_exactly(metric):
    predictions, y, groups = three_contestants(10, 7, n_seeds=3)
    predictions["b"] = predictions["b"][:2]
    table = Table.of(predictions, y, groups, 4, metric)
    total = sum(block.sum(axis=0) for _, block in table.shares([(0, 1), (2, 1)]))
    means = {
        name: np.mean([scores(y, line, n_classes=4)[metric] for line in lines]) for name, lines in predictions.items()
    }
    np.testing.assert_allclose(total, [means["a"] - means["b"], means["c"] - means["b"]], atol=1e-13)


@pytest.mark.parametrize("metric", METRICS)
def test_influences_are_the_derivative_of_the_score_by_the_weight_of_a_group(metric):
    predictions, y, groups = three_contestants(5, 7)
    table = Table.of({"a": predictions["a"]}, y, groups, 4, metric)
    influence = np.concatenate([block for _, block in table.influences()])[:, 0]
    step = 1000  # the group once more among a thousand copies of everything: a derivative by finite difference
    for position in (0, 7, 19):
        rows = table.clusters.order[table.clusters.starts[position] : table.clusters.starts[position + 1]]
        again_y = np.concatenate([np.tile(y, step), y[rows]])
        again = np.concatenate([np.tile(predictions["a"][0], step), predictions["a"][0][rows]])
        slope = (scores(again_y, again, n_classes=4)[metric] - table.values[0]) * step
        assert slope == pytest.approx(influence[position], rel=0.01, abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_the_variance_over_rows_is_that_of_a_bootstrap_of_groups_within_classes(metric):
    predictions, y, groups = three_contestants(40, 5)
    table = Table.of(predictions, y, groups, 4, metric)
    found = variances(table, RowCovariance(table), [Contrast(0), Contrast(0, 1)]).rows
    rng = np.random.default_rng(4)
    rows_of = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    draws = []
    for _ in range(2000):
        chosen = np.concatenate([rng.choice(np.arange(label, 160, 4), 40) for label in range(4)])
        rows = np.concatenate([rows_of[group] for group in chosen])
        a, b = (scores(y[rows], predictions[name][0][rows], n_classes=4)[metric] for name in "ab")
        draws.append((a, a - b))
    expected = np.var(draws, axis=0) * 40 / 39
    # 2,000 draws know a variance to 3.2 %; the delta method's own error at 160 groups is smaller.
    np.testing.assert_allclose(found, expected, rtol=0.1)


def test_the_procedure_counts_luck_of_rows_that_fits_do_not_share_once():
    rng = np.random.default_rng(5)
    y = np.zeros(2000, dtype=int)
    independent = (rng.random((8, 2000)) > 0.8).astype(int)
    table = Table.of({"a": independent}, y, None, 2, "accuracy")
    parts = variances(table, RowCovariance(table), [Contrast(0, over_seeds=True)])
    # Fits that share nothing: all variance is between fits, 0.16 / 2000 / 8, and none is common to them.
    assert parts.rows[0] == pytest.approx(0.16 / 2000 / 8, rel=0.05)
    assert parts.shared[0] < 0.3 * parts.rows[0]
    assert parts.seeds[0] == pytest.approx(np.var(table.values, ddof=1) / 8, rel=1e-12)


def test_fits_that_are_the_same_have_no_seed_variance_and_all_row_variance():
    predictions, y, groups = three_contestants(10, 7)
    same = {name: np.repeat(lines, 5, axis=0) for name, lines in predictions.items()}
    table, single = (Table.of(given, y, groups, 4, "f1_macro") for given in (same, predictions))
    contrast = [Contrast(0, 1, over_seeds=True)]
    parts, reference = (variances(each, RowCovariance(each), contrast) for each in (table, single))
    assert parts.seeds[0] == pytest.approx(0, abs=1e-30)
    assert parts.total[0] == pytest.approx(reference.rows[0], rel=1e-9)
