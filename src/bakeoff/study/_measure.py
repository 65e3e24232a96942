"""From fits to the curve of one question: scores with simultaneous bands, gaps, differences, time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np

from bakeoff.compare import CompareOptions, compare, score_gap, scores, summarise
from bakeoff.contest import Fit, PartPredictions, gather
from bakeoff.data import Dataset
from bakeoff.recipe import Protocol
from bakeoff.study._design import Cell
from bakeoff.study._factors import Factor
from bakeoff.types import Groups, Metric

__all__ = ["METRICS", "measure"]

METRICS: tuple[Metric, ...] = ("f1_macro", "accuracy", "f1_weighted")


def measure(
    factors: tuple[Factor, Factor | None],
    cells: Sequence[Cell],
    fits: Mapping[str, Sequence[Fit]],
    dataset: Dataset,
    protocol: Protocol,
) -> dict[str, Any]:
    """Everything that one question came to but its answer, as JSON data.

    Bands are simultaneous: all levels' intervals hold together with the protocol's confidence (Bonferroni), and so do
    all differences (`bakeoff.compare.compare`). Both are for new rows and new seeds.

    Parameters
    ----------
    factors : (Factor, Factor or None)
        What was varied, and what it was crossed with.
    cells : sequence of Cell
    fits : mapping of a cell's name to its fits
    dataset : Dataset
    protocol : Protocol
    """
    factor, by = factors
    part = "test" if factor.name == "split" else "validation"  # of a split, the rows that all of its ratios share
    said = {cell.planned.contestant.name: gather(part, fits[cell.planned.contestant.name]) for cell in cells}
    known = {name: found for name, found in said.items() if found is not None}
    metric = protocol.primary_metric
    ruler = _Ruler(factor, by, dataset, metric, 1 - (1 - protocol.confidence) / max(len(cells), 1))
    levels = [
        ruler.level(cell, fits[cell.planned.contestant.name], said[cell.planned.contestant.name]) for cell in cells
    ]
    return {
        "factor": factor.name,
        "title": factor.title,
        "unit": factor.unit,
        "is_ordered": factor.is_ordered,
        "by": None if by is None else by.name,
        "by_title": None if by is None else by.title,
        "metric": metric,
        "margin": protocol.margin,
        "confidence": protocol.confidence,
        "seeds": sorted({fit.seed for own in fits_of(cells, fits) for fit in own}),
        "n_seeds": max((len(found.seeds) for found in known.values()), default=0),
        "n_rows": max((len(found.rows) for found in known.values()), default=0),
        "n_groups": max((level["scores"][metric]["n_groups"] for level in levels if level["scores"]), default=0),
        "levels": levels,
        "comparisons": _comparisons(known, cells, dataset, protocol),
    }


def fits_of(cells: Sequence[Cell], fits: Mapping[str, Sequence[Fit]]) -> list[Sequence[Fit]]:
    """The fits of these cells."""
    return [fits[cell.planned.contestant.name] for cell in cells]


@dataclass(frozen=True, slots=True, eq=False)
class _Ruler:
    """What every level of a question is measured by; the confidence is that of one band."""

    factor: Factor
    by: Factor | None
    dataset: Dataset
    metric: Metric
    confidence: float

    def level(self, cell: Cell, fits: Sequence[Fit], found: PartPredictions | None) -> dict[str, Any]:
        broken = next((fit for fit in fits if fit.status != "ok"), None)
        done = [fit.record.facts for fit in fits if fit.record is not None]
        level: dict[str, Any] = {
            "name": cell.planned.contestant.name,
            "label": self.factor.label(cell.value),
            "value": cell.value,
            "by": None if self.by is None or cell.by_value is None else self.by.label(cell.by_value),
            "settings": dict(cell.settings),
            "status": "ok" if broken is None else broken.status,
            "reason": None if broken is None else broken.reason,
            "seconds": fmean(facts["seconds"]["fit"] for facts in done) if done else None,
            "parameters": done[0]["n_parameters"] if done else None,
            "epochs": done[0]["epochs"] if done else None,
            "n_fits": len(fits),
            "n_train": _mean_size(fits, "train"),
        }
        if found is None:
            return {**level, "scores": None, "train": None, "gap": None, "held": None}
        deterministic = not cell.planned.contestant.is_random
        scored = {metric: self._estimate(found, metric, deterministic) for metric in METRICS}
        trained = self._of_training(fits, found.seeds)
        own, known = scored[self.metric], trained[self.metric]["mean"]
        gap = {
            "mean": known - own["mean"],
            "low": None if own["high"] is None else known - own["high"],
            "high": None if own["low"] is None else known - own["low"],
        }
        held = self._held(fits, own) if self.factor.name == "split" else None
        return {**level, "scores": scored, "train": trained, "gap": gap, "held": held}

    def _held(self, fits: Sequence[Fit], of_outer: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the rows that were held back promised, and how far from the outer rows' score that is."""
        held = gather("validation", fits)
        if held is None:
            return None
        # Of several divisions, one holds back rows that another does too: a row is a unit, however often it comes.
        units = held.rows if self.dataset.groups_train is None else self.dataset.groups_train[held.rows]
        estimate = self._estimate(held, self.metric, units=units)
        off = score_gap(estimate, of_outer)
        return {**estimate, "n_rows": len(held.rows), "off": None if off is None else asdict(off)}

    def _estimate(
        self, found: PartPredictions, metric: Metric, deterministic: bool = False, units: Groups | None = None
    ) -> dict[str, Any]:
        y = self.dataset.y_train[found.rows]
        groups = units
        if groups is None and self.dataset.groups_train is not None:
            groups = self.dataset.groups_train[found.rows]
        options = CompareOptions(metric=metric, confidence=self.confidence, on="validation")
        estimate = summarise(found.labels, y, groups, self.dataset.n_classes, options, deterministic)
        return {**asdict(estimate), "values": list(estimate.values)}

    def _of_training(self, fits: Sequence[Fit], seeds: Sequence[int]) -> dict[Metric, dict[str, Any]]:
        """Of the rows that a fit has learnt: they are as they are, so only seeds vary."""
        by_seed: dict[int, list[Mapping[str, Any]]] = {seed: [] for seed in seeds}
        for fit in fits:
            if fit.record is not None and fit.seed in by_seed:
                arrays = fit.record.arrays
                y = self.dataset.y_train[arrays["train_rows"]]
                by_seed[fit.seed].append(scores(y, arrays["train_labels"], None, self.dataset.n_classes))
        answer: dict[Metric, dict[str, Any]] = {}
        for metric in METRICS:
            values = [fmean(own[metric] for own in found) for found in by_seed.values()]
            deviation = stdev(values) if len(values) > 1 else None
            answer[metric] = {"mean": fmean(values), "sd_seeds": deviation, "values": values}
        return answer


def _mean_size(fits: Sequence[Fit], part: str) -> int | None:
    sizes = [len(fit.record.arrays[f"{part}_rows"]) for fit in fits if fit.record is not None]
    return round(fmean(sizes)) if sizes else None


def _comparisons(
    known: Mapping[str, PartPredictions], cells: Sequence[Cell], dataset: Dataset, protocol: Protocol
) -> list[dict[str, Any]]:
    if len(known) < 2:
        return []
    rows = next(iter(known.values())).rows
    if any(not np.array_equal(found.rows, rows) for found in known.values()):
        raise ValueError("levels of one question must predict the same rows")
    contestants = [cell.planned.contestant for cell in cells if cell.planned.contestant.name in known]
    # Networks of one seed share their rows' order; those that lost a seed have nobody to be compared with seed by seed.
    by_seeds: dict[tuple[int, ...], list[str]] = {}
    for contestant in contestants:
        if contestant.trains_populations:
            by_seeds.setdefault(tuple(known[contestant.name].seeds), []).append(contestant.name)
    deterministic = {contestant.name for contestant in contestants if not contestant.is_random}
    options = CompareOptions(
        metric=protocol.primary_metric,
        margin=protocol.margin,
        confidence=protocol.confidence,
        on="validation",
        paired_seeds=list(by_seeds.values()),
        deterministic=deterministic,
    )
    groups = None if dataset.groups_train is None else dataset.groups_train[rows]
    labels = {name: found.labels for name, found in known.items()}
    found = compare(labels, dataset.y_train[rows], groups, dataset.n_classes, options)
    return [asdict(comparison) for comparison in found]
