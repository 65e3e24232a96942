"""Mistakes that no row at hand shows, in classes that weigh much and have few rows.

In macro F1 every class counts alike, so one row of a class of 5 may weigh as much as a hundred of a class of 500. If
none of the 5 happens to be mistaken, the estimated variance within their class is 0, and the score looks as sure as the
large classes make it. For one proportion Agresti and Coull add two hits and two misses; for a sum of proportions Price
and Bonett share them out over all of its terms. Here each class gets e = 2 / J hits and as many misses, with

    J = (sum w_c)^2 / sum w_c^2,      w_c = m_c s_c^2,

the number of classes that matter (m_c units in class c; s_c what the score loses if one of them is mistaken): all of
them where classes are alike, one where one rare class decides. With h_c the class' share of hits, the variance within
it is that of the enlarged class,

    V_c' = (V_c + s_c^2 (e/2 + 2 e m_c (h_c - 1/2)^2 / (m_c + 2 e)) + e f_c^2) (m_c / (m_c + 2 e))^2,

f_c being what one false alarm costs the class, and the score of the enlarged classes is m' = m - sum of
s_c m_c e (2 h_c - 1) / (m_c + 2 e). Both are for the effective number of rows, m' (1 - m') / V', and not for the score.

A unit is a group, as far as its rows go together: with the design effect q = sum V_c / sum m_c s_c^2 h_c (1 - h_c), at
most 1, there are m_c / q units that count q s_c each. m_c is Kish's number where sizes differ. Where groups
mix classes there is one stratum, and its variance is shared out in proportion to w_c.

The difference of two contestants gets what Bonett and Price add for paired proportions, two units on which they differ,
shared out over the classes in the same way: 2 / J sum of q (s_c^2 + f_c^2), q being how much less than a whole unit the
units count on which they do differ. In accuracy rows weigh alike, and two units are two of the usual size.

References
----------
Agresti & Coull (1998), Am. Stat. 52, 119-126; Price & Bonett (2004), Comput. Stat. Data Anal. 45, 449-456 (linear
functions of proportions); Bonett & Price (2012), J. Educ. Behav. Stat. 37, 479-488; Korn & Graubard (1998), Survey
Methodology 24, 193-201 (design effect); Kish (1965), Survey Sampling, 8.2 (J, and numbers of units).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.compare._contributions import influence_weights
from bakeoff.compare._randomisation import Randomisation
from bakeoff.compare._table import Table
from bakeoff.compare._variance import Contrast, Variances

__all__ = ["Units", "score_with_unseen", "variance_of_unseen"]

Floats = NDArray[np.float64]
ADDED = 2.0
"""Hits, and misses, that are added in all: z^2 / 2 for 95 %, as Agresti and Coull round it."""


@dataclass(frozen=True, eq=False)
class Units:
    """What one unit of each class that has rows counts, for the mean score of one contestant; all (n_present,).

    Parameters
    ----------
    number : Kish's number of units in the class
    swing : what the score loses if one unit is mistaken
    false_alarm : what it loses if one unit of other classes is taken for this one
    hits : share of rows that are hit
    """

    number: Floats
    swing: Floats
    false_alarm: Floats
    hits: Floats

    @classmethod
    def of(cls, table: Table, contestant: int) -> "Units":
        """From the counts of the contestant's fits."""
        counts = table.counts[table.owner == contestant]
        support = counts[0].sum(axis=1)
        present = support > 0
        n_classes = len(support)
        weights = influence_weights(counts, table.metric)
        cost = weights.cost[:, :n_classes]
        said = counts[:, :, :n_classes].sum(axis=1) + 1e-12
        elsewhere = (said * cost).sum(axis=1, keepdims=True) / said.sum(axis=1, keepdims=True)
        swing = (weights.gain - cost + elsewhere).mean(axis=0)
        hits = np.diagonal(counts[:, :, :n_classes], axis1=1, axis2=2).mean(axis=0)
        number = _numbers(table)
        size = support[present] / number
        return cls(
            number=number,
            swing=swing[present] * size,
            false_alarm=cost.mean(axis=0)[present] * size,
            hits=hits[present] / support[present],
        )

    @property
    def weight(self) -> Floats:
        """What a class adds to the variance, but for its share of hits: w_c."""
        return self.number * self.swing**2

    @property
    def added(self) -> float:
        """Hits, and misses, that each class gets: e."""
        return ADDED * float((self.weight**2).sum() / self.weight.sum() ** 2)


def score_with_unseen(table: Table, contestant: int, mean: float, strata: Floats) -> tuple[float, Floats]:
    """The score and the variances of the enlarged classes, m' and V_c', of one contestant.

    Parameters
    ----------
    table : Table
    contestant : int
    mean : float
    strata : (n_strata,)
        Variance within each.
    """
    units = Units.of(table, contestant)
    pure = table.clusters.n_strata == len(units.number)
    parts = strata if pure else strata.sum() * units.weight / units.weight.sum()
    binomial = float((units.weight * units.hits * (1 - units.hits)).sum())
    effect = min(1.0, float(parts.sum()) / binomial) if binomial > 0 and parts.any() else 1.0
    number, swing, false_alarm = units.number / effect, units.swing * effect, units.false_alarm * effect
    added = units.added
    larger = number + 2 * added
    unseen = swing**2 * added * (0.5 + 2 * number * (units.hits - 0.5) ** 2 / larger) + added * false_alarm**2
    shift = (swing * number * added * (2 * units.hits - 1) / larger).sum()
    return mean - float(shift), (parts + unseen) * (number / larger) ** 2


def variance_of_unseen(table: Table, contrasts: Sequence[Contrast], parts: Variances, tested: Randomisation) -> Floats:
    """What units on which two contestants might have differed add to the variance of each difference, (n_contrasts,).

    Parameters
    ----------
    table : Table
    contrasts : sequence of Contrast
        Of two contestants each.
    parts : Variances
    tested : Randomisation
        Says on how many groups they do differ, and what those count.
    """
    if table.metric != "f1_macro":
        return _usual_units(table, parts.shared, tested.n_differing.sum(axis=0))
    groups = np.bincount(table.clusters.strata)[:, None]
    known = [_whole_units(table, contestant) for contestant in range(table.n_contestants)]
    squares = np.stack([np.mean([known[side][0] for side in c.sides], axis=0) for c in contrasts], axis=1)
    added = np.array([np.mean([known[side][1] for side in c.sides]) for c in contrasts])
    kept = np.divide(parts.shared, parts.rows, out=np.ones_like(parts.rows), where=parts.rows > 0)
    # By class: where all rows that differ but one are of a large class, that one must not decide what a unit counts.
    part = np.minimum(
        np.divide(tested.squared, squares, out=np.zeros_like(squares), where=squares > 0), tested.n_differing
    )
    total = tested.n_differing.sum(axis=0)
    share = kept * np.divide(part.sum(axis=0), total, out=np.ones(len(total)), where=total > 0)
    return np.asarray(share * (np.clip(groups - tested.n_differing, 0, added) * squares).sum(axis=0))


def _usual_units(table: Table, rows: Floats, n_differing: NDArray[np.int64]) -> Floats:
    """Two units like those on which they differ; where there are none, two of the usual size."""
    clusters = table.clusters
    sizes = np.diff(clusters.starts) / clusters.n_rows
    none = 0.0 if table.metric == "log_loss" else ADDED * float(np.mean(sizes**2))
    further = np.clip(clusters.n_groups - n_differing, 0, ADDED)
    return np.where(n_differing > 0, rows * further / np.maximum(n_differing, 1), none)


def _whole_units(table: Table, contestant: int) -> tuple[Floats, float]:
    """Square of what a unit of each stratum counts at most, and how many units each stratum gets."""
    units = Units.of(table, contestant)
    squares = units.swing**2 + units.false_alarm**2
    if table.clusters.n_strata == len(squares):
        return squares, units.added
    return np.atleast_1d(units.number @ squares / table.clusters.n_groups), ADDED


def _numbers(table: Table) -> Floats:
    """Kish's number of units in each class that has rows."""
    clusters = table.clusters
    group = np.repeat(np.arange(clusters.n_groups), np.diff(clusters.starts))
    pairs, rows = np.unique(table.y * clusters.n_groups + group, return_counts=True)
    label = pairs // clusters.n_groups
    total, squares = np.bincount(label, rows), np.bincount(label, rows.astype(np.float64) ** 2)
    return np.asarray(total[total > 0] ** 2 / squares[total > 0])
