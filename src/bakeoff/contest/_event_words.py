"""What is said of a bake-off while it runs, in a terminal as in a notebook."""

from collections.abc import Mapping
from typing import Any

from bakeoff.contest._events import JobStarted, StageFinished

__all__ = ["PROBE_STAGES", "duration_words", "finished_words", "news_words", "started_words"]

PROBE_STAGES = {
    "harm": ("what copies do to a score", "on a random and on a grouped split"),
    "unlike": ("training or test row?", "telling test rows from training rows"),
    "labels": ("labels to look at", "predicting rows that it has not learnt"),
}
_STAGES = {
    "validation": ("choosing", "chosen on validation rows"),
    "refit": ("final fit", "fitted on all training rows"),
    "study": ("study", "scored on validation rows"),
    "tune": ("search", "searched on validation rows"),
    **PROBE_STAGES,
}
"""What a job does, and what it has done."""


def started_words(event: JobStarted) -> str:
    """``dense (choosing, 5 seeds)``."""
    seeds = f"seed {event.seeds[0]}" if len(event.seeds) == 1 else f"{len(event.seeds)} seeds"
    fits = f", {event.n_members} fits" if event.n_members > len(event.seeds) else ""
    return f"{event.contestant} ({_STAGES[event.stage][0]}, {seeds}{fits})"


def finished_words(event: StageFinished) -> str:
    """``dense chosen on validation rows: 5 fits, 60.5 s``, and what failed."""
    fits = f"{event.n_fits} fit{'s' if event.n_fits > 1 else ''}"
    kept = f"{event.n_reused} kept from before, " if event.n_reused else ""
    failed = f"; {event.n_failed} failed: {event.reason or ''}" if event.n_failed else ""
    return f"{event.contestant} {_STAGES[event.stage][1]}: {fits}, {kept}{duration_words(event.seconds)}{failed}"


def news_words(values: Mapping[str, Any], seconds: float) -> str:
    """``epoch 3/10  loss 0.2014  validation 0.9312  4.2 s left``.

    Parameters
    ----------
    values : mapping
        Of a `JobProgress`.
    seconds : float
        Since the job began.
    """
    parts = []
    if "epoch" in values and "epochs" in values:
        parts.append(f"epoch {values['epoch']}/{values['epochs']}")
    parts += [f"{key} {values[key]:.4f}" for key in ("loss", "validation") if key in values]
    if values.get("epoch") and "epochs" in values:
        left = seconds / values["epoch"] * (values["epochs"] - values["epoch"])
        parts.append(f"{duration_words(left)} left")
    return "  ".join(parts)


def duration_words(seconds: float) -> str:
    """``25 ms``, ``60.5 s``, ``12 min``, ``2.1 h``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
