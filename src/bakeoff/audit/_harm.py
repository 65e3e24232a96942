"""The harm that near-copies do, measured: the same probe on a random and on a grouped split of the same rows."""

from typing import Any, get_args

import numpy as np

from bakeoff.audit._probes import (
    PROBE_WORDS,
    Division,
    FitAndPredict,
    ProbeName,
    ProbeTask,
    as_figure,
    labels_of_all,
    some_groups,
)
from bakeoff.compare import CompareOptions, summarise
from bakeoff.data import Dataset, split_validation
from bakeoff.errors import DataError
from bakeoff.types import RowIndices

__all__ = ["MOST_HARM_ROWS", "measure_harm"]

MOST_HARM_ROWS = 30_000
"""Of more rows, so many are looked at, by whole groups: enough for an interval of a few points, and quick."""

_FRACTION = 0.2


def measure_harm(dataset: Dataset, rows: RowIndices, fit_and_predict: FitAndPredict) -> dict[str, Any] | None:
    """Score 1-nearest-neighbour and a small network on a random and on a grouped split.

    Both splits hold out a fifth of the same rows. In the random one, rows of one group lie on both sides; in the
    grouped one none does, as with the rows that a model meets later. The difference is what a random split promises
    and new rows do not keep.

    Parameters
    ----------
    dataset : Dataset
    rows : (n,) positions in the training rows
        Those that may be looked at.
    fit_and_predict : FitAndPredict

    Returns
    -------
    dict or None
        ``data.probes.harm`` of ``results.json``; None where no groups are in use. The unit of both intervals is the
        group.

    Raises
    ------
    DataError
        If there are too few groups to divide.
    FitError
    """
    if dataset.groups_train is None:
        return None
    seed_text = dataset.sha256_train
    chosen = some_groups(rows, dataset.groups_train[rows], MOST_HARM_ROWS, f"harm:{seed_text}")
    labels, groups = dataset.y_train[chosen], dataset.groups_train[chosen]
    try:
        splits = {
            "random": split_validation(labels, None, _FRACTION, seed_text),
            "grouped": split_validation(labels, groups, _FRACTION, seed_text),
        }
    except DataError:
        raise DataError("There are too few groups to learn from some and check with others.") from None
    divisions = [Division(chosen[train], chosen[held]) for train, held in splits.values()]
    task = ProbeTask("harm", labels_of_all(dataset, chosen), dataset.n_classes, divisions)
    options = CompareOptions(metric="accuracy")
    contestants = []
    for probe in get_args(ProbeName):
        scores = {}
        for (kind, (_, held)), said in zip(splits.items(), fit_and_predict(probe, task), strict=True):
            estimate = summarise(said.argmax(axis=1), labels[held], groups[held], dataset.n_classes, options)
            scores[kind] = as_figure(estimate)
        contestants.append({"name": probe, "words": PROBE_WORDS[probe], **scores})
    return {
        "metric": "accuracy",
        "from": dataset.groups_from,
        "n_train": len(splits["grouped"][0]),
        "n_validation": len(splits["grouped"][1]),
        "n_rows": len(rows),
        "copies_of_a_row": _copies_of_a_row(groups),
        "contestants": contestants,
    }


def _copies_of_a_row(groups: np.ndarray[Any, Any]) -> int:
    """How many other rows the group of a row has: the median over rows, which no crowd of single rows hides."""
    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1)
    return int(np.median(np.bincount(numbers)[numbers])) - 1
