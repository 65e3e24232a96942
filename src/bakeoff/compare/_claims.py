"""Whether a published figure agrees with what was measured on the same rows.

A published score is one run. For a contestant without randomness it agrees if it has the digits of the measurement.
For a seeded one it agrees if it could be one more run: if it lies in the prediction interval of the S measured runs,
rows fixed,

    m +- t(S - 1) s sqrt(1 + 1 / S),

widened by half of the last printed digit, for which S must be 5 at least.

References
----------
Hahn & Meeker (1991), Statistical Intervals, 4.8 (a prediction interval for one new observation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bakeoff.compare._claim_figures import Elsewhere, LikeForLike, Measured, PublishedFigure, Reading, measure
from bakeoff.compare._claim_reasons import Case, reason_for, remark_for
from bakeoff.compare._seeds import MIN_SEEDS
from bakeoff.types import Metric

__all__ = ["ClaimResult", "check_claim"]

_PLAIN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A published figure beside the measured one.

    Parameters
    ----------
    measured : float
        Mean over seeds.
    low, high : float or None
        Where one more run would lie, 95 times in 100; None without randomness or with fewer than five seeds.
    agrees : bool or None
        None: cannot be said.
    explanation : str
        A few sentences.
    like_for_like : LikeForLike or None
        The average that the figure is instead of the one it was said to be.
    """

    measured: float
    low: float | None
    high: float | None
    agrees: bool | None
    explanation: str
    like_for_like: LikeForLike | None = None


def check_claim(
    figure: PublishedFigure,
    values: Mapping[Metric, Sequence[float]],
    metric: Metric,
    deterministic: bool = False,
    elsewhere: Elsewhere | None = None,
    confidence: float = 0.95,
) -> ClaimResult:
    """Judge one published figure.

    Parameters
    ----------
    figure : PublishedFigure
    values : mapping of metric to scores, one a seed
        All metrics that were measured: another average may explain a figure that does not agree.
    metric : str
        What the figure was said to be.
    deterministic : bool, default=False
        Whether every seed gives the same result.
    elsewhere : Elsewhere, optional
        What was measured on other rows, which may explain it too.
    confidence : float, default=0.95

    Returns
    -------
    ClaimResult

    Examples
    --------
    >>> measured = {"f1_macro": [0.82535], "f1_weighted": [0.84417]}
    >>> check_claim(PublishedFigure(0.8442, 4), measured, "f1_weighted", deterministic=True).agrees
    True
    >>> print(check_claim(PublishedFigure(0.8442, 4), measured, "f1_macro", deterministic=True).explanation)
    Measured 0.8254, published 0.8442: not the same. 0.8442 is the weighted F1 measured here, not the macro F1.
    """
    elsewhere = elsewhere or Elsewhere()
    here = [measure(Reading(name, scores, ""), deterministic, confidence) for name, scores in values.items()]
    said = next(known for known in here if known.metric == metric)
    if not said.is_sure:
        return ClaimResult(said.mean, None, None, None, _too_few_seeds(figure, said))
    agrees, found = _as_digits(figure, said) if said.low is None else _as_one_run(figure, said)
    if agrees:
        remark = remark_for(figure, said)
        return ClaimResult(said.mean, said.low, said.high, True, " ".join(filter(None, (found, remark))))
    others = [measure(reading, deterministic, confidence) for reading in elsewhere.readings]
    others_here = [known for known in here if known is not said]
    reason = reason_for(Case(figure, said, others_here, others, elsewhere.random_split))
    if reason is None:
        return ClaimResult(said.mean, said.low, said.high, False, found)
    return ClaimResult(said.mean, said.low, said.high, False, f"{found} {reason.sentence}", reason.like_for_like)


def _too_few_seeds(figure: PublishedFigure, said: Measured) -> str:
    n_runs = len(said.reading.values)
    runs = "1 run" if n_runs == 1 else f"{n_runs} runs"
    measured = f"{said.mean:.{figure.digits}f}"
    return f"Measured {measured} in {runs}, published {figure}: whether they agree takes {MIN_SEEDS} seeds or more."


def _as_digits(figure: PublishedFigure, said: Measured) -> tuple[bool, str]:
    """The rule for a contestant without randomness."""
    measured = f"{said.mean:.{max(figure.digits, _PLAIN_DIGITS)}f}"
    if figure.is_cut_off_from(said.mean):
        finer = f"{said.mean:.{figure.digits + 2}f}"
        return True, f"Measured {finer}, published {figure}: the digits agree, the rest was cut off instead of rounded."
    if not figure.is_rounded_from(said.mean):
        return False, f"Measured {measured}, published {figure}: not the same."
    if figure.digits < _PLAIN_DIGITS:
        return True, f"Measured {measured}, published {figure}: the same in the digits that were printed."
    return True, f"Measured {measured}, as published."


def _as_one_run(figure: PublishedFigure, said: Measured) -> tuple[bool, str]:
    """The rule for a seeded contestant."""
    agrees = said.may_be(figure)
    where = "inside" if agrees else ("above" if figure.published > said.mean else "below")
    article = "an" if said.metric == "accuracy" else "a"
    finer = max(figure.digits, _PLAIN_DIGITS)
    return agrees, (
        f"One more run would have {article} {said.name} of {said.range_words(figure.digits)} "
        f"({len(said.reading.values)} seeds, mean {said.mean:.{finer}f}); the published {figure} is {where} that."
    )
