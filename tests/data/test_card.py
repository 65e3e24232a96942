"""Exact copies and the data card."""

import json
from typing import Any

import numpy as np
import pytest

from bakeoff.data import DataOptions, Dataset, card, exact_copies, load

KEYS = {
    "name", "kind", "n_train", "n_validation", "n_test", "n_classes", "sha256", "groups", "class_names", "image_shape",
    "pixel_max", "n_features", "feature_names", "class_counts", "missing_values", "value_range", "exact_copies",
    "decisions", "sources",
}  # fmt: skip


def test_copies_are_counted_as_numpy_counts_them() -> None:
    random = np.random.default_rng(0)
    train, test = random.integers(0, 3, (400, 5), np.uint8), random.integers(0, 3, (100, 5), np.uint8)
    copies = exact_copies(train, test)
    assert copies.train == 400 - len(np.unique(train, axis=0))
    assert copies.test_in_train == sum((train == row).all(axis=1).any() for row in test)


def test_missing_values_and_both_zeros_are_equal() -> None:
    train = np.array([[np.nan, 0.0], [np.nan, -0.0], [1, 2]], dtype=np.float32)
    assert exact_copies(train).train == 1
    assert exact_copies(train).test_in_train is None


def test_rows_of_a_view_are_compared_by_value() -> None:
    X = np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(4, 3))
    assert exact_copies(X[::2], X).test_in_train == 2


def test_the_card_holds_the_keys_of_the_contract_as_plain_json(corpus: Any) -> None:
    test = corpus.csv(corpus.cells("test"), "test.csv")
    described = card(load(corpus.csv(), DataOptions(test=str(test))))
    assert set(described) >= KEYS
    assert json.loads(json.dumps(described, allow_nan=False)) == described
    assert described["class_counts"]["train"] == np.bincount(corpus.y_train).tolist()
    assert described["class_counts"]["test"] == np.bincount(corpus.y_test).tolist()
    assert described["value_range"] == [corpus.X_train.min(), corpus.X_train.max()]
    assert [source["name"] for source in described["sources"]] == ["train.csv", "test.csv"]


def test_missing_values_are_counted_in_both_parts() -> None:
    X = np.array([[1, np.nan], [np.nan, 4], [2, 3], [5, 6]], dtype=np.float32)
    dataset = Dataset("x", "rows", X, np.array([0, 1, 0, 1], np.int32), ["a", "b"], X_test=X[:1])
    described = card(dataset)
    assert described["missing_values"] == 3
    assert described["value_range"] == [1.0, 6.0]
    assert described["class_counts"]["test"] is None


def test_declared_groups_are_described_and_leaking_ones_counted() -> None:
    dataset = Dataset(
        "x", "rows", np.arange(12, dtype=np.float32).reshape(6, 2), np.array([0, 1] * 3, np.int32), ["a", "b"],
        X_test=np.ones((3, 2), np.float32), groups_train=np.array([0, 0, 0, 1, 2, 2]),
        groups_test=np.array([2, 3, 2]), groups_from="declared",
    )  # fmt: skip
    described = card(dataset)["groups"]
    expected = {"declared": True, "found": False, "n_groups": 3, "median_size": 2.0, "largest": 3, "leaking": 1}
    assert {key: described.pop(key) for key in expected} == expected
    assert set(described.values()) == {None}  # no search was made


@pytest.mark.parametrize("value", [np.nan])
def test_a_data_set_of_missing_values_alone_has_no_range(value: float) -> None:
    X = np.full((4, 2), value, np.float32)
    assert card(Dataset("x", "rows", X, np.array([0, 1, 0, 1], np.int32), ["a", "b"]))["value_range"] is None
