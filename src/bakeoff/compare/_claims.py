"""Whether a published figure agrees with what was measured on the same rows.

A published score is one run. For a contestant without randomness it agrees if the measurement, rounded to the digits
that were printed, is that figure. For a seeded one it agrees if it could be one more run: if it lies in the prediction
interval of the S measured runs, rows fixed,

    m +- t(S - 1) s sqrt(1 + 1 / S),

widened by half of the last printed digit, for which S must be 5 at least.

References
----------
Hahn & Meeker (1991), Statistical Intervals, 4.8 (a prediction interval for one new observation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from bakeoff.compare._seeds import MIN_SEEDS
from bakeoff.compare._words import METRIC_NAMES
from bakeoff.types import Metric

__all__ = ["ClaimResult", "check_claim"]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A published figure beside the measured one.

    Parameters
    ----------
    measured : float
        Mean over seeds.
    low, high : float or None
        Where one more run would lie, 95 times in 100; None without randomness or with fewer than five seeds.
    agrees : bool or None
        None: cannot be said.
    explanation : str
        One or two sentences.
    """

    measured: float
    low: float | None
    high: float | None
    agrees: bool | None
    explanation: str


def check_claim(
    published: float,
    digits: int,
    values: Mapping[Metric, Sequence[float]],
    metric: Metric,
    deterministic: bool = False,
    confidence: float = 0.95,
) -> ClaimResult:
    """Judge one published figure.

    Parameters
    ----------
    published : float
    digits : int
        Decimals that were printed.
    values : mapping of metric to scores, one a seed
        All metrics that were measured: another average may explain a figure that does not agree.
    metric : str
        What the figure was said to be.
    deterministic : bool, default=False
        Whether every seed gives the same result.
    confidence : float, default=0.95

    Returns
    -------
    ClaimResult

    Examples
    --------
    >>> measured = {"f1_macro": [0.83151], "f1_weighted": [0.84417]}
    >>> check_claim(0.8442, 4, measured, "f1_weighted", deterministic=True).agrees
    True
    >>> print(check_claim(0.8442, 4, measured, "f1_macro", deterministic=True).explanation)
    Measured 0.8315, published 0.8442: not the same. 0.8442 is the weighted F1 measured here, not the macro F1.
    """
    scores = np.asarray(values[metric], dtype=np.float64)
    measured = float(scores.mean())
    shown, said = f"{measured:.{digits}f}", f"{published:.{digits}f}"
    if not deterministic and len(scores) < MIN_SEEDS:
        runs = "1 run" if len(scores) == 1 else f"{len(scores)} runs"
        rule = f"whether they agree takes {MIN_SEEDS} seeds or more"
        return ClaimResult(measured, None, None, None, f"Measured {shown} in {runs}, published {said}: {rule}.")
    low, high = (None, None) if deterministic else prediction_interval(scores, confidence)
    if low is None or high is None:
        agrees = _same_digits(published, measured, digits)
        found = f"Measured {shown}, " + ("as published." if agrees else f"published {said}: not the same.")
    else:
        agrees = low - _half_digit(digits) <= published <= high + _half_digit(digits)
        where = "inside" if agrees else ("above" if published > high else "below")
        article = "an" if metric == "accuracy" else "a"
        finer = max(digits, 4)  # an interval in the digits of "about 97 %" would shrink to a point
        found = (
            f"One more run would have {article} {METRIC_NAMES[metric]} of {low:.{finer}f} to {high:.{finer}f} "
            f"({len(scores)} seeds, mean {measured:.{finer}f}); the published {said} is {where} that."
        )
    why = "" if agrees else _other_average(published, digits, values, metric)
    return ClaimResult(measured, low, high, agrees, found + why)


def prediction_interval(scores: Sequence[float] | np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Where one more run would lie: m +- t s sqrt(1 + 1/S).

    Examples
    --------
    >>> low, high = prediction_interval([0.80, 0.81, 0.82, 0.83, 0.84])
    >>> round(low, 4), round(high, 4)
    (0.7719, 0.8681)
    """
    runs = np.asarray(scores, dtype=np.float64)
    quantile = stdtrit(len(runs) - 1, 0.5 + confidence / 2)
    width = float(quantile * runs.std(ddof=1) * np.sqrt(1 + 1 / len(runs)))
    return float(runs.mean()) - width, float(runs.mean()) + width


def _half_digit(digits: int) -> float:
    # The sliver lets a measurement that lies on the half count as rounded either way: programs differ there.
    return 0.5 * 10.0**-digits * (1 + 1e-9)


def _same_digits(published: float, measured: float, digits: int) -> bool:
    return abs(published - measured) <= _half_digit(digits)


def _other_average(published: float, digits: int, values: Mapping[Metric, Sequence[float]], metric: Metric) -> str:
    """A sentence on the metric that the figure may be instead of the one it was said to be, if there is one."""
    said = f"{published:.{digits}f}"
    for other, scores in values.items():
        if other == metric or not len(scores):
            continue
        if _same_digits(published, float(np.mean(scores)), digits):
            return f" {said} is the {METRIC_NAMES[other]} measured here, not the {METRIC_NAMES[metric]}."
        if len(scores) >= MIN_SEEDS:
            low, high = prediction_interval(scores)
            if low <= published <= high:
                likely = f"{low:.{digits}f} to {high:.{digits}f}"
                return f" As {METRIC_NAMES[other]} it would be no surprise ({likely}): the two cannot be compared."
    return ""
