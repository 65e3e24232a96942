"""Checks of published figures that are set side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from bakeoff.audit._finding import Finding

__all__ = ["CLAIM_CHECKS"]

Results: TypeAlias = Mapping[str, Any]

_NAMES = {"f1_macro": "macro F1", "f1_weighted": "weighted F1"}


def one_run_published(results: Results) -> Iterator[Finding]:
    """P003: a published figure of a contestant that changes with its seed is one draw of many."""
    entries = {entry["name"]: entry for entry in results["contestants"]}
    seeded = [
        (claim["contestant"], claim["metric"], list(score["values"]))
        for claim in results.get("claims") or ()
        if (score := _score(entries.get(claim["contestant"]), claim)) and len(score["values"]) > 1
    ]
    if not seeded:
        return
    name, metric, values = max(seeded, key=lambda each: max(each[2]) - min(each[2]))
    spread = max(values) - min(values)
    yield Finding(
        "P003",
        "note",
        "A published figure is one seed",
        f"The published figures of {name} are those of one run, and the next run has others: {len(values)} seeds gave "
        f"{_NAMES.get(metric, metric)} from {min(values):.4f} to {max(values):.4f} here, {100 * spread:.1f} points "
        "apart. A difference smaller than that says nothing about who is better.",
        {"seeds": len(values), "lowest": min(values), "highest": max(values)},
    )


def mixed_averages(results: Results) -> Iterator[Finding]:
    """P005: the F1 of one contestant is a macro average, that of another a weighted one."""
    published: dict[str, dict[str, Mapping[str, Any]]] = {"f1_macro": {}, "f1_weighted": {}}
    for claim in results.get("claims") or ():
        metric = (claim.get("like_for_like") or {}).get("metric") if claim["metric"] == "f1" else claim["metric"]
        if metric in published:
            published[metric][claim["contestant"]] = claim
    only_macro = [name for name in published["f1_macro"] if name not in published["f1_weighted"]]
    only_weighted = [name for name in published["f1_weighted"] if name not in published["f1_macro"]]
    if not only_macro or not only_weighted:
        return
    one, other = only_macro[0], only_weighted[0]
    first, second = published["f1_macro"][one], published["f1_weighted"][other]
    said = (
        f"{_figure(first)} of {one} is a macro F1 and {_figure(second)} of {other} a weighted one: the two averages "
        "cannot be compared, for they differ on the same predictions."
    )
    numbers = {"macro": first["published"], "weighted": second["published"]}
    like = _like_for_like(results, one, other, first.get("on", "test"))
    if like is not None:
        said += f" Like for like, measured here: macro F1 {like[0]:.4f} of {one} against {like[1]:.4f} of {other}."
        numbers |= {"measured_macro": like[0], "measured_macro_of_other": like[1]}
    yield Finding("P005", "warning", "Metrics with different averages compared", said, numbers)


def _like_for_like(results: Results, one: str, other: str, part: str) -> tuple[float, float] | None:
    entries = {entry["name"]: entry for entry in results["contestants"]}
    claim = {"on": part, "metric": "f1_macro"}
    scores = [_score(entries.get(name), claim) for name in (one, other)]
    return None if not all(scores) else (scores[0]["mean"], scores[1]["mean"])  # type: ignore[index]


def _score(entry: Mapping[str, Any] | None, claim: Mapping[str, Any]) -> Mapping[str, Any] | None:
    of_part = (entry or {}).get(claim.get("on") or "test") or {}
    found: Mapping[str, Any] | None = of_part.get(claim["metric"])
    return found


def _figure(claim: Mapping[str, Any]) -> str:
    return f"{claim['published']:.{claim.get('digits', 4)}f}"


CLAIM_CHECKS: Sequence[Callable[[Results], Iterator[Finding]]] = (one_run_published, mixed_averages)
