"""The one place that hands out test labels.

Everything in this room works with labels in which those of rows that nobody trains on are -1. Whoever compares
predictions with test labels asks here, and the store has written it down before they are given. Rows of a holdout or of
folds come from the training file: fits of other folds may train on them, but only this compares.
"""

from dataclasses import dataclass

import numpy as np

from bakeoff.data import Dataset
from bakeoff.store import Fingerprints, Store, fingerprint_rows
from bakeoff.types import Groups, Labels, RowIndices

__all__ = ["SEALED", "SealedRows"]

SEALED = -1


@dataclass(frozen=True, eq=False)
class SealedRows:
    """All rows of a bake-off, training rows first, with the test rows' labels sealed.

    Parameters
    ----------
    dataset : Dataset
    store : Store
        Where openings are recorded.
    run : str
        The run's folder name.
    """

    dataset: Dataset
    store: Store
    run: str

    @property
    def n_train(self) -> int:
        """Rows of the training file: positions from here on are rows of the test file."""
        return len(self.dataset.X_train)

    def groups(self) -> Groups | None:
        """(n_samples,) groups of all rows, or None; test rows without declared ones come in those of near-copies."""
        first, second = self.dataset.groups_train, self.dataset.groups_test
        if first is None:
            return None
        if self.dataset.X_test is None:
            return first
        if second is None:
            # Nobody declared where these rows come from. They are still no more different rows than were found.
            copies = self.dataset.near_copies
            found = None if copies is None else copies.test
            second = np.arange(self._n_test, dtype=np.int64) if found is None else found
            second = second - second.min() + first.max() + 1
        return np.concatenate([first, second])

    def labels(self, known: RowIndices) -> Labels:
        """(n_samples,) class indices of the rows named, -1 for all others.

        Raises
        ------
        ValueError
            If a row of the test file is named: its label comes from `open_labels` alone.
        """
        if known.size and known.max() >= self.n_train:
            raise ValueError("labels of the test file are sealed")
        y = np.full(self.n_train + self._n_test, SEALED, dtype=np.int32)
        y[known] = self.dataset.y_train[known]
        return y

    def open_labels(self, rows: RowIndices, purpose: str, times: int = 1) -> Labels:
        """The labels of test rows, after the opening is on record.

        Parameters
        ----------
        rows : (n,) positions
            Of the test file, or of the holdout or folds that stand for one.
        purpose : str
            What they will be compared with.
        times : int
            How many comparisons follow.

        Returns
        -------
        (n,) int32
        """
        if not self.dataset.has_test_labels:
            raise ValueError("the test rows came without labels")
        self.store.record_opening(self.fingerprints(rows), self.run, purpose, times)
        y = self.dataset.y_train
        if self.dataset.y_test is not None:
            y = np.concatenate([y, self.dataset.y_test])
        return y[rows]

    def fingerprints(self, rows: RowIndices) -> Fingerprints:
        """(n,) what names these rows, whatever file they come from and in whatever order."""
        return fingerprint_rows(self.dataset.rows_at(rows))

    @property
    def _n_test(self) -> int:
        return 0 if self.dataset.X_test is None else len(self.dataset.X_test)
