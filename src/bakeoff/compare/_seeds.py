"""What can be said from the scores of several seeds alone."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["MIN_SEEDS", "probability_better"]

MIN_SEEDS = 5


def probability_better(
    values_a: ArrayLike,
    values_b: ArrayLike,
    *,
    paired: bool = False,
    lower_is_better: bool = False,
    deterministic: tuple[bool, bool] = (False, False),
) -> float | None:
    """The chance that a new run of a scores better than a new run of b on the same rows.

    The share of pairs of a run of a and a run of b in which a is the better one, ties counting one half: the statistic
    of Mann and Whitney. Nothing is assumed about how scores spread, and new rows are not part of the question.

    Parameters
    ----------
    values_a, values_b : (n_seeds,)
        Scores, one a seed.
    paired : bool, default=False
        Whether seed i of both shares randomness: then run i is compared with run i only.
    lower_is_better : bool, default=False
        For losses.
    deterministic : pair of bool, default=(False, False)
        Whether a, and b, give the same result for every seed: one value is then enough.

    Returns
    -------
    float or None
        None where a contestant that is random has fewer than five seeds, and for two contestants without randomness
        (no new run would differ).

    References
    ----------
    Mann & Whitney (1947), Ann. Math. Stat. 18, 50-60; Bouthillier et al. (2021), MLSys, sec. 5 (P(A > B)).

    Examples
    --------
    >>> probability_better([0.81, 0.83, 0.82, 0.84, 0.85], [0.80, 0.82, 0.79, 0.81, 0.80])
    0.92
    >>> probability_better([0.81, 0.83], [0.80, 0.82]) is None
    True
    """
    a, b = np.atleast_1d(np.asarray(values_a, np.float64)), np.atleast_1d(np.asarray(values_b, np.float64))
    if all(deterministic) or any(
        len(values) < MIN_SEEDS and not same for values, same in zip((a, b), deterministic, strict=True)
    ):
        return None
    difference = a - b if paired else a[:, None] - b[None, :]
    wins = difference < 0 if lower_is_better else difference > 0
    return float(np.mean(wins + 0.5 * (difference == 0)))
