"""What groups do to a score, judged and in words."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from bakeoff.audit._finding import Severity
from bakeoff.audit._reading import Card, probe_of, things_of
from bakeoff.compare import Gap, harm_gaps

__all__ = ["harm_in_points", "harm_sentence", "harm_severity", "is_harmful"]

Harm: TypeAlias = Mapping[str, Any]


def is_harmful(harm: Harm | None) -> bool:
    """Whether a probe is surely better on the random split, by more than the margin of equality."""
    return harm is not None and any(map(_is_gift, harm_gaps(harm).values()))


def harm_severity(harm: Harm | None) -> Severity | None:
    """Of the groups that do it: a warning where there is harm, a note where none shows, None where nobody can tell."""
    if harm is None or all(gap.low is None for gap in harm_gaps(harm).values()):
        return None
    return "warning" if is_harmful(harm) else "note"


def harm_in_points(harm: Harm) -> str:
    """What a random split would give away; or how far it may be off where that is not sure."""
    gaps = harm_gaps(harm)
    gifts = {name: gap for name, gap in gaps.items() if _is_gift(gap)}
    words = {probe["name"]: probe["words"] for probe in harm["contestants"]}
    if gifts:
        listed = " and ".join(f"{100 * gap.mean:.1f} points to {words[name]}" for name, gap in gifts.items())
        return f"A random split would give away {listed}{_where(harm)}."
    known = {name: gap for name, gap in gaps.items() if gap.low is not None}
    if not known:
        return "What a random split would give away cannot be told: there are too few groups."
    listed = "; ".join(f"{words[name]} {_points(gap)}" for name, gap in known.items())
    return (
        "That a random split gives other scores than a grouped one could not be shown. Random minus grouped, in "
        f"points: {listed}{_where(harm)}."
    )


def harm_sentence(card: Card) -> str | None:
    """What groups do to a score, in one sentence for somebody who never heard of leakage; None where not measured.

    Parameters
    ----------
    card : mapping
        The ``data`` part of ``results.json``, with its probes.
    """
    harm = probe_of(card, "harm")
    if harm is None:
        return None
    opening, unseen = _opening_of(harm, things_of(card))
    thing, gaps = things_of(card).removesuffix("s"), harm_gaps(harm)
    first, *others = harm["contestants"]
    gloss = f" (it answers with the most similar {thing} that it has learnt)" if first["name"] == "nearest" else ""
    said = (
        f"{opening}: if they are dealt at random, some to learn from and some to check with, {first['words']}{gloss} "
        f"seems to be right {first['random']['mean']:.1%} of the time, {_but(gaps[first['name']])} on {unseen} it is "
        f"right {_with_interval(first['grouped'])}"
    )
    for probe in others:
        said += f"; {probe['words']} seems to be right {probe['random']['mean']:.1%} of the time, "
        said += f"{_but(gaps[probe['name']])} is right {_with_interval(probe['grouped'])}"
    if is_harmful(harm):
        return f"{said}."
    return f"{said}: {'too few groups to tell' if harm_severity(harm) is None else 'no harm that could be shown'}."


def _opening_of(harm: Harm, things: str) -> tuple[str, str]:
    """How the rows hang together, and what rows of which nothing was learnt are called."""
    if harm["from"] == "declared":
        return f"These {things} come in groups", f"{things} of groups that it never met"
    n_copies, thing = harm.get("copies_of_a_row") or 0, things.removesuffix("s")
    are = "is about 1 nearly equal one" if n_copies == 1 else f"are about {n_copies:,} nearly equal ones"
    opening = f"Of every {thing} there {are}" if n_copies else f"Some {things} are nearly equal to others"
    return opening, f"{things} that it has learnt no copy of"


def _is_gift(gap: Gap) -> bool:
    return gap.low is not None and gap.low > gap.margin


def _but(gap: Gap) -> str:
    return "but" if _is_gift(gap) else "and"


def _points(gap: Gap) -> str:
    low, high = gap.low or 0.0, gap.high or 0.0
    return f"{100 * gap.mean:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _where(harm: Harm) -> str:
    n_used, n_rows = harm["n_train"] + harm["n_validation"], harm.get("n_rows") or 0
    return f" (measured on {n_used:,} of {n_rows:,} rows, in whole groups)" if n_used < n_rows else ""


def _with_interval(score: Mapping[str, Any]) -> str:
    interval = "" if score["low"] is None else f" ({100 * score['low']:.1f} to {100 * score['high']:.1f})"
    return f"{score['mean']:.1%}{interval}"
