"""Hand stored predictions to the statistics, and put what they say into ``results.json``'s form."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from bakeoff.compare import CompareOptions, Comparison, Estimate, compare, row_losses, summarise
from bakeoff.contest._contestant_results import PartPredictions, PartTruth
from bakeoff.contest._plan import Plan
from bakeoff.types import Metric

__all__ = ["compare_contestants", "score"]


def score(
    plan: Plan, is_random: bool, predictions: PartPredictions | None, truth: PartTruth | None
) -> dict[Metric, Estimate | None] | None:
    """All metrics of one contestant on one part, each with its interval; None where there is nothing to score."""
    if predictions is None or truth is None:
        return None
    scores: dict[Metric, Estimate | None] = {}
    for metric in get_args(Metric):
        material = _material(metric, predictions, truth)
        if material is None:
            scores[metric] = None
            continue
        options = CompareOptions(metric=metric, confidence=plan.recipe.protocol.confidence)
        scores[metric] = summarise(
            material, truth.labels, truth.groups, plan.facts.n_classes, options, deterministic=not is_random
        )
    return scores


def compare_contestants(
    plan: Plan, predictions: Mapping[str, PartPredictions | None], truth: PartTruth | None, on: str
) -> list[Comparison]:
    """Every two contestants that have predictions, on the primary metric."""
    if truth is None:
        return []
    metric = plan.recipe.protocol.primary_metric
    material: dict[str, ArrayLike] = {}
    for name, own in predictions.items():
        known = None if own is None else _material(metric, own, truth)
        if known is not None:
            material[name] = known
    if len(material) < 2:
        return []
    options = CompareOptions(
        metric=metric,
        margin=plan.recipe.protocol.margin,
        confidence=plan.recipe.protocol.confidence,
        on="test" if on == "test" else "validation",
        deterministic=[one.contestant.name for one in plan.contestants if not one.contestant.is_random],
        paired_seeds=_paired(plan, predictions),
    )
    return compare(material, truth.labels, truth.groups, plan.facts.n_classes, options)


def _material(metric: Metric, predictions: PartPredictions, truth: PartTruth) -> ArrayLike | None:
    """What the statistics take: predicted classes, or for the log loss the losses of the rows."""
    if metric != "log_loss":
        return predictions.labels
    if predictions.probabilities is None:
        return None
    return np.stack([row_losses(truth.labels, probabilities) for probabilities in predictions.probabilities])


def _paired(plan: Plan, predictions: Mapping[str, PartPredictions | None]) -> Sequence[Sequence[str]]:
    """Networks whose replicates share their batches: same seeds, same batch size."""
    sharing: dict[tuple[Any, ...], list[str]] = {}
    for planned in plan.contestants:
        contestant, own = planned.contestant, predictions.get(planned.contestant.name)
        if own is not None and contestant.trains_populations:
            batch_size = contestant.resolve(plan.facts).get("batch_size")
            sharing.setdefault((batch_size, *own.seeds), []).append(contestant.name)
    return [names for names in sharing.values() if len(names) > 1]
