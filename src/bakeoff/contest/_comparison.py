"""Hand stored predictions to the statistics, and put what they say into ``results.json``'s form."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from bakeoff.compare import CompareOptions, Comparison, Estimate, compare, row_losses, summarise
from bakeoff.contest._contestant_results import PartPredictions, PartTruth
from bakeoff.contest._plan import Plan
from bakeoff.types import Metric

__all__ = ["compare_contestants", "material", "score", "sharing_seeds"]


def score(
    plan: Plan, is_random: bool, predictions: PartPredictions | None, truth: PartTruth | None
) -> dict[Metric, Estimate | None] | None:
    """All metrics of one contestant on one part, each with its interval; None where there is nothing to score."""
    if predictions is None or truth is None:
        return None
    scores: dict[Metric, Estimate | None] = {}
    for metric in get_args(Metric):
        known = _material(metric, predictions, truth)
        if known is None:
            scores[metric] = None
            continue
        options = CompareOptions(metric=metric, confidence=plan.recipe.protocol.confidence)
        scores[metric] = summarise(
            known, truth.labels, truth.groups, plan.facts.n_classes, options, deterministic=not is_random
        )
    return scores


def compare_contestants(
    plan: Plan, predictions: Mapping[str, PartPredictions | None], truth: PartTruth | None, on: str
) -> list[Comparison]:
    """Every two contestants that have predictions, on the primary metric."""
    if truth is None:
        return []
    metric = plan.recipe.protocol.primary_metric
    known = {
        name: given
        for name, own in predictions.items()
        if own is not None and (given := _material(metric, own, truth)) is not None
    }
    if len(known) < 2:
        return []
    options = CompareOptions(
        metric=metric,
        margin=plan.recipe.protocol.margin,
        confidence=plan.recipe.protocol.confidence,
        on="test" if on == "test" else "validation",
        deterministic=[one.contestant.name for one in plan.contestants if not one.contestant.is_random],
        paired_seeds=_paired(plan, predictions),
    )
    return compare(known, truth.labels, truth.groups, plan.facts.n_classes, options)


def material(metric: Metric, labels: ArrayLike, losses: Iterable[ArrayLike] | None) -> ArrayLike | None:
    """What the statistics take of one contestant.

    Parameters
    ----------
    metric : Metric
    labels : (n_seeds, n) int
        Predicted classes.
    losses : iterable of (n,) float, or None
        Losses of the rows, seed by seed, gone through for the log loss alone; None without probabilities.

    Returns
    -------
    (n_seeds, n) or None
    """
    if metric != "log_loss":
        return labels
    return None if losses is None else np.stack([np.asarray(each) for each in losses])


def sharing_seeds(shares: Mapping[str, Hashable | None]) -> list[list[str]]:
    """Contestants whose replicates share randomness seed by seed: those with the same value, None for none.

    Examples
    --------
    >>> sharing_seeds({"wide": (128, 0, 1), "svc": None, "deep": (128, 0, 1), "small": (32, 0, 1)})
    [['wide', 'deep']]
    """
    by_value: dict[Hashable, list[str]] = {}
    for name, value in shares.items():
        if value is not None:
            by_value.setdefault(value, []).append(name)
    return [names for names in by_value.values() if len(names) > 1]


def _material(metric: Metric, predictions: PartPredictions, truth: PartTruth) -> ArrayLike | None:
    given = predictions.probabilities
    losses = None if given is None else (row_losses(truth.labels, probabilities) for probabilities in given)
    return material(metric, predictions.labels, losses)


def _paired(plan: Plan, predictions: Mapping[str, PartPredictions | None]) -> Sequence[Sequence[str]]:
    """Networks whose replicates share their batches: same seeds, same batch size, as many networks a seed."""
    shares: dict[str, tuple[Any, ...]] = {}
    for planned in plan.contestants:
        contestant, own = planned.contestant, predictions.get(planned.contestant.name)
        if own is not None and contestant.trains_populations:
            settings = contestant.resolve(plan.facts)
            shares[contestant.name] = (settings.get("batch_size"), settings.get("ensemble_size"), *own.seeds)
    return sharing_seeds(shares)
