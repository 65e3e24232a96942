"""Splits: the same everywhere, stratified, groups never divided."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from bakeoff.data import folds, holdout, nested_shares, split_validation
from bakeoff.errors import DataError

Y = np.repeat(np.arange(4), [40, 80, 20, 61]).astype(np.int32)


def test_a_split_is_a_partition_of_the_asked_size() -> None:
    train, validation = split_validation(Y, None, 0.2, "a")
    assert sorted([*train, *validation]) == list(range(len(Y)))
    assert len(validation) == round(0.2 * len(Y))
    assert (np.diff(train) > 0).all()


def test_every_class_has_its_share() -> None:
    _, validation = split_validation(Y, None, 0.25, "a")
    assert np.abs(np.bincount(Y[validation]) - 0.25 * np.bincount(Y)).max() <= 1


def test_the_rows_depend_on_the_text_alone_and_are_these() -> None:
    first, again, other = (split_validation(Y, None, 0.1, text)[1] for text in ("a", "a", "b"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    # Frozen: another release of NumPy that changed them would change every result of every user.
    assert first[:6].tolist() == [2, 21, 26, 32, 41, 45]


def test_holdout_and_validation_are_different_draws() -> None:
    assert not np.array_equal(holdout(Y, None, 0.2, "a")[1], split_validation(Y, None, 0.2, "a")[1])


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.99])
def test_every_class_is_on_both_sides_even_of_small_parts(fraction: float) -> None:
    y = np.repeat(np.arange(5), [2, 3, 4, 5, 6]).astype(np.int32)
    for rows in split_validation(y, None, fraction, "a"):
        assert set(y[rows]) == set(range(5))


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.25, 0.3, 0.5])
def test_groups_stay_whole_and_the_share_is_close(fraction: float) -> None:
    random = np.random.default_rng(0)
    groups = random.integers(0, 120, 3000)
    y = (groups % 6).astype(np.int32)  # each group is of one class, as near-copies are
    train, validation = split_validation(y, groups, fraction, "a")
    assert not set(groups[train]) & set(groups[validation])
    assert len(validation) / 3000 == pytest.approx(fraction, abs=0.04)  # a group is 0.8 % of the rows
    assert set(y[train]) == set(y[validation]) == set(range(6))


def test_a_class_in_one_group_stays_in_training() -> None:
    groups = np.repeat(np.arange(10), 10)
    y = np.where(groups == 3, 1, 0).astype(np.int32)
    for seed in "abcdef":
        train, validation = split_validation(y, groups, 0.2, seed)
        assert 1 in y[train]
        assert 1 not in y[validation]
        assert len(validation) == 20


def test_two_groups_a_class_are_enough_to_have_it_on_both_sides() -> None:
    groups = np.repeat(np.arange(12), 5)
    y = (groups % 6).astype(np.int32)
    for seed in "abcdef":
        train, validation = split_validation(y, groups, 0.5, seed)
        assert set(y[train]) == set(y[validation]) == set(range(6))


@pytest.mark.parametrize("n_groups", [0, 1])
def test_too_few_groups_are_refused(n_groups: int) -> None:
    y = np.array([0, 1] * 10, dtype=np.int32)
    groups = np.zeros(20, dtype=np.int64) if n_groups else y.astype(np.int64)
    with pytest.raises(DataError, match="cannot be divided by groups"):
        split_validation(y, groups, 0.2, "a")


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 2.0])
def test_a_share_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        split_validation(Y, None, fraction, "a")


def test_folds_hold_every_row_once_and_differ_in_size_by_one() -> None:
    parts = folds(Y, None, 5, "a")
    assert sorted(np.concatenate(parts)) == list(range(len(Y)))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    counts = np.stack([np.bincount(Y[part], minlength=4) for part in parts])
    assert (counts.max(axis=0) - counts.min(axis=0)).max() <= 1


def test_grouped_folds_are_about_as_even_as_those_of_scikit_learn() -> None:
    random = np.random.default_rng(2)
    groups = random.integers(0, 90, 2000)
    y = ((groups + random.integers(0, 2, 2000)) % 5).astype(np.int32)

    def unevenness(parts: Any) -> float:
        counts = np.stack([np.bincount(y[part], minlength=5) for part in parts])
        return float((counts / counts.sum(axis=0)).std())

    ours = folds(y, groups, 5, "a")
    theirs = [test for _, test in StratifiedGroupKFold(5).split(np.zeros(2000), y, groups)]
    assert not any(set(groups[a]) & set(groups[b]) for i, a in enumerate(ours) for b in ours[:i])
    assert unevenness(ours) <= 1.2 * unevenness(theirs)  # the greedy order is random here and fixed there


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(2, 12), min_size=2, max_size=5), n_folds=st.integers(2, 5), seed=st.text(max_size=3))
def test_outside_of_every_fold_every_class_is_present(sizes: list[int], n_folds: int, seed: str) -> None:
    y = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    if len(y) < n_folds:
        return
    for groups in (None, np.arange(len(y))):
        for part in folds(y, groups, n_folds, seed):
            assert set(np.delete(y, part)) == set(y)
            assert len(part)


def test_folds_with_too_few_groups_or_a_class_in_one_are_refused() -> None:
    with pytest.raises(DataError, match="5 folds need at least 5 groups; there are 4"):
        folds(np.tile([0, 1], 8).astype(np.int32), np.repeat(np.arange(4), 4), 5, "a")
    with pytest.raises(DataError, match="with one group: class number 1"):
        folds(np.repeat([0, 1], [15, 5]).astype(np.int32), np.repeat(np.arange(4), 5), 2, "a")
    with pytest.raises(DataError, match="at least 2"):
        folds(Y, None, 1, "a")


def test_every_class_of_few_groups_is_on_both_sides() -> None:
    for seed in range(60):
        random = np.random.default_rng(seed)
        label = np.repeat(np.arange(random.integers(5, 25)), random.integers(2, 5))
        groups = np.repeat(np.arange(len(label)), random.integers(1, 20, len(label)))
        y = label[groups].astype(np.int32)
        train, validation = split_validation(y, groups, 0.2, str(seed))
        assert set(y[train]) == set(y[validation]) == set(y)
        assert not set(groups[train]) & set(groups[validation])
        assert len(validation) <= 0.6 * len(y)  # two groups of each class at the worst, of unequal sizes


def test_folds_keep_every_class_outside_of_each_or_are_refused() -> None:
    for seed in range(100):
        random = np.random.default_rng(seed)
        groups = random.integers(0, random.integers(6, 25), random.integers(40, 200))
        y = (groups + random.integers(0, 3, len(groups))) % random.integers(3, 8)
        y = np.unique(np.where(random.random(len(y)) < 0.3, 0, y), return_inverse=True)[1].astype(np.int32)
        try:
            parts = folds(y, groups, 5, str(seed))
        except DataError:
            continue
        assert all(set(np.delete(y, part)) == set(y) for part in parts)


def test_folds_that_no_dealing_can_make_are_refused() -> None:
    """Three classes, each in two of three groups: in two folds, one class lies in one of them alone."""
    groups = np.repeat(np.arange(3), 4)
    y = np.array([0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0], np.int32)
    with pytest.raises(DataError, match="cannot be dealt to 2 folds so that every class is present outside of each"):
        folds(y, groups, 2, "a")


@pytest.mark.parametrize("grouped", [False, True])
def test_shares_lie_inside_each_other_with_whole_groups_and_every_class(grouped: bool) -> None:
    random = np.random.default_rng(3)
    groups = np.repeat(np.arange(120), random.integers(1, 9, 120))
    y = (groups % 4).astype(np.int32)
    parts = nested_shares(y, groups if grouped else None, [1.0, 0.1, 0.4], "a")
    assert [round(share, 1) for share, _ in parts] == [0.1, 0.4, 1.0]
    for (share, smaller), (_, larger) in itertools.pairwise(parts):
        assert share == len(smaller) / len(y)
        assert set(smaller) < set(larger)
        assert set(y[smaller]) == set(y)
        if grouped:
            assert not set(groups[smaller]) & set(np.delete(groups, smaller))
        # Each class has about its share: within two of the twenty pieces.
        assert np.abs(np.bincount(y[smaller]) / np.bincount(y) - share).max() < 0.1
    assert len(parts[-1][1]) == len(y)
    again = nested_shares(y, groups if grouped else None, [0.4], "a")
    np.testing.assert_array_equal(again[0][1], parts[1][1])


def test_shares_in_which_a_class_would_be_absent_are_left_out() -> None:
    y = np.repeat([0, 1], [200, 2]).astype(np.int32)  # two pieces at most
    assert [len(rows) for _, rows in nested_shares(y, None, [0.01, 0.5, 1.0], "a")] == [101, 202]
