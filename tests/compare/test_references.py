"""Every formula against SciPy as installed, and against figures that statsmodels and mlxtend printed.

The literal figures come from statsmodels 0.15.0 and mlxtend 0.25.0, by the command that stands beside each.
"""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from bakeoff.compare import CompareOptions, PublishedFigure, check_claim, compare, row_losses, summarise
from bakeoff.compare._estimates import score_interval
from bakeoff.compare._randomisation import mcnemar_exact, randomise, step_down
from bakeoff.compare._table import Table
from bakeoff.compare._variance import Contrast, RowCovariance, satterthwaite, variances

ACCURACY = CompareOptions(metric="accuracy")


@pytest.mark.parametrize(
    ("b", "c", "p_value"), [(1, 9, 0.021484375), (12, 3, 0.03515625), (30, 55, 0.008836205876094518)]
)
def test_mcnemars_exact_p_value_is_that_of_statsmodels_and_mlxtend(b, c, p_value):
    # statsmodels.stats.contingency_tables.mcnemar([[100, b], [c, 100]], exact=True).pvalue
    # mlxtend.evaluate.mcnemar(np.array([[100, b], [c, 100]]), exact=True)[1]
    assert mcnemar_exact(b, c) == pytest.approx(p_value, rel=1e-12)
    assert mcnemar_exact(b, c) == pytest.approx(stats.binomtest(b, b + c).pvalue, rel=1e-12)


@pytest.mark.parametrize(
    ("hits", "rows", "low", "high"),
    [
        (90, 100, 0.8256343384950865, 0.9447708629393249),
        (7, 50, 0.06950833427016288, 0.26186193710585537),
        (1999, 2000, 0.9971731374967338, 0.9999117322692944),
    ],
)
def test_wilsons_interval_is_that_of_statsmodels_and_scipy(hits, rows, low, high):
    # statsmodels.stats.proportion.proportion_confint(hits, rows, method="wilson")
    found = score_interval(hits / rows, rows, stats.norm.ppf(0.975))
    assert found == pytest.approx((low, high), rel=1e-12)
    reference = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert found == pytest.approx((reference.low, reference.high), rel=1e-12)


def test_the_variance_over_groups_of_one_size_is_the_cluster_robust_one_of_statsmodels():
    i = np.arange(120)
    right = (7 * i * i + 3 * i) % 11 % 3 > 0
    # statsmodels.api.OLS(right.astype(float), np.ones(120)).fit(cov_type="cluster",
    #     cov_kwds={"groups": i // 6}).bse[0] ** 2
    expected = 0.0008918128654970783
    y = i % 2  # both classes in each group: one stratum, as in the regression
    table = Table.of({"a": np.where(right, y, 1 - y)}, y, i // 6, 2, "accuracy")
    assert variances(table, RowCovariance(table), [Contrast(0)]).rows[0] == pytest.approx(expected, rel=1e-12)


def test_without_groups_and_classes_the_variance_of_a_difference_is_that_of_the_paired_t_test():
    losses = np.random.default_rng(0).gamma(0.5, 0.4, (2, 300))
    table = Table.of({"a": losses[:1], "b": losses[1:]}, np.zeros(300, int), None, 1, "log_loss")
    parts = variances(table, RowCovariance(table), [Contrast(0, 1)])
    statistic = (losses[0] - losses[1]).mean() / np.sqrt(parts.rows[0])
    reference = stats.ttest_rel(losses[0], losses[1])
    assert statistic == pytest.approx(reference.statistic, rel=1e-12)
    assert parts.rows_freedom[0] == pytest.approx(reference.df)
    [tested] = randomise(table, [Contrast(0, 1)], parts, 200, 0.95, 0).statistic
    assert tested == pytest.approx(reference.statistic, rel=1e-12)


def test_losses_of_five_fits_that_share_no_rows_luck_are_compared_as_welch_does():
    # Constant losses a fit: no variance by rows, and all of it by seeds.
    a, b = np.array([0.30, 0.34, 0.29, 0.33, 0.31]), np.array([0.36, 0.42, 0.35, 0.31, 0.38, 0.41])
    table = Table.of({"a": np.tile(a, (60, 1)).T, "b": np.tile(b, (60, 1)).T}, np.zeros(60, int), None, 1, "log_loss")
    parts = variances(table, RowCovariance(table), [Contrast(0, 1, over_seeds=True)])
    reference = stats.ttest_ind(a, b, equal_var=False)
    assert (a.mean() - b.mean()) / np.sqrt(parts.total[0]) == pytest.approx(reference.statistic, rel=1e-9)
    assert parts.freedom[0] == pytest.approx(reference.df, rel=1e-9)
    assert satterthwaite(np.array([[2.0], [3.0]]), np.array([[4.0], [9.0]]))[0] == pytest.approx(25 / (4 / 4 + 9 / 9))


def test_new_seeds_are_drawn_as_the_problem_of_behrens_and_fisher_has_them():
    # One seeded contestant against one without randomness, no variance by rows: then the test is Student's by seeds.
    a = np.array([0.30, 0.34, 0.29, 0.33, 0.315])
    losses = {"a": np.tile(a, (60, 1)).T, "b": np.full((1, 60), 0.335)}
    options = CompareOptions(metric="log_loss", deterministic={"b"}, n_resamples=40_000)
    [found] = compare(losses, np.zeros(60, int), None, 1, options)
    reference = stats.ttest_1samp(a, 0.335)
    # 40,000 draws know a p-value of 0.1 to 0.0015.
    assert found.p_value == pytest.approx(reference.pvalue, abs=0.006)
    low, high = reference.confidence_interval()
    # The interval counts two rows that might have differed beside the seeds' variance.
    assert (found.low, found.high) == pytest.approx((low - 0.335, high - 0.335), abs=0.001)


def test_an_interval_by_seeds_alone_is_students():
    a = np.array([0.30, 0.34, 0.29, 0.33, 0.31])
    estimate = summarise(np.tile(a, (60, 1)).T, np.zeros(60, int), None, 1, CompareOptions(metric="log_loss"))
    low, high = stats.ttest_1samp(a, 0).confidence_interval()
    ratio = np.exp((high - low) / 2 / a.mean())
    assert (estimate.low, estimate.high) == pytest.approx((a.mean() / ratio, a.mean() * ratio), rel=1e-9)


def test_swapping_a_few_groups_gives_the_p_value_of_mlxtends_exact_permutation_test():
    d = np.array([3, -1, 4, 1, -5, 9, 2, 6])
    # mlxtend.evaluate.permutation_test(d, np.zeros(8), paired=True, method="exact",
    #     func=lambda a, b: np.abs(np.mean(a) - np.mean(b)))
    expected = 0.1875
    losses = np.zeros((2, 40))
    losses[0, :8] = d / 10
    [found] = compare({"a": losses[:1], "b": losses[1:]}, np.zeros(40, int), None, 1, CompareOptions("log_loss"))
    assert found.p_value == pytest.approx(expected, rel=1e-12)
    reference = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-12)


def test_step_down_max_t_is_the_closed_test_over_all_subsets_of_the_pairs():
    rng = np.random.default_rng(2)
    drawn = np.abs(rng.standard_normal((400, 5)) + rng.standard_normal((400, 1)))
    observed = np.array([2.9, 1.1, 3.4, 2.2, 0.3])

    def closed(pair: int) -> float:
        """The largest p of any set of hypotheses with this one, each tested by its largest statistic."""
        others = [other for other in range(5) if other != pair]
        sets = [[pair, *chosen] for size in range(5) for chosen in combinations(others, size)]
        hits = [(drawn[:, members].max(axis=1) >= observed[members].max()).sum() for members in sets]
        return (1 + max(hits)) / 401

    corrected = step_down(observed, drawn)
    assert corrected.tolist() == pytest.approx([closed(pair) for pair in range(5)], rel=1e-12)


def test_the_prediction_interval_of_a_claim_is_that_of_statsmodels():
    values = np.array([0.811, 0.824, 0.797, 0.835, 0.808])
    # statsmodels.api.OLS(values, np.ones(5)).fit().get_prediction([1.0]).summary_frame(alpha=0.05),
    # columns obs_ci_lower and obs_ci_upper
    claim = check_claim(PublishedFigure(0.8235, 9), {"accuracy": values}, "accuracy")
    assert (claim.low, claim.high) == pytest.approx((0.770145, 0.859855), abs=1e-6)


def test_a_log_loss_is_the_mean_of_what_its_rows_cost():
    assert row_losses([0, 1], [[0.5, 0.5], [0.75, 0.25]]).mean() == pytest.approx((np.log(2) + np.log(4)) / 2)
