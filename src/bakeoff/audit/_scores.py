"""Checks of what came out: against guessing, against looking up, against validation, against luck."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from bakeoff.audit._finding import Finding
from bakeoff.audit._reading import part_decided
from bakeoff.compare import METRIC_NAMES, Gap, score_gap, validation_gaps

__all__ = ["SCORE_CHECKS"]

Results: TypeAlias = Mapping[str, Any]
Entry: TypeAlias = Mapping[str, Any]


def worse_than_dummy(results: Results) -> Iterator[Finding]:
    """R004: a contestant does not beat one that never looks at the rows, or it cannot be told that it does.

    The paired comparison decides where there is one, else the two intervals. Where there is neither, only a mean that
    is no better speaks.
    """
    metric, part = results["protocol"]["primary_metric"], part_decided(results)
    sign = -1 if metric == "log_loss" else 1
    entries = {entry["name"]: entry for entry in results["contestants"]}
    scores = {name: score for name, entry in entries.items() if (score := (entry.get(part) or {}).get(metric))}
    dummies = [name for name in scores if entries[name]["family"] == "dummy"]
    if not dummies:
        return
    dummy = max(dummies, key=lambda name: sign * scores[name]["mean"])
    for name, score in scores.items():
        gain = None if name in dummies else _gain(results, name, dummy, (score, scores[dummy]))
        if gain is None or gain.is_sure:
            continue
        told = gain.is_surely_none
        own, reference = (each["mean"] for each in (score, scores[dummy]))
        words = "" if told else " Whether it is better cannot be told from these rows."
        yield Finding(
            "R004",
            "error" if told else "warning",
            "No better than guessing" if told else "Maybe no better than guessing",
            f"{name} has {METRIC_NAMES.get(metric, metric)} {own:.4f}; a contestant that never looks at the rows has "
            f"{reference:.4f}.{words}",
            {"score": own, "dummy": reference, "low": gain.low, "high": gain.high},
        )


@dataclass(frozen=True, slots=True)
class _Gain:
    """How much better than guessing, the sign turned so that more is better."""

    mean: float
    low: float | None
    high: float | None
    margin: float

    @property
    def is_sure(self) -> bool:
        return self.mean > 0 if self.low is None else self.low > 0

    @property
    def is_surely_none(self) -> bool:
        return self.high is not None and self.high <= self.margin


def _gain(results: Results, name: str, dummy: str, scores: tuple[Mapping[str, Any], Mapping[str, Any]]) -> _Gain:
    metric, margin = results["protocol"]["primary_metric"], results["protocol"].get("margin") or 0.0
    sign, margin = (-1, 0.0) if metric == "log_loss" else (1, margin)
    pairs = {(pair["a"], pair["b"]): pair for pair in results.get("comparisons") or ()}
    found = pairs.get((name, dummy)) or pairs.get((dummy, name))
    if found is not None and found.get("low") is not None:
        ends = [found[key] for key in ("difference", "low", "high")]
        sign = sign if found["a"] == name else -sign
    else:
        gap = score_gap(*scores)
        ends = [None] * 3 if gap is None else [gap.mean, gap.low, gap.high]
    mean, low, high = (None if end is None else sign * end for end in ends)
    low, high = (low, high) if sign > 0 else (high, low)
    return _Gain(mean or 0.0, low, high, margin)


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
    """R006: validation and test scores differ by more than their intervals and the margin of equality allow.

    `bakeoff.compare.validation_gaps` says which, here and in the report.
    """
    metric, gaps = results["protocol"]["primary_metric"], validation_gaps(results)
    apart = {name: gap for name, gap in gaps.items() if gap.is_beyond_margin}
    if not apart:
        return
    scores = {
        entry["name"]: [entry[part][metric]["mean"] for part in ("validation", "test")]
        for entry in results["contestants"]
        if entry["name"] in apart
    }
    listed = "; ".join(
        f"{name} {first:.4f} on validation, {second:.4f} on test: {_gap_words(apart[name], metric)}"
        for name, (first, second) in scores.items()
    )
    sign = -1 if metric == "log_loss" else 1  # a loss that is too low promises too much
    n_above = sum(sign * gap.mean > 0 for gap in apart.values())
    if n_above == len(apart):
        meaning = "Validation promised more than the test rows keep: rows that hang together (a person, a session) may "
        meaning += "be on both sides of the validation split (--group), or the test rows are of another kind."
    elif n_above == 0:
        meaning = "The test rows are easier than the validation rows: they may have copies in training, or be of "
        meaning += "another kind."
    else:
        meaning = "The contestants disagree about which part is harder: the two parts are of different kinds."
    most = max(apart, key=lambda name: abs(apart[name].mean))
    first, second = scores[most]
    numbers = {"difference": apart[most].mean, "low": apart[most].low, "high": apart[most].high}
    yield Finding(
        "R006",
        "warning",
        "Validation and test disagree",
        f"By {metric}: {listed}. {meaning}",
        {"validation": first, "test": second, **numbers},
    )


def _gap_words(gap: Gap, metric: str) -> str:
    """A difference with its interval, in points; a loss as it is."""
    scale, digits, unit = (1.0, 4, "") if metric == "log_loss" else (100.0, 1, " points")
    mean, low, high = (f"{scale * (value or 0.0):+.{digits}f}" for value in (gap.mean, gap.low, gap.high))
    return f"{mean}{unit} ({low} to {high})"


def seeds_disagree(results: Results) -> Iterator[Finding]:
    """R007: which of two contestants leads depends on the seed."""
    metric = results["protocol"]["primary_metric"]
    part = part_decided(results)
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


SCORE_CHECKS: Sequence[Callable[[Results], Iterator[Finding]]] = (
    worse_than_dummy,
    worse_than_nearest,
    parts_disagree,
    seeds_disagree,
)
