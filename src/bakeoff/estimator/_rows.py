"""Rows, labels and weights as scikit-learn passes them, in the engine's form."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from bakeoff.types import Labels, RowIndices

__all__ = ["TrainingRows", "kinds_of", "parts_of", "read_rows"]

_KINDS = [np.float32, np.float64, np.uint8]
"""What rows may be; anything else becomes the first."""


class TrainingRows(NamedTuple):
    """(n_samples, n_features), (n_samples,) positions in (n_classes,), and weights, if they are not all alike."""

    X: NDArray[Any]
    labels: Labels
    classes: NDArray[Any]
    weights: NDArray[np.float64] | None


def kinds_of(X: Any) -> list[Any]:
    """Which types `validate_data` may leave as they are: of a frame of Polars it does not see that it holds pixels."""
    kinds = {str(kind) for kind in X.dtypes} if type(X).__module__.startswith("polars") else set()
    return [np.uint8] if kinds == {"UInt8"} else _KINDS


def read_rows(
    estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any, *, classes: NDArray[Any] | None, reset: bool
) -> TrainingRows:
    """Check what an estimator is to be trained on.

    Parameters
    ----------
    estimator : BaseEstimator
    X, y, sample_weight
        As the user gave them.
    classes : (n_classes,) or None
        All that may occur; None: those that do.
    reset : bool
        Whether the rows decide how many features there are, and their names.

    Raises
    ------
    ValueError
        As scikit-learn's own estimators do.
    """
    X, y = validate_data(estimator, X, y, dtype=kinds_of(X), reset=reset)
    check_classification_targets(y)
    weights = None
    if sample_weight is not None:
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        kept = weights > 0
        X, y, weights = X[kept], y[kept], weights[kept]
        if not len(X):
            raise ValueError("sample_weight must be above zero for one row at least.")
        weights = None if (weights == 1).all() else weights
    occurring, inverse = np.unique(y, return_inverse=True)
    if classes is None:
        classes = occurring
    else:
        unknown = np.setdiff1d(occurring, classes)
        if len(unknown):
            raise ValueError(f"y has classes that were not there before: {', '.join(map(str, unknown.tolist()))}.")
        inverse = np.searchsorted(classes, occurring)[inverse]
    if len(classes) < 2:
        raise ValueError("DenseClassifier needs at least two classes. Got 1 class.")
    return TrainingRows(X, inverse.astype(np.int32), classes, weights)


def parts_of(labels: Labels, validation_fraction: float, seed: int) -> tuple[RowIndices, RowIndices | None]:
    """Positions to learn from and to score after every epoch, divided by class."""
    if not validation_fraction:
        return np.arange(len(labels)), None
    splitter = StratifiedShuffleSplit(1, test_size=validation_fraction, random_state=seed)
    train, validation = next(splitter.split(np.zeros(len(labels)), labels))
    return np.sort(train), np.sort(validation)
