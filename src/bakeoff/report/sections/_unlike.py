"""Whether training and test rows are of one kind, as a classifier sees it."""

from collections.abc import Mapping
from typing import Any

from bakeoff.compare import tells_apart
from bakeoff.report._format import is_number, percent
from bakeoff.report.sections._context import Context

__all__ = ["is_unlike", "unlike_sentence"]


def is_unlike(context: Context) -> bool | None:
    """Whether a classifier surely tells them apart; None where nobody asked, or there is no interval."""
    return tells_apart(context.probe("unlike")) if is_number(_accuracy(context).get("low")) else None


def unlike_sentence(context: Context) -> str:
    """How well a classifier tells training rows from test rows, with its interval; empty where nobody asked."""
    accuracy = _accuracy(context)
    mean, low, high = accuracy.get("mean"), accuracy.get("low"), accuracy.get("high")
    if not is_number(mean):
        return ""
    words = f"Asked whether a row is of the training or of the test rows, a classifier is right {percent(mean, 1)} of "
    if not (is_number(low) and is_number(high)):
        return f"{words}the time; there are too few groups for an interval."
    words += f"the time ({100 * low:.1f} to {percent(high, 1)}), where guessing gives {percent(_chance(context))}"
    if is_unlike(context):
        return f"{words}: they are not of one kind, and a score on one need not hold on the other."
    return f"{words}: they are {'not quite alike' if low > _chance(context) else 'alike'}."


def _accuracy(context: Context) -> Mapping[str, Any]:
    return context.probe("unlike").get("accuracy") or {}


def _chance(context: Context) -> float:
    chance = context.probe("unlike").get("chance")
    return chance if is_number(chance) else 0.5
