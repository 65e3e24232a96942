"""Assignments: what is handed out, what is kept, and that both fit together again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bakeoff.data import DataOptions, Dataset, find_near_copies, load, read_label_file
from bakeoff.errors import DataError, InputError
from bakeoff.scoring import make_assignment
from bakeoff.store import fingerprint_rows
from bakeoff.testing import make_blurs


def handed_out(folder: Path) -> Dataset:
    return load(folder / "train.csv", DataOptions(test=str(folder / "test.csv"), image_shape=(4, 4)))


def test_training_rows_test_rows_and_labels_are_those_of_the_data(tmp_path: Path) -> None:
    blurs = make_blurs()
    assert blurs.X_test is not None and blurs.y_test is not None
    made = make_assignment(blurs, tmp_path)
    read, kept = handed_out(tmp_path), read_label_file(made.labels)
    np.testing.assert_array_equal(read.X_train, blurs.X_train)
    np.testing.assert_array_equal(read.y_train, blurs.y_train)
    assert read.y_test is None and read.X_test is not None
    known = {row.tobytes(): label for row, label in zip(blurs.X_test, blurs.y_test.tolist(), strict=True)}
    assert [known[row.tobytes()] for row in read.X_test] == [int(label) for label in kept.labels]
    np.testing.assert_array_equal(kept.fingerprints, fingerprint_rows(read.X_test))


def test_the_order_of_the_test_rows_tells_nothing_of_their_labels(tmp_path: Path) -> None:
    """A test file that is sorted by class is handed out in another order."""
    blurs = make_blurs(n_test=300)
    assert blurs.X_test is not None and blurs.y_test is not None
    order = np.argsort(blurs.y_test, kind="stable")
    make_assignment(replace(blurs, X_test=blurs.X_test[order], y_test=blurs.y_test[order]), tmp_path)
    labels = np.array([int(label) for label in read_label_file(tmp_path / "labels.csv").labels])
    # Sorted, 297 of 299 neighbours agree; in random order each does with probability 99/299, sd 8.
    assert (labels[1:] == labels[:-1]).sum() < 299 / 3 + 5 * 8
    assert "label" not in (tmp_path / "test.csv").read_text().partition("\n")[0]


def test_without_test_rows_some_are_set_aside_by_group(tmp_path: Path) -> None:
    made = make_assignment(make_blurs(n_test=None, grouped=True), tmp_path, test_fraction=0.25)
    train, kept = load(made.train, DataOptions(group="group", image_shape=(4, 4))), read_label_file(made.labels)
    assert len(train.X_train) + len(kept.labels) == 240
    assert len(kept.labels) == pytest.approx(60, abs=6)
    assert train.groups_train is not None and kept.groups is not None
    assert len(np.unique(train.groups_train)) + len(np.unique(kept.groups)) == 40  # no group is on both sides
    assert "group" not in made.test.read_text().partition("\n")[0]
    assert "rows of one group stay on one side" in made.sentences[0]


def test_numbers_read_back_as_the_same_numbers(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    X = (generator.normal(0, 1, (60, 5)) * 10.0 ** generator.integers(-20, 20, (60, 5))).astype(np.float32)
    X[3, 2] = np.nan
    rows = replace(
        make_blurs(n_train=60, n_test=None), kind="rows", X_train=X, image_shape=None, pixel_max=None,
        class_names=("no", "=yes", 'maybe, "so"'), label_codes=None,
    )  # fmt: skip
    made = make_assignment(rows, tmp_path)
    read, kept = load(made.train, DataOptions(test=str(made.test), rows=True)), read_label_file(made.labels)
    assert read.X_test is not None
    both = np.concatenate([fingerprint_rows(read.X_train), fingerprint_rows(read.X_test)])
    np.testing.assert_array_equal(np.sort(both), np.sort(fingerprint_rows(X)))
    np.testing.assert_array_equal(kept.fingerprints, fingerprint_rows(read.X_test))
    assert set(kept.labels) == {"no", "=yes", 'maybe, "so"'} == set(read.class_names)


def test_the_command_for_students_says_what_the_files_cannot(tmp_path: Path) -> None:
    made = make_assignment(make_blurs(n_test=None, grouped=True), tmp_path)
    assert made.command == "bakeoff run train.csv --test test.csv --group group --image-shape 4x4"


def test_features_that_are_called_label_do_not_become_labels(tmp_path: Path) -> None:
    names = ["label", "Group", *(f"p{number}" for number in range(14))]
    made = make_assignment(replace(make_blurs(), feature_names=names), tmp_path)
    assert made.test.read_text().startswith("label_,Group_,p0,")
    assert made.train.read_text().startswith("label,label_,Group_,p0,")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    make_assignment(make_blurs(), tmp_path)
    before = (tmp_path / "train.csv").read_bytes()
    with pytest.raises(InputError, match=r"train\.csv: is there already, and nothing is written over"):
        make_assignment(make_blurs(seed=1), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == before


def test_test_rows_without_labels_make_no_assignment(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="have no labels that could be kept"):
        make_assignment(replace(make_blurs(), y_test=None), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_groups_that_were_found_are_in_the_labels(tmp_path: Path) -> None:
    """Whoever scores has no rows to find them in."""
    blurs = make_blurs(n_test=None)
    pairs = replace(blurs, X_train=np.repeat(blurs.X_train, 2, axis=0), y_train=np.repeat(blurs.y_train, 2))
    found = find_near_copies(pairs)
    assert found.groups_from == "found"
    kept = read_label_file(make_assignment(found, tmp_path).labels)
    assert kept.groups is not None
    assert len(np.unique(kept.groups)) <= len(kept.labels) / 2


def test_names_that_would_be_read_back_as_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two classes would be read back as 'a'"):
        make_assignment(replace(make_blurs(), class_names=("a", " a", "b")), tmp_path, named_classes=True)
    assert list(tmp_path.iterdir()) == []
