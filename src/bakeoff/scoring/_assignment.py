"""An assignment from a data set: training rows, test rows without labels, and the labels for whoever keeps them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from bakeoff.data import Dataset, canonical_label, holdout
from bakeoff.errors import DataError, InputError
from bakeoff.store import fingerprint_rows, write_atomically
from bakeoff.types import Groups, Labels, RowIndices, Rows

__all__ = ["Assignment", "make_assignment"]


_FEWEST_PIXELS = 64  # rows of fewer columns are never taken for images


@dataclass(frozen=True)
class Assignment:
    """The three files of an assignment, and what was decided.

    Parameters
    ----------
    train, test, labels : Path
    sentences : sequence of str
    command : str
        What those who get the first two can type.
    """

    train: Path
    test: Path
    labels: Path
    sentences: Sequence[str]
    command: str


def make_assignment(
    dataset: Dataset, folder: Path, test_fraction: float = 0.2, named_classes: bool = False
) -> Assignment:
    """Write ``train.csv`` and ``test.csv`` to hand out, and ``labels.csv`` to keep.

    Test rows come from the test file where the data has one, else they are set aside: stratified by class, groups kept
    on one side. Their order is random, because a file that is sorted by class tells every label.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Made if it is not there.
    test_fraction : float
        How much is set aside where there is no test file.
    named_classes : bool
        Write the names of the classes as labels; else numbers where the labels are numbers.

    Raises
    ------
    InputError
        If one of the files is there already, or two classes have the same name.
    DataError
        If the test rows have no labels.
    """
    paths = [folder / name for name in ("train.csv", "test.csv", "labels.csv")]
    there = [path for path in paths if path.exists()]
    if there:
        raise InputError(
            [f"{path}: is there already, and nothing is written over. Name another folder." for path in there]
        )
    if named_classes:
        dataset = _with_names_for_labels(dataset)
    train, (X, y, groups), sentence = _divide(dataset, test_fraction)
    order = _shuffled(dataset, len(y))
    X, y, groups = X[order], y[order], None if groups is None else groups[order]
    contents = (
        _rows_csv(dataset, dataset.X_train[train], dataset.y_train[train], train),
        _rows_csv(dataset, X, None, None),
        _labels_csv(dataset, X, y, groups),
    )
    for path, content in zip(paths, contents, strict=True):
        write_atomically(path, content, "free some space, or name another folder with --out")
    return Assignment(paths[0], paths[1], paths[2], [sentence, *_group_sentence(dataset)], _command(dataset))


def _with_names_for_labels(dataset: Dataset) -> Dataset:
    """The data set as if its labels had been the names of its classes.

    Raises
    ------
    InputError
        If two of the names are one when they are read back.
    """
    names = [canonical_label(name) for name in dataset.class_names]
    twice = next((name for name in names if names.count(name) > 1 or not name), None)
    if twice is not None:
        raise InputError(f"--class-names: two classes would be read back as {twice!r}. Name them apart.")
    return replace(dataset, label_codes=None)


def _command(dataset: Dataset) -> str:
    """How the files are read as the data were, with the flags that they cannot say themselves."""
    flags = ["--group group"] if dataset.groups_from == "declared" else []
    if dataset.image_shape is not None:
        height, width, channels = dataset.image_shape
        flags += [f"--image-shape {height}x{width}" + ("x3" if channels == 3 else "")]
    elif dataset.n_features >= _FEWEST_PIXELS:
        flags += ["--rows"]
    return " ".join(["bakeoff run train.csv --test test.csv", *flags])


_TestRows = tuple[Rows, Labels, Groups | None]


def _divide(dataset: Dataset, fraction: float) -> tuple[RowIndices, _TestRows, str]:
    everything = np.arange(len(dataset.X_train), dtype=np.int64)
    if dataset.X_test is not None:
        if dataset.y_test is None:
            raise DataError("the test rows have no labels that could be kept. Give the file that has them.")
        kept = dataset.X_test, dataset.y_test, dataset.groups_test
        return everything, kept, f"The {len(dataset.X_test):,} test rows are those of the data's own test file."
    train, test = holdout(dataset.y_train, dataset.groups_train, fraction, dataset.sha256_train)
    groups = None if dataset.groups_train is None else dataset.groups_train[test]
    together = "; rows of one group stay on one side" if groups is not None else ""
    sentence = f"{len(test):,} of {len(everything):,} rows were set aside as test rows, stratified by class{together}."
    return train, (dataset.X_train[test], dataset.y_train[test], groups), sentence


def _shuffled(dataset: Dataset, n_rows: int) -> RowIndices:
    # The hash covers the labels that are kept, so nobody who has not got them can undo it.
    seed = int.from_bytes(sha256(f"order:{dataset.sha256}".encode()).digest()[:8], "big")
    return np.random.default_rng(seed).permutation(n_rows)


def _group_sentence(dataset: Dataset) -> list[str]:
    if dataset.groups_train is None:
        return []
    source = "that were declared" if dataset.groups_from == "declared" else "of near-copies that were found"
    return [f"labels.csv holds the groups {source}, so that scores get the right intervals; test.csv does not."]


def _rows_csv(dataset: Dataset, X: Rows, y: Labels | None, train: RowIndices | None) -> str:
    """A table of rows: the label first, then a declared group, then the features."""
    is_pixels = dataset.kind == "images"
    names = dataset.feature_names or [f"{'pixel' if is_pixels else 'x'}{i + 1}" for i in range(dataset.n_features)]
    names = [f"{name}_" if name.lower() in {"label", "group"} else name for name in names]  # these are ours
    declared = dataset.groups_train if dataset.groups_from == "declared" and train is not None else None
    header = [*(["label"] if y is not None else []), *(["group"] if declared is not None else []), *names]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    labels = None if y is None else _written_labels(dataset, y)
    for position, row in enumerate(X):
        own = [] if labels is None else [labels[position]]
        group = [] if declared is None or train is None else [int(declared[train[position]])]
        # The shortest text that reads back as the same float32; what is missing is an empty cell.
        cells = row.tolist() if is_pixels else ["" if np.isnan(value) else str(value) for value in row]
        writer.writerow([*own, *group, *cells])
    return buffer.getvalue()


def _labels_csv(dataset: Dataset, X: Rows, y: Labels, groups: Groups | None) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["row", "label", *(["group"] if groups is not None else []), "fingerprint"])
    fingerprints, labels = fingerprint_rows(X), _written_labels(dataset, y)
    for row, (label, fingerprint) in enumerate(zip(labels, fingerprints, strict=True)):
        group = [] if groups is None else [int(groups[row])]
        writer.writerow([row + 1, label, *group, f"{int(fingerprint):016x}"])
    return buffer.getvalue()


def _written_labels(dataset: Dataset, y: Labels) -> list[str]:
    """Labels as the data had them: their numbers where they are numbers."""
    codes = dataset.label_codes
    names = dataset.class_names if codes is None else [str(code) for code in codes]
    return [names[label] for label in y]
