"""How far one score is from another that was measured on other rows; of validation and test scores above all."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from scipy.special import ndtri

__all__ = ["Gap", "bonferroni", "score_gap", "validation_gaps"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference of two scores of different rows.

    Parameters
    ----------
    mean : float
    low, high : float or None
        Its interval; None where either score has none.
    margin : float, default=0.0
        Within which a difference counts as none.
    """

    mean: float
    low: float | None = None
    high: float | None = None
    margin: float = 0.0

    @property
    def is_beyond_chance(self) -> bool:
        """Whether it surely is a difference, be it as small as it may."""
        return self._lies_beyond(0.0)

    @property
    def is_beyond_margin(self) -> bool:
        """Whether it surely is a difference that counts."""
        return self._lies_beyond(self.margin)

    def _lies_beyond(self, limit: float) -> bool:
        return self.low is not None and self.high is not None and (self.low > limit or self.high < -limit)


def score_gap(a: Mapping[str, Any], b: Mapping[str, Any], wider: float = 1.0, margin: float = 0.0) -> Gap | None:
    """The first score minus the second, which is of other rows; None where either is missing.

    The interval is made of the two intervals, each with its own length on either side (the method MOVER). Scores of
    rows that overlap vary together, which makes it too wide rather than too narrow.

    Parameters
    ----------
    a, b : mapping
        ``mean``, ``low`` and ``high`` as in ``results.json``.
    wider : float
        By how much the interval is stretched, where several gaps are looked at together; see `bonferroni`.
    margin : float
        Within which a difference counts as none.

    References
    ----------
    Zou & Donner (2008), Construction of confidence limits about effect measures: a general approach, Statistics in
    Medicine 27, 1693-1702.

    Examples
    --------
    >>> found = score_gap({"mean": 0.9, "low": 0.87, "high": 0.93}, {"mean": 0.8, "low": 0.76, "high": 0.84})
    >>> round(found.mean, 3), round(found.low, 3), round(found.high, 3)
    (0.1, 0.05, 0.15)
    """
    if not (_is_finite(a.get("mean")) and _is_finite(b.get("mean"))):
        return None
    mean = a["mean"] - b["mean"]
    if not (_has_interval(a) and _has_interval(b)):
        return Gap(mean, margin=margin)
    below = math.hypot(a["mean"] - a["low"], b["high"] - b["mean"])
    above = math.hypot(a["high"] - a["mean"], b["mean"] - b["low"])
    return Gap(mean, mean - wider * below, mean + wider * above, margin)


def bonferroni(confidence: float, n_intervals: int) -> float:
    """By how much normal intervals are stretched, so that all of them together hold with a confidence.

    Examples
    --------
    >>> round(bonferroni(0.95, 1), 3), round(bonferroni(0.95, 5), 3)
    (1.0, 1.314)
    """
    tail = (1 - confidence) / 2
    return float(ndtri(1 - tail / max(n_intervals, 1)) / ndtri(1 - tail))


def validation_gaps(results: Mapping[str, Any]) -> dict[str, Gap]:
    """Validation minus test by the primary metric, of every contestant that has both, of different rows.

    A contestant that guesses is left out: its score says nothing of the split. The intervals hold together
    (Bonferroni). The margin of equality is one of scores; a loss has none.

    Parameters
    ----------
    results : mapping
        ``protocol`` and ``contestants`` of ``results.json``.

    Returns
    -------
    dict of contestant name to Gap
        Empty where the validation rows are the test rows, or folds.
    """
    protocol = results.get("protocol") or {}
    if protocol.get("validation") == "test" or protocol.get("test") == "folds":
        return {}
    metric, margin = protocol.get("primary_metric") or "f1_macro", protocol.get("margin")
    pairs = {
        str(entry.get("name", "")): [(entry.get(part) or {}).get(metric) or {} for part in ("validation", "test")]
        for entry in results.get("contestants") or ()
        if entry.get("family") != "dummy"
    }
    n_intervals = sum(all(map(_has_interval, pair)) for pair in pairs.values())
    wider = bonferroni(protocol.get("confidence") or 0.95, n_intervals)
    counts = margin if metric != "log_loss" and _is_finite(margin) else 0.0
    gaps = {name: score_gap(validation, test, wider, counts) for name, (validation, test) in pairs.items()}
    return {name: found for name, found in gaps.items() if found is not None}


def _has_interval(score: Mapping[str, Any]) -> bool:
    return all(_is_finite(score.get(key)) for key in ("mean", "low", "high"))


def _is_finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
