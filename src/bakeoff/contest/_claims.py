"""Published figures against what was measured here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bakeoff.audit import rows_meant
from bakeoff.compare import (
    METRIC_NAMES,
    ClaimResult,
    Elsewhere,
    LikeForLike,
    PublishedFigure,
    RandomSplit,
    Reading,
    check_claim,
    harm_gaps,
)
from bakeoff.errors import InputError
from bakeoff.recipe import Claim
from bakeoff.types import Metric

__all__ = ["check_claims"]

_AVERAGES: Sequence[Metric] = ("f1_macro", "f1_weighted")
_HISTORY: Mapping[Metric, str] = {"accuracy": "accuracy", "f1_macro": "f1"}
"""What the history of a network has of its training rows and, with ``val_`` before it, of its validation rows."""
_ROWS = {"test": "on the test rows", "validation": "on the validation rows", "training": "on the training rows"}
_PROBES = {"knn": "nearest", "dense": "network", "keras": "network"}


def check_claims(claims: Sequence[Claim], results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Check published figures; see `bakeoff.compare.check_claim`.

    Parameters
    ----------
    claims : sequence of Claim
    results : mapping
        What ``results.json`` holds: ``contestants``, and ``data`` with its probes where they were run.

    Raises
    ------
    InputError
        If a claim is of a contestant that the run does not have.
    """
    by_name = {entry["name"]: entry for entry in results["contestants"]}
    strangers = list(dict.fromkeys(claim.contestant for claim in claims if claim.contestant not in by_name))
    if strangers:
        known = ", ".join(by_name)
        raise InputError(f"claims: must be of contestants of this run ({known}); got {', '.join(strangers)}")
    return [_check(claim, by_name[claim.contestant], results) for claim in claims]


def _check(claim: Claim, entry: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    head = {
        "contestant": claim.contestant,
        "metric": claim.metric,
        "published": claim.published,
        "digits": claim.digits,
        "on": claim.on,
        "source": claim.source,
    }
    rows = rows_meant(claim.on, entry, results)
    values = _values(entry, rows)
    said: Sequence[Metric] = _AVERAGES if claim.metric == "f1" else (claim.metric,)
    wanted = [metric for metric in said if metric in values]
    if not wanted:
        nothing = {"measured": None, "low": None, "high": None, "agrees": None, "like_for_like": None}
        why = _why_not_measured(claim, entry)
        return {**head, **nothing, "explanation": f"{claim.contestant} cannot be checked: {why}."}
    elsewhere = Elsewhere(
        [reading for other in (*_ROWS, "copies", "best epoch") if other != rows for reading in _readings(entry, other)],
        # Rows that were learnt are known by heart whatever the split.
        None if claim.on == "training" else _random_split(entry, results),
    )
    figure = PublishedFigure(claim.published, claim.digits)
    answers = {
        metric: check_claim(figure, values, metric, deterministic=not entry["is_random"], elsewhere=elsewhere)
        for metric in wanted
    }
    answer = _of_either(figure, answers) if claim.metric == "f1" else answers[wanted[0]]
    return {**head, **asdict(answer)}


def _of_either(figure: PublishedFigure, answers: Mapping[Metric, ClaimResult]) -> ClaimResult:
    """The answer to a figure that is called F1 and no more."""
    fitting = [metric for metric, answer in answers.items() if answer.agrees]
    metric = fitting[0] if fitting else next(iter(answers))
    answer = answers[metric]
    if len(fitting) == 1:
        words = f"Which F1 it is was not said; {figure} is the {METRIC_NAMES[metric]}."
    elif fitting:
        words = f"Which F1 it is was not said, and {figure} can be the macro or the weighted one."
    elif answer.agrees is None:
        words = "Which F1 it is was not said."
    else:
        words = f"Which F1 it is was not said; {figure} is neither the macro nor the weighted one."
    like = LikeForLike(metric, answer.measured) if len(fitting) == 1 else None
    # Where neither agrees, what one average would explain by the other is no explanation.
    return ClaimResult(answer.measured, answer.low, answer.high, answer.agrees, f"{words} {answer.explanation}", like)


def _values(entry: Mapping[str, Any], rows: str) -> dict[Metric, Sequence[float]]:
    """What one contestant scored on some rows, a value a seed; empty where it was not."""
    if rows == "training":
        return dict(_of_history(entry, "", last=True))
    if rows == "best epoch":
        return dict(_of_history(entry, "val_", last=False))
    known = entry.get("test_without_copies" if rows == "copies" else rows) or {}
    return {metric: list(score["values"]) for metric, score in known.items() if score and score.get("values")}


def _of_history(entry: Mapping[str, Any], prefix: str, last: bool) -> Iterator[tuple[Metric, Sequence[float]]]:
    """The last or the best epoch of every final fit."""
    stages = {history["stage"] for history in entry["history"]}
    final = "refit" if "refit" in stages and not prefix else "validation" if "validation" in stages else "refit"
    own = [history for history in entry["history"] if history["stage"] == final and history["division"] == 0]
    for metric, key in _HISTORY.items():
        curves = [[value for value in history.get(prefix + key) or () if value is not None] for history in own]
        if curves and all(curves):
            yield metric, [curve[-1] if last else max(curve) for curve in curves]


def _readings(entry: Mapping[str, Any], rows: str) -> Iterator[Reading]:
    words = {**_ROWS, "copies": "on the test rows without those that have a copy in training"}
    words["best epoch"] = "of the best epoch instead of the last"
    for metric, values in _values(entry, rows).items():
        yield Reading(metric, values, words[rows])


def _random_split(entry: Mapping[str, Any], results: Mapping[str, Any]) -> RandomSplit | None:
    """What leaking near-copies do to the probe that is most like this contestant."""
    harm = ((results.get("data") or {}).get("probes") or {}).get("harm")
    if not harm:
        return None
    probes = {probe["name"]: probe for probe in harm["contestants"]}
    probe = probes.get(_PROBES.get(entry["family"].partition(":")[0], "nearest")) or next(iter(probes.values()))
    lift = harm_gaps(harm).get(probe["name"])
    if lift is None:
        return None
    return RandomSplit(probe["words"], probe["random"]["mean"], probe["grouped"]["mean"], lift)


def _why_not_measured(claim: Claim, entry: Mapping[str, Any]) -> str:
    if entry["reason"]:
        return str(entry["reason"])
    if claim.metric == "log_loss" and entry.get(claim.on):
        return "its outputs are not probabilities, so it has no log loss"
    return f"it has no {claim.metric} on {claim.on} rows"
