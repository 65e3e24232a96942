"""Why a published figure is not the measured one: another average, other rows, a split that leaks, a lucky seed.

The likeliest reason alone is named. Figures of few digits fit much by chance, so an exact match is said as one ("is")
from three digits on, and as a possibility ("may be") below.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bakeoff.compare._claim_figures import LikeForLike, Measured, PublishedFigure, RandomSplit
from bakeoff.types import Metric

__all__ = ["Reason", "reason_for", "remark_for"]

_TELLING_DIGITS = 3
_KIN: dict[Metric, tuple[Metric, ...]] = {
    "accuracy": ("f1_weighted", "f1_macro"),
    "f1_macro": ("f1_weighted", "accuracy"),
    "f1_weighted": ("f1_macro", "accuracy"),
    "log_loss": (),
}
"""What a figure may be mistaken for, the likeliest first. A loss is no score."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in one sentence; and the average that it is instead, where that is the reason."""

    sentence: str
    like_for_like: LikeForLike | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A figure that does not agree, and all that it may be instead.

    Parameters
    ----------
    figure : PublishedFigure
    said : Measured
        What it was said to be.
    here : sequence of Measured
        Other metrics on the same rows.
    elsewhere : sequence of Measured
        On other rows.
    random_split : RandomSplit or None
    """

    figure: PublishedFigure
    said: Measured
    here: Sequence[Measured]
    elsewhere: Sequence[Measured]
    random_split: RandomSplit | None


def reason_for(case: Case) -> Reason | None:
    """The likeliest reason; None where nothing that was measured explains the figure."""
    return next((reason for explain in _REASONS if (reason := explain(case))), None)


def remark_for(figure: PublishedFigure, said: Measured) -> str | None:
    """What is to be known of a figure that agrees within the spread of seeds: whether it is a lucky run."""
    if said.low is None:
        return None
    best, n_seeds = _best(said), len(said.reading.values)
    if figure.digits >= _TELLING_DIGITS and figure.is_rounded_from(best):
        return f"It is what the best of the {n_seeds} seeds gives."
    if _is_better(figure.published, best, said.metric):
        return f"None of the {n_seeds} seeds reached it (best {best:.4f}): it may be the best of several runs."
    return None


def _best(said: Measured) -> float:
    return (min if said.metric == "log_loss" else max)(said.reading.values)


def _is_better(a: float, b: float, metric: Metric) -> bool:
    return a < b if metric == "log_loss" else a > b


def _error_rate(case: Case) -> Reason | None:
    if case.said.metric != "accuracy":
        return None
    right = PublishedFigure(1 - case.figure.published, case.figure.digits)
    if not case.said.may_be(right):
        return None
    return Reason(f"{case.figure} is the share of errors, not the accuracy: 1 - {case.figure} = {right}.")


def _other_average(case: Case) -> Reason | None:
    by_metric = {known.metric: known for known in case.here}
    for metric in _KIN[case.said.metric]:
        other = by_metric.get(metric)
        if other is None or not other.may_be(case.figure):
            continue
        like = LikeForLike(metric, other.mean)
        if other.low is None:
            return Reason(f"{_is(case.figure)} the {other.name} measured here, not the {case.said.name}.", like)
        spread = other.range_words(case.figure.digits)
        return Reason(f"As {other.name} it would be no surprise ({spread}): the two cannot be compared.", like)
    return None


def _other_rows(case: Case) -> Reason | None:
    kin = (case.said.metric, *_KIN[case.said.metric])
    for other in sorted((o for o in case.elsewhere if o.metric in kin), key=lambda o: kin.index(o.metric)):
        if not other.may_be(case.figure):
            continue
        if other.low is None:
            return Reason(f"{_is(case.figure)} the {other.name} {other.reading.rows} here.")
        spread = other.range_words(case.figure.digits)
        return Reason(f"As {other.name} {other.reading.rows} it would be no surprise ({spread}).")
    return None


def _leaking_split(case: Case) -> Reason | None:
    split, said = case.random_split, case.said
    if split is None or said.metric == "log_loss":
        return None
    if not split.may_lift(case.figure.published - said.mean, 1 - said.mean):
        return None
    # The probe is scored by its accuracy.
    verb = "would" if said.metric == "accuracy" else "may"
    return Reason(
        f"A split at random {verb} explain it: near-copies on both sides lift the accuracy of {split.words} from "
        f"{split.grouped:.4f} to {split.random:.4f} here."
    )


def _no_seed(case: Case) -> Reason | None:
    if case.said.low is None or not _is_better(case.figure.published, best := _best(case.said), case.said.metric):
        return None
    n_seeds = len(case.said.reading.values)
    return Reason(f"None of the {n_seeds} seeds reached it (best {best:.4f}); their spread does not explain it.")


def _is(figure: PublishedFigure) -> str:
    return f"{figure} {'is' if figure.digits >= _TELLING_DIGITS else 'may be'}"


_REASONS: Sequence[Callable[[Case], Reason | None]] = (
    _error_rate,
    _other_average,
    _other_rows,
    _leaking_split,
    _no_seed,
)
"""The surest first."""
