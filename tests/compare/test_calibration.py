"""Do 95 % intervals cover 95 times in 100, and is a false winner named at most 5 times in 100? By simulation.

The long form, with more cells and draws, is a benchmark; these cells fail when a variance or a quantile is wrong.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from bakeoff.compare import CompareOptions, compare, summarise
from bakeoff.testing.simulation import Simulation

N_DRAWS = 500


@dataclass
class Rates:
    estimate: float
    all_pairs: float
    false_winner: float


def lognormal_sizes(n_groups: int) -> np.ndarray:
    drawn = np.random.default_rng(6).standard_normal(n_groups)
    return np.maximum(1, np.round(21 * np.exp(0.9 * drawn))).astype(int)


ROWS = {"group_sizes": np.ones(500, int), "group_classes": np.arange(500) % 10}
GROUPS = {"group_classes": np.arange(60) % 6, "group_share": 0.4, "row_share": 0.1, "own_group_share": 0.3}
CELLS = {
    "500 rows": Simulation([1.0, 1.0], **ROWS),
    "500 rows, some contestants better": Simulation([1.0, 1.0, 1.3, 1.3], **ROWS),
    "60 groups of 20": Simulation([1.0] * 4, np.full(60, 20), **GROUPS),
    "60 groups of very unequal sizes": Simulation([1.0] * 3, lognormal_sizes(60), **GROUPS),
    "500 rows, 3 seeds": Simulation([1.0] * 3, **ROWS, n_seeds=3, seed_sd=0.1),
    "500 rows, 5 seeds": Simulation([1.0] * 3, **ROWS, n_seeds=5, seed_sd=0.1),
    "500 rows, 5 seeds that share nothing": Simulation([1.0] * 2, **ROWS, n_seeds=5, row_share=0.0),
    "60 groups, 5 seeds": Simulation([1.0] * 2, np.full(60, 20), **GROUPS, n_seeds=5, seed_sd=0.1),
}


def measured(kind: Simulation, metric: str) -> Rates:
    rng, covered, all_covered, false = np.random.default_rng(11), 0, 0, 0
    for draw in range(N_DRAWS):
        bakeoff = kind.draw(rng)
        truth = {
            name: kind.procedure_truth(metric, ability)
            if kind.n_seeds >= 5
            else float(kind.truth(metric, bakeoff.fit_worth[name]).mean())
            for name, ability in zip(kind.names, kind.abilities, strict=True)
        }
        options = CompareOptions(metric=metric, n_resamples=499, random_state=draw)
        estimate = summarise(bakeoff.predictions["m0"], bakeoff.y, bakeoff.groups, kind.n_classes, options)
        found = compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, kind.n_classes, options)
        gaps = [truth[each.a] - truth[each.b] for each in found]
        covered += estimate.low <= truth["m0"] <= estimate.high
        all_covered += all(each.low - 1e-12 <= gap <= each.high + 1e-12 for each, gap in zip(found, gaps, strict=True))
        false += any(
            (each.decision == "better" and gap <= 1e-12) or (each.decision == "worse" and gap >= -1e-12)
            for each, gap in zip(found, gaps, strict=True)
        )
    return Rates(covered / N_DRAWS, all_covered / N_DRAWS, false / N_DRAWS)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("metric", ["f1_macro"])
def test_intervals_cover_as_often_as_they_say_and_false_winners_are_rare(cell, metric):
    rates = measured(CELLS[cell], metric)
    error = np.sqrt(0.05 * 0.95 / N_DRAWS)
    # 93 to 97 %, and at most 5 %, each with three standard errors of the simulation.
    assert 0.93 - 3 * error <= rates.estimate <= min(0.97 + 3 * error, 1)
    assert 0.93 - 3 * error <= rates.all_pairs <= min(0.97 + 3 * error, 1)
    assert rates.false_winner <= 0.05 + 3 * error


def test_ignoring_the_groups_would_name_false_winners_far_too_often():
    kind = CELLS["60 groups of 20"]
    rng, false = np.random.default_rng(12), 0
    for draw in range(60):
        bakeoff = kind.draw(rng)
        options = CompareOptions(n_resamples=199, random_state=draw)
        found = compare(bakeoff.predictions, bakeoff.y, None, kind.n_classes, options)
        false += any(each.decision in {"better", "worse"} for each in found)
    assert false / 60 > 0.2


def test_real_differences_are_found():
    kind = Simulation([0.7, 1.3], **ROWS)
    rng, found = np.random.default_rng(13), 0
    for draw in range(60):
        bakeoff = kind.draw(rng)
        [result] = compare(bakeoff.predictions, bakeoff.y, None, 10, CompareOptions(random_state=draw, n_resamples=199))
        found += result.decision == "worse"
    assert found >= 54
