"""How rows are divided: nothing overlaps, groups stay together, and the data alone decides."""

import numpy as np
import pytest

from bakeoff.contest._parts import divide, rows_left_to_look_at
from bakeoff.errors import RecipeError
from bakeoff.recipe import Protocol
from bakeoff.testing import make_blurs


def test_with_a_test_file_a_fifth_of_the_training_rows_validates() -> None:
    dataset = make_blurs(300, 90)
    parts = divide(dataset, Protocol())
    (part,) = parts.divisions
    assert parts.test == "file"
    np.testing.assert_array_equal(part.train, np.arange(300))
    np.testing.assert_array_equal(part.test, np.arange(300, 390))
    assert part.validation is not None
    np.testing.assert_array_equal(np.sort(np.concatenate([part.inner_train, part.validation])), part.train)
    np.testing.assert_array_equal(np.bincount(dataset.y_train[part.validation]), [20, 20, 20])


def test_few_rows_without_a_test_file_are_scored_in_folds_each_row_once() -> None:
    dataset = make_blurs(240, None)
    parts = divide(dataset, Protocol())
    assert (parts.test, parts.validation, len(parts.divisions)) == ("folds", "folds", 5)
    for part in ("validation", "test"):
        rows = parts.rows(part)
        assert rows is not None
        np.testing.assert_array_equal(np.sort(rows), np.arange(240))
    for division in parts.divisions:
        assert division.test is not None
        assert division.validation is not None
        assert not np.intersect1d(division.train, division.test).size
        assert not np.intersect1d(division.inner_train, division.validation).size
        assert not np.setdiff1d(division.validation, division.train).size


def test_many_rows_without_a_test_file_get_a_holdout_that_the_data_alone_decides() -> None:
    dataset = make_blurs(6000, None)
    first, second = divide(dataset, Protocol(seeds=2)), divide(dataset, Protocol(seeds=5))
    assert first.test == "holdout"
    np.testing.assert_array_equal(first.rows("test"), second.rows("test"))
    other = divide(make_blurs(6000, None, seed=1), Protocol())
    assert not np.array_equal(np.asarray(first.rows("test")), np.asarray(other.rows("test")))
    test = first.rows("test")
    assert test is not None
    assert len(test) == 1200


@pytest.mark.parametrize("n_test", [None, 90])
def test_declared_groups_are_never_on_both_sides(n_test: int | None) -> None:
    dataset = make_blurs(240, n_test, grouped=True)
    groups = dataset.groups_train
    assert groups is not None
    for division in divide(dataset, Protocol()).divisions:
        assert division.validation is not None
        assert not np.intersect1d(groups[division.inner_train], groups[division.validation]).size
        if n_test is None:
            assert division.test is not None
            assert not np.intersect1d(groups[division.train], groups[division.test]).size


def test_the_notebooks_way_watches_the_test_rows_and_trains_on_all_others() -> None:
    (part,) = divide(make_blurs(), Protocol(validation="test")).divisions
    np.testing.assert_array_equal(part.inner_train, part.train)
    np.testing.assert_array_equal(part.validation, part.test)


def test_a_protocol_that_the_data_cannot_keep_is_refused() -> None:
    with pytest.raises(RecipeError, match="the data has none; name them with --test"):
        divide(make_blurs(n_test=None), Protocol(test="file"))
    with pytest.raises(RecipeError, match="the data has a test file"):
        divide(make_blurs(), Protocol(test="folds"))


def test_a_look_before_a_run_leaves_the_holdout_of_that_run_alone() -> None:
    many = make_blurs(6000, None)
    (division,) = divide(many, Protocol()).divisions
    np.testing.assert_array_equal(rows_left_to_look_at(many), division.train)
    for all_of_them in (make_blurs(240, None), make_blurs(6000, 90)):
        np.testing.assert_array_equal(rows_left_to_look_at(all_of_them), np.arange(len(all_of_them.X_train)))
