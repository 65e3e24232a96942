"""Checks of what came out: against guessing, against looking up, against validation, against luck."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import hypot
from typing import Any, TypeAlias

from scipy.stats import norm

from bakeoff.audit._finding import Finding

__all__ = ["SCORE_CHECKS"]

Results: TypeAlias = Mapping[str, Any]
Entry: TypeAlias = Mapping[str, Any]


def worse_than_dummy(results: Results) -> Iterator[Finding]:
    """R004: a contestant does not beat one that never looks at the rows."""
    entries = {entry["name"]: entry for entry in results["contestants"]}
    dummies = [entry for entry in entries.values() if entry["family"] == "dummy"]
    metric = results["protocol"]["primary_metric"]
    reference = max((value for entry in dummies if (value := _mean(entry, metric)) is not None), default=None)
    if reference is None or metric == "log_loss":
        return
    for name, entry in entries.items():
        value = _mean(entry, metric)
        if entry["family"] != "dummy" and value is not None and value <= reference:
            yield Finding(
                "R004",
                "error",
                "No better than guessing",
                f"{name} has {metric} {value:.4f}; a contestant that never looks at the rows has {reference:.4f}.",
                {"score": value, "dummy": reference},
            )


def worse_than_nearest(results: Results) -> Iterator[Finding]:
    """R005: a contestant is surely worse than looking up the most similar training row.

    The reference is 1-nearest-neighbour, or nearest neighbours with other settings, where it entered; the comparison
    is then the paired one. Else it is the probe on the grouped split, and both intervals must lie apart.
    """
    looked_up = {
        entry["name"] for entry in results["contestants"] if entry["family"] in ("knn", "KNeighborsClassifier")
    }
    worse = list(_lost_to(results, looked_up)) if looked_up else list(_below_probe(results))
    if worse:
        listed = "; ".join(
            f"{name} {own:.4f} against {reference:.4f} of {other}" for name, own, other, reference in worse
        )
        _, own, _, reference = max(worse, key=lambda each: each[3] - each[1])
        yield Finding(
            "R005",
            "note",
            "Worse than looking up the nearest row",
            f"Nearest neighbours learn nothing: they look up the most similar training rows. Surely below that: "
            f"{listed}. What such a model learnt was not worth its training; look at its settings and scaling, or "
            "leave it out.",
            {"score": own, "nearest": reference, "contestants": len(worse)},
        )


def _lost_to(results: Results, looked_up: set[str]) -> Iterator[tuple[str, float, str, float]]:
    entries = {entry["name"]: entry for entry in results["contestants"]}
    for pair in results.get("comparisons") or ():
        winner = {"better": pair["a"], "worse": pair["b"]}.get(pair["decision"])
        loser = pair["b"] if winner == pair["a"] else pair["a"]
        if winner not in looked_up or loser in looked_up or entries[loser]["family"] == "dummy":
            continue
        own, reference = (entries[name][pair["on"]][pair["metric"]]["mean"] for name in (loser, winner))
        yield loser, own, winner, reference


def _below_probe(results: Results) -> Iterator[tuple[str, float, str, float]]:
    harm = (results["data"].get("probes") or {}).get("harm") or {"contestants": ()}
    probe = next((probe for probe in harm["contestants"] if probe["name"] == "nearest"), None)
    if probe is None or probe["grouped"]["low"] is None:
        return
    for entry in results["contestants"]:
        score = (entry.get("validation") or {}).get("accuracy")
        if not score or score["high"] is None or entry["family"] == "dummy":
            continue
        if score["high"] < probe["grouped"]["low"]:
            yield entry["name"], score["mean"], probe["words"], probe["grouped"]["mean"]


def parts_disagree(results: Results) -> Iterator[Finding]:
    """R006: validation and test scores differ by more than their intervals allow.

    The two are of different rows, so the half-widths of their intervals add like the sides of a right angle; they are
    widened for the number of contestants that are looked at (Bonferroni). Folds have the same rows in both parts.
    """
    metric, protocol = results["protocol"]["primary_metric"], results["protocol"]
    if protocol.get("test") == "folds" or metric == "log_loss":
        return
    scored = [(entry["name"], *pair) for entry in results["contestants"] if (pair := _both_parts(entry, metric))]
    tail = (1 - (protocol.get("confidence") or 0.95)) / 2
    wider = norm.isf(tail / max(len(scored), 1)) / norm.isf(tail)
    apart = []
    for name, validation, test in scored:
        difference = validation["mean"] - test["mean"]
        width = wider * hypot(_half_width(validation), _half_width(test))
        if abs(difference) > width + (protocol.get("margin") or 0.0):
            apart.append((name, validation["mean"], test["mean"], difference, width))
    if not apart:
        return
    listed = "; ".join(
        f"{name} {first:.4f} on validation, {second:.4f} on test: {100 * difference:+.1f} points "
        f"({100 * (difference - width):+.1f} to {100 * (difference + width):+.1f})"
        for name, first, second, difference, width in apart
    )
    n_above = sum(difference > 0 for _, _, _, difference, _ in apart)
    if n_above == len(apart):
        meaning = "Validation promised more than the test rows keep: rows that hang together (a person, a session) may "
        meaning += "be on both sides of the validation split (--group), or the test rows are of another kind."
    elif n_above == 0:
        meaning = "The test rows are easier than the validation rows: they may have copies in training, or be of "
        meaning += "another kind."
    else:
        meaning = "The contestants disagree about which part is harder: the two parts are of different kinds."
    _, first, second, difference, width = max(apart, key=lambda each: abs(each[3]))
    yield Finding(
        "R006",
        "warning",
        "Validation and test disagree",
        f"By {metric}: {listed}. {meaning}",
        {"validation": first, "test": second, "difference": difference, "half_width": width},
    )


def seeds_disagree(results: Results) -> Iterator[Finding]:
    """R007: which of two contestants leads depends on the seed."""
    metric = results["protocol"]["primary_metric"]
    part = "test" if any(entry.get("test") for entry in results["contestants"]) else "validation"
    scored = [
        (entry["name"], score)
        for entry in results["contestants"]
        if entry["family"] != "dummy" and (score := (entry.get(part) or {}).get(metric)) and score.get("values")
    ]
    scored.sort(key=lambda each: each[1]["mean"], reverse=metric != "log_loss")
    turned = []
    for (one, first), (other, second) in pairwise(scored):
        spread = max(max(score["values"]) - min(score["values"]) for score in (first, second))
        # Of a contestant that is not random the one score must lie among the seeds of the other.
        overlap = min(max(first["values"]), max(second["values"])) >= max(min(first["values"]), min(second["values"]))
        if spread > 0 and overlap and abs(first["mean"] - second["mean"]) < spread:
            turned.append((one, other, abs(first["mean"] - second["mean"]), spread))
    if turned:
        unit, scale = ("", 1.0) if metric == "log_loss" else (" points", 100.0)
        listed = "; ".join(
            f"{one} and {other} differ by {scale * gap:.2f}{unit}, the seeds of one of them by {scale * spread:.2f}"
            for one, other, gap, spread in turned
        )
        _, _, gap, spread = max(turned, key=lambda each: each[3])
        yield Finding(
            "R007",
            "note",
            "Seeds disagree more than contestants",
            f"By {metric}: {listed}. With one seed each, either could have come out ahead; the comparisons here take "
            "that into account.",
            {"difference": gap, "spread": spread, "pairs": len(turned)},
        )


def _mean(entry: Entry, metric: str) -> float | None:
    """The score on test rows, else on validation rows."""
    for part in ("test", "validation"):
        if entry.get(part) and entry[part].get(metric):
            return float(entry[part][metric]["mean"])
    return None


def _both_parts(entry: Entry, metric: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    validation, test = ((entry.get(part) or {}).get(metric) for part in ("validation", "test"))
    known = all(score and score.get("low") is not None for score in (validation, test))
    return (validation, test) if known and entry["family"] != "dummy" else None  # type: ignore[return-value]


def _half_width(score: Mapping[str, Any]) -> float:
    return float(score["high"] - score["low"]) / 2


SCORE_CHECKS: Sequence[Callable[[Results], Iterator[Finding]]] = (
    worse_than_dummy,
    worse_than_nearest,
    parts_disagree,
    seeds_disagree,
)
