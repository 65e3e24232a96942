"""Checks of published figures that are set side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from bakeoff.audit._averages import rows_meant, unlike_averages
from bakeoff.audit._finding import Finding
from bakeoff.compare import METRIC_NAMES

__all__ = ["CLAIM_CHECKS"]

Results: TypeAlias = Mapping[str, Any]


def one_run_published(results: Results) -> Iterator[Finding]:
    """P003: a published figure of a contestant that changes with its seed is one draw of many."""
    entries = {entry["name"]: entry for entry in results["contestants"]}
    seeded = [
        (claim["contestant"], metric, list(score["values"]))
        for claim in results.get("claims") or ()
        if (metric := _metric_of(claim))
        and (score := _score(entries.get(claim["contestant"]) or {}, claim, metric, results))
        and len(score["values"]) > 1
    ]
    if not seeded:
        return
    # A loss has no points: it is told of only where nothing else was published.
    name, metric, values = max(seeded, key=lambda each: (each[1] != "log_loss", max(each[2]) - min(each[2])))
    spread = max(values) - min(values)
    apart = f"{spread:.4f}" if metric == "log_loss" else f"{100 * spread:.1f} points"
    yield Finding(
        "P003",
        "note",
        "A published figure is one seed",
        f"The published figures of {name} are those of one run, and the next run has others: {len(values)} seeds gave "
        f"{METRIC_NAMES.get(metric, metric)} from {min(values):.4f} to {max(values):.4f} here, {apart} apart. A "
        "difference smaller than that says nothing about who is better.",
        {"seeds": len(values), "lowest": min(values), "highest": max(values)},
    )


def mixed_averages(results: Results) -> Iterator[Finding]:
    """P005: the F1 of one contestant is a macro average, that of another a weighted one."""
    pairs = list(unlike_averages(results.get("claims") or (), results))
    if not pairs:
        return
    first = pairs[0]
    published = dict(zip(first.averages, (first.first["published"], first.second["published"]), strict=True))
    numbers = {"macro": published["f1_macro"], "weighted": published["f1_weighted"], "pairs": len(pairs)}
    if "f1_macro" in first.like_for_like:
        a, b = first.like_for_like["f1_macro"]
        own, other = (a, b) if first.averages[0] == "f1_macro" else (b, a)
        numbers |= {"measured_macro": own, "measured_macro_of_other": other}
    yield Finding(
        "P005",
        "warning",
        "Metrics with different averages compared",
        f"{' '.join(pair.sentence for pair in pairs)} The two averages differ on the same predictions.",
        numbers,
    )


def _metric_of(claim: Mapping[str, Any]) -> str:
    """The metric that is meant; of an F1 that is called no more than that, the one that it was found to be."""
    if claim["metric"] != "f1":
        return str(claim["metric"])
    return str((claim.get("like_for_like") or {}).get("metric") or "f1_macro")


def _score(
    entry: Mapping[str, Any], claim: Mapping[str, Any], metric: str, results: Results
) -> Mapping[str, Any] | None:
    of_part = entry.get(rows_meant(claim.get("on") or "test", entry, results)) or {}
    found: Mapping[str, Any] | None = of_part.get(metric)
    return found


CLAIM_CHECKS: Sequence[Callable[[Results], Iterator[Finding]]] = (one_run_published, mixed_averages)
