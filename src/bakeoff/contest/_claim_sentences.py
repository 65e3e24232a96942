"""What several published figures amount to together."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, TypeAlias

__all__ = ["claim_sentences"]

_Averaged: TypeAlias = tuple[Mapping[str, Any], str]
"""A checked claim, and which F1 it is."""

_AVERAGES = {"f1_macro": "macro", "f1_weighted": "weighted"}


def claim_sentences(claims: Sequence[Mapping[str, Any]], results: Mapping[str, Any]) -> list[str]:
    """How many figures agree; then the pairs that set one average of F1 against another, with both like for like.

    Parameters
    ----------
    claims : sequence of mapping
        Checked, as in ``results.json``.
    results : mapping
        What ``results.json`` holds.
    """
    return [_counted(claims), *_unlike_pairs(claims, results)] if claims else []


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


def _unlike_pairs(claims: Sequence[Mapping[str, Any]], results: Mapping[str, Any]) -> Iterator[str]:
    entries = {entry["name"]: entry for entry in results["contestants"]}
    averaged = [(claim, average) for claim in claims if (average := _average(claim))]
    alike = {
        frozenset((a["contestant"], b["contestant"]))
        for (a, of_a), (b, of_b) in combinations(averaged, 2)
        if of_a == of_b and a["on"] == b["on"]
    }
    for (a, of_a), (b, of_b) in combinations(averaged, 2):
        pair = frozenset((a["contestant"], b["contestant"]))
        if of_a == of_b or a["on"] != b["on"] or len(pair) == 1 or pair in alike:
            continue
        alike.add(pair)  # one sentence a pair
        yield _sentence((a, of_a), (b, of_b), entries)


def _average(claim: Mapping[str, Any]) -> str | None:
    """Which F1 a figure is: as found, else as said."""
    like = claim.get("like_for_like")
    metric = like["metric"] if like else claim["metric"]
    return metric if metric in _AVERAGES else None


def _sentence(first: _Averaged, second: _Averaged, entries: Mapping[str, Mapping[str, Any]]) -> str:
    (a, of_a), (b, of_b) = first, second
    figures = [f"{claim['published']:.{claim['digits']}f}" for claim in (a, b)]
    words = (
        f"{figures[0]} is the {_AVERAGES[of_a]} F1 of {a['contestant']}, {figures[1]} the {_AVERAGES[of_b]} one of "
        f"{b['contestant']}: they cannot be compared"
    )
    parts = [entries[claim["contestant"]].get(a["on"]) or {} for claim in (a, b)]
    means = [
        f"{parts[0][metric]['mean']:.4f} against {parts[1][metric]['mean']:.4f} ({name})"
        for metric, name in _AVERAGES.items()
        if all(part.get(metric) for part in parts)
    ]
    return f"{words}; like for like it is {', or '.join(means)}." if means else f"{words}."
