"""How far one score is from another that was measured on other rows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from bakeoff.report._format import is_number

__all__ = ["Gap", "bonferroni", "gap"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference of two scores.

    Parameters
    ----------
    mean : float
    low, high : float or None
        Its interval; None where either score has none.
    """

    mean: float
    low: float | None = None
    high: float | None = None

    def exceeds(self, margin: float = 0.0) -> bool:
        """Whether it is more than chance explains, and than a margin within which a difference counts as none."""
        return self.low is not None and self.high is not None and (self.low > margin or self.high < -margin)


def gap(a: Mapping[str, Any], b: Mapping[str, Any], wider: float = 1.0) -> Gap | None:
    """The first score minus the second, which is of other rows; None where either is missing.

    The interval is made of the two intervals, each with its own length on either side (the method MOVER).

    Parameters
    ----------
    a, b : mapping
        ``mean``, ``low`` and ``high`` as in ``results.json``.
    wider : float
        By how much the interval is stretched, where several gaps are looked at together; see `bonferroni`.

    References
    ----------
    Zou & Donner (2008), Construction of confidence limits about effect measures: a general approach, Statistics in
    Medicine 27, 1693-1702.

    Examples
    --------
    >>> found = gap({"mean": 0.9, "low": 0.87, "high": 0.93}, {"mean": 0.8, "low": 0.76, "high": 0.84})
    >>> round(found.mean, 3), round(found.low, 3), round(found.high, 3)
    (0.1, 0.05, 0.15)
    """
    if not (is_number(a.get("mean")) and is_number(b.get("mean"))):
        return None
    mean = a["mean"] - b["mean"]
    if not all(is_number(score.get(end)) for score in (a, b) for end in ("low", "high")):
        return Gap(mean)
    below = math.hypot(a["mean"] - a["low"], b["high"] - b["mean"])
    above = math.hypot(a["high"] - a["mean"], b["mean"] - b["low"])
    return Gap(mean, mean - wider * below, mean + wider * above)


def bonferroni(confidence: float, n_intervals: int) -> float:
    """By how much normal intervals are stretched, so that all of them together hold with a confidence.

    Examples
    --------
    >>> round(bonferroni(0.95, 1), 3), round(bonferroni(0.95, 5), 3)
    (1.0, 1.314)
    """
    tail = (1 - confidence) / 2
    normal = NormalDist()
    return normal.inv_cdf(1 - tail / max(n_intervals, 1)) / normal.inv_cdf(1 - tail)
