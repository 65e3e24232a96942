"""Labels to look at: rows of which a model that never saw them is sure that they are something else.

Which rows: confident learning on out-of-fold probabilities, as cleanlab does it. What it finds are candidates: most of
them may be hard rows, and only a person who looks can say. Whether the labels are at fault at all is a question of its
own, for a model that errs doubts labels too. It is answered by how the doubts are spread: with wrong labels strewn in
at a rate e, the given label y of a row has the probability

    (1 - e) p_y + e / K,

where p are the model's probabilities, sharpened or softened by one temperature, over K classes. Temperature and e are
fitted together by maximum likelihood; twice the gain in log-likelihood over e = 0 is the evidence. A model that is
merely weak, or unsure of itself, is explained by the temperature alone.

References
----------
Northcutt, Jiang, Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70, 1373-1411;
Guo, Pleiss, Sun, Weinberger (2017), On Calibration of Modern Neural Networks, ICML (temperature); Self & Liang (1987),
JASA 82, 605-610 (the likelihood ratio at the edge e = 0: half of a chi-squared with one degree of freedom).
"""

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, softmax

from bakeoff.audit._probes import PROBE_WORDS, FitAndPredict, ProbeTask, labels_of_all, predict_out_of_fold, some_groups
from bakeoff.data import Dataset, folds
from bakeoff.errors import DataError
from bakeoff.types import Groups, Labels, Probabilities, RowIndices

__all__ = ["MOST_LABEL_ROWS", "find_label_candidates", "probe_labels"]

MOST_LABEL_ROWS = 60_000
"""Of more rows, so many are looked at, by whole groups."""

MOST_LABEL_CELLS = 20_000_000
"""Rows times classes: with thousands of classes fewer rows are looked at, which keeps the probe under 500 MiB."""

MOST_SHOWN = 24
_N_FOLDS = 4
_SMALLEST = 1e-12
_BLOCK_CELLS = 1 << 18
_MOST_SHARPER = 4.0  # as a logarithm: probabilities to the power of 1/55 to 55


def probe_labels(dataset: Dataset, rows: RowIndices, fit_and_predict: FitAndPredict) -> dict[str, Any]:
    """Let a small network predict every row out of fold, by whole groups, and name the labels to look at.

    Parameters
    ----------
    dataset : Dataset
    rows : (n,) positions in the training rows
        Those that may be looked at.
    fit_and_predict : FitAndPredict

    Returns
    -------
    dict
        ``data.probes.labels`` of ``results.json``.

    Raises
    ------
    DataError
        If there are too few rows, groups or classes. Classes of one row or group are left out.
    FitError
    """
    seed_text = f"labels:{dataset.sha256_train}"
    usable = _with_company(dataset, rows)
    of_usable = None if dataset.groups_train is None else dataset.groups_train[usable]
    most = min(MOST_LABEL_ROWS, MOST_LABEL_CELLS // dataset.n_classes)
    # Some of the groups can leave a class with one of them, though all of them did not.
    chosen = _with_company(dataset, some_groups(usable, of_usable, most, seed_text))
    labels = dataset.y_train[chosen]
    groups = None if dataset.groups_train is None else dataset.groups_train[chosen]
    try:
        pieces = folds(labels, groups, _N_FOLDS, seed_text)
    except DataError:
        raise DataError(
            f"There are too few {'rows' if groups is None else 'groups'} to predict each from the others."
        ) from None
    task = ProbeTask("labels", labels_of_all(dataset, chosen), dataset.n_classes)
    probabilities = predict_out_of_fold(fit_and_predict, task, chosen, pieces)
    found = find_label_candidates(labels, probabilities, groups, chosen, by=PROBE_WORDS["network"])
    return {**found, "n_left_out": len(rows) - len(usable)}


def _with_company(dataset: Dataset, rows: RowIndices) -> RowIndices:
    """Without the rows of classes that have one row, or lie in one group: nothing else can speak for or against them.

    Raises
    ------
    DataError
        If fewer than two classes are left.
    """
    labels, groups = dataset.y_train[rows], dataset.groups_train
    units = np.arange(len(rows)) if groups is None else groups[rows]
    pairs = np.unique(np.stack([labels.astype(np.int64), units]), axis=1)
    classes, n_units = np.unique(pairs[0], return_counts=True)
    if (n_units > 1).sum() < 2:
        unit = "row" if groups is None else "group"
        raise DataError(f"Fewer than two classes have more than one {unit}, and a {unit} is doubted by others.")
    return rows[np.isin(labels, classes[n_units > 1])]


def find_label_candidates(
    labels: Labels, probabilities: Probabilities, groups: Groups | None, rows: RowIndices, by: str
) -> dict[str, Any]:
    """Rows whose label is worth a look, from probabilities of a model that did not learn from them.

    Parameters
    ----------
    labels : (n,) int32
        As they are in the data.
    probabilities : (n, n_classes) float32
        Out of fold, or of validation rows. Columns of classes that do not occur are left out.
    groups : (n,) int64 or None
        Each group counts as one, and of each the worst row alone is shown: its copies would say the same.
    rows : (n,) positions in the training rows
    by : str
        What the model is, in words.

    Returns
    -------
    dict
        ``data.probes.labels`` of ``results.json``: ``wrong_share`` is the fitted rate e, ``evidence`` twice the gain
        in log-likelihood, ``accuracy`` that of the model on these rows.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 50)
    >>> sure = np.where(labels[:, None] == [0, 1], 0.95, 0.05)
    >>> labels[7] = 1
    >>> found = find_label_candidates(labels, sure, None, np.arange(100), "a rule")
    >>> found["n_candidates"], found["candidates"][0]["row"], found["candidates"][0]["suggested"]
    (1, 7, 0)
    """
    present, dense = np.unique(labels, return_inverse=True)
    known = np.asarray(probabilities, dtype=np.float32)[:, present]
    np.maximum(known, _SMALLEST, out=known)
    known /= known.sum(axis=1, keepdims=True)
    found = _confident_learning(dense.reshape(-1), known)
    shown = found if groups is None else found[np.sort(np.unique(groups[found], return_index=True)[1])]
    wrong_share, evidence = _label_noise(dense.reshape(-1), known, groups)
    return {
        "n_candidates": len(found),
        "n_rows": len(labels),
        "by": by,
        "accuracy": float(np.mean(present[known.argmax(axis=1)] == labels)),
        "wrong_share": wrong_share,
        "evidence": evidence,
        "candidates": [
            {
                "row": int(rows[index]),
                "label": int(labels[index]),
                "suggested": int(present[known[index].argmax()]),
                "confidence": float(known[index].max()),
            }
            for index in shown[:MOST_SHOWN]
        ],
    }


def _confident_learning(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Positions of the candidates, the worst first."""
    if probabilities.shape[1] < 2:
        return np.empty(0, dtype=np.int64)
    with warnings.catch_warnings():
        # Its bars of progress, which are not shown, ask for widgets where they find a notebook.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from cleanlab.filter import find_label_issues  # noqa: PLC0415 - heavy, and not always needed

        # A class of one row cannot be doubted, which is no news to anyone.
        warnings.filterwarnings("ignore", message="May not flag all label issues", category=UserWarning)
        found = find_label_issues(
            labels, probabilities, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1
        )
    return np.asarray(found, dtype=np.int64)


def _label_noise(
    labels: NDArray[np.int64], probabilities: NDArray[np.float32], groups: Groups | None
) -> tuple[float, float]:
    """The rate at which wrong labels seem strewn in, and the evidence for it not being 0."""
    numbers = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1].reshape(-1)
    weights = 1.0 / np.bincount(numbers)[numbers]
    loss = partial(_loss, labels, probabilities, weights)
    bounds = [(-_MOST_SHARPER, _MOST_SHARPER), (-20.0, 0.0)]
    clean = minimize(lambda at: _first(loss(at[0], None)), [0.0], jac=True, method="L-BFGS-B", bounds=bounds[:1])
    noisy = min(
        (
            minimize(lambda at: loss(at[0], at[1]), [clean.x[0], start], jac=True, method="L-BFGS-B", bounds=bounds)
            for start in (-7.0, -4.0)
        ),
        key=lambda answer: float(answer.fun),
    )
    evidence = 2 * float(clean.fun - noisy.fun) * float(weights.sum())
    return (float(expit(noisy.x[1])), evidence) if evidence > 0 else (0.0, 0.0)


def _loss(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    weights: NDArray[np.float64],
    log_sharpness: float,
    logit_rate: float | None,
) -> tuple[float, NDArray[np.float64]]:
    """Minus the mean log-likelihood, with its slopes in the log of 1 / temperature and the logit of the rate.

    In blocks of rows, so that nothing beside the probabilities takes memory.
    """
    at = float(np.exp(log_sharpness)), 0.0 if logit_rate is None else float(expit(logit_rate))
    n_rows = max(_BLOCK_CELLS // probabilities.shape[1], 1)
    total = np.zeros(3)
    for first in range(0, len(labels), n_rows):
        block = slice(first, first + n_rows)
        total += weights[block] @ _likelihood(labels[block], probabilities[block], *at)
    loss, *slopes = -total / weights.sum()
    return float(loss), np.array(slopes)


def _likelihood(
    labels: NDArray[np.int64], probabilities: NDArray[np.float32], sharpness: float, rate: float
) -> NDArray[np.float64]:
    """(n, 3): the log-likelihood of every given label, and its two slopes."""
    logs = np.log(probabilities.astype(np.float64))
    n_rows, n_classes = logs.shape
    likely = softmax(sharpness * logs, axis=1)
    own = np.arange(n_rows), labels
    given = (1 - rate) * likely[own] + rate / n_classes + _SMALLEST
    by_sharpness = (1 - rate) * likely[own] * sharpness * (logs[own] - np.einsum("ij,ij->i", likely, logs)) / given
    by_rate = rate * (1 - rate) * (1 / n_classes - likely[own]) / given
    return np.stack([np.log(given), by_sharpness, by_rate], axis=1)


def _first(answer: tuple[float, NDArray[np.float64]]) -> tuple[float, NDArray[np.float64]]:
    return answer[0], answer[1][:1]
