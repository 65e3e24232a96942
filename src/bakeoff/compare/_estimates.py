"""One contestant's score with its interval.

Scores in 0..1 get Wilson's interval with an effective sample size: with score m, variance V and Student's t,

    n_eff = m (1 - m) / V,      the interval is { p : (m - p)^2 <= t^2 p (1 - p) / n_eff }.

It stays inside 0..1, is wider towards the middle as it should be, and does not shrink to a point where no mistake was
seen (n_eff is then the effective number of groups). In macro F1, where a row of a rare class weighs much, m and V in
n_eff have what mistakes that were not seen would add (`_unseen`). The log loss, positive and skewed, gets its interval
on the log scale: m exp(+- t sqrt(V) / m).

References
----------
Wilson (1927), JASA 22, 209-212; Korn & Graubard (1998), Survey Methodology 24, 193-201 (effective sample size);
Kish (1965), Survey Sampling, 8.2; Brown, Cai, DasGupta (2001), Stat. Sci. 16, 101-133.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from bakeoff.compare._options import CompareOptions
from bakeoff.compare._seeds import MIN_SEEDS
from bakeoff.compare._table import Table
from bakeoff.compare._unseen import score_with_unseen
from bakeoff.compare._variance import Contrast, RowCovariance, variances

__all__ = ["Estimand", "Estimate", "summarise"]

NO_VARIANCE = 1e-20

Estimand: TypeAlias = Literal["this fit", "this procedure"]
"""Whether the interval is about new rows for these fits, or about new rows and new seeds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A contestant's score on one metric.

    Parameters
    ----------
    mean : float
        Over seeds.
    low, high : float or None
        The interval; None where there are too few groups.
    sd_seeds : float or None
        Standard deviation of the scores over seeds, rows as they are; None for one seed.
    values : sequence of float
        One score a seed.
    estimand : {"this fit", "this procedure"}
    n_groups : int
        What was drawn anew: groups, or rows where there are no groups.
    reason : str or None
        Why there is no interval.
    """

    mean: float
    low: float | None
    high: float | None
    sd_seeds: float | None
    values: Sequence[float] = field(default_factory=tuple)
    estimand: Estimand = "this fit"
    n_groups: int = 0
    reason: str | None = None


def summarise(
    predictions: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike | None,
    n_classes: int,
    options: CompareOptions | None = None,
    deterministic: bool = False,
) -> Estimate:
    """The score of one contestant, its mean over seeds, and an interval for it.

    With five seeds or more (or none needed) the interval is for the procedure: new rows and a new seed. With fewer it
    is for these fits: new rows alone. The training rows, and the shares of the classes, are as they are; out-of-fold
    predictions of cross-validation count as one set of rows, and the interval is for these folds.

    Parameters
    ----------
    predictions : (n_seeds, n) int, or (n,) for one
        Predicted classes; anything outside 0..n_classes-1 is a miss. For ``log_loss``: the losses of the rows
        (`row_losses`).
    y : (n,) int
    groups : (n,) int or None
    n_classes : int
    options : CompareOptions, optional
        Metric and confidence.
    deterministic : bool, default=False
        Whether every seed would give the same predictions.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> y = np.arange(200) % 2
    >>> said = np.where(np.arange(200) // 2 % 10 == 0, 1 - y, y)
    >>> estimate = summarise(said, y, None, 2, CompareOptions(metric="accuracy"), deterministic=True)
    >>> round(estimate.mean, 3), round(estimate.low, 3), round(estimate.high, 3), estimate.estimand
    (0.9, 0.85, 0.935, 'this procedure')
    """
    options = options or CompareOptions()
    table = Table.of({"": predictions}, y, groups, n_classes, options.metric)
    mean, n_seeds = float(table.values.mean()), len(table.values)
    over_seeds = deterministic or n_seeds >= MIN_SEEDS
    reason = table.clusters.too_few
    low, high = (None, None) if reason else _interval(table, mean, over_seeds, options)
    return Estimate(
        mean=mean,
        low=low,
        high=high,
        sd_seeds=float(table.values.std(ddof=1)) if n_seeds > 1 else None,
        values=tuple(map(float, table.values)),
        estimand="this procedure" if over_seeds else "this fit",
        n_groups=table.clusters.n_groups,
        reason=reason,
    )


def score_interval(mean: float, effective_size: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval for a score in 0..1 that tells as much as so many independent rows.

    Examples
    --------
    >>> low, high = score_interval(0.9, 100, 1.959964)  # 90 of 100
    >>> round(low, 4), round(high, 4)
    (0.8256, 0.9448)
    """
    spread = quantile**2 / effective_size
    centre, width = mean + spread / 2, np.sqrt(spread * (max(mean * (1 - mean), 0.0) + spread / 4))
    return max(float((centre - width) / (1 + spread)), 0.0), min(float((centre + width) / (1 + spread)), 1.0)


def _interval(table: Table, mean: float, over_seeds: bool, options: CompareOptions) -> tuple[float, float]:
    covariance = RowCovariance(table)
    parts = variances(table, covariance, [Contrast(0, over_seeds=over_seeds)])
    centre = mean
    if options.metric == "f1_macro":
        centre, strata = score_with_unseen(table, 0, mean, covariance.contestants[:, 0, 0])
        parts = parts.with_rows(strata, covariance.strata_freedom)
    variance, freedom = float(parts.total[0]), float(parts.freedom[0])
    quantile = float(stdtrit(freedom, 0.5 + options.confidence / 2))
    if options.metric == "log_loss":
        ratio = np.exp(quantile * np.sqrt(variance) / mean) if mean > 0 else 1.0
        return float(mean / ratio), float(mean * ratio)
    # No group differs from another: nothing to estimate a variance from, so the groups themselves are counted.
    size = centre * (1 - centre) / variance if variance > NO_VARIANCE else table.clusters.effective_groups
    return score_interval(mean, size, quantile)
