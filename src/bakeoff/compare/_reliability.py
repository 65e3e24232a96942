"""Do the probabilities mean what they say? Confidence against how often it was right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """The reliability diagram of one set of probabilities; bins without rows are left out.

    Parameters
    ----------
    confidence : (n_filled_bins,)
        Mean of the largest probability of the rows in the bin.
    accuracy : (n_filled_bins,)
        Share of them that were right.
    count : (n_filled_bins,) int
        How many rows they are.
    calibration_error : float
        Mean distance of the two, weighted by rows.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]
    calibration_error: float


def reliability(y_true: ArrayLike, probabilities: ArrayLike, n_bins: int = 15) -> Reliability:
    """Confidence against accuracy in bins of equal width, and the expected calibration error.

    ECE = sum over bins of (rows in bin / rows) * |accuracy - confidence|, with the class of largest probability as the
    prediction.

    Parameters
    ----------
    y_true : (n,) int
    probabilities : (n, n_classes)
    n_bins : int, default=15

    Returns
    -------
    Reliability

    References
    ----------
    Naeini, Cooper, Hauskrecht (2015), AAAI; Guo et al. (2017), ICML. The error has an upward bias of about
    sqrt(bins / rows): it is a description, and nothing is decided by it.

    Examples
    --------
    >>> result = reliability([0, 1, 1, 1], [[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.4, 0.6]], n_bins=10)
    >>> result.count.tolist(), result.accuracy.round(2).tolist(), round(result.calibration_error, 3)
    ([1, 3], [1.0, 0.67], 0.275)
    """
    truth, given = np.asarray(y_true), np.asarray(probabilities, dtype=np.float64)
    confidence, right = given.max(axis=1), given.argmax(axis=1) == truth
    # Bins are open on the left and closed on the right, as in the cited papers: a confidence of 1 is in the last.
    bins = np.clip(np.ceil(confidence * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    filled = count > 0
    mean_confidence = np.bincount(bins, confidence, n_bins)[filled] / count[filled]
    accuracy = np.bincount(bins, right, n_bins)[filled] / count[filled]
    error = float(count[filled] @ np.abs(accuracy - mean_confidence) / max(truth.size, 1))
    return Reliability(mean_confidence, accuracy, count[filled], error)
