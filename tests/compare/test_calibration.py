"""Do 95 % intervals cover 95 times in 100, and is a false winner named at most 5 times in 100? By simulation.

The long form, with more cells and draws, is `make calibrate`; these cells fail when a variance or a quantile is wrong.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, log_expit, ndtri

from bakeoff.compare import CompareOptions, compare, scores
from bakeoff.testing.calibration import Cell, measure
from bakeoff.testing.simulation import SHARPNESS, Simulation, row_loss

N_DRAWS = 300


def lognormal_sizes(n_groups: int) -> np.ndarray:
    drawn = np.random.default_rng(6).standard_normal(n_groups)
    return np.maximum(1, np.round(21 * np.exp(0.9 * drawn))).astype(int)


ROWS = {"group_sizes": np.ones(500, int), "group_classes": np.arange(500) % 10}
GROUPS = {"group_classes": np.arange(60) % 6, "group_share": 0.4, "row_share": 0.1, "own_group_share": 0.3}
EQUAL = {"group_sizes": np.full(60, 20), **GROUPS}
SEEDS = {"n_seeds": 5, "seed_sd": 0.1}
CELLS = {
    "500 rows": Cell(Simulation([1.0, 1.0], **ROWS)),
    "500 rows, some contestants better": Cell(Simulation([1.0, 1.0, 1.3, 1.3], **ROWS)),
    "60 groups of 20": Cell(Simulation([1.0] * 4, **EQUAL)),
    "60 groups of very unequal sizes": Cell(Simulation([1.0] * 3, lognormal_sizes(60), **GROUPS)),
    "500 rows, 3 seeds": Cell(Simulation([1.0] * 3, **ROWS, n_seeds=3, seed_sd=0.1)),
    "500 rows, 5 seeds": Cell(Simulation([1.0] * 3, **ROWS, **SEEDS)),
    "500 rows, 5 seeds that share nothing": Cell(Simulation([1.0] * 2, **ROWS, n_seeds=5, row_share=0.0)),
    "500 rows, 5 paired seeds": Cell(Simulation([1.0] * 2, **ROWS, **SEEDS, seeds_alike=0.7), paired=True),
    "60 groups, 5 seeds": Cell(Simulation([1.0] * 3, **EQUAL, **SEEDS)),
    "60 groups, 5 seeds, log loss": Cell(Simulation([1.0] * 2, **EQUAL, **SEEDS), metric="log_loss"),
    "60 groups of mixed classes": Cell(Simulation([1.0] * 2, **EQUAL, mixed_classes=True)),
    "60 groups, one seed of what is not random, 5 of another": Cell(
        Simulation([1.0] * 2, **EQUAL, n_seeds=[1, 5], seed_sd=[0.0, 0.1]), deterministic={"m0"}
    ),
}


@pytest.mark.parametrize("cell", CELLS)
def test_intervals_cover_as_often_as_they_say_and_false_winners_are_rare(cell):
    found = measure(replace(CELLS[cell], n_resamples=299), cell, range(N_DRAWS))
    # 93 to 97 %, and at most 5 %, each with three standard errors of the simulation.
    low, high = (limit + sign * 3 * np.sqrt(0.93 * 0.07 / N_DRAWS) for limit, sign in ((0.93, -1), (0.97, 1)))
    assert low <= found.estimate_covers / N_DRAWS <= high
    assert low <= found.all_pairs_cover / N_DRAWS <= high
    assert found.false_winner / N_DRAWS <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / N_DRAWS)
    assert found.procedure == (N_DRAWS if "5 " in cell else 0)
    assert found.refused == 0


def rare(sizes: list[int], errors: list[float], **settings) -> Simulation:
    rows = {"group_sizes": np.ones(sum(sizes), int), "group_classes": np.repeat(np.arange(len(sizes)), sizes)}
    return Simulation(**rows, class_ease=-ndtri(errors), next_class=0.0, mistakes_by_size=True, **settings)


RARE = {
    "5 rows of 1,505": rare([500] * 3 + [5], [0.02] * 3 + [0.2], abilities=[0.0, 0.0]),
    "5 rows of 1,505, mistaken as the others": rare([500] * 3 + [5], [0.05] * 4, abilities=[0.0, 0.0]),
    "5 rows of 1,505, a difference": rare([500] * 3 + [5], [0.02] * 3 + [0.2], abilities=[0, 0.3], row_share=0.95),
    "20 rows of 1,520": rare([500] * 3 + [20], [0.05] * 4, abilities=[0.0, 0.0]),
    "10 rows of 2,710, a difference": rare([300] * 9 + [10], [0.02] * 9 + [0.3], abilities=[0, 0.5], row_share=0.8),
}


@pytest.mark.parametrize("kind", RARE)
def test_intervals_of_macro_f1_hold_with_a_rare_class(kind):
    found = measure(Cell(RARE[kind], deterministic={"m0", "m1"}, n_resamples=199), kind, range(200))
    # 93 % less three standard errors. No upper limit: one rare row moves the score by points.
    lowest = 0.93 - 3 * np.sqrt(0.93 * 0.07 / 200)
    assert found.estimate_covers / 200 >= lowest
    assert found.all_pairs_cover / 200 >= lowest
    assert found.false_winner / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize(
    "groups",
    [
        {"group_sizes": np.full(28, 20), "group_classes": np.arange(28) % 4},
        {"group_sizes": np.full(60, 20), "group_classes": np.arange(60) % 15},
        {"group_sizes": np.ones(29, int), "group_classes": np.arange(29) % 2},
    ],
)
@pytest.mark.parametrize("n_seeds", [1, 5])
def test_too_few_groups_are_always_refused(groups, n_seeds):
    found = measure(Cell(Simulation([1.0, 1.0], **groups, n_seeds=n_seeds)), "few", range(5))
    assert (found.refused, found.decided, found.estimate_covers) == (5, 0, 0)


def test_ignoring_the_groups_would_name_false_winners_far_too_often():
    kind = CELLS["60 groups of 20"].simulation
    rng, false = np.random.default_rng(12), 0
    for draw in range(60):
        bakeoff = kind.draw(rng)
        options = CompareOptions(n_resamples=199, random_state=draw)
        found = compare(bakeoff.predictions, bakeoff.y, None, kind.n_classes, options)
        false += any(each.decision in {"better", "worse"} for each in found)
    assert false / 60 > 0.2


def test_real_differences_are_found():
    found = measure(Cell(Simulation([0.7, 1.3], **ROWS), n_resamples=199), "power", range(60))
    assert found.decided >= 54
    assert found.false_winner == 0


def test_a_false_winner_is_counted_where_the_worse_of_two_is_named():
    rows = {"group_sizes": np.ones(2000, int), "group_classes": np.arange(2000) % 2}
    cell = Cell(Simulation([0.5, 1.5], **rows), metric="log_loss", deterministic={"m0", "m1"}, n_resamples=199)
    assert measure(cell, "sign", range(5)).false_winner == 0
    cell.procedure_truths.update(m0=0.1, m1=0.9)  # as if the first were the better one
    assert measure(cell, "sign", range(5)).false_winner == 5


def test_as_many_groups_as_a_pilot_asks_for_do_decide():
    cell = Cell(Simulation([1.0, 1.3], **EQUAL), n_resamples=199, follow_up=True)
    found = measure(cell, "asked", range(60))
    assert found.asked >= 25
    # 80 % are promised: within three standard deviations of so many.
    assert abs(found.answered / found.asked - 0.8) < 3 * np.sqrt(0.8 * 0.2 / found.asked)


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "f1_weighted", "log_loss"])
@pytest.mark.parametrize("mixed", [False, True])
def test_the_truth_of_a_simulation_is_the_score_of_very_many_rows(metric, mixed):
    groups = {"group_sizes": np.full(40_000, 5), "group_classes": np.arange(40_000) % 4, "mixed_classes": mixed}
    kind = Simulation([0.8], **groups, group_share=0.3, row_share=0.2, own_group_share=0.2, n_seeds=2, seed_sd=0.4)
    bakeoff = kind.draw(np.random.default_rng(3), metric)
    said = bakeoff.predictions["m0"]
    found = said.mean(axis=1) if metric == "log_loss" else [scores(bakeoff.y, line)[metric] for line in said]
    # 200,000 rows in 40,000 groups: standard errors of 0.0015 for scores and 0.003 for losses.
    assert kind.truth(metric, bakeoff.fit_worth["m0"]) == pytest.approx(np.array(found), abs=0.01)


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "f1_weighted"])
def test_the_truth_holds_where_mistakes_fall_on_large_classes(metric):
    kind = rare([120_000, 60_000, 3000], [0.1, 0.2, 0.3], abilities=[0.0])
    kind = replace(kind, next_class=0.2)
    bakeoff = kind.draw(np.random.default_rng(0))
    # The rare class has 3,000 rows and 9,000 false alarms: a standard error of about 0.002.
    assert kind.truth(metric, 0.0)[0] == pytest.approx(
        scores(bakeoff.y, bakeoff.predictions["m0"][0])[metric], abs=0.006
    )


def test_a_procedures_truth_is_the_mean_over_the_worth_of_its_fits():
    kind = Simulation([0.8], **ROWS, n_seeds=5, seed_sd=0.4)
    worth = 0.8 + 0.4 * np.random.default_rng(0).standard_normal(200_000)
    assert kind.procedure_truth("f1_macro", 0) == pytest.approx(kind.truth("f1_macro", worth).mean(), abs=0.001)


def test_two_contestants_seeds_are_as_alike_as_asked_for():
    kind = Simulation([1.0, 1.0], **ROWS, n_seeds=4000, seed_sd=0.2, seeds_alike=0.7)
    small = replace(kind, group_sizes=np.ones(4, int), group_classes=np.arange(4) % 2)
    worth = small.draw(np.random.default_rng(0)).fit_worth
    assert np.corrcoef(worth["m0"], worth["m1"])[0, 1] == pytest.approx(0.7, abs=0.03)
    assert worth["m0"].std() == pytest.approx(0.2, abs=0.01)


def test_the_loss_of_a_row_is_minus_the_log_of_a_logistic_chance():
    margins = np.array([-800.0, -1.0, 0.0, 2.0])
    np.testing.assert_allclose(row_loss(margins), -log_expit(SHARPNESS * margins))
    assert row_loss(np.array([0.3]))[0] == pytest.approx(-np.log(expit(0.6)))


def test_the_same_number_is_the_same_bakeoff_however_the_work_is_cut():
    cell = Cell(Simulation([1.0, 1.1], **EQUAL), n_resamples=199)
    whole = measure(cell, "cut", range(12))
    assert measure(cell, "cut", range(7)) + measure(cell, "cut", range(7, 12)) == whole
