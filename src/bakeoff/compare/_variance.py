"""Where the variance of a score, or of a difference of scores, comes from: new rows, and new seeds.

Fit s of a contestant scores m_s = mu + A_s + R + I_s on the rows at hand: the procedure's mean, the worth of this fit,
the luck of the rows that all its fits share (hard rows are hard for all), and luck that they do not share. Over S fits

- *this fit* (new rows, these fits):     Var = Var_rows(mean of fits)        = Var R + Var I / S,
- *this procedure* (new rows and seeds): Var = Var R + (Var A + Var I) / S   = shared + s^2 / S,

where s^2 is the plain variance of the m_s, and ``shared`` = Var_rows(mean) - Var I / S is the mean covariance of two
different fits over the rows. Adding s^2 / S to Var_rows(mean) would count Var I twice.

Variances over rows are those of the group bootstrap within strata, in closed form and corrected for small samples: with
u_g the influence of group g, n_g its rows, T and N their sums in its stratum,

    Var_rows = sum over strata and groups of (u_g - n_g T / N)^2 / (1 - n_g / N),

which for m groups of one size is the bootstrap's variance times m / (m - 1), and for unequal ones gives large groups,
which pull their stratum's mean towards themselves, what they hide. A stratum has (sum n_g^2)^2 / sum n_g^4 - 1 degrees
of freedom (m - 1 for equal sizes): those of groups whose rows are right or wrong together. Parts are joined by
Satterthwaite's rule.

References
----------
Davison & Hinkley (1997), Bootstrap Methods and their Application, 2.7, 3.8; Bell & McCaffrey (2002), Survey Methodology
28, 169-181 (the correction); Cameron, Gelbach, Miller (2011), J. Bus. Econ. Stat. 29, 238-249 (two-way clustering);
Owen (2007), Ann. Appl. Stat. 1, 386-411; Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bakeoff.compare._table import Table

__all__ = ["Contrast", "RowCovariance", "Variances", "variances"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """A contestant's score (``minus`` None), or the difference of two.

    Parameters
    ----------
    plus, minus : int
        Positions of contestants.
    over_seeds : bool
        Whether the seeds vary too: the procedure, not these fits.
    paired : bool
        Whether fit i of one shares its randomness with fit i of the other.
    """

    plus: int
    minus: int | None = None
    over_seeds: bool = False
    paired: bool = False

    @property
    def sides(self) -> tuple[int, ...]:
        """Its contestants, one or two."""
        return (self.plus,) if self.minus is None else (self.plus, self.minus)


@dataclass(frozen=True, eq=False)
class Variances:
    """Variance of each contrast, in parts; every array is (n_contrasts,).

    Parameters
    ----------
    rows : variance over new rows with the fits as they are
    rows_freedom : its degrees of freedom
    shared : the part of ``rows`` that counts: all of it for these fits, what fits share for the procedure
    seeds : variance over new seeds of the mean of fits; 0 for these fits
    seeds_freedom : its degrees of freedom; infinite where it is 0
    """

    rows: Floats
    rows_freedom: Floats
    shared: Floats
    seeds: Floats
    seeds_freedom: Floats

    def with_rows(self, strata: Floats, freedom: Floats) -> "Variances":
        """One contrast with other variances over rows, (n_strata,) each: the part that fits share stays as it was."""
        kept = self.shared / self.rows if self.rows[0] > 0 else 1.0
        rows = np.atleast_1d(strata.sum())
        return replace(self, rows=rows, shared=kept * rows, rows_freedom=np.atleast_1d(satterthwaite(strata, freedom)))

    @property
    def total(self) -> Floats:
        """Variance of the contrast."""
        return self.shared + self.seeds

    @property
    def freedom(self) -> Floats:
        """Degrees of freedom of `total`."""
        return satterthwaite(np.stack([self.shared, self.seeds]), np.stack([self.rows_freedom, self.seeds_freedom]))


class RowCovariance:
    """Covariance over new rows of the scores of all fits, from the influences of the groups.

    Parameters
    ----------
    table : Table
        With at least two groups in each stratum.
    """

    def __init__(self, table: Table) -> None:
        clusters, averaging = table.clusters, table.averaging
        sizes = np.diff(clusters.starts).astype(np.float64)
        stratum_rows = np.bincount(clusters.strata, sizes)
        weights = 1 / (1 - sizes / stratum_rows[clusters.strata])
        n_strata, n_fits, n_contestants = len(stratum_rows), len(table.owner), table.n_contestants
        sums, cross = np.zeros((n_strata, n_fits)), np.zeros((n_strata, n_fits))
        squares = np.zeros((n_fits, n_fits))
        by_stratum = np.zeros((n_strata, n_contestants, n_contestants))
        for block, influence in table.influences():
            strata = clusters.strata[block]
            weighted = weights[block, None] * influence
            squares += weighted.T @ influence
            means, weighted_means = influence @ averaging, weighted @ averaging
            begins = np.flatnonzero(np.diff(strata, prepend=-1))
            sums[strata[begins]] += np.add.reduceat(influence, begins)
            cross[strata[begins]] += np.add.reduceat(sizes[block, None] * weighted, begins)
            for begin, end in pairwise([*begins, len(strata)]):
                by_stratum[strata[begin]] += weighted_means[begin:end].T @ means[begin:end]
        # sum w (u - n T/N)(u - n T/N)' = sum w u u' - k T' - T k' with k = (sum w n u - T (sum w n^2) / (2 N)) / N.
        heavy = np.bincount(clusters.strata, weights * sizes**2)
        known = (cross - sums * (heavy / stratum_rows / 2)[:, None]) / stratum_rows[:, None]
        product = known.T @ sums
        self.fits: Floats = squares - product - product.T
        outer = np.einsum("hi,hj->hij", known @ averaging, sums @ averaging)
        self.contestants: Floats = by_stratum - outer - outer.transpose(0, 2, 1)
        fourth = np.bincount(clusters.strata, sizes**4)
        self.strata_freedom: Floats = np.maximum(np.bincount(clusters.strata, sizes**2) ** 2 / fourth - 1, 1)
        self._table = table

    @cached_property
    def within(self) -> Floats:
        """Covariance of the fits' deviations from their contestant's mean, (n_fits, n_fits)."""
        owner = self._table.owner
        centring = np.eye(len(owner)) - self._table.averaging @ (owner == np.arange(owner.max() + 1)[:, None])
        return np.asarray(centring.T @ self.fits @ centring)

    def unshared(self, contrast: Contrast) -> float:
        """Var I / S: row luck of the mean of fits that the fits of one contestant do not share."""
        owner = self._table.owner
        sides = [np.flatnonzero(owner == side) for side in contrast.sides]
        variance = sum(self._of_mean(self.within[np.ix_(side, side)]) for side in sides)
        if contrast.paired:
            variance -= 2 * self._of_mean(self.within[np.ix_(sides[0], sides[1])])
        return float(variance)

    @staticmethod
    def _of_mean(within: Floats) -> float:
        n_fits = len(within)
        return 0.0 if n_fits == 1 else float(within.trace() / (n_fits - 1) / n_fits)


def variances(table: Table, covariance: RowCovariance, contrasts: Sequence[Contrast]) -> Variances:
    """Variance of each contrast, split into rows and seeds."""
    signs = np.zeros((table.n_contestants, len(contrasts)))
    for column, contrast in enumerate(contrasts):
        signs[contrast.plus, column] += 1
        if contrast.minus is not None:
            signs[contrast.minus, column] -= 1
    strata = np.maximum(np.einsum("ip,hij,jp->hp", signs, covariance.contestants, signs), 0)
    rows, rows_freedom = strata.sum(axis=0), satterthwaite(strata, covariance.strata_freedom[:, None])
    unshared = np.array([covariance.unshared(c) if c.over_seeds else 0.0 for c in contrasts])
    seeds = [_seed_variance(table, contrast) for contrast in contrasts]
    return Variances(
        rows=rows,
        rows_freedom=rows_freedom,
        shared=np.clip(rows - unshared, 0, rows),
        seeds=np.array([variance for variance, _ in seeds]),
        seeds_freedom=np.array([freedom for _, freedom in seeds]),
    )


def satterthwaite(parts: Floats, freedom: Floats) -> Floats:
    """Degrees of freedom of a sum of independent variances, along the first axis.

    nu = (sum v_i)^2 / sum(v_i^2 / nu_i); where all parts are zero, that of the parts together.
    """
    below = np.asarray((parts**2 / freedom).sum(axis=0))
    together = np.broadcast_to(np.where(np.isfinite(freedom), freedom, 0.0), parts.shape).sum(axis=0)
    return np.asarray(np.divide(parts.sum(axis=0) ** 2, below, out=np.array(together), where=below > 0))


def _seed_variance(table: Table, contrast: Contrast) -> tuple[float, float]:
    """Variance of the mean over seeds, and its degrees of freedom."""
    if not contrast.over_seeds:
        return 0.0, np.inf
    sides = [table.values[table.owner == side] for side in contrast.sides]
    if contrast.paired:
        sides = [sides[0] - sides[1]]
    parts = np.array([[side.var(ddof=1) / len(side), len(side) - 1] for side in sides if len(side) > 1])
    if not len(parts) or not parts[:, 0].any():
        return 0.0, np.inf
    return float(parts[:, 0].sum()), float(satterthwaite(parts[:, 0], parts[:, 1]))
