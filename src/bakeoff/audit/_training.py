"""Checks of how training went: over-fit, under-fit, not converged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from statistics import fmean
from typing import Any, TypeAlias

from scipy.stats import norm

from bakeoff.audit._finding import Finding
from bakeoff.audit._reading import part_decided

__all__ = ["TRAINING_CHECKS"]

Results: TypeAlias = Mapping[str, Any]
Entry: TypeAlias = Mapping[str, Any]

NOTABLE_RISE = 1.01
"""Of a validation loss over its lowest: less than that is what one epoch differs from the next."""


@dataclass(frozen=True, slots=True)
class _LastEpoch:
    """Accuracy of one network at the end of training, on its own rows and on rows that it did not learn from.

    Parameters
    ----------
    name : str
    train : float
        Mean over seeds.
    n_train : int
    other, low, high : float
        On validation rows (on the test rows where these were watched), with the interval.
    rows : str
        Which rows these are, in words.
    risen : float or None
        Loss on these rows at the end over its lowest, mean over seeds.
    """

    name: str
    train: float
    n_train: int
    other: float
    low: float
    high: float
    rows: str
    risen: float | None


def over_fit(results: Results) -> Iterator[Finding]:
    """R001: a network is better on its own rows than it surely is on others.

    It speaks where the difference is above what the interval of the other score and the number of training rows allow,
    widened for the number of networks (Bonferroni), by more than the margin within which a difference counts as none.
    That holds for two classes and for a thousand.
    """
    protocol, networks = results["protocol"], list(_last_epochs(results))
    tail = (1 - (protocol.get("confidence") or 0.95)) / 2
    wider = float(norm.isf(tail / max(len(networks), 1)))
    ends = []
    for end in networks:
        error = hypot((end.high - end.other) / norm.isf(tail), sqrt(end.train * (1 - end.train) / end.n_train))
        if end.train - end.other > wider * error + (protocol.get("margin") or 0.0):
            ends.append(end)
    if not ends:
        return
    listed = "; ".join(
        f"{end.name} {end.train:.4f} against {end.other:.4f} ({end.low:.4f} to {end.high:.4f})" for end in ends
    )
    risen = [end for end in ends if end.risen is not None and end.risen >= NOTABLE_RISE]
    worst = max(ends, key=lambda end: end.train - end.other)
    said = (
        f"At the end of training, accuracy on training rows against {worst.rows}: {listed}. What is above the interval "
        "was learnt by heart."
    )
    if risen:
        rises = ", ".join(f"{end.name} by {(end.risen or 1) - 1:.0%}" for end in risen)
        said += f" The loss on {worst.rows} had risen again from its lowest ({rises}): fewer epochs would have done."
    said += " More rows, augmentation, L2, dropout or early stopping narrow the gap."
    numbers = {"train": worst.train, "other": worst.other, "low": worst.low, "high": worst.high}
    yield Finding("R001", "note", "Over-fit", said, {**numbers, "contestants": len(ends)})


def under_fit(results: Results) -> Iterator[Finding]:
    """R002: a network does not fit its own rows as well as another contestant does rows that it never saw.

    Scores of others are compared within one part, that on which the comparison was decided.
    """
    held_out = _held_out(results)
    if not held_out:
        return
    leader = max(held_out, key=lambda name: (held_out[name]["low"], held_out[name]["mean"]))
    low, mean = held_out[leader]["low"], held_out[leader]["mean"]
    exact = {entry["name"] for entry in results["contestants"] if entry["settings"].get("train_scores") == "exact"}
    for end in _last_epochs(results):
        own = held_out.get(end.name)
        if own is None or end.name == leader or end.train >= low or own["high"] >= low:
            continue
        how = "" if end.name in exact else " (the mean over its last epoch, which dropout lowers)"
        yield Finding(
            "R002",
            "warning",
            "Under-fit",
            f"{end.name} is right on {end.train:.1%} of its own training rows at the end of training{how}; {leader} is "
            f"right on {mean:.1%} of rows that it never saw. It could learn more: more epochs, a higher learning "
            "rate, more units or layers, or less regularisation.",
            {"train": end.train, "best": mean, "best_low": low},
        )


def notes_of_models(results: Results) -> Iterator[Finding]:
    """R003: a model said of itself that it did not converge."""
    for entry in results["contestants"]:
        notes = sorted({note for fit in entry["fits"] for note in fit["notes"] if "converge" in note.lower()})
        if notes:
            yield Finding("R003", "warning", "Not converged", f"{entry['name']}: {notes[0]}", {"notes": len(notes)})


def _last_epochs(results: Results) -> Iterator[_LastEpoch]:
    watched = "test" if results["protocol"]["validation"] == "test" else "validation"
    for entry in results["contestants"]:
        score = (entry.get(watched) or {}).get("accuracy")
        histories = entry.get("history") or ()
        # Fits that were watched: those on which something was chosen, else the final ones.
        histories = [history for history in histories if _last(history, "val_accuracy") is not None]
        train = [value for history in histories if (value := _last(history, "accuracy")) is not None]
        if not train or not score or score.get("low") is None:
            continue
        rises = [rise for history in histories if (rise := _rise(history.get("val_loss"))) is not None]
        yield _LastEpoch(
            entry["name"],
            fmean(train),
            results["data"]["n_train"],
            score["mean"],
            score["low"],
            score["high"],
            f"{watched} rows",
            fmean(rises) if rises else None,
        )


def _last(history: Mapping[str, Any], key: str) -> float | None:
    curve = history.get(key) or ()
    return curve[-1] if curve else None


def _rise(losses: Sequence[float | None] | None) -> float | None:
    known = [loss for loss in losses or () if loss is not None]
    return known[-1] / min(known) if known and min(known) > 0 else None


def _held_out(results: Results) -> dict[str, Mapping[str, Any]]:
    """Accuracy of all contestants on the rows that decided, where it has an interval; of no dummy."""
    part = part_decided(results)
    entries = [entry for entry in results["contestants"] if entry["family"] != "dummy"]
    scores = {entry["name"]: (entry.get(part) or {}).get("accuracy") for entry in entries}
    return {name: score for name, score in scores.items() if score and score.get("low") is not None}


TRAINING_CHECKS: Sequence[Callable[[Results], Iterator[Finding]]] = (over_fit, under_fit, notes_of_models)
