"""Published F1 figures that cannot be compared: one is a macro average, the other a weighted one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias

from bakeoff.types import Metric

__all__ = ["UnlikeAverages", "rows_meant", "unlike_averages"]

Claim: TypeAlias = Mapping[str, Any]

_AVERAGES: Mapping[Metric, str] = {"f1_macro": "macro", "f1_weighted": "weighted"}


@dataclass(frozen=True, slots=True)
class UnlikeAverages:
    """Two published figures of different averages, side by side.

    Parameters
    ----------
    first, second : mapping
        The claims, as in ``results.json``.
    averages : (metric, metric)
        Which F1 each is.
    like_for_like : mapping of metric to (float, float)
        What was measured here of both, by the same average; only those averages that both have.
    """

    first: Claim
    second: Claim
    averages: tuple[Metric, Metric]
    like_for_like: Mapping[Metric, tuple[float, float]]

    @property
    def sentence(self) -> str:
        """What they are, and both like for like where that was measured."""
        figures = [f"{claim['published']:.{claim.get('digits', 4)}f}" for claim in (self.first, self.second)]
        names = [_AVERAGES[average] for average in self.averages]
        words = (
            f"{figures[0]} is the {names[0]} F1 of {self.first['contestant']}, {figures[1]} the {names[1]} one of "
            f"{self.second['contestant']}: they cannot be compared"
        )
        means = [f"{a:.4f} against {b:.4f} ({_AVERAGES[metric]})" for metric, (a, b) in self.like_for_like.items()]
        return f"{words}; like for like it is {', or '.join(means)}." if means else f"{words}."


def unlike_averages(claims: Sequence[Claim], results: Mapping[str, Any]) -> Iterator[UnlikeAverages]:
    """Every two contestants whose published F1 of the same rows are of different averages, and of no equal one.

    Parameters
    ----------
    claims : sequence of mapping
        Checked, as in ``results.json``.
    results : mapping
        What ``results.json`` holds: ``contestants`` and ``protocol``.
    """
    averaged = [(claim, average) for claim in claims if (average := _average(claim))]
    comparable = {_pair(a, b) for (a, of_a), (b, of_b) in combinations(averaged, 2) if of_a == of_b}
    for (a, of_a), (b, of_b) in combinations(averaged, 2):
        is_one = a["contestant"] == b["contestant"] or _rows_of(a) != _rows_of(b)
        if of_a == of_b or is_one or _pair(a, b) in comparable:
            continue
        comparable.add(_pair(a, b))  # one is enough for two contestants
        yield UnlikeAverages(a, b, (of_a, of_b), _like_for_like(a, b, results))


def _average(claim: Claim) -> Metric | None:
    """Which F1 a figure is: as found, else as said."""
    like = claim.get("like_for_like")
    name = like["metric"] if like else claim["metric"]
    return next((metric for metric in _AVERAGES if metric == name), None)


def _pair(a: Claim, b: Claim) -> tuple[frozenset[str], str, str]:
    return frozenset((a["contestant"], b["contestant"])), _rows_of(a), _rows_of(b)


def _rows_of(claim: Claim) -> str:
    return claim.get("on") or "test"


def _like_for_like(a: Claim, b: Claim, results: Mapping[str, Any]) -> dict[Metric, tuple[float, float]]:
    entries = {entry["name"]: entry for entry in results["contestants"]}
    found = [entries.get(claim["contestant"]) or {} for claim in (a, b)]
    parts = [entry.get(rows_meant(_rows_of(a), entry, results)) or {} for entry in found]
    return {
        metric: (parts[0][metric]["mean"], parts[1][metric]["mean"])
        for metric in _AVERAGES
        if all(part.get(metric) for part in parts)
    }


def rows_meant(on: str, entry: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Where the test rows are watched as validation rows, a validation score is a score on test rows.

    Parameters
    ----------
    on : {"test", "validation", "training"}
        What a claim says.
    entry : mapping
        The contestant, as in ``results.json``.
    results : mapping
        What ``results.json`` holds: ``protocol``.
    """
    watched = results["protocol"]["validation"] == "test" and entry.get("validation") is None
    return "test" if on == "validation" and watched else on
