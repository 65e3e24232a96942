"""Which rows train, which are chosen on, which are the test: the parts of a bake-off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bakeoff.data import Dataset, folds, holdout, split_validation
from bakeoff.errors import DataError, RecipeError
from bakeoff.recipe import Protocol
from bakeoff.types import RowIndices

__all__ = ["FOLDS_BELOW", "Part", "Parts", "divide", "rows_left_to_look_at"]

FOLDS_BELOW = 5000
"""Under so many rows without a test file, folds are scored: a holdout would be too small to tell anything apart."""


@dataclass(frozen=True, eq=False)
class Part:
    """One division of the rows; there are several where folds are scored.

    Parameters
    ----------
    train : (n,) positions
        All rows that may be trained on.
    test : (n,) positions or None
    inner_train : (n,) positions
        The rows of `train` that are fitted while choosing.
    validation : (n,) positions or None
        The rows that everything is chosen on; None where nothing is.
    """

    train: RowIndices
    test: RowIndices | None
    inner_train: RowIndices
    validation: RowIndices | None


@dataclass(frozen=True, eq=False)
class Parts:
    """All divisions, and what they are called in ``results.json``."""

    divisions: Sequence[Part]
    test: Literal["file", "holdout", "folds"]
    validation: float | Literal["test", "none", "folds"]

    def without_test(self) -> "Parts":
        """The same with nothing to test on, and no validation row to train on: what a study or a search may see."""
        divisions = [Part(part.inner_train, None, part.inner_train, part.validation) for part in self.divisions]
        return replace(self, divisions=divisions)

    def rows(self, part: str) -> RowIndices | None:
        """(n,) positions of all rows of ``"validation"`` or ``"test"``, division after division; None without any."""
        found = [rows for division in self.divisions if (rows := getattr(division, part)) is not None]
        return np.concatenate(found) if found else None


def divide(dataset: Dataset, protocol: Protocol) -> Parts:
    """Divide the rows of a data set as the protocol says.

    The divisions depend on the hash of the training rows alone, not on any seed: every contestant and every replicate
    meets the same rows.

    Raises
    ------
    RecipeError
        If the protocol asks for a test file and there is none.
    DataError
        If there are too few rows or groups of a class.
    """
    kind = _resolve_test(dataset, protocol)
    n_train = len(dataset.X_train)
    everything = np.arange(n_train, dtype=np.int64)
    if kind == "file" and dataset.X_test is not None:
        test = np.arange(n_train, n_train + len(dataset.X_test), dtype=np.int64)
        return Parts([_choose(dataset, protocol, everything, test)], "file", protocol.validation)
    if kind == "holdout":
        train, test = holdout(dataset.y_train, dataset.groups_train, protocol.holdout_fraction, dataset.sha256_train)
        return Parts([_choose(dataset, protocol, train, test)], "holdout", protocol.validation)
    pieces = folds(dataset.y_train, dataset.groups_train, protocol.n_folds, dataset.sha256_train)
    if isinstance(protocol.validation, float):
        # Each fold is chosen on the next one, so every row is validated exactly once and tested exactly once.
        divisions = [_choose_on_fold(pieces, number) for number in range(len(pieces))]
        return Parts(divisions, "folds", "folds")
    divisions = [_choose(dataset, protocol, np.setdiff1d(everything, piece), piece) for piece in pieces]
    return Parts(divisions, "folds", protocol.validation)


def rows_left_to_look_at(dataset: Dataset) -> RowIndices:
    """(n,) training rows that a run with the usual protocol would not set aside as test rows.

    All of them where there is a test file, or too few rows for a holdout. Whoever looks at data before a run looks at
    these, so that the holdout stays unseen.
    """
    everything = np.arange(len(dataset.X_train), dtype=np.int64)
    usual = Protocol()
    if _resolve_test(dataset, usual) != "holdout":
        return everything
    try:
        return holdout(dataset.y_train, dataset.groups_train, usual.holdout_fraction, dataset.sha256_train)[0]
    except DataError:  # then no run can set rows aside either
        return everything


def _resolve_test(dataset: Dataset, protocol: Protocol) -> Literal["file", "holdout", "folds"]:
    has_file = dataset.X_test is not None
    if protocol.test == "auto":
        if has_file:
            return "file"
        return "folds" if len(dataset.X_train) < FOLDS_BELOW else "holdout"
    if protocol.test == "file" and not has_file:
        raise RecipeError("protocol.test: 'file' asks for test rows, and the data has none; name them with --test")
    if protocol.test != "file" and has_file:
        raise RecipeError(f"protocol.test: {protocol.test!r} asks for a part of the rows, but the data has a test file")
    return protocol.test


def _choose(dataset: Dataset, protocol: Protocol, train: RowIndices, test: RowIndices) -> Part:
    if protocol.validation == "test":
        return Part(train, test, train, test)
    if protocol.validation == "none":
        return Part(train, test, train, None)
    groups = None if dataset.groups_train is None else dataset.groups_train[train]
    inner, validation = split_validation(dataset.y_train[train], groups, protocol.validation, dataset.sha256_train)
    return Part(train, test, train[inner], train[validation])


def _choose_on_fold(pieces: Sequence[RowIndices], number: int) -> Part:
    validation = pieces[(number + 1) % len(pieces)]
    others = [piece for index, piece in enumerate(pieces) if index != number]
    train = np.sort(np.concatenate(others))
    return Part(train, pieces[number], np.setdiff1d(train, validation), validation)
