"""Whether training and test rows are of one kind, or a small network can tell them apart.

A classifier that tells training rows from test rows better than chance has found something that only one of them has
(a two-sample test by classification). Rows of one group are never on both sides, so near-copies do not help it.

References
----------
Lopez-Paz & Oquab (2017), Revisiting Classifier Two-Sample Tests, ICLR; Rabanser, Günnemann, Lipton (2019), Failing
Loudly: An Empirical Study of Methods for Detecting Dataset Shift, NeurIPS.
"""

from hashlib import sha256
from typing import Any

import numpy as np

from bakeoff.audit._probes import FitAndPredict, ProbeTask, as_figure, groups_of_all, predict_out_of_fold, some_groups
from bakeoff.compare import CompareOptions, summarise
from bakeoff.data import Dataset, folds
from bakeoff.errors import DataError
from bakeoff.types import Labels, RowIndices

__all__ = ["MOST_UNLIKE_ROWS", "measure_unlikeness"]

MOST_UNLIKE_ROWS = 5_000
"""Of each kind, by whole groups."""

_N_FOLDS = 2
_CHANCE = 0.5


def measure_unlikeness(dataset: Dataset, rows: RowIndices, fit_and_predict: FitAndPredict) -> dict[str, Any] | None:
    """Let a small network tell training rows from test rows that it has not seen.

    As many of the ones as of the others are taken, so that guessing is right half of the time. No label of a test row
    is looked at.

    Parameters
    ----------
    dataset : Dataset
    rows : (n,) positions in the training rows
        Those that may be looked at.
    fit_and_predict : FitAndPredict

    Returns
    -------
    dict or None
        ``data.probes.unlike`` of ``results.json``; None where there are no test rows.

    Raises
    ------
    DataError
        If there are too few groups to divide.
    FitError
    """
    if dataset.X_test is None:
        return None
    seed_text = _seed_text(dataset)
    chosen = _as_many_of_both(dataset, rows, seed_text)
    is_test = (chosen >= len(dataset.X_train)).astype(np.int32)
    groups = groups_of_all(dataset)[chosen]
    try:
        pieces = folds(is_test, groups, _N_FOLDS, seed_text)
    except DataError:
        raise DataError("There are too few groups of training or of test rows to divide.") from None
    y: Labels = np.full(len(dataset.X_train) + len(dataset.X_test), -1, dtype=np.int32)
    y[chosen] = is_test
    said = predict_out_of_fold(fit_and_predict, ProbeTask("unlike", y, 2), chosen, pieces).argmax(axis=1)
    accuracy = summarise(said, is_test, groups, 2, CompareOptions(metric="accuracy"))
    return {"accuracy": as_figure(accuracy), "chance": _CHANCE, "n_rows": len(chosen)}


def _seed_text(dataset: Dataset) -> str:
    """What the choice of rows follows from: all rows and the training labels, but no test label."""
    tests = b"" if dataset.X_test is None else np.ascontiguousarray(dataset.X_test).data
    return f"unlike:{dataset.sha256_train}:{sha256(tests).hexdigest()}"


def _as_many_of_both(dataset: Dataset, rows: RowIndices, seed_text: str) -> RowIndices:
    """Positions of training rows, and of as many test rows."""
    n_train, n_test = len(dataset.X_train), 0 if dataset.X_test is None else len(dataset.X_test)
    groups = groups_of_all(dataset)
    most = min(len(rows), n_test, MOST_UNLIKE_ROWS)
    parts = [some_groups(kind, groups[kind], most, seed_text) for kind in (rows, np.arange(n_train, n_train + n_test))]
    # Whole groups rarely come out even.
    random = np.random.RandomState(list(seed_text.encode()))
    fewer = min(map(len, parts))
    return np.concatenate([np.sort(random.permutation(part)[:fewer]) for part in parts])
