"""Images or plain rows, labels, groups: what is decided, and that it is said."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from bakeoff.data import DataOptions, load
from bakeoff.data._kind import neighbour_correlation, pixel_maximum
from bakeoff.data._labels import named_classes
from bakeoff.types import Rows


def npz(tmp_path: Any, X: Rows, y: Any = None) -> Any:
    path = tmp_path / "data.npz"
    np.savez(path, X=X, y=np.arange(len(X)) % 2 if y is None else y)
    return path


def test_real_digits_as_a_table_are_images_with_their_levels(tmp_path: Any) -> None:
    digits = load_digits()
    dataset = load(npz(tmp_path, digits.data, digits.target))
    assert (dataset.kind, dataset.image_shape, dataset.pixel_max) == ("images", (8, 8, 1), 16)
    assert dataset.sha256 == load("digits").sha256
    assert "neighbours correlate" in dataset.decisions[0]
    assert "--rows" in dataset.decisions[0]


def noise(random: np.random.Generator) -> Rows:
    return random.integers(0, 256, (300, 64))


def random_walk(random: np.random.Generator) -> Rows:
    return np.clip(np.cumsum(random.normal(0, 9, (300, 64)), axis=1) + 128, 0, 255).round()


def waves(random: np.random.Generator) -> Rows:
    phase = random.uniform(0, 6, (300, 1))
    return (127 * np.sin(np.linspace(0, 25, 64) + phase) + 127).round()


def common_cause(random: np.random.Generator) -> Rows:
    return np.clip(random.normal(128, 40, (300, 1)) + random.normal(0, 10, (300, 64)), 0, 255).round()


def constant(random: np.random.Generator) -> Rows:
    return np.full((300, 64), 7)


@pytest.mark.parametrize("make", [noise, random_walk, waves, common_cause, constant])
def test_whole_numbers_that_are_no_images_are_rows(tmp_path: Any, make: Any) -> None:
    dataset = load(npz(tmp_path, make(np.random.default_rng(0))))
    assert dataset.kind == "rows"
    assert "do not correlate as in images" in dataset.decisions[0]


@pytest.mark.parametrize("n_features", [30, 49, 65])
def test_few_columns_or_no_square_are_rows(tmp_path: Any, n_features: int) -> None:
    dataset = load(npz(tmp_path, np.ones((20, n_features), np.uint8)))
    assert (dataset.kind, dataset.X_train.dtype) == ("rows", np.float32)
    assert "at least 64 columns, a square number" in dataset.decisions[0]


def test_measurements_are_rows(tmp_path: Any) -> None:
    X = np.tile(load_breast_cancer().data[:100], (1, 3))[:, :64]
    dataset = load(npz(tmp_path, X))
    assert dataset.kind == "rows"
    assert "no whole numbers" in dataset.decisions[0]


def test_a_declared_shape_makes_images_of_anything_that_fits(tmp_path: Any) -> None:
    X = np.random.default_rng(0).integers(0, 256, (20, 36))
    assert load(npz(tmp_path, X), DataOptions(image_shape=(4, 9))).image_shape == (4, 9, 1)
    assert load(npz(tmp_path, X), DataOptions(image_shape=(3, 4))).image_shape == (3, 4, 3)
    assert load(npz(tmp_path, X), DataOptions(image_shape=(2, 6, 3))).image_shape == (2, 6, 3)


def test_rows_overrides_a_format_of_images() -> None:
    dataset = load("digits", DataOptions(rows=True))
    assert (dataset.kind, dataset.X_train.dtype, dataset.image_shape) == ("rows", np.float32, None)
    assert "--rows says so" in dataset.decisions[0]


def test_neighbour_correlation_agrees_with_numpy_where_all_pixels_vary_alike() -> None:
    X = np.random.default_rng(1).normal(size=(5000, 9))
    X[:, 1:] += X[:, :-1]  # each pixel shares half its noise with the one before it
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    right, down, distant = neighbour_correlation(X, 3)
    R = np.corrcoef(X, rowvar=False)
    assert right == pytest.approx(np.mean([R[i, i + 1] for i in range(8) if i % 3 != 2]), abs=1e-5)
    assert down == pytest.approx(np.mean([R[i, i + 3] for i in range(6)]), abs=1e-5)
    assert distant == pytest.approx(np.mean([R[i, i + 1] for i in range(8)]), abs=1e-5)


@pytest.mark.parametrize(
    ("highest", "expected"), [(0, 1), (1, 1), (2, 2), (3, 3), (4, 4), (5, 7), (9, 15), (17, 31), (128, 128), (129, 255)]
)
def test_the_pixel_maximum_is_a_power_of_two_or_one_less(highest: int, expected: int) -> None:
    assert pixel_maximum(highest) == expected


def test_brighter_test_images_raise_the_pixel_maximum(images: Any) -> None:
    dim = images.npz(X_train=images.X_train // 16, y_train=images.y_train, X_test=images.X_test, y_test=images.y_test)
    assert load(dim).pixel_max == 255


def labelled(rows: Any, labels: list[str], **options: Any) -> Any:
    cells = [rows.names, *([labels[i % len(labels)], *row[1:]] for i, row in enumerate(rows.cells()[1:]))]
    return load(rows.csv(cells), DataOptions(**options))


def test_whole_number_labels_are_sorted_by_value_and_a_gap_is_visible(rows: Any) -> None:
    dataset = labelled(rows, ["10", "9", "2", "0"])
    assert list(dataset.class_names) == ["0", "2", "9", "10"]
    assert list(dataset.label_codes) == [0, 2, 9, 10]
    assert dataset.y_train[:4].tolist() == [3, 2, 1, 0]


def test_a_single_gap_is_said(rows: Any) -> None:
    assert any("No row has label 1:" in sentence for sentence in labelled(rows, ["0", "2", "3"]).decisions)


@pytest.mark.parametrize(
    ("labels", "names", "codes"),
    [
        (["-1", "1"], ["-1", "1"], None),
        (["1.0", "2.0", "2"], ["1", "2"], [1, 2]),
        (["b", "a", " a "], ["a", "b"], None),
        (["10", "9", "x"], ["10", "9", "x"], None),
        (["None", "Some"], ["None", "Some"], None),
        (["true", "false"], ["false", "true"], None),
    ],
)
def test_labels_of_every_form_get_names_and_codes(rows: Any, labels: list[str], names: list[str], codes: Any) -> None:
    dataset = labelled(rows, labels)
    assert list(dataset.class_names) == names
    assert dataset.label_codes == codes


def test_labels_in_parquet_may_be_of_any_type(rows: Any) -> None:
    import polars as pl  # noqa: PLC0415

    for series in (pl.Series(rows.y_train, dtype=pl.Int8), pl.Series(rows.y_train, dtype=pl.Float64)):
        assert load(rows.parquet(label=series)).label_codes == [0, 1, 2]
    named = pl.Series(["abc"[i] for i in rows.y_train], dtype=pl.Categorical)
    assert list(load(rows.parquet(label=named)).class_names) == ["a", "b", "c"]


def test_given_class_names_go_by_order_or_by_number() -> None:
    assert named_classes(["0", "2"], [0, 2], ["x", "y"]) == (["x", "y"], [])
    letters = [chr(65 + i) for i in range(26)]
    assert named_classes(["0", "8", "10"], [0, 8, 10], letters) == (["A", "I", "K"], [])


@pytest.mark.parametrize("header", ["label", "Label", "CLASS", "target", "y"])
def test_the_label_column_is_found_by_its_name_wherever_it_is(rows: Any, header: str) -> None:
    cells = [[*row[1:], header if i == 0 else row[0]] for i, row in enumerate(rows.cells())]
    dataset = load(rows.csv(cells))
    np.testing.assert_array_equal(dataset.y_train, rows.y_train)
    np.testing.assert_array_equal(dataset.X_train, rows.X_train)
    assert any(repr(header) in sentence for sentence in dataset.decisions)


def test_else_the_first_column_is_the_label_and_the_option_overrides(rows: Any) -> None:
    cells = [["a", "b", *row[2:]] if i == 0 else row for i, row in enumerate(rows.cells())]
    assert np.array_equal(load(rows.csv(cells)).y_train, rows.y_train)
    cells = [[*row[1:], row[0]] for row in cells]
    assert np.array_equal(load(rows.csv(cells), DataOptions(label="a")).y_train, rows.y_train)


def test_groups_are_numbered_alike_in_both_parts_and_are_no_feature(rows: Any) -> None:
    train = [[*row, "who" if i == 0 else f"s{i % 7}"] for i, row in enumerate(rows.cells())]
    test = [[*row, "who" if i == 0 else f"s{6 + i % 3}"] for i, row in enumerate(rows.cells("test"))]
    options = DataOptions(group="who", test=str(rows.csv(test, "test.csv")))
    dataset = load(rows.csv(train), options)
    assert dataset.n_features == 4
    assert dataset.groups_train is not None
    assert dataset.groups_test is not None
    first = dict(zip((row[-1] for row in train[1:]), dataset.groups_train, strict=True))
    assert len(set(first.values())) == 7
    assert [number == first.get(row[-1], number) for row, number in zip(test[1:], dataset.groups_test, strict=True)]
    assert set(dataset.groups_test) & set(dataset.groups_train) == {first["s6"]}
