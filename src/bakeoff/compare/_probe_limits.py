"""From when on the figure of a probe of the data says something: one rule for findings and for reports."""

from collections.abc import Mapping
from typing import Any

__all__ = ["doubts_labels", "tells_apart"]

_CLEARLY = 0.05
_STRONG_EVIDENCE = 10.83
"""Twice the gain in log-likelihood that clean labels reach once in 2,000 times."""


def tells_apart(unlike: Mapping[str, Any], above_chance: float = _CLEARLY) -> bool:
    """Whether a classifier surely tells training rows from test rows, clearly better than by guessing.

    A difference that shows only over thousands of rows (MNIST: 53 %, other people wrote the test digits) is none to
    act on.

    Parameters
    ----------
    unlike : mapping
        ``data.probes.unlike`` of ``results.json``.
    above_chance : float
        How far above chance its whole interval must lie.

    Examples
    --------
    >>> tells_apart({"accuracy": {"mean": 0.7, "low": 0.66, "high": 0.74}, "chance": 0.5})
    True
    """
    low, chance = (unlike.get("accuracy") or {}).get("low"), unlike.get("chance")
    return low is not None and low > (0.5 if chance is None else chance) + above_chance


def doubts_labels(labels: Mapping[str, Any]) -> bool:
    """Whether there is evidence of wrong labels; see `bakeoff.audit.find_label_candidates` for what it is.

    A model that errs doubts labels too, so the number of doubts alone says nothing.

    Parameters
    ----------
    labels : mapping
        ``data.probes.labels`` of ``results.json``.
    """
    return bool(labels.get("n_candidates")) and (labels.get("evidence") or 0.0) >= _STRONG_EVIDENCE
