"""One question of a study as blocks of a report: its answer, its curve, its levels, all differences."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.report import figures
from bakeoff.report._format import DASH, count, interval, percent, points, score, seconds
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Column, Fold, Table, Words

__all__ = ["question_blocks"]


def question_blocks(question: Mapping[str, Any], name: str) -> tuple[Block, ...]:
    """The blocks of one question.

    Parameters
    ----------
    question : mapping
        As in ``study.json``.
    name : str
        Safe stem of its figures' files.
    """
    metric, levels = question["metric"], question["levels"]
    metric_name = METRIC_NAMES[metric]
    known = [level for level in levels if level["scores"]]
    blocks: list[Block] = [Words(shown(sentence, 800)) for sentence in question["answer"]]
    title = shown(question["title"], 80)
    if question["factor"] == "seeds" and known:
        values = known[0]["scores"][metric]["values"]
        draw = partial(figures.study_seeds, values, metric_name)
        blocks.append(Chart(name, f"{metric_name} of {len(values)} seeds, sorted.", "A dot for each seed.", draw))
    elif known:
        by_title = None if question["by"] is None else shown(question["by_title"], 80)
        draw = partial(
            figures.study_curve, known, metric, title, metric_name, is_ordered=question["is_ordered"], by_title=by_title
        )
        blocks.append(Chart(name, _caption(question), f"{metric_name} over {title.lower()}.", draw))
        if by_title is None:
            gap = partial(figures.study_gap, known, title)
            caption = "Training minus validation; the intervals are those of the validation score."
            blocks.append(Chart(f"{name}-gap", caption, f"The gap over {title.lower()}.", gap))
    blocks.append(_levels(question))
    if question["comparisons"]:
        blocks.append(Fold("All differences", (_differences(question),)))
    return tuple(blocks)


def _caption(question: Mapping[str, Any]) -> str:
    n_seeds, unit = question["n_seeds"], "rows" if question["n_groups"] == question["n_rows"] else "groups of rows"
    return (
        f"Means of {n_seeds} seeds; bands of {percent(question['confidence'])}, all levels together, for new seeds and "
        f"new {unit} ({count(question['n_groups'])} here)."
    )


def _levels(question: Mapping[str, Any]) -> Table:
    metric, is_crossed, is_split = question["metric"], question["by"] is not None, question["factor"] == "split"
    columns = [Column(shown(question["title"], 40))]
    if is_crossed:
        columns.append(Column(shown(question["by_title"], 40)))
    columns += [Column(METRIC_NAMES[metric], True), Column("band", True)]
    if is_split:
        columns += [Column("rows held back", True), Column("off by, points", True)]
    columns += [
        Column("training", True), Column("gap, points", True), Column("parameters", True), Column("one fit", True)
    ]  # fmt: skip
    rows = []
    for level in question["levels"]:
        cells = [Cell(shown(level["label"], 40))]
        if is_crossed:
            cells.append(Cell(shown(level["by"], 40)))
        if not level["scores"]:
            cells += [Cell(shown(level["status"], 40), "bad"), Cell(shown(level["reason"] or "", 200))]
            rows.append(tuple(cells + [Cell(DASH)] * (len(columns) - len(cells))))
            continue
        own, gap, held = level["scores"][metric], level["gap"], level.get("held")
        cells += [Cell(score(own["mean"])), Cell(interval(own["low"], own["high"]))]
        if is_split:
            off = held["off"] if held else None
            cells += [Cell(score(held["mean"]) if held else DASH), Cell(_gap_words(off) if off else DASH)]
        cells += [
            Cell(score(level["train"][metric]["mean"])),
            Cell(_gap_words(gap)),
            Cell(count(level["parameters"])),
            Cell(seconds(level["seconds"])),
        ]
        rows.append(tuple(cells))
    return Table(f"Every level: {METRIC_NAMES[metric]} of validation rows", tuple(columns), tuple(rows))


def _gap_words(gap: Mapping[str, Any]) -> str:
    if gap["low"] is None:
        return points(gap["mean"])
    return f"{points(gap['mean'])} ({points(gap['low'])} to {points(gap['high'])})"


def _differences(question: Mapping[str, Any]) -> Table:
    columns = (Column("levels"), Column("difference, points", True), Column("interval", True), Column("decision"))
    rows = []
    for found in question["comparisons"]:
        ends = DASH if found["low"] is None else f"{points(found['low'])} to {points(found['high'])}"
        pair = f"{shown(found['a'], 60)} against {shown(found['b'], 60)}"
        rows.append((Cell(pair), Cell(points(found["difference"])), Cell(ends), Cell(str(found["decision"]))))
    return Table(f"Differences, all intervals together at {percent(question['confidence'])}", columns, tuple(rows))
