"""A search as blocks of a report: what each contestant got, what was found, every candidate."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.report import figures
from bakeoff.report._format import DASH, count, points, score, seconds
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Column, Fold, Table, Words

__all__ = ["tuning_blocks"]

_MOST_SHOWN = 200


def tuning_blocks(results: Mapping[str, Any]) -> tuple[Block, ...]:
    """The blocks of one search.

    Parameters
    ----------
    results : mapping
        As in ``tuning.json``.
    """
    metric_name = METRIC_NAMES[results["metric"]]
    searches = results["searches"]
    blocks: list[Block] = [Words(_budgets(results)), Words(shown(results["caution"], 400))]
    draw = partial(figures.trials, searches, metric_name)
    caption = (
        f"{metric_name} of validation rows over the seconds spent; a dot for each candidate that was fitted whole, a "
        "cross where one was stopped early, the line is the best so far."
    )
    blocks += [Chart("tuning", caption, "Scores of all candidates over time.", draw), _found(results)]
    blocks += [Fold(f"Every candidate of {shown(entry['name'], 60)}", (_candidates(entry),)) for entry in searches]
    return tuple(blocks)


def _budgets(results: Mapping[str, Any]) -> str:
    searches = results["searches"]
    if results["equal_budgets"]:
        return f"Every contestant got the same budget: {_budget(searches[0]['budget'])}." if searches else ""
    told = ", ".join(f"{shown(entry['name'], 60)} {_budget(entry['budget'])}" for entry in searches)
    return f"Contestants got unequal budgets, which favours whoever got more: {told}."


def _budget(budget: Mapping[str, Any]) -> str:
    parts = []
    if budget["fits"] is not None:
        parts.append(f"{count(budget['fits'])} candidates")
    if budget["seconds"] is not None:
        parts.append(seconds(budget["seconds"]))
    return " or ".join(parts)


def _found(results: Mapping[str, Any]) -> Table:
    columns = (
        Column("contestant"), Column("candidates", True), Column("stopped early", True), Column("failed", True),
        Column("seconds", True), Column("as it was", True), Column("best found", True),
        Column("as it was, fresh seeds", True), Column("best, fresh seeds", True), Column("settings found"),
    )  # fmt: skip
    rows = []
    for entry in results["searches"]:
        best, fresh, before = entry["best"], entry["fresh"], entry["fresh_before"]
        rows.append(
            (
                Cell(shown(entry["name"], 60)),
                Cell(count(entry["n_candidates"])),
                Cell(count(entry["n_stopped_early"])),
                Cell(count(entry["n_failed"]), "warn" if entry["n_failed"] else ""),
                Cell(seconds(entry["seconds"])),
                Cell(score(entry["as_it_was"])),
                Cell(score(best["score"]) if best else DASH),
                Cell(score(before["mean"]) if before else DASH),
                Cell(score(fresh["mean"]) if fresh else DASH),
                Cell(_settings(best["settings"]) if best else "none could be fitted"),
            )
        )
    return Table(
        f"What was found, by {METRIC_NAMES[results['metric']]} of validation rows; fresh seeds are none that it was "
        "chosen by",
        columns, tuple(rows),
    )  # fmt: skip


def _candidates(entry: Mapping[str, Any]) -> Table:
    columns = (
        Column("candidate"), Column("score", True), Column("share of epochs", True), Column("seconds", True),
        Column("against the first, points", True), Column("settings"),
    )  # fmt: skip
    first = entry["as_it_was"]
    ranked = sorted(entry["candidates"], key=lambda each: (-each["share"], -(each["score"] or 0.0)))
    rows = []
    for each in ranked[:_MOST_SHOWN]:
        known = each["score"] is not None
        is_whole = known and first is not None and each["share"] == 1.0
        better = points(each["score"] - first) if is_whole else DASH
        words = (
            _settings(each["settings"]) if known else f"{shown(each['status'], 40)}: {shown(each['reason'] or '', 200)}"
        )
        rows.append(
            (
                Cell(f"{each['number'] + 1}"),
                Cell(score(each["score"])),
                Cell(f"{each['share']:.2g}"),
                Cell(seconds(each["seconds"])),
                Cell(better),
                Cell(words),
            )
        )
    left = len(ranked) - len(rows)
    return Table(
        "The best first" + (f"; {count(left)} more are in candidates.csv" if left else ""), columns, tuple(rows)
    )


def _settings(settings: Mapping[str, Any]) -> str:
    if not settings:
        return "as it was"
    return shown(", ".join(f"{key}: {_plain(value)}" for key, value in settings.items()), 400)


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value)
