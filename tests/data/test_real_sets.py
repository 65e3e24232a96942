"""The real sets that the reference systems are about, where they are in BAKEOFF_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest

from bakeoff.data import DataOptions, card, load

pytestmark = pytest.mark.data


def test_sign_language_mnist_is_what_the_notebook_counts() -> None:
    dataset = load("sign-mnist")
    assert (len(dataset.X_train), len(dataset.X_test if dataset.X_test is not None else [])) == (27_455, 7_172)
    assert dataset.X_train.dtype == np.uint8
    assert (dataset.image_shape, dataset.pixel_max) == ((28, 28, 1), 255)
    assert dataset.label_codes == [*range(9), *range(10, 25)]
    counts = np.bincount(dataset.y_train)
    assert (len(counts), counts.min(), counts.max()) == (24, 957, 1294)
    described = card(dataset)
    assert described["missing_values"] == 0
    # supports of the published report, by original label
    supports = dict(zip(dataset.label_codes, described["class_counts"]["test"], strict=True))
    assert {code: supports[code] for code in (0, 5, 10, 16, 17, 18, 20, 22, 24)} == {
        0: 331, 5: 247, 10: 331, 16: 164, 17: 144, 18: 246, 20: 266, 22: 206, 24: 332,
    }  # fmt: skip
    assert any("No row has label 9:" in sentence for sentence in dataset.decisions)


def test_its_files_by_name_give_the_same_rows() -> None:
    folder = next(
        Path(place, "sign-mnist")
        for place in os.environ["BAKEOFF_DATA"].split(os.pathsep)
        if Path(place, "sign-mnist", "sign_mnist_train.csv.gz").is_file()
    )
    options = DataOptions(test=str(folder / "sign_mnist_test.csv.gz"))
    assert load(folder / "sign_mnist_train.csv.gz", options).sha256 == load("sign-mnist").sha256


def test_mnist_has_its_known_counts() -> None:
    dataset = load("mnist")
    assert dataset.X_train.shape == (60_000, 784)
    assert np.bincount(dataset.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert dataset.y_test is not None
    assert np.bincount(dataset.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert card(dataset)["exact_copies"] == {"train": 0, "test_in_train": 0}
