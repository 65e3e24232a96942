"""Checks of rows that come in groups: near-copies, and what they do to a score."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from bakeoff.audit._finding import Finding, Severity

__all__ = ["COPY_CHECKS", "harm_sentence", "with_scores"]

Card: TypeAlias = Mapping[str, Any]

_MUCH = 0.01
"""Of the test rows: more copies than that can move a score by more than chance does."""


def near_copy_groups(card: Card) -> Iterator[Finding]:
    """D008: rows have near-copies, so a random split would be too kind."""
    groups, harm = card["groups"], _probe(card, "harm")
    n_rows, n_train = groups.get("n_rows_with_copies"), card["n_train"]
    if not n_rows and not _harmful(harm):
        return
    things = _things(card)
    if n_rows:
        share = f"{n_rows:,} of {n_train:,} training {things} have a near-copy among the others"
        largest = f"; the largest group has {groups['largest']:,}" if groups.get("largest") and _is_found(card) else ""
        said = [f"{share}{largest}."]
    else:
        said = [f"The {n_train:,} training {things} lie in {groups['n_groups']:,} declared groups."]
    if groups.get("n_mixed"):
        said.append(f"{groups['n_mixed']:,} groups hold more than one class: look at their labels.")
    severity: Severity = "warning"
    if harm is not None:
        said.append(_harm_in_points(harm))
        severity = "warning" if _harmful(harm) else "note"
    elif n_rows < _MUCH * n_train:
        severity = "note"
    said.append("Every split, fold and interval here keeps groups whole; a split of your own must too.")
    numbers = {"rows_with_copies": n_rows, "n_train": n_train, "n_groups": groups["n_groups"]}
    title = "Near-copies in groups" if n_rows else "Rows in groups"
    yield Finding("D008", severity, title, " ".join(said), {**numbers, **_harm_numbers(harm)})


def too_large_groups(card: Card) -> Iterator[Finding]:
    """D011: a group has so many rows that no split could keep it together."""
    too_large, whole_class = card["groups"].get("too_large") or (), card["groups"].get("whole_class") or ()
    why = []
    if too_large:
        why.append(f"{_sizes(too_large)} would be more than 1 % of the rows")
    if whole_class:
        why.append(f"{_sizes(whole_class)} would be a whole class, which could not be learnt and checked then")
    if why:
        yield Finding(
            "D011",
            "warning",
            "Groups too large to keep together",
            f"Of {card['n_train']:,} training {_things(card)}, {'; '.join(why)}. So many alike may be one source or "
            "merely plain, such as an empty picture; they were not grouped. Look at them, and declare groups (--group) "
            "where they come from one source.",
            {
                "groups": len(too_large) + len(whole_class),
                "rows": sum(too_large) + sum(whole_class),
                "largest": max((*too_large, *whole_class)),
            },
        )


def _sizes(sizes: Sequence[int]) -> str:
    listed = ", ".join(f"{size:,}" for size in sizes[:5]) + (", ..." if len(sizes) > 5 else "")
    return f"a group of {listed} near-copies" if len(sizes) == 1 else f"{len(sizes):,} groups of {listed} near-copies"


def copies_in_test(card: Card) -> Iterator[Finding]:
    """D012: test rows have a near-copy in training."""
    copies, n_test = card["groups"].get("n_test_copies"), card["n_test"]
    if copies and n_test:
        share = copies / n_test
        yield Finding(
            "D012",
            "warning" if share > _MUCH else "note",
            f"Test {_things(card)} with a near-copy in training",
            f"{copies:,} of {n_test:,} test {_things(card)} ({share:.1%}) have a near-copy in training: of these, the "
            "test score is a score of memory.",
            {"copies": copies, "n_test": n_test},
        )


def with_scores(finding: Finding, results: Mapping[str, Any]) -> Finding:
    """What the scores are without the test rows of D012, where contestants were scored without them."""
    metric = results["protocol"]["primary_metric"]
    pairs = {}
    for entry in results["contestants"]:
        whole, clean = (entry.get(part) and entry[part].get(metric) for part in ("test", "test_without_copies"))
        if whole and clean and entry["family"] != "dummy":
            pairs[entry["name"]] = (whole["mean"], clean["mean"])
    if not pairs:
        return finding
    listed = "; ".join(f"{name} {clean:.4f} instead of {whole:.4f}" for name, (whole, clean) in pairs.items())
    change = max((clean - whole for whole, clean in pairs.values()), key=abs)
    return replace(
        finding,
        detail=f"{finding.detail} Without them, by {metric}: {listed}.",
        numbers={**finding.numbers, "largest_change": change},
    )


def groups_across_files(card: Card) -> Iterator[Finding]:
    """P002: a declared group has training and test rows, so the division into the two files leaks."""
    groups = card["groups"]
    if groups["declared"] and groups["leaking"]:
        yield Finding(
            "P002",
            "error",
            "The split leaks groups",
            f"{groups['leaking']:,} of {groups['n_groups']:,} declared groups have rows in training and in test: what "
            "a model learns of them in the one helps it in the other, and new groups will not. Give test rows of "
            "other groups, or leave --test out and let the rows be divided here.",
            {"leaking": groups["leaking"], "n_groups": groups["n_groups"]},
        )


def harm_sentence(card: Card) -> str | None:
    """What groups do to a score, in one sentence for somebody who never heard of leakage; None where not measured.

    Parameters
    ----------
    card : mapping
        The ``data`` part of ``results.json``, with its probes.
    """
    harm = _probe(card, "harm")
    if harm is None:
        return None
    things, n_copies = _things(card), harm.get("copies_of_a_row") or 0
    thing = things.removesuffix("s")
    if harm["from"] == "declared":
        opening, unseen = f"These {things} come in groups", f"{things} of groups that it never met"
    else:
        are = "is about 1 nearly equal one" if n_copies == 1 else f"are about {n_copies:,} nearly equal ones"
        opening = f"Of every {thing} there {are}" if n_copies else f"Some {things} are nearly equal to others"
        unseen = f"{things} that it has learnt no copy of"
    but = "but" if _harmful(harm) else "and"
    first, *others = harm["contestants"]
    gloss = f" (it answers with the most similar {thing} that it has learnt)" if first["name"] == "nearest" else ""
    said = (
        f"{opening}: if they are dealt at random, some to learn from and some to check with, {first['words']}{gloss} "
        f"seems to be right {first['random']['mean']:.1%} of the time, {but} on {unseen} it is right "
        f"{_with_interval(first['grouped'])}"
    )
    for probe in others:
        said += f"; {probe['words']} seems to be right {probe['random']['mean']:.1%} of the time, {but} is right "
        said += _with_interval(probe["grouped"])
    return f"{said}."


def _with_interval(score: Mapping[str, Any]) -> str:
    return f"{score['mean']:.1%}{_interval(score)}"


def _interval(score: Mapping[str, Any]) -> str:
    return "" if score["low"] is None else f" ({100 * score['low']:.1f} to {100 * score['high']:.1f})"


def _harm_in_points(harm: Mapping[str, Any]) -> str:
    if not _harmful(harm):
        return "They do no harm that could be measured: a random split gives the scores that a grouped one gives."
    gains = [
        f"{100 * (probe['random']['mean'] - probe['grouped']['mean']):.1f} points to {probe['words']}"
        for probe in harm["contestants"]
    ]
    n_used, n_rows = harm["n_train"] + harm["n_validation"], harm.get("n_rows") or 0
    where = f" (measured on {n_used:,} of {n_rows:,} rows, in whole groups)" if n_used < n_rows else ""
    return f"A random split would give away {' and '.join(gains)}{where}."


def _harm_numbers(harm: Mapping[str, Any] | None) -> dict[str, float]:
    return {
        f"{probe['name']}_{kind}": probe[kind]["mean"]
        for probe in (harm or {"contestants": ()})["contestants"]
        for kind in ("random", "grouped")
    }


def _harmful(harm: Mapping[str, Any] | None) -> bool:
    """Whether a probe's random score lies above the interval of its grouped one."""
    if harm is None:
        return False
    limits = [
        (probe["random"]["mean"], probe["grouped"]["high"] or probe["grouped"]["mean"]) for probe in harm["contestants"]
    ]
    return any(seems > limit for seems, limit in limits)


def _probe(card: Card, name: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = (card.get("probes") or {}).get(name)
    return found


def _is_found(card: Card) -> bool:
    return bool(card["groups"].get("found"))


def _things(card: Card) -> str:
    return "pictures" if card["kind"] == "images" else "rows"


COPY_CHECKS: Sequence[Callable[[Card], Iterator[Finding]]] = (
    near_copy_groups,
    too_large_groups,
    copies_in_test,
    groups_across_files,
)
