"""Scores with their intervals, and what each contestant costs."""

from functools import partial

from bakeoff.compare import METRIC_NAMES
from bakeoff.report import figures
from bakeoff.report._format import (
    DASH,
    count,
    interval,
    is_number,
    milliseconds,
    percent,
    plural,
    score,
    seconds,
    size,
    spread,
)
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Charts, Column, Section, Table, Words
from bakeoff.report.sections._context import Context, Entry, Part, name_of

__all__ = ["leaderboard"]


def leaderboard(context: Context) -> Section:
    """Two tables and two figures: scores and times."""
    if not context.contestants:
        return Section("leaderboard", "Leaderboard", (Words("No contestant was entered.", "muted"),))
    blocks: list[Block] = [_scores(context), Charts((_intervals(context), _clock_chart(context))), _clock(context)]
    data, openings = context.run.part("data"), context.run.part("openings")
    if context.part == "validation":
        sealed = data.get("n_test") and not openings.get("this_run")
        why = "the test labels are sealed" if sealed else "there are no scores on test rows"
        blocks.insert(0, Words(f"These are scores on validation rows: {why}.", "muted"))
    return Section("leaderboard", "Leaderboard", tuple(blocks))


def _scores(context: Context) -> Table:
    others = [metric for metric in METRIC_NAMES if metric != context.metric]
    confidence = percent(context.run.part("protocol").get("confidence") or 0.95)
    columns = [Column("Contestant"), Column(_title(context.metric), True), Column(f"{confidence} interval", True)]
    columns += [Column("between seeds", True), *(Column(_title(metric), True) for metric in others)]
    second: Part | None = "validation" if context.part == "test" else None
    if second:
        columns.append(Column(f"validation {context.metric_name}", True))
    rows = []
    for entry in context.contestants:
        main = context.score(entry)
        row = [Cell(name_of(entry)), _score_cell(context, entry), Cell(interval(main.get("low"), main.get("high")))]
        row += [Cell(spread(main.get("sd_seeds")))]
        row += [Cell(score(context.score(entry, metric).get("mean"))) for metric in others]
        if second:
            row.append(Cell(score(context.score(entry, part=second).get("mean"))))
        rows.append(tuple(row))
    caption = f"Scores on {context.part} rows, the best {context.metric_name} first; means over seeds"
    return Table(caption, tuple(columns), tuple(rows))


def _title(metric: str) -> str:
    return METRIC_NAMES.get(metric, shown(metric))


def _score_cell(context: Context, entry: Entry) -> Cell:
    mean = context.score(entry).get("mean")
    if mean is not None and is_number(mean):
        return Cell(score(mean))
    status = shown(entry.get("status") or DASH)
    return Cell("no score", "bad") if status == "ok" else Cell(status, "bad")


def _intervals(context: Context) -> Chart:
    lines = [f"{name_of(entry)} {score(context.score(entry).get('mean'))}" for entry in context.contestants]
    return Chart(
        "leaderboard",
        f"{context.metric_name[0].upper()}{context.metric_name[1:]} with its interval; a small stroke for each seed.",
        f"Dots with intervals on {context.part} rows: {'; '.join(lines)}.",
        partial(figures.leaderboard, context.contestants, context.metric),
    )


def _clock_chart(context: Context) -> Chart:
    return Chart(
        "times",
        "What each contestant costs: to train one fit including compilation, and to predict.",
        "Dots on a logarithmic axis of time, one line a contestant; the figures are in the table of times.",
        partial(figures.times, context.contestants),
    )


def _clock(context: Context) -> Table:
    rows = []
    for entry in context.contestants:
        clock = entry.get("seconds") or {}
        fit, build = clock.get("fit"), clock.get("compile")
        total = fit + (build or 0) if is_number(fit) else None
        rows.append(
            (
                Cell(name_of(entry)),
                Cell(seconds(total)),
                Cell(seconds(fit)),
                Cell(seconds(build)),
                Cell(seconds(clock.get("predict"))),
                Cell(milliseconds(clock.get("predict_one_ms"))),
                Cell(count(entry.get("parameters"))),
                Cell(size(entry.get("bytes"))),
            )
        )
    titles = ("one fit, all in", "training", "compiling", "predict all", "predict one row", "parameters", "model size")
    threads = context.run.part("protocol").get("threads")
    caption = "Times and sizes, a fit at a time" + (f", {plural(int(threads), 'thread')}" if is_number(threads) else "")
    return Table(caption, (Column("Contestant"), *(Column(title, True) for title in titles)), tuple(rows))
