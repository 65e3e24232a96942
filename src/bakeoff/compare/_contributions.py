"""What one row, or one group of rows, contributes to a score and to a difference of two scores.

Accuracy is a sum over rows, F1 is not. Two linear forms make it one, and everything after works on sums by group.

*Influence of a row on one score* (the nonparametric delta method). With t = hits of class c, p = rows predicted c,
n = rows of class c and F = 2t/D, D = p + n, a row of true class y predicted as k changes F_c by
(2[y=k=c] - F_c([k=c] + [y=c])) / D_c. Influences sum to zero; the variance of their sums by group is that of the group
bootstrap, in closed form.

*Share of a row in a difference* (exact, no approximation). For two predictions a, b of the same rows,

    F_a - F_b = (2 (t_a - t_b) - Fbar (p_a - p_b)) / Dbar,    Fbar = (F_a + F_b) / 2,   Dbar = (D_a + D_b) / 2,

so a difference of F1 is a sum of shares, one a row, and rows on which a and b agree have share zero: what McNemar's
test uses of accuracy, for F1. Swapping a and b in a row turns its share around (Dbar is the same after any swap, Fbar
up to the third order of the difference).

References
----------
Hampel (1974), JASA 69, 383-393; Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, ch. 6;
Davison & Hinkley (1997), Bootstrap Methods and their Application, 2.7 and 3.8. The identity for F1 differences is
elementary: 2t = F D, and F_a D_a - F_b D_b = Dbar (F_a - F_b) + Fbar (D_a - D_b).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import Metric

__all__ = ["Outcomes", "Weights", "influence_weights", "metric_values", "share_weights"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """A row of true class y predicted as k counts ``gain[y] [y=k] - cost[k] + base[y]``.

    Parameters
    ----------
    gain, base : (n_fits, n_classes)
    cost : (n_fits, n_classes + 1)
        The last column, for predictions outside the classes, is zero.
    """

    gain: Floats
    cost: Floats
    base: Floats

    @cached_property
    def own(self) -> Floats:
        """What the true class adds, (n_fits, 2 n_classes): for misses of each class, then for hits."""
        return np.concatenate([self.base, self.base + self.gain], axis=1)

    def rows(self, own_index: NDArray[np.intp], said: NDArray[Any]) -> Floats:
        """The contribution of each row for each fit, (n_fits, n).

        Parameters
        ----------
        own_index : (n_fits, n)
            True class of each row, plus ``n_classes`` where it was hit.
        said : (n_fits, n)
        """
        fit = np.arange(len(said))[:, None]
        result: Floats = self.own.ravel().take(own_index + fit * self.own.shape[1])
        result -= self.cost.ravel().take(said + fit * self.cost.shape[1])
        return result


def metric_values(counts: NDArray[np.int64], metric: Metric) -> Floats:
    """The score of each fit from its outcome counts, (n_fits, n_classes, n_classes + 1) -> (n_fits,)."""
    hits, _, support, f1 = Outcomes.of(counts)
    if metric == "accuracy":
        return np.asarray(hits.sum(axis=1) / support.sum(axis=1))
    return np.asarray((class_weights(support, metric) * f1).sum(axis=1))


def class_weights(support: Floats, metric: Metric) -> Floats:
    """How much each class counts: equally among those present (macro), or by its rows (weighted)."""
    if metric == "f1_macro":
        return np.asarray((support > 0) / (support > 0).sum(axis=-1, keepdims=True))
    return np.asarray(support / support.sum(axis=-1, keepdims=True))


def influence_weights(counts: NDArray[np.int64], metric: Metric) -> Weights:
    """Influence of a row on each fit's score, from the outcome counts of all rows.

    Parameters
    ----------
    counts : (n_fits, n_classes, n_classes + 1)
    metric : {"accuracy", "f1_macro", "f1_weighted"}
    """
    hits, predicted, support, f1 = Outcomes.of(counts)
    n_rows = support.sum(axis=1, keepdims=True)
    value = metric_values(counts, metric)[:, None]
    if metric == "accuracy":
        zero = np.zeros_like(hits)
        return Weights(np.broadcast_to(1 / n_rows, hits.shape), _with_outside(zero), zero - value / n_rows)
    scale = _per_row(class_weights(support, metric), predicted + support)
    base = -scale * f1
    if metric == "f1_weighted":
        base = base + (f1 - value) / n_rows
    return Weights(2 * scale, _with_outside(scale * f1), base)


def share_weights(own: "Outcomes", others: "Outcomes", metric: Metric) -> Weights:
    """Shares of a row in the difference of one contestant's mean score from another's: the one's side of it.

    The mean over all pairs of a fit of one and a fit of the other; the difference is the sum over rows of the mean of
    these weights over the fits of the one, minus that of the other's weights against the one over its fits.

    Parameters
    ----------
    own, others : Outcomes
    metric : {"accuracy", "f1_macro", "f1_weighted"}
    """
    support = own.support[0]
    if metric == "accuracy":
        zero = np.zeros_like(own.hits)
        return Weights(np.full_like(own.hits, 1 / support.sum()), _with_outside(zero), zero)
    breadth = (own.predicted[:, None] + others.predicted) / 2 + support
    scale = _per_row(class_weights(support, metric), breadth)
    cost = scale * (own.f1[:, None] + others.f1) / 2
    return Weights(2 * scale.mean(axis=1), _with_outside(cost.mean(axis=1)), np.zeros_like(own.hits))


class Outcomes(NamedTuple):
    """Hits, rows predicted, rows and F1 of every class, (n_fits, n_classes) each."""

    hits: Floats
    predicted: Floats
    support: Floats
    f1: Floats

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> "Outcomes":
        """From the outcome counts, (n_fits, n_classes, n_classes + 1)."""
        n_classes = counts.shape[1]
        hits = np.diagonal(counts[:, :, :n_classes], axis1=1, axis2=2).astype(np.float64)
        predicted = counts[:, :, :n_classes].sum(axis=1).astype(np.float64)
        support = counts.sum(axis=2).astype(np.float64)
        breadth = predicted + support
        return cls(hits, predicted, support, np.divide(2 * hits, breadth, out=np.zeros_like(hits), where=breadth > 0))


def _per_row(weight: Floats, breadth: Floats) -> Floats:
    """A class' weight over its breadth; classes without true rows have no weight and may have no breadth either."""
    return np.divide(weight, breadth, out=np.zeros(breadth.shape), where=breadth > 0)


def _with_outside(cost: Floats) -> Floats:
    return np.concatenate([cost, np.zeros((len(cost), 1))], axis=1)
