"""The verdict, sentence by sentence."""

import pytest

from bakeoff.compare import Comparison, Estimate, VerdictFacts, verdict

SVC = Estimate(0.842, 0.834, 0.850, None, (0.842,), "this procedure", 7172)
DENSE = Estimate(0.824, 0.812, 0.836, 0.01, (0.824,) * 5, "this procedure", 7172)
KNN = Estimate(0.840, 0.832, 0.848, None, (0.840,), "this procedure", 7172)
DUMMY = Estimate(0.01, 0.005, 0.02, None, (0.01,), "this procedure", 7172)


def pair(a, b, difference, low, high, decision, **changes):
    fields = {
        "metric": "f1_macro",
        "on": "test",
        "estimand": "this procedure",
        "n_groups": 7172,
        "p_value": 0.01,
        "probability_better": None,
        "groups_needed": None,
    }
    return Comparison(a=a, b=b, difference=difference, low=low, high=high, decision=decision, **{**fields, **changes})


def test_a_clear_winner_is_called_the_best_and_the_others_behind_by_points():
    found = verdict({"dense": DENSE, "svc": SVC}, [pair("dense", "svc", -0.018, -0.032, -0.004, "worse")])
    assert found == (
        "svc is the best on macro F1 (0.842; 0.834 to 0.850) on the test rows. "
        "Clearly behind svc: dense by 1.8 points (0.4 to 3.2)."
    )


def test_whoever_cannot_be_told_from_the_best_is_named_with_the_rows_it_would_take():
    pairs = [
        pair("svc", "dense", 0.018, 0.004, 0.032, "better"),
        pair("svc", "knn", 0.002, -0.008, 0.012, "undecided", groups_needed=43_210),
        pair("knn", "dense", 0.016, 0.002, 0.03, "better"),
    ]
    assert verdict({"svc": SVC, "dense": DENSE, "knn": KNN}, pairs) == (
        "svc has the highest macro F1 (0.842; 0.834 to 0.850) on the test rows, but knn cannot be told from it. "
        "To tell svc from knn would take about 40,000 rows instead of 7,172. "
        "Clearly behind svc: dense by 1.8 points (0.4 to 3.2)."
    )


def test_rows_that_would_show_equality_are_not_said_to_tell_two_apart():
    close = pair("svc", "knn", 0.0002, -0.01, 0.0105, "undecided", groups_needed=6032, needed_to_show="equality")
    found = verdict({"svc": SVC, "knn": KNN}, [close], VerdictFacts(grouped=True))
    assert "To tell" not in found
    assert (
        "To show that svc and knn are equal within 0.5 points would take about 6,000 groups instead of 7,172." in found
    )


def test_equals_are_named_with_the_margin():
    found = verdict({"svc": SVC, "knn": KNN}, [pair("svc", "knn", 0.002, -0.001, 0.0045, "equal")])
    assert found.endswith("but knn is as good within 0.5 points.")


def test_under_five_seeds_it_speaks_for_these_fits():
    pairs = [pair("svc", "dense", 0.018, 0.004, 0.032, "better", estimand="this fit")]
    assert "This holds for these fits: with fewer than five seeds" in verdict({"svc": SVC, "dense": DENSE}, pairs)


def test_a_best_that_does_not_beat_the_dummy_is_said_not_to():
    facts = VerdictFacts(dummies=["dummy"])
    tied = [pair("dense", "dummy", 0.8, -0.1, 0.9, "undecided")]
    assert "Nothing was shown to beat dummy" in verdict({"dense": DENSE, "dummy": DUMMY}, tied, facts)
    clear = [pair("dense", "dummy", 0.8, 0.7, 0.9, "better")]
    assert "Nothing was shown" not in verdict({"dense": DENSE, "dummy": DUMMY}, clear, facts)


def test_nobody_finished():
    facts = VerdictFacts(failed={"svc": "ran past 60 s", "dense": "no memory"})
    assert verdict({}, [], facts) == (
        "No contestant finished, so there is nothing to compare (svc: ran past 60 s; dense: no memory)."
    )


def test_one_contestant_alone_and_those_that_failed():
    found = verdict({"svc": SVC}, [], VerdictFacts(failed={"dense": "no memory"}))
    assert found == (
        "svc reaches a macro F1 of 0.842 (0.834 to 0.850) on the test rows. It had nobody to be compared with. "
        "No result: dense."
    )


def test_too_few_rows():
    few = Estimate(
        0.9, None, None, None, (0.9,), "this procedure", 20, "too few for an interval: 20 rows, and 30 are needed"
    )
    other = Estimate(0.8, None, None, None, (0.8,), "this procedure", 20, few.reason)
    found = verdict({"svc": few, "knn": other}, [pair("svc", "knn", 0.1, None, None, "undecided")])
    assert found == (
        "svc has the highest macro F1 on the test rows, 0.900, but nothing can be decided: too few for an interval: "
        "20 rows, and 30 are needed."
    )


def test_many_rivals_that_cannot_be_told_apart_are_not_listed_one_by_one():
    names = ["svc", "a", "b", "c", "d"]
    pairs = [pair("svc", name, 0.001, -0.01, 0.012, "undecided") for name in names[1:]]
    found = verdict(dict.fromkeys(names, KNN) | {"svc": SVC}, pairs)
    assert "none of the others can be told from it" in found


def test_losses_are_better_when_lower_and_are_not_points():
    low, high = (Estimate(v, v - 0.02, v + 0.02, None, (v,), "this procedure", 100) for v in (0.3, 0.5))
    found = verdict(
        {"x": high, "y": low},
        [pair("x", "y", 0.2, 0.15, 0.25, "worse", metric="log_loss")],
        VerdictFacts(metric="log_loss"),
    )
    assert found == (
        "y is the best on log loss (0.300; 0.280 to 0.320) on the test rows. "
        "Clearly behind y: x by 0.200 (0.150 to 0.250)."
    )


def test_a_missing_comparison_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="no comparison of 'svc' with 'knn'"):
        verdict({"svc": SVC, "knn": KNN}, [])
