"""What is compared and how strictly, as one value."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from bakeoff.errors import SettingsError
from bakeoff.types import Metric

__all__ = ["CompareOptions"]


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """How contestants are compared.

    Parameters
    ----------
    metric : {"f1_macro", "f1_weighted", "accuracy", "log_loss"}
        The one score that decides.
    margin : float, default=0.005
        Differences inside it make no practical difference: half a point of accuracy or F1.
    confidence : float, default=0.95
        Of every interval; 1 minus it is the chance of naming any false winner among all pairs.
    n_resamples : int, default=2000
        Random rearrangements of the groups. Where all rearrangements are fewer, all of them are taken instead.
    on : {"test", "validation"}
        Which rows these are; only passed on into the results.
    random_state : int, default=0
        Same inputs and same number: same results, whatever the order of rows, groups or contestants.
    deterministic : collection of str
        Contestants that give the same predictions for every seed; one fit of them is the whole procedure.
    paired_seeds : collection of collections of str
        Sets of contestants whose fit number i shares randomness (batches, augmented images) across the set. Their
        seeds are compared one by one. A set whose members have unequal numbers of fits cannot be paired, and its
        members are treated as independent.

    Raises
    ------
    SettingsError
        Naming every value that is out of range.

    Examples
    --------
    >>> CompareOptions(metric="accuracy", margin=0.01).confidence
    0.95
    """

    metric: Metric = "f1_macro"
    margin: float = 0.005
    confidence: float = 0.95
    n_resamples: int = 2000
    on: Literal["test", "validation"] = "test"
    random_state: int = 0
    deterministic: Collection[str] = frozenset()
    paired_seeds: Collection[Collection[str]] = ()

    def __post_init__(self) -> None:
        metrics = get_args(Metric)
        problems = [
            f"the '{name}' of a comparison must be {rule}. Got {value!r} instead."
            for name, rule, value, holds in (
                ("metric", "one of " + ", ".join(metrics), self.metric, self.metric in metrics),
                ("margin", "a number from 0 on", self.margin, 0 <= self.margin < math.inf),
                ("confidence", "a number between 0.5 and 1", self.confidence, 0.5 <= self.confidence < 1),
                ("n_resamples", "at least 100", self.n_resamples, self.n_resamples >= 100),
                ("on", "test or validation", self.on, self.on in {"test", "validation"}),
            )
            if not holds
        ]
        if problems:
            raise SettingsError(problems)

    @property
    def lower_is_better(self) -> bool:
        """Whether less of the metric is more."""
        return self.metric == "log_loss"
