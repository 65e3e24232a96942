"""All probes of a data set: what ``data.probes`` of ``results.json`` holds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bakeoff.audit._harm import measure_harm
from bakeoff.audit._labels import probe_labels
from bakeoff.audit._probes import FitAndPredict
from bakeoff.audit._unlike import measure_unlikeness
from bakeoff.data import Dataset
from bakeoff.errors import DataError, FitError
from bakeoff.types import RowIndices

__all__ = ["measure_probes", "no_probes"]

_PROBES = {"harm": measure_harm, "unlike": measure_unlikeness, "labels": probe_labels}
_WORDS = {
    "harm": "what near-copies do to a score",
    "unlike": "whether test rows are unlike training rows",
    "labels": "which labels to look at",
}


def no_probes() -> dict[str, Any]:
    """``data.probes`` of ``results.json`` where none is asked for."""
    return {**dict.fromkeys(_PROBES), "reasons": {}}


def measure_probes(
    dataset: Dataset,
    fit_and_predict: FitAndPredict,
    rows: RowIndices | None = None,
    say: Callable[[str], None] = lambda _sentence: None,
) -> dict[str, Any]:
    """Measure the harm of near-copies, whether test rows are unlike training rows, and which labels to look at.

    Parameters
    ----------
    dataset : Dataset
    fit_and_predict : FitAndPredict
    rows : (n,) positions in the training rows, optional
        Those that may be looked at; None: all. A bake-off that holds out some of them leaves these out.
    say : callable
        Is told, in a sentence, what could not be measured and why.

    Returns
    -------
    dict
        ``{"harm": ..., "unlike": ..., "labels": ...}``, each None where it does not apply or could not be measured;
        ``reasons`` has a sentence for each that could not.
    """
    allowed = np.arange(len(dataset.X_train)) if rows is None else rows
    measured = no_probes()
    for name, probe in _PROBES.items():
        try:
            measured[name] = probe(dataset, allowed, fit_and_predict)
        except (DataError, FitError) as error:
            reason = " ".join(str(error).split())
            measured["reasons"][name] = reason if isinstance(error, DataError) else f"A fit failed: {reason}"
            say(f"Not measured: {_WORDS[name]}. {reason}")
    return measured
