"""Pictures of scores and times: one line a contestant."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bakeoff.compare import METRIC_NAMES
from bakeoff.report._format import is_number
from bakeoff.report.figures._style import THEME, ReportFigure, drawn, label, new_figure

__all__ = ["leaderboard", "times"]

_PARTS = {
    "test": (-0.14, THEME["blue"], THEME["blue"], "test rows"),
    "validation": (0.14, THEME["orange"], THEME["paper"], "validation rows"),
}


@drawn
def leaderboard(contestants: Sequence[Mapping[str, Any]], metric: str = "f1_macro") -> ReportFigure:
    """The score of each contestant with its interval, on test and on validation rows; a small stroke for each seed.

    Parameters
    ----------
    contestants : sequence of mapping
        As in ``results.json``, the first on top.
    metric : {"accuracy", "f1_macro", "f1_weighted", "log_loss"}
    """
    figure = new_figure(4.4, 1.15 + 0.42 * len(contestants))
    axes = figure.subplots()
    handles = {}
    for row, contestant in enumerate(contestants):
        scored = False
        for part, look in _PARTS.items():
            score = (contestant.get(part) or {}).get(metric)
            if score and is_number(score.get("mean")):
                handles[look[3]] = _score(axes, score, row, look)
                scored = True
        if not scored:
            status = contestant.get("status", "")
            words = "no score" if status == "ok" else label(status)
            axes.text(
                0.01, row, words, transform=axes.get_yaxis_transform(), color=THEME["red"], va="center", style="italic"
            )
    _contestant_axis(axes, contestants)
    axes.set_xlabel(METRIC_NAMES.get(metric, label(metric)))
    if handles:
        axes.legend(list(handles.values()), list(handles), loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        axes.margins(x=0.06)
    return figure


def _score(axes: Axes, score: Mapping[str, Any], row: int, look: tuple[float, str, str, str]) -> Any:
    shift, colour, fill, _ = look
    y = row + shift
    for value in score.get("values") or ():
        if is_number(value):
            axes.plot([value, value], [y - 0.09, y + 0.09], color=colour, linewidth=0.9, alpha=0.55)
    if is_number(score.get("low")) and is_number(score.get("high")):
        axes.plot([score["low"], score["high"]], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
    (dot,) = axes.plot(
        [score["mean"]], [y], "o", markersize=6, markerfacecolor=fill, markeredgecolor=colour, markeredgewidth=1.4
    )
    return dot


@drawn
def times(contestants: Sequence[Mapping[str, Any]]) -> ReportFigure:
    """What each contestant costs in seconds, on a logarithmic axis.

    Parameters
    ----------
    contestants : sequence of mapping
        As in ``results.json``: ``seconds`` with ``fit``, ``compile``, ``predict``, ``predict_one_ms``.
    """
    figure = new_figure(4.4, 1.15 + 0.36 * len(contestants))
    axes = figure.subplots()
    handles = {}
    for row, contestant in enumerate(contestants):
        clock = contestant.get("seconds") or {}
        one = clock.get("predict_one_ms")
        costs = {
            "one fit, all in": (_total(clock), "o", THEME["blue"]),
            "predict all rows": (clock.get("predict"), "D", THEME["orange"]),
            "predict one row": (one / 1000 if is_number(one) else None, "|", THEME["green"]),
        }
        for words, (value, marker, colour) in costs.items():
            if value is not None and is_number(value) and value > 0:
                (handles[words],) = axes.plot(
                    [value], [row], marker, color=colour, markersize=10 if marker == "|" else 6, markeredgewidth=1.6,
                    linestyle="none",
                )  # fmt: skip
    _contestant_axis(axes, contestants)
    axes.set_xlabel("time (logarithmic)")
    if handles:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=7))
        axes.xaxis.set_major_formatter(FuncFormatter(_seconds))
        axes.xaxis.set_minor_formatter(NullFormatter())
        spacing = {"columnspacing": 1.0, "handletextpad": 0.2}
        figure.legend(list(handles.values()), list(handles), loc="outside upper right", ncols=3, **spacing)
        axes.margins(x=0.08)
    return figure


def _total(clock: Mapping[str, Any]) -> float | None:
    if not is_number(clock.get("fit")):
        return None
    return float(clock["fit"] + (clock.get("compile") or 0))


def _seconds(value: float, _: int | None = None) -> str:
    if value >= 1:
        return f"{value:g} s"
    return f"{1000 * value:g} ms" if value >= 1e-3 else f"{1e6 * value:g} µs"


def _contestant_axis(axes: Axes, contestants: Sequence[Mapping[str, Any]]) -> None:
    names = [label(contestant.get("name", ""), 18) for contestant in contestants]
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.set_ylabel("contestant")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
