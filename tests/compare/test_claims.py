"""Published figures."""

import numpy as np
import pytest
from scipy.stats import t as student

from bakeoff.compare import Elsewhere, Gap, PublishedFigure, RandomSplit, Reading, check_claim

NOTEBOOK = {"accuracy": [0.84174], "f1_macro": [0.82535], "f1_weighted": [0.84421]}
RUNS = [0.80, 0.82, 0.79, 0.83, 0.81, 0.80]


def figure(printed: str) -> PublishedFigure:
    return PublishedFigure(float(printed), len(printed.partition(".")[2]))


def leak(random: float, grouped: float, half: float = 0.02) -> RandomSplit:
    lift = random - grouped
    return RandomSplit("1-nearest-neighbour", random, grouped, Gap(lift, lift - half, lift + half, 0.005))


def check(printed: str, values, metric, **options):
    return check_claim(figure(printed), values, metric, **options)


@pytest.mark.parametrize(
    ("printed", "agrees", "said"),
    [
        ("0.8417", True, "Measured 0.8417, as published."),
        ("0.8418", False, "Measured 0.8417, published 0.8418: not the same."),
        ("0.84", True, "Measured 0.8417, published 0.84: the same in the digits that were printed."),
        (
            "0.841",
            True,
            "Measured 0.84174, published 0.841: the digits agree, the rest was cut off instead of rounded.",
        ),
    ],
)
def test_a_deterministic_claim_agrees_if_the_printed_digits_are_those_measured(printed, agrees, said):
    result = check(printed, NOTEBOOK, "accuracy", deterministic=True)
    assert (result.agrees, result.explanation) == (agrees, said)


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_no_figure_counts_as_cut_off_from_one_that_has_these_digits(digits):
    step = 10**digits
    for number in range(1, step):
        below = PublishedFigure((number - 1) / step, digits)  # 0.29 * 100 is 28.999999999999996
        assert not below.is_cut_off_from(number / step)
        assert below.is_cut_off_from((number - 0.1) / step)


def test_a_figure_that_is_another_average_is_called_by_its_name():
    result = check("0.8442", NOTEBOOK, "f1_macro", deterministic=True)
    assert result.agrees is False
    assert result.explanation.endswith("0.8442 is the weighted F1 measured here, not the macro F1.")
    assert (result.like_for_like.metric, result.like_for_like.measured) == ("f1_weighted", 0.84421)


def test_the_share_of_errors_is_known_from_the_share_of_hits():
    result = check("0.1583", NOTEBOOK, "accuracy", deterministic=True)
    assert result.explanation.endswith("0.1583 is the share of errors, not the accuracy: 1 - 0.1583 = 0.8417.")


def test_a_seeded_claim_agrees_inside_the_prediction_interval():
    width = student.ppf(0.975, 5) * np.std(RUNS, ddof=1) * np.sqrt(1 + 1 / 6)
    inside = check("0.8235", {"accuracy": RUNS}, "accuracy")
    assert (inside.low, inside.high) == pytest.approx((np.mean(RUNS) - width, np.mean(RUNS) + width))
    assert inside.agrees is True
    outside = check("0.9000", {"accuracy": RUNS}, "accuracy")
    assert outside.agrees is False
    assert "above" in outside.explanation
    assert outside.explanation.endswith(
        "None of the 6 seeds reached it (best 0.8300); their spread does not explain it."
    )


@pytest.mark.parametrize(
    ("printed", "metric", "values", "remark"),
    [
        ("0.8300", "accuracy", RUNS, "It is what the best of the 6 seeds gives."),
        ("0.8400", "accuracy", RUNS, "None of the 6 seeds reached it (best 0.8300)"),
        ("0.7850", "log_loss", RUNS, "None of the 6 seeds reached it (best 0.7900)"),
        ("0.8100", "log_loss", RUNS, "is inside that."),
    ],
)
def test_a_figure_better_than_every_seed_may_be_the_best_of_several_runs(printed, metric, values, remark):
    result = check(printed, {metric: values}, metric)
    assert result.agrees is True
    assert remark in result.explanation


def test_prediction_intervals_of_scores_end_at_one():
    result = check("1.00", {"accuracy": [0.99, 1.0, 1.0, 0.98, 1.0]}, "accuracy")
    assert (result.high, result.agrees) == (1.0, True)


def test_under_five_seeds_it_cannot_be_said():
    result = check("0.8235", {"accuracy": [0.80, 0.82]}, "accuracy")
    assert (result.agrees, result.low, result.measured) == (None, None, pytest.approx(0.81))
    assert result.explanation.endswith("takes 5 seeds or more.")


def test_a_seeded_figure_of_another_average_is_explained():
    macro = [0.80, 0.801, 0.799, 0.8, 0.8]
    weighted = [0.84, 0.841, 0.839, 0.8404, 0.8404]
    result = check("0.8415", {"f1_macro": macro, "f1_weighted": weighted}, "f1_macro")
    assert result.agrees is False
    assert "As weighted F1 it would be no surprise" in result.explanation
    assert result.like_for_like.metric == "f1_weighted"


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("0.9957", "0.9957 is the accuracy on the training rows here."),
        ("1.00", "1.00 may be the accuracy on the training rows here."),  # two digits match much by chance
        ("0.9000", "Measured 0.8417, published 0.9000: not the same."),
    ],
)
def test_a_figure_of_other_rows_is_explained(printed, said):
    other = Elsewhere([Reading("accuracy", [0.99572], "on the training rows")])
    assert check(printed, NOTEBOOK, "accuracy", deterministic=True, elsewhere=other).explanation.endswith(said)


def test_a_loss_is_never_explained_by_a_score():
    values = {"log_loss": [0.5], "accuracy": [0.9]}
    other = Elsewhere([Reading("accuracy", [0.9], "on the training rows")], leak(0.99, 0.7))
    result = check("0.9", values, "log_loss", deterministic=True, elsewhere=other)
    assert result.explanation == "Measured 0.5000, published 0.9: not the same."


def test_a_score_near_that_of_a_leaking_split_is_explained_by_it():
    split = Elsewhere(random_split=leak(0.9997, 0.71))
    result = check("0.9900", NOTEBOOK, "accuracy", deterministic=True, elsewhere=split)
    assert result.explanation.endswith(
        "A split at random would explain it: near-copies on both sides lift the accuracy of 1-nearest-neighbour from "
        "0.7100 to 0.9997 here."
    )
    of_f1 = check("0.9900", NOTEBOOK, "f1_macro", deterministic=True, elsewhere=split)
    assert "A split at random may explain it" in of_f1.explanation
    below = check("0.7000", NOTEBOOK, "accuracy", deterministic=True, elsewhere=split)
    assert "split" not in below.explanation


@pytest.mark.parametrize(
    ("measured", "printed", "split"),
    [
        (0.95, "0.993", leak(0.989, 0.990)),  # it does no harm
        (0.95, "0.993", leak(0.990, 0.980)),  # none beyond its interval
        (0.70, "0.990", leak(0.990, 0.900)),  # not that much
        (0.84, "0.850", leak(0.9997, 0.71)),  # it would give far more
    ],
)
def test_a_split_at_random_explains_only_what_it_surely_gives(measured, printed, split):
    values = {"accuracy": [measured]}
    result = check(printed, values, "accuracy", deterministic=True, elsewhere=Elsewhere(random_split=split))
    assert result.explanation == f"Measured {measured:.4f}, published {printed}: not the same."


def test_prediction_intervals_hold_one_more_run_as_often_as_they_say():
    rng = np.random.default_rng(0)
    runs = rng.normal(0.8, 0.02, (2000, 6))
    hits = [check_claim(PublishedFigure(run[5], 12), {"accuracy": run[:5]}, "accuracy").agrees for run in runs]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)  # three standard errors of 2,000 draws
