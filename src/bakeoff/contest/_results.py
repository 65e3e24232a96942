"""From fits to ``results.json``: the labels are opened, everything is scored, compared, audited and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bakeoff.audit import Finding, check_run
from bakeoff.compare import Estimate
from bakeoff.contest._claim_sentences import claim_sentences
from bakeoff.contest._claims import check_claims
from bakeoff.contest._comparison import compare_contestants, score
from bakeoff.contest._contestant_results import PARTS, PartPredictions, PartTruth, describe, gather
from bakeoff.contest._data_part import describe_data
from bakeoff.contest._job import Fit
from bakeoff.contest._openings import describe_openings
from bakeoff.contest._plan import Plan, PlannedContestant
from bakeoff.contest._seal import SealedRows
from bakeoff.contest._sentences import protocol_sentences
from bakeoff.contest._verdict import judge
from bakeoff.types import Metric

__all__ = ["Outcome", "make_results"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a contest came to.

    Parameters
    ----------
    results : mapping
        What ``results.json`` holds.
    predictions : mapping of contestant to mapping of part to PartPredictions or None
    truth : mapping of part to PartTruth or None
    """

    results: Mapping[str, Any]
    predictions: Mapping[str, Mapping[str, PartPredictions | None]]
    truth: Mapping[str, PartTruth | None]


def make_results(
    plan: Plan,
    rows: SealedRows,
    fits: Mapping[str, list[Fit]],
    probes: Mapping[str, Any],
    created: str,
    command: str,
) -> Outcome:
    """Open the test labels, score, compare, audit and judge.

    Parameters
    ----------
    plan : Plan
    rows : SealedRows
    fits : mapping of contestant to its fits
    probes : mapping
        ``data.probes`` of ``results.json``.
    created : str
        UTC time, ISO 8601.
    command : str
        What repeats the run.
    """
    predictions = {name: {part: gather(part, own) for part in PARTS} for name, own in fits.items()}
    truth = _truth(plan, rows, predictions)
    decided_on = "test" if truth["test"] is not None else "validation"
    entries, decisive = _contestants(plan, fits, predictions, truth, decided_on)
    comparisons = compare_contestants(
        plan, {name: own[decided_on] for name, own in predictions.items()}, truth[decided_on], decided_on
    )
    results: dict[str, Any] = {
        "schema": 1,
        "name": plan.recipe.name,
        "created": created,
        "command": command,
        "data": describe_data(plan, truth, probes),
        "protocol": _protocol(plan, decided_on),
        "contestants": entries,
        "comparisons": [asdict(comparison) for comparison in comparisons],
        "openings": describe_openings(plan, rows),
    }
    results["claims"] = check_claims(plan.recipe.claims, results)
    results["claim_sentences"] = claim_sentences(results["claims"], results)
    results["findings"] = [_finding(each) for each in check_run(results, plan.recipe.ignore)]
    results["verdict"] = judge(plan, decided_on, decisive, comparisons, entries)
    return Outcome(results, predictions, truth)


def _contestants(
    plan: Plan,
    fits: Mapping[str, list[Fit]],
    predictions: Mapping[str, Mapping[str, PartPredictions | None]],
    truth: Mapping[str, PartTruth | None],
    decided_on: str,
) -> tuple[list[dict[str, Any]], dict[str, Estimate | None]]:
    """What ``results.json`` says of each, best first, and the scores that decide, in the order of the recipe."""
    metric = plan.recipe.protocol.primary_metric
    entries, decisive = [], {}
    searched = {entry.name: entry.searched for entry in plan.recipe.contestants or ()}
    for planned in plan.contestants:
        name = planned.contestant.name
        own = predictions[name]
        known = {part: _truth_of(own[part], truth[part]) for part in PARTS}
        estimates = {part: score(plan, planned.contestant.is_random, own[part], known[part]) for part in PARTS}
        decides = estimates[decided_on]
        decisive[name] = None if decides is None else decides[metric]
        entries.append(
            {
                **describe(plan, planned, fits[name], own, known),
                "searched": searched.get(name),
                **{part: _as_json(estimates[part]) for part in PARTS},
                "test_without_copies": _as_json(_without_copies(plan, planned, own["test"], known["test"])),
            }
        )
    return _ranked(entries, decided_on, metric), decisive


def _protocol(plan: Plan, decided_on: str) -> dict[str, Any]:
    protocol = plan.recipe.protocol
    return {
        "test": plan.parts.test,
        "validation": plan.parts.validation,
        "refit": protocol.refit,
        "primary_metric": protocol.primary_metric,
        "seeds": list(protocol.seeds),
        "threads": plan.threads,
        "margin": protocol.margin,
        "confidence": protocol.confidence,
        "time_limit_seconds": protocol.time_limit_seconds,
        "decided_on": decided_on,
        "sentences": protocol_sentences(plan, decided_on),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "title": finding.title,
        "detail": finding.detail,
        "numbers": dict(finding.numbers),
    }


def _without_copies(
    plan: Plan, planned: PlannedContestant, predictions: PartPredictions | None, truth: PartTruth | None
) -> dict[Metric, Estimate | None] | None:
    """The scores on those test rows that have no near-copy in training; None where all or none have one."""
    copies = plan.dataset.near_copies
    if predictions is None or truth is None or copies is None or copies.test_in_train is None:
        return None
    clean = ~copies.test_in_train[truth.rows - len(plan.dataset.X_train)]
    if clean.all() or not clean.any():
        return None
    return score(plan, planned.contestant.is_random, predictions.where(clean), truth.at(truth.rows[clean]))


def _as_json(scores: Mapping[Metric, Estimate | None] | None) -> dict[str, Any] | None:
    if scores is None:
        return None
    return {metric: None if estimate is None else asdict(estimate) for metric, estimate in scores.items()}


def _truth(
    plan: Plan, rows: SealedRows, predictions: Mapping[str, Mapping[str, PartPredictions | None]]
) -> dict[str, PartTruth | None]:
    """The labels that predictions are compared with; those of the test rows are opened here, once."""
    truth: dict[str, PartTruth | None] = dict.fromkeys(PARTS)
    for part in PARTS:
        predicted = [said.rows for own in predictions.values() if (said := own[part]) is not None]
        if not predicted:
            continue
        ordered = np.unique(np.concatenate(predicted))
        if part == "validation":
            labels = rows.labels(ordered)[ordered]
        elif plan.dataset.has_test_labels:
            names = ", ".join(name for name, own in predictions.items() if own[part] is not None)
            labels = rows.open_labels(ordered, f"scores of {names}")
        else:
            continue
        groups = rows.groups()
        truth[part] = PartTruth(ordered, labels, None if groups is None else groups[ordered])
    return truth


def _truth_of(predictions: PartPredictions | None, truth: PartTruth | None) -> PartTruth | None:
    return None if predictions is None or truth is None else truth.at(predictions.rows)


def _ranked(entries: Sequence[dict[str, Any]], part: str, metric: str) -> list[dict[str, Any]]:
    """Best first; those without a score last, in the order of the recipe."""
    sign = 1 if metric == "log_loss" else -1

    def rank(entry: dict[str, Any]) -> tuple[bool, float]:
        known = entry[part] is not None and entry[part][metric] is not None
        return (not known, sign * entry[part][metric]["mean"] if known else 0.0)

    return sorted(entries, key=rank)
