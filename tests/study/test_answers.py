"""Answers say what the bands carry: each sentence against a curve made for it."""

from itertools import combinations
from typing import Any

import pytest

from bakeoff.study._answers import answer


def level(name: str, score: float, train: float, half: float = 0.004, **more: Any) -> dict[str, Any]:
    scores = {"f1_macro": {"mean": score, "low": score - half, "high": score + half, "values": [score] * 5}}
    gap = {"mean": train - score, "low": train - score - half, "high": train - score + half}
    return {
        "name": f"width {name}",
        "label": name,
        "value": 1.0,
        "by": None,
        "status": "ok",
        "reason": None,
        "scores": scores,
        "train": {"f1_macro": {"mean": train}},
        "gap": gap,
        "held": None,
        **more,
    }


def question(levels: list[dict[str, Any]], half: float = 0.006, **more: Any) -> dict[str, Any]:
    """A difference beyond `half` is decided."""
    comparisons = []
    for a, b in combinations([each for each in levels if each["scores"]], 2):
        difference = a["scores"]["f1_macro"]["mean"] - b["scores"]["f1_macro"]["mean"]
        decision = "undecided" if abs(difference) <= half else "better" if difference > 0 else "worse"
        low, high = difference - half, difference + half
        comparisons.append(
            {"a": a["name"], "b": b["name"], "difference": difference, "low": low, "high": high, "decision": decision}
        )
    return {
        "factor": "width",
        "title": "Units a layer",
        "unit": "units a layer",
        "is_ordered": True,
        "by": None,
        "by_title": None,
        "metric": "f1_macro",
        "margin": 0.005,
        "n_seeds": 5,
        "levels": levels,
        "comparisons": comparisons,
        **more,
    }


RISING = [level("16", 0.90, 0.902), level("64", 0.93, 0.934), level("128", 0.941, 0.960), level("512", 0.942, 0.990)]


def test_a_rise_that_flattens_is_told_up_to_where_the_seeds_can_see() -> None:
    first, second = answer(question(RISING))
    assert first == (
        "From 16 to 128 units a layer: +4.1 points (3.5 to 4.7); beyond 128 nothing that five seeds can see."
    )
    assert second.startswith(
        "The gap between training and validation grows from 0.2 to 4.8 points: over-fit begins at 128 units a layer"
    )
    # 16 and 64 are behind, and do not even know the rows that they have learnt from.
    assert "under-fit at 16 and 64, where even training rows reach 0.902 to 0.934 only (0.990 at 512)" in second


def test_a_curve_that_still_rises_at_its_end_says_so() -> None:
    first, _ = answer(question(RISING[:3]))
    assert first == (
        "From 16 to 128 units a layer: +4.1 points (3.5 to 4.7); and the last step is still a gain, so the best may "
        "lie beyond."
    )


def test_a_learning_curve_that_still_rises_says_that_more_rows_would_help() -> None:
    first, _ = answer(question(RISING[:3], factor="train-size", unit="of the training rows"))
    assert first.endswith("and the last step is still a gain, so more rows would help.")


def test_a_curve_with_its_best_inside_tells_both_sides() -> None:
    levels = [level("1", 0.90, 0.91), level("2", 0.95, 0.96), level("4", 0.951, 0.96), level("8", 0.92, 0.95)]
    first, _ = answer(question(levels, unit="hidden layers"))
    assert first == (
        "From 1 to 2 hidden layers: +5.0 points (4.4 to 5.6); between 2 and 4 nothing that five seeds can see; from "
        "4 to 8 hidden layers: -3.1 points (-3.7 to -2.5)."
    )


def test_a_flat_curve_names_its_largest_difference() -> None:
    levels = [level("16", 0.90, 0.905), level("32", 0.903, 0.906)]
    first, second = answer(question(levels))
    assert first == (
        "From 16 to 32 units a layer there is no difference that five seeds can see: the largest difference, of 32 to "
        "16, is +0.3 points (-0.3 to 0.9)."
    )
    assert second == "Training and validation stay together (at most 0.5 points apart): no over-fit."


def test_a_dip_between_two_heights_is_no_flat_curve() -> None:
    levels = [level("16", 0.95, 0.96), level("32", 0.90, 0.96), level("64", 0.95, 0.96)]
    first, _ = answer(question(levels))
    assert "no difference" not in first
    assert "clearly behind: 32 by 5.0 points" in first


def test_levels_that_all_score_the_same_say_so() -> None:
    first, _ = answer(question([level("16", 1.0, 1.0), level("32", 1.0, 1.0)]))
    assert first.endswith("all score the same.")


def test_a_wide_gap_that_rows_cannot_settle_is_not_called_none() -> None:
    _, second = answer(question([level("16", 0.90, 0.98, half=0.075), level("32", 0.901, 0.98, half=0.075)]))
    assert second.startswith("No over-fit that these rows can show (a gap of up to 8.0 points")


def test_a_level_whose_seeds_were_lost_in_part_says_so() -> None:
    levels = [*RISING[:2], {**RISING[2], "status": "failed", "reason": "the loss became nan"}]
    assert answer(question(levels))[-1].startswith("Not all networks of these could be trained")


def test_levels_that_are_surely_within_the_margin_make_no_difference() -> None:
    levels = [level("16", 0.90, 0.905), level("32", 0.901, 0.906)]
    asked = question(levels)
    asked["comparisons"][0]["decision"] = "equal"
    assert "there is no difference of 0.5 points" in answer(asked)[0]


def test_names_are_ranked_tied_and_left_behind() -> None:
    levels = [level("sgd", 0.90, 0.91), level("adam", 0.95, 0.99), level("rmsprop", 0.949, 0.97)]
    first, second = answer(question(levels, is_ordered=False, unit="", title="Optimizer"))
    assert first == (
        "adam has the highest score (0.950; 0.946 to 0.954), but rmsprop cannot be told from it; clearly behind: sgd "
        "by 5.0 points (4.4 to 5.6)."
    )
    assert second == (
        "The gap between training and validation is smallest with sgd (1.0 points, 0.6 to 1.4) and largest with adam "
        "(4.0 points, 3.6 to 4.4)."
    )


def test_a_gap_that_closes_says_where_over_fit_ends() -> None:
    levels = [level("0", 0.95, 0.99), level("0.2", 0.951, 0.975), level("0.5", 0.95, 0.955)]
    _, second = answer(question(levels, unit="of dropout", title="Dropout"))
    assert second == (
        "The gap between training and validation shrinks from 4.0 to 0.5 points: over-fit ends at 0.5 of dropout."
    )


def test_seeds_are_answered_by_what_two_single_runs_may_differ() -> None:
    values = [0.90, 0.91, 0.92, 0.93, 0.94]
    alone = level("5", 0.92, 0.95)
    alone["scores"]["f1_macro"]["values"] = values
    first, second = answer(question([alone], factor="seeds"))
    # sd of 0.90 ... 0.94 is 0.0158; t(4) at 97.5 % is 2.776.
    assert "from 0.9000 to 0.9400" in first
    assert "standard deviation of 1.58 points; a mean of five is known to within 1.96" in first
    assert "differ by up to 6.2 points" in second


def test_a_level_that_failed_is_named_with_its_reason() -> None:
    broken = {**level("9", 0.9, 0.9), "scores": None, "train": None, "gap": None, "reason": "the loss became nan"}
    sentences = answer(question([*RISING, broken]))
    assert sentences[-1] == "Without a score: width 9: the loss became nan."


def test_too_few_groups_say_so_instead_of_an_interval() -> None:
    levels = [level("16", 0.90, 0.95), level("32", 0.95, 0.96)]
    asked = question(levels)
    for found in asked["comparisons"]:
        found |= {"low": None, "high": None, "decision": "undecided"}
    for each in levels:
        each["gap"] |= {"low": None, "high": None}
    first, second = answer(asked)
    assert "+5.0 points (too few groups for an interval)" in first
    assert second == "There are too few groups for an interval of the gap between training and validation."


@pytest.mark.parametrize(("shared", "expected"), [(True, "One choice does for every"), (False, "depends on")])
def test_crossed_levels_say_whether_one_choice_does(shared: bool, expected: str) -> None:
    other = 0.91 if shared else 0.95
    levels = [
        level("2", 0.95, 0.96, by="relu"),
        level("8", 0.92, 0.96, by="relu"),
        level("2", other if not shared else 0.94, 0.96, by="tanh"),
        level("8", 0.90 if shared else 0.97, 0.98, by="tanh"),
    ]
    for place, each in enumerate(levels):
        each["name"] = f"level {place}"
    first, second = answer(question(levels, by="activation", by_title="Activation"))
    assert "combinations" in first
    assert expected in second
