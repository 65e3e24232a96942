"""Published figures, and what was measured that they may be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

import numpy as np
from scipy.special import stdtrit

from bakeoff.compare._gap import Gap
from bakeoff.compare._seeds import MIN_SEEDS
from bakeoff.compare._words import METRIC_NAMES
from bakeoff.types import Metric

__all__ = [
    "Elsewhere",
    "LikeForLike",
    "Measured",
    "PublishedFigure",
    "RandomSplit",
    "Reading",
    "measure",
    "prediction_interval",
]

_MEANT_DIGITS = 14


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A figure as it was printed.

    Parameters
    ----------
    published : float
    digits : int
        Decimals that were printed.

    Examples
    --------
    >>> str(PublishedFigure(0.84, 4))
    '0.8400'
    """

    published: float
    digits: int

    def __str__(self) -> str:
        return f"{self.published:.{self.digits}f}"

    @property
    def half_digit(self) -> float:
        """Half of the last printed digit."""
        # The sliver lets a measurement that lies on the half count as rounded either way: programs differ there.
        return 0.5 * 10.0**-self.digits * (1 + 1e-9)

    def is_rounded_from(self, value: float) -> bool:
        """Whether it is this value in the printed digits."""
        return abs(self.published - value) <= self.half_digit

    def is_cut_off_from(self, value: float) -> bool:
        """Whether it has the first digits of this value, with the rest dropped instead of rounded."""
        # In binary 0.29 * 100 lies below 29: the cut is made in decimals, past what a mean over seeds may be off.
        step = Decimal(1).scaleb(-self.digits)
        cut = Decimal(repr(round(float(value), _MEANT_DIGITS))).quantize(step, ROUND_DOWN)
        return cut == Decimal(str(self)) and not self.is_rounded_from(value)


@dataclass(frozen=True, slots=True)
class Reading:
    """Something measured here that a published figure may be, without its author saying so.

    Parameters
    ----------
    metric : str
    values : sequence of float
        One a seed.
    rows : str
        Which rows, as ``"the training rows"``.
    """

    metric: Metric
    values: Sequence[float]
    rows: str


@dataclass(frozen=True, slots=True)
class RandomSplit:
    """What a probe scored on a random split and on one that keeps near-copies together.

    Parameters
    ----------
    words : str
        Which classifier.
    random, grouped : float
        Its accuracy on either.
    lift : Gap
        The first minus the second, with its interval.
    """

    words: str
    random: float
    grouped: float
    lift: Gap

    def may_lift(self, excess: float, room: float) -> bool:
        """Whether a random split that surely does harm gives so much.

        Parameters
        ----------
        excess : float
            By how much a figure lies above what was measured.
        room : float
            By how much it could lie above it. Half of what such a split gives, where there is room for it, is asked
            at least: less is as well explained by anything else.
        """
        if not (self.lift.is_beyond_margin and self.lift.mean > 0 and self.lift.high is not None):
            return False
        return min(self.lift.mean, room) / 2 <= excess <= self.lift.high


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was measured on other rows than those the figure was said to be of."""

    readings: Sequence[Reading] = field(default_factory=tuple)
    random_split: RandomSplit | None = None


@dataclass(frozen=True, slots=True)
class LikeForLike:
    """The average that a figure is instead of the one it was said to be, and what was measured of it."""

    metric: Metric
    measured: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading, and where one more run of it would lie.

    Parameters
    ----------
    reading : Reading
    low, high : float or None
        None without randomness, and with too few seeds.
    is_sure : bool
        Whether it can be said what a figure must be to be of it: no randomness, or seeds enough.
    """

    reading: Reading
    low: float | None
    high: float | None
    is_sure: bool

    @property
    def metric(self) -> Metric:
        """What was measured."""
        return self.reading.metric

    @property
    def name(self) -> str:
        """The metric in words."""
        return METRIC_NAMES[self.reading.metric]

    @property
    def mean(self) -> float:
        """Over seeds."""
        return float(np.mean(self.reading.values))

    def may_be(self, figure: PublishedFigure) -> bool:
        """Whether the figure could be one run of this."""
        if not self.is_sure:
            return False
        if self.low is None or self.high is None:
            return figure.is_rounded_from(self.mean)
        return self.low - figure.half_digit <= figure.published <= self.high + figure.half_digit

    def range_words(self, digits: int) -> str:
        """The interval of one more run, in at least four digits: in those of "97 %" it would shrink to a point."""
        if self.low is None or self.high is None:
            raise ValueError("there is no interval")
        finer = max(digits, 4)
        return f"{self.low:.{finer}f} to {self.high:.{finer}f}"


def measure(reading: Reading, deterministic: bool, confidence: float) -> Measured:
    """A reading with its prediction interval, where it has one."""
    if deterministic:
        return Measured(reading, None, None, is_sure=True)
    if len(reading.values) < MIN_SEEDS:
        return Measured(reading, None, None, is_sure=False)
    low, high = prediction_interval(reading.values, confidence)
    most = math.inf if reading.metric == "log_loss" else 1.0
    return Measured(reading, max(low, 0.0), min(high, most), is_sure=True)


def prediction_interval(scores: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
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
