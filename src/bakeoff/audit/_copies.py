"""Checks of rows that come in groups: near-copies, and what they do to a score."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bakeoff.audit._finding import Finding, Severity
from bakeoff.audit._harm_words import harm_in_points, harm_severity, is_harmful
from bakeoff.audit._reading import Card, n_rows_searched, probe_of, things_of

__all__ = ["COPY_CHECKS", "with_scores"]

_MUCH = 0.01
"""Of the test rows: more copies than that can move a score by more than chance does."""


def near_copy_groups(card: Card) -> Iterator[Finding]:
    """D008: rows have near-copies, so a random split would be too kind."""
    groups, harm = card["groups"], probe_of(card, "harm")
    n_rows, n_train = groups.get("n_rows_with_copies"), card["n_train"]
    if not n_rows and not is_harmful(harm):
        return
    things = things_of(card)
    if n_rows:
        share = f"{n_rows:,} of {n_train:,} training {things} have a near-copy among the others"
        largest = (
            f"; the largest group has {groups['largest']:,}" if groups.get("largest") and groups.get("found") else ""
        )
        said = [f"{share}{largest}."]
    else:
        said = [f"The {n_train:,} training {things} lie in {groups['n_groups']:,} declared groups."]
    if groups.get("n_mixed"):
        said.append(f"{groups['n_mixed']:,} groups hold more than one class: look at their labels.")
    if harm is not None:
        said.append(harm_in_points(harm))
    unmeasured: Severity = "note" if n_rows < _MUCH * n_train else "warning"
    severity = harm_severity(harm) or unmeasured
    said.append(_kept_together(groups))
    numbers = {"rows_with_copies": n_rows, "n_train": n_train, "n_groups": groups["n_groups"]}
    title = "Near-copies in groups" if n_rows else "Rows in groups"
    yield Finding("D008", severity, title, " ".join(said), {**numbers, **_harm_numbers(harm)})


def _kept_together(groups: Mapping[str, Any]) -> str:
    """Which groups the splits here keep whole: the declared ones where there are any."""
    if groups["declared"]:
        across = groups.get("n_across_declared")
        but = f", which takes {_these(across)} of near-copies apart (P002)" if across else ""
        return f"Every split drawn here keeps the declared groups whole{but}, and so must a split of your own."
    apart = len(groups.get("too_large") or ()) + len(groups.get("whole_class") or ())
    but = f" but {_these(apart)} that could not be (D011)" if apart else ""
    return f"Every split drawn here keeps groups of near-copies whole{but}, and so must a split of your own."


def _these(count: int) -> str:
    return f"{count:,} group{'s' * (count > 1)}"


def too_large_groups(card: Card) -> Iterator[Finding]:
    """D011: a group has so many rows that no split could keep it together, or too many rows are alike to tell."""
    unknown = card["groups"].get("not_searched") or 0
    too_large, whole_class = card["groups"].get("too_large") or (), card["groups"].get("whole_class") or ()
    why = []
    if too_large:
        why.append(f"{_sizes(too_large)} would be more than 1 % of the rows")
    if whole_class:
        why.append(f"{_sizes(whole_class)} would be a whole class, which could not be learnt and checked then")
    if unknown:
        yield Finding(
            "D011",
            "warning",
            "Too many alike to tell copies",
            f"{card['groups']['not_searched_words']} They were not grouped, so splits may divide copies among them. "
            "Look at some of them, and declare groups (--group) where they come from one source.",
            {"not_searched": unknown, "searched": n_rows_searched(card)},
        )
    if why:
        yield Finding(
            "D011",
            "warning",
            "Groups too large to keep together",
            f"Of {n_rows_searched(card):,} {things_of(card)} that were searched, {'; '.join(why)}. So many alike may "
            "be one source or merely plain, such as an empty picture; they were not grouped. Look at them, and "
            "declare groups (--group) where they come from one source.",
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
            f"Test {things_of(card)} with a near-copy in training",
            f"{copies:,} of {n_test:,} test {things_of(card)} ({share:.1%}) have a near-copy in training: of these, "
            "the test score is a score of memory.",
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


def copies_across_groups(card: Card) -> Iterator[Finding]:
    """P002: near-copies lie in different declared groups, so splits that keep these whole take copies apart."""
    across = card["groups"].get("n_across_declared")
    if across:
        lie = "lies" if across == 1 else "lie"
        yield Finding(
            "P002",
            "warning",
            "The split leaks groups",
            f"{_these(across)} of near-copies {lie} in more than one declared group. Splits keep declared groups "
            "whole, so one copy may be learnt and another one checked with. Look whether the groups are declared "
            "rightly; join those that share copies.",
            {"across_declared": across, "n_groups": card["groups"]["n_groups"]},
        )


def _harm_numbers(harm: Mapping[str, Any] | None) -> dict[str, float]:
    return {
        f"{probe['name']}_{kind}": probe[kind]["mean"]
        for probe in (harm or {"contestants": ()})["contestants"]
        for kind in ("random", "grouped")
    }


COPY_CHECKS: Sequence[Callable[[Card], Iterator[Finding]]] = (
    near_copy_groups,
    too_large_groups,
    copies_in_test,
    groups_across_files,
    copies_across_groups,
)
