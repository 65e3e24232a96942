"""What several published figures amount to together."""

from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.audit import unlike_averages

__all__ = ["claim_sentences"]


def claim_sentences(claims: Sequence[Mapping[str, Any]], results: Mapping[str, Any]) -> list[str]:
    """How many figures agree; then the pairs that set one average of F1 against another, with both like for like.

    Parameters
    ----------
    claims : sequence of mapping
        Checked, as in ``results.json``.
    results : mapping
        What ``results.json`` holds.
    """
    return [_counted(claims), *(pair.sentence for pair in unlike_averages(claims, results))] if claims else []


def _counted(claims: Sequence[Mapping[str, Any]]) -> str:
    total = len(claims)
    agree, differ, unclear = (sum(claim["agrees"] is answer for claim in claims) for answer in (True, False, None))
    if agree == total:
        return (
            "The published figure agrees with what was measured here."
            if total == 1
            else f"All {total} published figures agree with what was measured here."
        )
    parts = [f"{agree or 'none'} agree{'s' * (agree == 1)} with what was measured here"]
    parts += [f"{differ} do{'es' * (differ == 1)} not"] * bool(differ)
    parts += [f"{unclear} cannot be judged"] * bool(unclear)
    listed = ", ".join(parts[:-1]) + f" and {parts[-1]}"
    return f"Of {total} published figure{'s' * (total > 1)} {listed}."
