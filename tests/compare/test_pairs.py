"""Comparisons: exact tests, invariants, decisions."""

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from bakeoff.compare import CompareOptions, compare, row_losses
from bakeoff.compare._randomisation import mcnemar_exact, randomise, step_down
from bakeoff.compare._table import Table
from bakeoff.compare._variance import Contrast, RowCovariance, variances
from bakeoff.errors import SettingsError
from bakeoff.testing.simulation import Simulation

ACCURACY = CompareOptions(metric="accuracy", n_resamples=500)


def drawn(seed: int = 0, **settings):
    kind = {"abilities": [0.8, 1.0, 1.3], "group_sizes": np.full(60, 8), "group_classes": np.arange(60) % 4}
    return Simulation(**{**kind, **settings}).draw(np.random.default_rng(seed))


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 9), (4, 6), (12, 3), (30, 55), (250, 180)])
def test_without_groups_the_p_value_of_accuracy_is_mcnemars_exact_one(b, c):
    y = np.arange(600) % 2
    first, second = y.copy(), y.copy()
    second[:b] = 1 - y[:b]
    first[b : b + c] = 1 - y[b : b + c]
    [found] = compare({"a": first, "b": second}, y, None, 2, ACCURACY)
    assert found.p_value == pytest.approx(binomtest(b, b + c).pvalue if b + c else 1.0, rel=1e-9)
    assert mcnemar_exact(b, c) == pytest.approx(found.p_value, rel=1e-12)
    assert found.difference == pytest.approx((b - c) / 600)


@pytest.mark.parametrize("metric", ["accuracy", "f1_weighted"])
def test_few_differing_groups_are_all_rearranged_as_scipy_does(metric):
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(40), 6)
    y = groups % 2
    a, b = y.copy(), y.copy()
    for group in range(9):
        rows = groups == group
        a[rows] = np.where(rng.random(6) < 0.3, 1 - y[rows], y[rows])
        b[rows] = np.where(rng.random(6) < 0.7, 1 - y[rows], y[rows])
    [found] = compare({"a": a, "b": b}, y, groups, 2, replace(ACCURACY, metric=metric))
    table = Table.of({"a": a, "b": b}, y, groups, 2, metric)
    shares = np.concatenate([shares for _, shares in table.shares([(0, 1)])])[:, 0]
    reference = permutation_test((shares,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-9)


def test_random_rearrangements_come_to_the_exact_p_value():
    y = np.arange(600) % 2
    shares_differ = np.repeat(np.arange(60), 10)  # groups of ten: no closed form
    rng = np.random.default_rng(0)
    a, b = (np.where(rng.random(600) < wrong, 1 - y, y) for wrong in (0.10, 0.14))
    options = replace(ACCURACY, n_resamples=20_000)
    values = [
        compare({"a": a, "b": b}, y, shares_differ, 2, replace(options, random_state=s))[0].p_value for s in range(2)
    ]
    table = Table.of({"a": a, "b": b}, y, shares_differ, 2, "accuracy")
    d = np.round(np.concatenate([shares for _, shares in table.shares([(0, 1)])])[:, 0] * 600).astype(int)
    chances = np.ones(1)
    for step in np.abs(d):  # the exact distribution of a sum of signed whole numbers, by convolution
        kernel = np.zeros(2 * step + 1)
        kernel[0] += 0.5
        kernel[-1] += 0.5
        chances = np.convolve(chances, kernel)
    sums = np.arange(len(chances)) - np.abs(d).sum()
    exact = chances[np.abs(sums) >= abs(d.sum())].sum()
    # Four standard errors of 20,000 draws.
    assert values == pytest.approx([exact, exact], abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_the_order_of_contestants_turns_signs_around_and_leaves_p_values():
    bakeoff = drawn(n_seeds=5, seed_sd=0.1)
    forward = compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4)
    backward = compare(dict(reversed(bakeoff.predictions.items())), bakeoff.y, bakeoff.groups, 4)
    turned = {(found.b, found.a): found for found in backward}
    opposite = {"better": "worse", "worse": "better"}
    for found in forward:
        other = turned[found.a, found.b]
        assert other.p_value == found.p_value
        assert other.difference == pytest.approx(-found.difference, abs=1e-14)
        assert (other.low, other.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
        assert other.decision == opposite.get(found.decision, found.decision)
        assert other.probability_better == pytest.approx(1 - found.probability_better)


@pytest.mark.parametrize("grouped", [True, False])
def test_the_order_of_rows_and_the_numbers_of_groups_change_nothing(grouped):
    bakeoff = drawn(n_seeds=2)
    groups = bakeoff.groups if grouped else None
    order = np.random.default_rng(1).permutation(len(bakeoff.y))
    renamed = None if groups is None else (1000 - 7 * groups)[order]
    shuffled = {name: lines[:, order] for name, lines in bakeoff.predictions.items()}
    for found, expected in zip(
        compare(shuffled, bakeoff.y[order], renamed, 4),
        compare(bakeoff.predictions, bakeoff.y, groups, 4),
        strict=True,
    ):
        assert (found.p_value, found.decision) == (expected.p_value, expected.decision)
        assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=1e-12)


def test_copying_every_row_within_its_group_teaches_nothing():
    bakeoff = drawn()
    twice = {name: np.repeat(lines, 2, axis=1) for name, lines in bakeoff.predictions.items()}
    for found, expected in zip(
        compare(twice, np.repeat(bakeoff.y, 2), np.repeat(bakeoff.groups, 2), 4),
        compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4),
        strict=True,
    ):
        assert found.n_groups == expected.n_groups
        # The groups' order, and with it the signs they get, follows their contents: equal up to 2,000 draws.
        assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=0.004)
        assert found.p_value == pytest.approx(expected.p_value, abs=0.05)


def test_the_same_random_state_gives_the_same_result_and_another_nearly_so():
    bakeoff = drawn()
    first, again, other = (
        compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4, CompareOptions(random_state=state))
        for state in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_corrected_p_values_are_never_below_raw_ones_and_keep_their_order():
    bakeoff = drawn(abilities=[1, 1, 1.1, 1.2, 1.4])
    table = Table.of(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4, "f1_macro")
    contrasts = [Contrast(a, b) for a in range(5) for b in range(a + 1, 5)]
    parts = variances(table, RowCovariance(table), contrasts)
    tested = randomise(table, contrasts, parts, 500, 0.95, 0)
    alone = [randomise(table, [c], variances(table, RowCovariance(table), [c]), 500, 0.95, 0) for c in contrasts]
    # Each alone is swapped by the same signs, up to the groups in which none differ: equal but for the 500 draws.
    assert (tested.p_value >= np.array([each.p_value[0] for each in alone]) - 0.05).all()
    assert (np.diff(tested.p_value[np.argsort(-np.abs(tested.statistic))]) >= 0).all()


def test_step_down_by_hand():
    drawn_statistics = np.array([[3.0, 0.1, 0.2], [0.5, 2.5, 0.1], [0.1, 0.2, 1.5], [0.3, 0.2, 0.1]])
    corrected = step_down(np.array([2.8, 2.0, 1.0]), drawn_statistics)
    assert corrected.tolist() == pytest.approx([2 / 5, 2 / 5, 2 / 5])
    corrected = step_down(np.array([1.0, 2.8, 2.0]), drawn_statistics)
    assert corrected.tolist() == pytest.approx([2 / 5, 2 / 5, 2 / 5])


def test_interval_and_decision_never_disagree_about_zero():
    for seed in range(40):
        bakeoff = drawn(seed, abilities=[1, 1.1, 1.2, 1.3], n_seeds=5 if seed % 2 else 1, seed_sd=0.05)
        for found in compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4, CompareOptions(n_resamples=300)):
            assert found.low <= found.difference <= found.high
            assert found.decision in {"better", "worse", "undecided"}
            assert (found.p_value <= 0.05) == (found.decision != "undecided")
            if found.decision == "better":
                assert found.low >= 0
            elif found.decision == "worse":
                assert found.high <= 0
            else:
                assert found.low <= 0 <= found.high


def test_contestants_that_agree_everywhere_are_equal_only_where_rows_are_many():
    few, many = (np.arange(n) % 5 for n in (300, 30_000))
    [small] = compare({"a": few, "b": few}, few, None, 5, ACCURACY)
    [large] = compare({"a": many, "b": many}, many, None, 5, ACCURACY)
    assert (small.decision, small.p_value) == ("undecided", 1.0)
    assert small.high == pytest.approx(1.96 * np.sqrt(2) / 300, rel=0.02)
    assert large.decision == "equal"
    assert small.groups_needed > 300


def test_agreeing_on_the_few_rows_of_a_rare_class_does_not_make_two_equal():
    y = np.repeat(np.arange(4), [500, 500, 500, 5])
    first, second = y.copy(), y.copy()
    first[:6], second[6:12] = 1, 2  # six mistakes each in a large class, none in the rare one
    [found] = compare({"a": first, "b": second}, y, None, 4)
    assert found.decision == "undecided"
    # One of the 5 rows mistaken costs a quarter of F1's 1 / 10: the interval has room for two that differ.
    assert found.high > 1.96 * np.sqrt(2) * 0.025 * 0.9
    balanced = np.arange(20_000) % 4
    first, second = balanced.copy(), balanced.copy()
    first[:6], second[6:12] = (first[:6] + 1) % 4, (second[6:12] + 1) % 4
    [alike] = compare({"a": first, "b": second}, balanced, None, 4)
    assert alike.decision == "equal"


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
def test_no_interval_leaves_what_two_scores_can_differ_by(metric):
    y = np.arange(36) % 2
    [found] = compare({"a": y, "b": 1 - y}, y, None, 2, CompareOptions(metric=metric))
    assert (found.difference, found.high) == (1.0, 1.0)
    [none] = compare({"a": 1 - y, "b": y}, y, None, 2, CompareOptions(metric=metric))
    assert none.low == -1.0


def test_what_more_rows_would_show_is_said():
    y = np.arange(600) % 2
    near, far = y.copy(), y.copy()
    near[:2] = 1 - y[:2]
    far[:6] = 1 - y[:6]
    third = y.copy()
    third[10:12] = 1 - y[10:12]
    found = compare({"near": near, "far": far, "third": third}, y, None, 2, ACCURACY)
    shown = {(each.a, each.b): each.needed_to_show for each in found}
    assert shown == {("near", "far"): "winner", ("near", "third"): "equality", ("far", "third"): "winner"}


@pytest.mark.parametrize(
    ("deterministic", "n_seeds", "estimand"),
    [((), 1, "this fit"), ((), 4, "this fit"), ((), 5, "this procedure"), (("m0", "m1", "m2"), 1, "this procedure")],
)
def test_the_estimand_is_the_procedure_where_seeds_suffice_or_none_are_needed(deterministic, n_seeds, estimand):
    bakeoff = drawn(n_seeds=n_seeds)
    options = CompareOptions(n_resamples=200, deterministic=deterministic)
    found = compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4, options)
    assert {each.estimand for each in found} == {estimand}
    assert all((each.probability_better is None) == (n_seeds < 5) for each in found)


def test_seeds_that_vary_widen_the_interval_and_a_deterministic_rival_adds_nothing():
    bakeoff = drawn(n_seeds=5, seed_sd=0.5)
    first = {name: lines[:1] for name, lines in bakeoff.predictions.items()}
    mixed = {"m0": bakeoff.predictions["m0"], "m1": first["m1"]}
    [procedure] = compare(mixed, bakeoff.y, bakeoff.groups, 4, CompareOptions(deterministic={"m1"}))
    [fit] = compare(mixed, bakeoff.y, bakeoff.groups, 4)
    assert (procedure.estimand, fit.estimand) == ("this procedure", "this fit")
    assert procedure.high - procedure.low > 1.2 * (fit.high - fit.low)


def test_pairing_seeds_that_share_their_luck_narrows_the_interval():
    base = drawn(
        abilities=[1.0], n_seeds=6, seed_sd=0.4, group_sizes=np.ones(800, int), group_classes=np.arange(800) % 4
    )
    a, rng = base.predictions["m0"], np.random.default_rng(0)
    both = {"a": a, "b": np.where(rng.random(a.shape) < 0.02, (a + 1) % 4, a)}
    [apart] = compare(both, base.y, None, 4)
    [paired] = compare(both, base.y, None, 4, CompareOptions(paired_seeds=[{"a", "b"}]))
    assert paired.high - paired.low < 0.5 * (apart.high - apart.low)
    assert paired.probability_better > apart.probability_better


def test_groups_make_p_values_and_intervals_wider_when_their_rows_go_together():
    bakeoff = drawn(group_share=0.0, row_share=0.0, own_group_share=0.9, abilities=[1.0, 1.1])
    [grouped] = compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4)
    [alone] = compare(bakeoff.predictions, bakeoff.y, None, 4)
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)
    assert grouped.difference == pytest.approx(alone.difference)


def test_log_losses_are_compared_without_turning_their_sign():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 2000)
    good = np.full((2000, 3), 0.1)
    good[np.arange(2000), y] = 0.8
    poor = rng.dirichlet(np.ones(3), 2000)
    losses = {"good": row_losses(y, good), "poor": row_losses(y, poor)}
    [found] = compare(losses, y, None, 3, CompareOptions(metric="log_loss", deterministic={"good", "poor"}))
    assert found.difference == pytest.approx(losses["good"].mean() - losses["poor"].mean())
    assert found.difference < 0
    assert found.decision == "better"
    d = losses["good"] - losses["poor"]
    assert found.high - found.low == pytest.approx(2 * 1.96 * d.std() / np.sqrt(2000), rel=0.05)


def test_too_few_groups_or_too_few_in_a_class_give_no_interval_no_p_and_the_reason():
    bakeoff = drawn(group_sizes=np.full(28, 30), group_classes=np.arange(28) % 4)
    for found in compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4):
        assert (found.low, found.high, found.p_value, found.decision) == (None, None, None, "undecided")
        assert found.reason == "too few for an interval: 28 groups, and 30 are needed"
        assert found.groups_needed == 30
    bakeoff = drawn(group_sizes=np.full(60, 3), group_classes=np.minimum(np.arange(60) // 4, 3))
    found = compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, 4)[0]
    assert found.reason == "too few for an interval: a class with 4 groups, and 5 are needed in each"


def test_the_groups_asked_for_are_about_those_that_decide():
    settings = {"abilities": [1.0, 1.15], "row_share": 0.3}
    small = drawn(3, group_sizes=np.ones(400, int), group_classes=np.arange(400) % 4, **settings)
    [found] = compare(small.predictions, small.y, None, 4, ACCURACY)
    assert found.decision == "undecided"
    needed = found.groups_needed
    decided = 0
    for seed in range(20):
        kind = Simulation(group_sizes=np.ones(needed, int), group_classes=np.arange(needed) % 4, **settings)
        # The same difference as was seen, by choosing the ability that has it.
        gap = np.interp(
            abs(found.difference),
            [kind.truth("accuracy", 1 + g)[0] - kind.truth("accuracy", 1.0)[0] for g in np.linspace(0, 0.6, 61)],
            np.linspace(0, 0.6, 61),
        )
        large = replace(kind, abilities=[1.0, 1.0 + gap]).draw(np.random.default_rng(100 + seed))
        decided += compare(large.predictions, large.y, None, 4, ACCURACY)[0].decision == "worse"
    assert 11 <= decided <= 20  # 16 of 20 expected: within 2.8 standard deviations


def test_one_contestant_has_nobody_to_be_compared_with():
    assert compare({"only": np.zeros(100, int)}, np.zeros(100, int), None, 1) == []


def test_input_that_cannot_be_compared_is_refused_in_words():
    y = np.arange(100) % 2
    with pytest.raises(ValueError, match="'b' must have one line a fit and 100 columns, got \\(1, 99\\)"):
        compare({"a": y, "b": y[:99]}, y, None, 2)
    with pytest.raises(ValueError, match="'a' must hold whole class indices, got float64"):
        compare({"a": y * 1.0, "b": y}, y, None, 2)
    with pytest.raises(ValueError, match="'a' must hold finite losses"):
        compare({"a": y, "b": y * 1.0}, y, None, 2, CompareOptions(metric="log_loss"))
    with pytest.raises(ValueError, match="one group a row, got 5 for 100"):
        compare({"a": y, "b": y}, y, np.arange(5), 2)


def test_options_out_of_range_are_all_named():
    with pytest.raises(SettingsError) as caught:
        CompareOptions(metric="f1", margin=-1, confidence=1.0, n_resamples=3, on="train")
    assert len(caught.value.problems) == 5
    assert "Got 'f1' instead." in caught.value.problems[0]


@pytest.mark.timeout(120)
def test_ten_thousand_rows_nine_contestants_and_five_seeds_take_seconds():
    kind = Simulation(
        abilities=np.linspace(1, 1.5, 9),
        group_sizes=np.ones(10_000, int),
        group_classes=np.arange(10_000) % 10,
        n_seeds=5,
        seed_sd=0.05,
    )
    bakeoff = kind.draw(np.random.default_rng(0))
    start = time.perf_counter()
    assert len(compare(bakeoff.predictions, bakeoff.y, None, 10)) == 36
    assert time.perf_counter() - start < 20  # 0.4 s on two idle cores; a busy machine has some room


def test_many_classes_and_narrow_integers_go_together():
    y = np.arange(2000) % 200
    near = (y + (np.arange(2000) % 9 == 0)).astype(np.uint8)
    narrow = compare({"a": near, "b": y.astype(np.uint8)}, y, None, 200, ACCURACY)
    assert narrow == compare({"a": near.astype(int), "b": y}, y, None, 200, ACCURACY)
    odd = np.where(y < 100, y, -1).astype(np.int8)
    assert compare({"a": odd, "b": y}, y, None, 200, ACCURACY)[0].difference == pytest.approx(-0.5)
