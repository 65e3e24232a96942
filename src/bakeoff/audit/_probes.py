"""What a check that trains something works with: rows to choose from, and somebody who fits and predicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from bakeoff.compare import Estimate
from bakeoff.data import Dataset
from bakeoff.types import Groups, Labels, Probabilities, RowIndices

__all__ = [
    "PROBE_WORDS",
    "Division",
    "FitAndPredict",
    "ProbeName",
    "ProbePurpose",
    "ProbeTask",
    "as_figure",
    "groups_of_all",
    "labels_of_all",
    "predict_out_of_fold",
    "some_groups",
]

ProbeName: TypeAlias = Literal["nearest", "network"]
"""1-nearest-neighbour, which remembers; and a small network, which is quick and learns well."""

ProbePurpose: TypeAlias = Literal["harm", "unlike", "labels"]
"""What is asked: the harm of near-copies, whether test rows are unlike, which labels to look at."""

PROBE_WORDS: Mapping[ProbeName, str] = {"nearest": "1-nearest-neighbour", "network": "a small network"}


@dataclass(frozen=True, eq=False)
class Division:
    """Which rows a probe learns from and which it predicts.

    Parameters
    ----------
    train, predict : (n,) positions
        In all rows of the data set: those of the training file first, then those of the test file.
    """

    train: RowIndices
    predict: RowIndices


@dataclass(frozen=True, eq=False)
class ProbeTask:
    """What a probe is to learn, and on which rows.

    Parameters
    ----------
    purpose : {"harm", "unlike", "labels"}
    y : (n_samples,) int32
        What to learn, for all rows of the data set; -1 for those that no division learns from.
    n_classes : int
        Of `y`, which need not be the classes of the data set.
    divisions : sequence of Division
        One fit each.
    """

    purpose: ProbePurpose
    y: Labels
    n_classes: int
    divisions: Sequence[Division] = ()


FitAndPredict: TypeAlias = Callable[[ProbeName, ProbeTask], Sequence[Probabilities]]
"""Fits a probe for each division of a task and gives what it says of the rows to predict: (n_predict, n_classes) each,
the likeliest class being its answer. Raises `FitError` where a fit goes wrong."""


def predict_out_of_fold(
    fit_and_predict: FitAndPredict, task: ProbeTask, chosen: RowIndices, pieces: Sequence[RowIndices]
) -> Probabilities:
    """Let a small network predict each fold of some rows from the others.

    Parameters
    ----------
    fit_and_predict : FitAndPredict
    task : ProbeTask
        Its divisions are made here.
    chosen : (n,) positions
        In all rows of the data set.
    pieces : sequence of positions in `chosen`
        The folds: every one of the rows in exactly one.

    Returns
    -------
    (n, n_classes) float32
    """
    everything = np.arange(len(chosen))
    divisions = [Division(chosen[np.setdiff1d(everything, piece)], chosen[piece]) for piece in pieces]
    probabilities = np.empty((len(chosen), task.n_classes), dtype=np.float32)
    answers = fit_and_predict("network", replace(task, divisions=divisions))
    for piece, said in zip(pieces, answers, strict=True):
        probabilities[piece] = said
    return probabilities


def labels_of_all(dataset: Dataset, rows: RowIndices) -> Labels:
    """(n_samples,) class indices of these training rows, -1 for all others."""
    n_test = 0 if dataset.X_test is None else len(dataset.X_test)
    y = np.full(len(dataset.X_train) + n_test, -1, dtype=np.int32)
    y[rows] = dataset.y_train[rows]
    return y


def groups_of_all(dataset: Dataset) -> Groups:
    """(n_samples,) groups of training and test rows; a row without one is its own."""
    n_train, n_test = len(dataset.X_train), 0 if dataset.X_test is None else len(dataset.X_test)
    first, second = dataset.groups_train, dataset.groups_test
    if first is None:
        return np.arange(n_train + n_test, dtype=np.int64)
    if second is None:
        second = np.arange(n_test, dtype=np.int64) + first.max() + 1
    return np.concatenate([first, second])


def some_groups(rows: RowIndices, groups: Groups | None, most: int, seed_text: str) -> RowIndices:
    """At most so many of the rows, by whole groups: a group is taken with all its rows or not at all.

    Parameters
    ----------
    rows : (n,) positions
    groups : (n,) int64 or None
        Of these rows; None: each is its own.
    most : int
    seed_text : str
        The same text gives the same rows.

    Returns
    -------
    sorted positions
        At least one group, whatever its size.

    Examples
    --------
    >>> some_groups(np.arange(9), np.repeat([0, 1, 2], 3), 7, "any text").size
    6
    """
    if len(rows) <= most:
        return np.sort(rows)
    numbers = np.arange(len(rows)) if groups is None else np.unique(groups, return_inverse=True)[1].reshape(-1)
    sizes = np.bincount(numbers)
    # The stream of RandomState is frozen, as for the splits: the same rows with every release of NumPy.
    order = np.random.RandomState(list(seed_text.encode())).permutation(len(sizes))
    n_taken = max(int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")), 1)
    taken = np.zeros(len(sizes), dtype=np.bool_)
    taken[order[:n_taken]] = True
    return np.sort(rows[taken[numbers]])


def as_figure(estimate: Estimate) -> dict[str, Any]:
    """A score with its interval as ``results.json`` has it."""
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high}
