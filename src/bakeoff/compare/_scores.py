"""Scores of one set of predictions, all of them from the table of true against predicted classes.

The list of classes is fixed by the truth: macro and weighted F1 are averages over the classes that occur among the true
labels of the scored rows, whatever was predicted. A prediction outside the classes (an unused output column, the
sealed label -1) is a miss of the true class and a hit of none. Where every predicted class also occurs in the truth
this is scikit-learn's ``f1_score``; where a class is predicted that no row has, scikit-learn adds a class with F1 0 to
one contestant's average and not to another's, and we do not (its ``labels=np.unique(y_true)``).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.types import Confusion

__all__ = [
    "confusion",
    "outcome_counts",
    "per_class",
    "row_losses",
    "scores",
    "scores_from_confusion",
    "within_classes",
]

SMALLEST_PROBABILITY = float(np.finfo(np.float32).eps)
"""Predictions are stored in float32; a probability below its resolution counts as that, for every contestant alike."""


def outcome_counts(y_true: ArrayLike, y_predicted: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """Rows by true class and predicted class, with a last column for predictions outside the classes.

    Parameters
    ----------
    y_true : (n,) int
    y_predicted : (n,) int, or (n_fits, n)
    n_classes : int

    Returns
    -------
    (n_classes, n_classes + 1) int64, or (n_fits, n_classes, n_classes + 1)

    Raises
    ------
    ValueError
        If a true label is outside the classes, or the lengths differ.
    """
    truth, said = np.asarray(y_true), np.asarray(y_predicted)
    if truth.ndim != 1 or said.shape[-1:] != truth.shape or said.ndim not in {1, 2}:
        raise ValueError(f"true and predicted labels must be two rows of equal length, got {truth.shape}, {said.shape}")
    if truth.size and not 0 <= truth.min() <= truth.max() < n_classes:
        raise ValueError(f"true labels must lie in 0..{n_classes - 1}, got {truth.min()}..{truth.max()}")
    cells = truth.astype(np.int64) * (n_classes + 1) + within_classes(said, n_classes)
    n_cells = n_classes * (n_classes + 1)
    n_fits = len(said) if said.ndim == 2 else 1
    cells += (np.arange(n_fits) * n_cells)[:, None] if said.ndim == 2 else 0
    counts = np.bincount(cells.ravel(), minlength=n_fits * n_cells)
    return counts.reshape(*said.shape[:-1], n_classes, n_classes + 1)


def within_classes(said: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Predicted classes with ``n_classes`` for all that lie outside."""
    # Widened first: an int8 of 100 classes has no room for the number 200 of the column beside them.
    wide = said.astype(np.int64)
    wide[(said < 0) | (said >= n_classes)] = n_classes
    return wide


def confusion(y_true: ArrayLike, y_predicted: ArrayLike, n_classes: int) -> Confusion:
    """The confusion matrix: rows are the true class, columns the predicted one.

    Predictions outside the classes have no column, so a row may sum to less than the class has; give the true counts
    as ``support`` to `scores_from_confusion` and `per_class` in that case.

    Parameters
    ----------
    y_true, y_predicted : (n,) int
    n_classes : int

    Returns
    -------
    (n_classes, n_classes) int64

    Examples
    --------
    >>> confusion([0, 0, 1, 1], [0, 1, 1, 7], n_classes=2)
    array([[1, 1],
           [0, 1]])
    """
    return outcome_counts(y_true, y_predicted, n_classes)[:, :n_classes]


def per_class(
    confusion: ArrayLike, support: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision, recall, F1 and support of every class.

    Parameters
    ----------
    confusion : (n_classes, n_classes)
        Counts, or their mean over seeds.
    support : (n_classes,), optional
        True rows of each class, where predictions outside the classes left some out of the matrix.

    Returns
    -------
    precision, recall, f1, support : (n_classes,) each
        0 where it is not defined (a class never predicted, a class without rows), as scikit-learn prints it.

    Examples
    --------
    >>> precision, recall, f1, support = per_class([[8, 2], [0, 10]])
    >>> [float(round(value, 3)) for value in f1]
    [0.889, 0.909]
    """
    counts = np.asarray(confusion, dtype=np.float64)
    hits, said = counts.diagonal(), counts.sum(axis=0)
    true = counts.sum(axis=1) if support is None else np.asarray(support, dtype=np.float64)
    return _ratio(hits, said), _ratio(hits, true), _ratio(2 * hits, said + true), true


def scores_from_confusion(confusion: ArrayLike, support: ArrayLike | None = None) -> dict[str, float]:
    """Accuracy, macro F1 and weighted F1 from a confusion matrix.

    With TP, FP and FN of a class, its F1 is 2 TP / (2 TP + FP + FN). Macro F1 is the plain mean over the classes that
    have true rows, weighted F1 the mean by their numbers of true rows.

    Parameters
    ----------
    confusion : (n_classes, n_classes)
    support : (n_classes,), optional
        See `per_class`.

    Returns
    -------
    dict with ``accuracy``, ``f1_macro``, ``f1_weighted``

    Examples
    --------
    >>> {name: round(value, 4) for name, value in scores_from_confusion([[8, 2], [0, 10]]).items()}
    {'accuracy': 0.9, 'f1_macro': 0.899, 'f1_weighted': 0.899}
    """
    _, _, f1, true = per_class(confusion, support)
    present = true > 0
    if not present.any():
        raise ValueError("there are no rows to score")
    hits = np.asarray(confusion, dtype=np.float64).trace()
    return {
        "accuracy": float(hits / true.sum()),
        "f1_macro": float(f1[present].mean()),
        "f1_weighted": float(f1 @ true / true.sum()),
    }


def scores(
    y_true: ArrayLike, y_predicted: ArrayLike, probabilities: ArrayLike | None = None, n_classes: int | None = None
) -> dict[str, float | None]:
    """All scores of one set of predictions.

    Parameters
    ----------
    y_true, y_predicted : (n,) int
        A prediction outside 0..n_classes-1 counts as wrong for every class.
    probabilities : (n, n_classes), optional
    n_classes : int, optional
        By default one more than the largest true label.

    Returns
    -------
    dict with ``accuracy``, ``f1_macro``, ``f1_weighted`` and ``log_loss``
        ``log_loss`` is None without probabilities.

    Examples
    --------
    >>> result = scores([0, 1, 1], [0, 1, 0])
    >>> round(result["accuracy"], 4), round(result["f1_macro"], 4), result["log_loss"]
    (0.6667, 0.6667, None)
    """
    n_classes = int(np.max(y_true)) + 1 if n_classes is None else n_classes
    counts = outcome_counts(y_true, y_predicted, n_classes)
    loss = None if probabilities is None else float(row_losses(y_true, probabilities).mean())
    return {**scores_from_confusion(counts[:, :n_classes], counts.sum(axis=1)), "log_loss": loss}


def row_losses(y_true: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Negative log of the probability that was given to the true class, one a row: the log loss is their mean.

    Probabilities below the resolution of float32 (1.2e-7) count as that, so no single row costs more than 15.9; rows
    that do not sum to 1 are taken as they are.

    Parameters
    ----------
    y_true : (n,) int
    probabilities : (n, n_classes)

    Returns
    -------
    (n,) float64

    Examples
    --------
    >>> row_losses([0, 1], [[0.5, 0.5], [0.75, 0.25]]).round(3)
    array([0.693, 1.386])
    """
    truth, given = np.asarray(y_true), np.asarray(probabilities)
    if given.ndim != 2 or given.shape[0] != truth.shape[0]:
        raise ValueError(f"probabilities must have one row a label, got {given.shape} for {truth.shape[0]} labels")
    if truth.size and not 0 <= truth.min() <= truth.max() < given.shape[1]:
        raise ValueError(f"true labels must lie in 0..{given.shape[1] - 1}, got {truth.min()}..{truth.max()}")
    chosen = np.take_along_axis(given, truth.astype(np.int64)[:, None], axis=1)[:, 0].astype(np.float64)
    # 0 - log: a certain and right prediction costs 0, not the -0 that a report would print.
    losses: NDArray[np.float64] = 0.0 - np.log(np.clip(chosen, SMALLEST_PROBABILITY, 1.0))
    return losses


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.divide(above, below, out=np.zeros(above.shape), where=below > 0))
