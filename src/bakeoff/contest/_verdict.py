"""The answer in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.compare import Comparison, Estimate, VerdictFacts, verdict
from bakeoff.contest._plan import Plan

__all__ = ["judge"]

_ROWS = {"file": "test", "holdout": "holdout", "folds": "out-of-fold"}
"""What the rows that stand for new ones are called."""


def judge(
    plan: Plan,
    decided_on: str,
    estimates: Mapping[str, Estimate | None],
    comparisons: Sequence[Comparison],
    entries: Sequence[Mapping[str, Any]],
) -> str:
    """The verdict of a run: what `bakeoff.compare.verdict` says, and for images a word on what did not enter.

    Parameters
    ----------
    plan : Plan
    decided_on : {"test", "validation"}
    estimates : mapping of name to Estimate or None
        On the primary metric.
    comparisons : sequence of Comparison
    entries : sequence of mapping
        The contestants of ``results.json``.
    """
    metric = plan.recipe.protocol.primary_metric
    facts = VerdictFacts(
        metric=metric,
        on=_ROWS[plan.parts.test] if decided_on == "test" else decided_on,
        margin=plan.recipe.protocol.margin,
        grouped=plan.dataset.groups_train is not None,
        failed={
            entry["name"]: entry["reason"] or f"it has no {metric}"
            for entry in entries
            if estimates[entry["name"]] is None
        },
        dummies=[entry["name"] for entry in entries if entry["family"] == "dummy"],
    )
    return verdict({name: known for name, known in estimates.items() if known is not None}, comparisons, facts)
