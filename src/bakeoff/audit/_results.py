"""Checks of what came out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from bakeoff.audit._finding import Finding

__all__ = ["RESULT_CHECKS"]

Results: TypeAlias = Mapping[str, Any]


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


def notes_of_models(results: Results) -> Iterator[Finding]:
    """R003: a model said of itself that it did not converge."""
    for entry in results["contestants"]:
        notes = sorted({note for fit in entry["fits"] for note in fit["notes"] if "converge" in note.lower()})
        if notes:
            yield Finding("R003", "warning", "Not converged", f"{entry['name']}: {notes[0]}", {"notes": len(notes)})


def _mean(entry: Mapping[str, Any], metric: str) -> float | None:
    """The score on test rows, else on validation rows."""
    for part in ("test", "validation"):
        if entry.get(part) and entry[part].get(metric):
            return float(entry[part][metric]["mean"])
    return None


RESULT_CHECKS: tuple[Callable[[Results], Iterator[Finding]], ...] = (worse_than_dummy, notes_of_models)
