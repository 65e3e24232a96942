"""Bake-offs with known truth: predictions drawn from a model whose expected scores can be computed.

Row i of class c and group g is predicted rightly by fit s of contestant k where the margin

    M = worth_ks + class_effect_c + a G_g + b R_i + c H_kg + d E_ksi,    a^2 + b^2 + c^2 + d^2 = 1,

is positive, with worth_ks = ability_k + seed_sd_k * A_ks. All capital letters are standard normal: G and R are
difficulty that all contestants share, H is what one contestant finds hard in a group, A is the worth of one fit; two
contestants' A_ks of one seed correlate by ``seeds_alike``, everything else is independent. Given A, the chance of a hit
in class c is therefore Phi(worth_ks + class_effect_c) exactly. A wrong prediction is one of the other classes, drawn
alike for all: the next class with probability ``next_class``, else any, or those with more rows more often. The loss of
a row is log(1 + exp(-2 M)). Expected confusion matrices, and with them accuracy, F1 and log loss of large samples,
follow in closed form or by quadrature.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bakeoff.types import Metric

__all__ = ["SimulatedBakeoff", "Simulation"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARPNESS = 2.0
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@dataclass(frozen=True, eq=False)
class SimulatedBakeoff:
    """One draw.

    Parameters
    ----------
    y : (n,) int64
    groups : (n,) int64 or None
    predictions : dict of name to (n_seeds, n)
        Classes, or the losses of the rows where they were asked for.
    fit_worth : dict of name to (n_seeds,)
        ability + seed_sd * A of each fit, for the truth of *these fits*.
    """

    y: Ints
    groups: Ints | None
    predictions: dict[str, NDArray[np.int64] | Floats]
    fit_worth: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class Simulation:
    """A kind of bake-off.

    Parameters
    ----------
    abilities : sequence of float
        One a contestant; equal ones are equally good.
    group_sizes : (n_groups,) int
        Rows of each group; all 1 for no groups.
    group_classes : (n_groups,) int
        Class of each group.
    n_seeds : int or sequence of int
        Fits of each contestant.
    seed_sd : float or sequence of float
        Spread of the worth of fits, on the normal scale.
    seeds_alike : float
        Correlation of the worth of two contestants' fits with one seed; above 0 all have the same number of fits.
    group_share, row_share, own_group_share : float
        Shares of the variance: shared group difficulty, shared row difficulty, a contestant's own in a group.
    mixed_classes : bool
        Rows of a group run through all classes, and ``group_classes`` only says how many there are.
    class_spread : float
        Class effects run evenly from minus to plus this.
    class_ease : sequence of float, optional
        Class effects one by one instead.
    next_class : float
        Chance that a mistake falls on the next class.
    mistakes_by_size : bool
        Whether the other mistakes fall on classes in proportion to their rows, and not on all alike.

    Examples
    --------
    >>> kind = Simulation([1.0, 1.2], group_sizes=np.full(30, 8), group_classes=np.arange(30) % 3, n_seeds=2)
    >>> kind.draw(np.random.default_rng(0)).predictions["m1"].shape
    (2, 240)
    >>> [round(float(kind.truth("accuracy", ability)[0]), 3) for ability in kind.abilities]
    [0.834, 0.878]
    """

    abilities: Sequence[float]
    group_sizes: Ints
    group_classes: Ints
    n_seeds: int | Sequence[int] = 1
    seed_sd: float | Sequence[float] = 0.0
    seeds_alike: float = 0.0
    group_share: float = 0.0
    row_share: float = 0.5
    own_group_share: float = 0.0
    mixed_classes: bool = False
    class_spread: float = 0.3
    class_ease: Sequence[float] | None = None
    next_class: float = 0.5
    mistakes_by_size: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the contestants: m0, m1, ..."""
        return [f"m{number}" for number in range(len(self.abilities))]

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return int(self.group_classes.max()) + 1

    @property
    def has_groups(self) -> bool:
        """Whether any group has more than one row."""
        return bool((self.group_sizes > 1).any())

    @property
    def class_effects(self) -> Floats:
        """Ease of each class."""
        if self.class_ease is not None:
            return np.asarray(self.class_ease, dtype=np.float64)
        return np.linspace(-self.class_spread, self.class_spread, self.n_classes)

    @property
    def seeds_of(self) -> list[int]:
        """How many fits each contestant has."""
        return [int(number) for number in np.broadcast_to(self.n_seeds, len(self.abilities))]

    @property
    def spreads(self) -> Floats:
        """Spread of the worth of each contestant's fits."""
        return np.broadcast_to(np.asarray(self.seed_sd, dtype=np.float64), len(self.abilities))

    def draw(self, rng: np.random.Generator, metric: Metric = "accuracy") -> SimulatedBakeoff:
        """One bake-off: predicted classes, or losses where the metric is the log loss."""
        group, y = self._rows()
        n_groups = len(self.group_sizes)
        shared = np.sqrt(self.group_share) * rng.standard_normal(n_groups)[group]
        shared = shared + np.sqrt(self.row_share) * rng.standard_normal(len(y)) + self.class_effects[y]
        own_share = 1 - self.group_share - self.row_share - self.own_group_share
        alike = rng.standard_normal(max(self.seeds_of))
        predictions: dict[str, NDArray[np.int64] | Floats] = {}
        fit_worth = {}
        for name, ability, spread, n_seeds in zip(self.names, self.abilities, self.spreads, self.seeds_of, strict=True):
            own_worth = rng.standard_normal(n_seeds)
            luck = np.sqrt(self.seeds_alike) * alike[:n_seeds] + np.sqrt(1 - self.seeds_alike) * own_worth
            fit_worth[name] = worth = ability + spread * luck
            ease = shared + np.sqrt(self.own_group_share) * rng.standard_normal(n_groups)[group]
            # Single precision is drawn twice as fast, and only the sign of the margin counts.
            margin = np.sqrt(own_share, dtype=np.float32) * rng.standard_normal((n_seeds, len(y)), dtype=np.float32)
            margin += ease.astype(np.float32) + worth[:, None].astype(np.float32)
            if metric == "log_loss":
                predictions[name] = row_loss(margin.astype(np.float64))
            else:
                predictions[name] = self._said(y, margin > 0, rng)
        return SimulatedBakeoff(y, group if self.has_groups else None, predictions, fit_worth)

    def truth(self, metric: Metric, worth: Floats | float) -> Floats:
        """Score of fits of this worth on a very large test set with the same class shares, one a fit."""
        ease = np.atleast_1d(worth)[:, None] + self.class_effects
        share = np.bincount(self._rows()[1], minlength=self.n_classes) / self.group_sizes.sum()
        if metric == "log_loss":
            return np.asarray((row_loss(ease[..., None] + NODES) @ WEIGHTS / WEIGHTS.sum()) @ share)
        chance = ndtr(ease)
        hits, misses = chance * share, (1 - chance) * share
        if metric == "accuracy":
            return np.asarray(hits.sum(axis=1))
        drawn_to = share if self.mistakes_by_size else np.ones_like(share)
        spread = misses / np.maximum(drawn_to.sum() - drawn_to, 1e-300)
        said = hits + self.next_class * np.roll(misses, 1, axis=1)
        said = said + (1 - self.next_class) * drawn_to * (spread.sum(axis=1, keepdims=True) - spread)
        f1 = 2 * hits / (said + share)
        return np.asarray(f1.mean(axis=1) if metric == "f1_macro" else f1 @ share)

    def procedure_truth(self, metric: Metric, contestant: int) -> float:
        """Expected score of a new fit of a contestant."""
        worth = self.abilities[contestant] + self.spreads[contestant] * NODES
        return float(self.truth(metric, worth) @ WEIGHTS / WEIGHTS.sum())

    def _rows(self) -> tuple[Ints, Ints]:
        """Group and class of every row."""
        group = np.repeat(np.arange(len(self.group_sizes)), self.group_sizes)
        return group, np.arange(len(group)) % self.n_classes if self.mixed_classes else self.group_classes[group]

    def _said(self, y: Ints, right: NDArray[np.bool_], rng: np.random.Generator) -> Ints:
        """The true class where right, else another one."""
        said = np.broadcast_to(y, right.shape).copy()
        wrong = np.flatnonzero(~right)
        any_other = self._any_other(said.ravel()[wrong], np.bincount(y, minlength=self.n_classes), rng)
        step = np.where(rng.random(len(wrong)) < self.next_class, 1, any_other)
        said.ravel()[wrong] = (said.ravel()[wrong] + step) % self.n_classes
        return said

    def _any_other(self, true: Ints, sizes: Ints, rng: np.random.Generator) -> Ints:
        """How many classes further on a mistake falls."""
        if not self.mistakes_by_size:
            return rng.integers(1, self.n_classes, size=len(true))
        ends = np.cumsum(sizes)
        # A number among the rows of the other classes: those of the own class are jumped over.
        row = np.floor(rng.random(len(true)) * (ends[-1] - sizes[true])).astype(np.int64)
        row += np.where(row >= (ends - sizes)[true], sizes[true], 0)
        return np.asarray(np.searchsorted(ends, row, side="right") - true)


def row_loss(margin: Floats) -> Floats:
    """The loss of a row from its margin.

    Examples
    --------
    >>> row_loss(np.array([0.0])).round(4)
    array([0.6931])
    """
    return np.asarray(np.logaddexp(0, -SHARPNESS * margin))
