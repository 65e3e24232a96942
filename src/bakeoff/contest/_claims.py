"""Published figures against what was measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bakeoff.compare import check_claim
from bakeoff.recipe import Claim

__all__ = ["check_claims"]


def check_claims(claims: Sequence[Claim], entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Check every claim of a recipe; see `bakeoff.compare.check_claim`.

    Parameters
    ----------
    claims : sequence of Claim
    entries : sequence of mapping
        The contestants of ``results.json``.
    """
    by_name = {entry["name"]: entry for entry in entries}
    return [_check(claim, by_name[claim.contestant]) for claim in claims]


def _check(claim: Claim, entry: Mapping[str, Any]) -> dict[str, Any]:
    head = {
        "contestant": claim.contestant,
        "metric": claim.metric,
        "published": claim.published,
        "source": claim.source,
    }
    scores = entry[claim.on]
    if scores is None or scores[claim.metric] is None:
        why = entry["reason"] or f"it has no {claim.metric} on {claim.on} rows"
        nothing = {"measured": None, "low": None, "high": None, "agrees": None}
        return {**head, **nothing, "explanation": f"{claim.contestant} cannot be checked: {why}."}
    values = {metric: list(known["values"]) for metric, known in scores.items() if known is not None}
    result = check_claim(claim.published, claim.digits, values, claim.metric, deterministic=not entry["is_random"])
    return {**head, **asdict(result)}
