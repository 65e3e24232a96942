"""Bake-offs with known truth: predictions drawn from a model whose expected scores can be computed.

Row i of class c and group g is predicted rightly by fit s of contestant k where

    ability_k + seed_sd * A_ks + class_effect_c + a G_g + b R_i + c H_kg + d E_ksi > 0,    a^2 + b^2 + c^2 + d^2 = 1,

all capital letters independent standard normal: G and R are difficulty that all contestants share, H is what one
contestant finds hard in a group, A is the worth of one fit. Given A, the chance of a hit in class c is therefore
Phi(ability_k + seed_sd * A_ks + class_effect_c) exactly. A wrong prediction is one of the other classes, drawn alike
for all: the next class with probability ``next_class``, else any. Expected confusion matrices, and with them
accuracy and F1 of large samples, follow in closed form for a fit, and by quadrature over A for a procedure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

__all__ = ["SimulatedBakeoff", "Simulation"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SimulatedBakeoff:
    """One draw.

    Parameters
    ----------
    y : (n,) int64
    groups : (n,) int64 or None
    predictions : dict of name to (n_seeds, n) int64
    fit_worth : dict of name to (n_seeds,)
        ability + seed_sd * A of each fit, for the truth of *these fits*.
    """

    y: Ints
    groups: Ints | None
    predictions: dict[str, Ints]
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
    n_seeds : int
    seed_sd : float
        Spread of the worth of fits, on the normal scale.
    group_share, row_share, own_group_share : float
        Shares of the variance: shared group difficulty, shared row difficulty, a contestant's own in a group.
    class_spread : float
        Class effects run evenly from minus to plus this.
    next_class : float
        Chance that a mistake falls on the next class.
    """

    abilities: Sequence[float]
    group_sizes: Ints
    group_classes: Ints
    n_seeds: int = 1
    seed_sd: float = 0.0
    group_share: float = 0.0
    row_share: float = 0.5
    own_group_share: float = 0.0
    class_spread: float = 0.3
    next_class: float = 0.5

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
        return np.linspace(-self.class_spread, self.class_spread, self.n_classes)

    def draw(self, rng: np.random.Generator) -> SimulatedBakeoff:
        """One bake-off."""
        group = np.repeat(np.arange(len(self.group_sizes)), self.group_sizes)
        y = self.group_classes[group]
        shared = np.sqrt(self.group_share) * rng.standard_normal(len(self.group_sizes))[group]
        shared = shared + np.sqrt(self.row_share) * rng.standard_normal(len(y)) + self.class_effects[y]
        own_share = 1 - self.group_share - self.row_share - self.own_group_share
        predictions, worth = {}, {}
        for name, ability in zip(self.names, self.abilities, strict=True):
            own = np.sqrt(self.own_group_share) * rng.standard_normal(len(self.group_sizes))[group]
            worth[name] = ability + self.seed_sd * rng.standard_normal(self.n_seeds)
            noise = np.sqrt(own_share) * rng.standard_normal((self.n_seeds, len(y)))
            right = worth[name][:, None] + shared + own + noise > 0
            predictions[name] = np.where(right, y, self._mistakes(y, rng))
        return SimulatedBakeoff(y, group if self.has_groups else None, predictions, worth)

    def truth(self, metric: Literal["accuracy", "f1_macro", "f1_weighted"], worth: Floats | float) -> Floats:
        """Score of fits of this worth on a very large test set with the same class shares, one a fit."""
        chance = ndtr(np.atleast_1d(worth)[:, None] + self.class_effects)
        share = np.bincount(self.group_classes, self.group_sizes, self.n_classes) / self.group_sizes.sum()
        hits, misses = chance * share, (1 - chance) * share
        spread = (1 - self.next_class) / max(self.n_classes - 1, 1)
        said = hits + self.next_class * np.roll(misses, 1, axis=1)
        said = said + spread * (misses.sum(axis=1, keepdims=True) - misses)
        f1 = 2 * hits / (said + share)
        scores: dict[str, Callable[[], Floats]] = {
            "accuracy": lambda: hits.sum(axis=1),
            "f1_macro": lambda: f1.mean(axis=1),
            "f1_weighted": lambda: f1 @ share,
        }
        return np.asarray(scores[metric]())

    def procedure_truth(self, metric: Literal["accuracy", "f1_macro", "f1_weighted"], ability: float) -> float:
        """Expected score of a new fit of a contestant of this ability."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(40)
        return float(self.truth(metric, ability + self.seed_sd * nodes) @ weights / weights.sum())

    def _mistakes(self, y: Ints, rng: np.random.Generator) -> Ints:
        any_other = rng.integers(1, self.n_classes, size=(self.n_seeds, len(y)))
        step = np.where(rng.random((self.n_seeds, len(y))) < self.next_class, 1, any_other)
        return np.asarray((y + step) % self.n_classes)
