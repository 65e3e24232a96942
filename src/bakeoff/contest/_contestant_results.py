"""What the fits of one contestant amount to: the entry of ``results.json``, and its predictions side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.compare import confusion, per_class, reliability
from bakeoff.contest._job import Fit
from bakeoff.contest._plan import Plan, PlannedContestant
from bakeoff.types import Labels, RowIndices

__all__ = ["PARTS", "PartPredictions", "PartTruth", "describe", "gather"]

PARTS = ("validation", "test")
RELIABILITY_BINS = 10


@dataclass(frozen=True, eq=False)
class PartTruth:
    """The rows of one part of a bake-off, with their labels.

    Parameters
    ----------
    rows : (n,) positions, ascending
    labels : (n,) int32
    groups : (n,) or None
    """

    rows: RowIndices
    labels: Labels
    groups: NDArray[np.int64] | None

    def at(self, rows: RowIndices) -> "PartTruth":
        """The same for some of the rows: a contestant that only watches validation rows predicts those of one fold."""
        if len(rows) == len(self.rows):
            return self
        where = np.searchsorted(self.rows, rows)
        return PartTruth(rows, self.labels[where], None if self.groups is None else self.groups[where])


@dataclass(frozen=True, eq=False)
class PartPredictions:
    """What one contestant says of the rows of one part, a line a seed, rows in ascending order.

    Parameters
    ----------
    rows : (n,) positions, ascending
    labels : (n_seeds, n) int32
    probabilities : (n_seeds, n, n_classes) float32 or None
    scores : (n_seeds, n, n_classes) float32 or None
    seeds : sequence of int
        Those whose fits all succeeded.
    """

    rows: RowIndices
    labels: NDArray[np.int32]
    probabilities: NDArray[np.float32] | None
    scores: NDArray[np.float32] | None
    seeds: Sequence[int] = field(default_factory=tuple)

    def where(self, wanted: NDArray[np.bool_]) -> "PartPredictions":
        """The same for some of the rows; `wanted` has shape (n,)."""
        probabilities = None if self.probabilities is None else self.probabilities[:, wanted]
        scores = None if self.scores is None else self.scores[:, wanted]
        return PartPredictions(self.rows[wanted], self.labels[:, wanted], probabilities, scores, self.seeds)


def gather(part: str, fits: Sequence[Fit]) -> PartPredictions | None:
    """Put the predictions of all divisions together, seed by seed.

    Returns
    -------
    PartPredictions or None
        None where no seed predicted every division.
    """
    by_seed: dict[int, list[Fit]] = {}
    for fit in fits:
        by_seed.setdefault(fit.seed, []).append(fit)
    whole: dict[int, dict[str, NDArray[Any]]] = {}
    for seed, own in by_seed.items():
        predicting = [fit for fit in own if fit.record is not None and f"{part}_labels" in fit.record.arrays]
        if any(fit.status != "ok" for fit in own) or not predicting:
            continue
        whole[seed] = _joined(part, predicting)
    if not whole:
        return None
    stacked = {
        name: np.stack([arrays[name] for arrays in whole.values()])
        for name in next(iter(whole.values()))
        if all(name in arrays for arrays in whole.values())
    }
    return PartPredictions(
        stacked["rows"][0], stacked["labels"], stacked.get("probabilities"), stacked.get("scores"), tuple(whole)
    )


def _joined(part: str, fits: Sequence[Fit]) -> dict[str, NDArray[Any]]:
    arrays = [fit.record.arrays for fit in fits if fit.record is not None]
    order = np.argsort(np.concatenate([own[f"{part}_rows"] for own in arrays]), kind="stable")
    names = [name for name in ("rows", "labels", "probabilities", "scores") if f"{part}_{name}" in arrays[0]]
    return {name: np.concatenate([own[f"{part}_{name}"] for own in arrays])[order] for name in names}


def describe(
    plan: Plan,
    planned: PlannedContestant,
    fits: Sequence[Fit],
    predictions: Mapping[str, PartPredictions | None],
    truth: Mapping[str, PartTruth | None],
) -> dict[str, Any]:
    """Everything about one contestant but its scores, as JSON data; `truth` is that of the rows it predicts."""
    contestant = planned.contestant
    done = [fit for fit in fits if fit.record is not None]
    final = [fit for fit in done if fit.stage == planned.final_stage]
    broken = next((fit for fit in fits if fit.status != "ok"), None)
    facts = final[0].record.facts if final and final[0].record is not None else {}
    return {
        "name": contestant.name,
        "family": contestant.family,
        "is_random": contestant.is_random,
        "seeds": list(planned.seeds),
        "seeds_scored": _seeds_scored(predictions),
        "parameters": facts.get("n_parameters"),
        "bytes": facts.get("n_bytes"),
        "settings": dict(contestant.resolve(plan.facts)),
        "seconds": _mean_seconds(final),
        "fits": [_fit_line(fit) for fit in fits],
        "status": "ok" if broken is None else broken.status,
        "reason": None if broken is None else broken.reason,
        "per_class": {part: _per_class(plan, predictions[part], truth[part]) for part in predictions},
        "confusion": {part: _confusion(plan, predictions[part], truth[part]) for part in predictions},
        "reliability": {part: _reliability(predictions[part], truth[part]) for part in predictions},
        "history": [_history_line(fit) for fit in done if fit.record is not None and fit.record.facts["history"]],
        "summary": facts.get("summary", []),
    }


def _seeds_scored(predictions: Mapping[str, PartPredictions | None]) -> list[int]:
    """Seeds whose fits all succeeded and whose predictions are scored, on test rows where there are any."""
    known = [said for part in reversed(PARTS) if (said := predictions[part]) is not None]
    return list(known[0].seeds) if known else []


def _fit_line(fit: Fit) -> dict[str, Any]:
    facts = fit.record.facts if fit.record is not None else {}
    return {
        "seed": fit.seed,
        "stage": fit.stage,
        "division": fit.division,
        "status": fit.status,
        "reason": fit.reason,
        "key": fit.record.key if fit.record is not None else None,
        "epochs": facts.get("epochs"),
        "seconds": facts.get("seconds"),
        "load": facts.get("load"),
        "reused": fit.reused,
        "notes": facts.get("notes", []),
    }


def _history_line(fit: Fit) -> dict[str, Any]:
    facts = fit.record.facts if fit.record is not None else {"history": {}}
    return {"seed": fit.seed, "stage": fit.stage, "division": fit.division, **facts["history"]}


def _mean_seconds(fits: Sequence[Fit]) -> dict[str, float | None]:
    """The clock of one fit, averaged over seeds and divisions."""
    clocks = [fit.record.facts["seconds"] for fit in fits if fit.record is not None]
    keys = ("fit", "compile", "predict", "predict_one_ms")
    return {key: fmean(clock[key] for clock in clocks) if clocks else None for key in keys}


def _confusion(plan: Plan, predictions: PartPredictions | None, truth: PartTruth | None) -> list[list[float]] | None:
    if predictions is None or truth is None:
        return None
    matrices = [confusion(truth.labels, labels, plan.facts.n_classes) for labels in predictions.labels]
    mean: list[list[float]] = np.mean(matrices, axis=0).tolist()
    return mean


def _per_class(plan: Plan, predictions: PartPredictions | None, truth: PartTruth | None) -> list[dict[str, Any]] | None:
    if predictions is None or truth is None:
        return None
    support = np.bincount(truth.labels, minlength=plan.facts.n_classes)
    tables = []
    for labels in predictions.labels:
        counts = confusion(truth.labels, labels, plan.facts.n_classes)
        tables.append(np.stack(per_class(counts, support)))
    precision, recall, f1, support = np.mean(tables, axis=0)
    names = plan.dataset.class_names
    return [
        {
            "class": index,
            "name": names[index],
            "precision": float(precision[index]),
            "recall": float(recall[index]),
            "f1": float(f1[index]),
            "support": int(support[index]),
        }
        for index in range(len(names))
    ]


def _reliability(predictions: PartPredictions | None, truth: PartTruth | None) -> dict[str, Any] | None:
    """Over all seeds together: each predicts the same rows."""
    if predictions is None or predictions.probabilities is None or truth is None:
        return None
    n_seeds = len(predictions.probabilities)
    flat = predictions.probabilities.reshape(-1, predictions.probabilities.shape[-1])
    answer = reliability(np.tile(truth.labels, n_seeds), flat, RELIABILITY_BINS)
    names = ("confidence", "accuracy", "count", "calibration_error")
    return {name: _plain(getattr(answer, name)) for name in names}


def _plain(value: Any) -> Any:
    """Arrays as lists, with None for what does not exist (an empty bin)."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    return None if isinstance(value, float) and np.isnan(value) else value
