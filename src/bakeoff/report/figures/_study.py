"""The curve of a study: what a score does while one thing is varied."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bakeoff.report.figures._style import THEME, ReportFigure, drawn, floats, label, new_figure, thinned

__all__ = ["study_curve", "study_gap", "study_seeds"]

Levels = Sequence[Mapping[str, Any]]

_COLOURS = ("orange", "blue", "green", "red", "grey")
_STYLES = ("-", "--", "-.", ":")


@drawn
def study_curve(
    levels: Levels, metric: str, title: str, metric_name: str, *, is_ordered: bool = True, by_title: str | None = None
) -> ReportFigure:
    """Validation and training scores level by level, with simultaneous bands; crossed: a curve for each other level.

    Parameters
    ----------
    levels : sequence of mapping
        As in ``study.json``.
    metric : str
        Its key there.
    title, metric_name : str
        Of the axes.
    is_ordered : bool
        Whether points are joined.
    by_title : str or None
        What the study is crossed with.
    """
    labels = list(dict.fromkeys(str(level["label"]) for level in levels))
    figure = new_figure(6.4, 3.3)
    axes = figure.subplots()
    if by_title is None:
        _points(axes, levels, labels, ("validation", metric), (THEME["orange"], "-", "validation"), is_ordered)
        _points(axes, levels, labels, ("train", metric), (THEME["blue"], "--", "training"), is_ordered)
        if any(level.get("held") for level in levels):
            _points(axes, levels, labels, ("held", metric), (THEME["green"], ":", "rows held back"), is_ordered)
    else:
        for number, other in enumerate(dict.fromkeys(str(level["by"]) for level in levels)):
            own = [level for level in levels if str(level["by"]) == other]
            colour = THEME[_COLOURS[number % len(_COLOURS)]]
            style = _STYLES[number % len(_STYLES)]
            words = f"{by_title.lower()} {label(other)}"
            _points(axes, own, labels, ("validation", metric), (colour, style, words), is_ordered)
    thinned(axes, "x", [label(text) for text in labels], 14, rotate=max(map(len, labels)) * len(labels) > 70)
    axes.set_xlim(-0.4, len(labels) - 0.6)
    axes.set_xlabel(title.lower())
    axes.set_ylabel(metric_name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return figure


def _points(
    axes: Axes,
    levels: Levels,
    labels: Sequence[str],
    what: tuple[str, str],
    look: tuple[str, str, str],
    is_joined: bool,
) -> None:
    (part, metric), (colour, style, words) = what, look
    found = [(labels.index(str(level["label"])), _score(level, part, metric)) for level in levels]
    places = np.array([place for place, score in found if score is not None], float)
    scores = [score for _, score in found if score is not None]
    if not scores:
        return
    means, lows, highs = (floats([score.get(key) for score in scores]) for key in ("mean", "low", "high"))
    if is_joined:
        axes.plot(places, means, color=colour, linestyle=style, marker="o", markersize=4, label=words)
        if np.isfinite(lows).all():
            axes.fill_between(places, lows, highs, color=colour, alpha=0.18, linewidth=0)
        return
    axes.plot(places, means, color=colour, linestyle="none", marker="o" if part == "validation" else "_", label=words)
    if np.isfinite(lows).all():
        axes.vlines(places, lows, highs, color=colour, linewidth=1.6)


def _score(level: Mapping[str, Any], part: str, metric: str) -> Mapping[str, Any] | None:
    if part == "held":
        return level.get("held")
    scores = level.get("scores" if part == "validation" else part)
    return None if not scores else scores.get(metric)


@drawn
def study_gap(levels: Levels, title: str) -> ReportFigure:
    """Training minus validation, in points, with simultaneous bands.

    Parameters
    ----------
    levels : sequence of mapping
        As in ``study.json``; only those with a gap are drawn.
    title : str
    """
    known = [level for level in levels if level.get("gap")]
    figure = new_figure(6.4, 2.4)
    axes = figure.subplots()
    places = np.arange(len(known), dtype=float)
    means, lows, highs = (100 * floats([level["gap"][key] for level in known]) for key in ("mean", "low", "high"))
    axes.axhline(0, color=THEME["muted"], linewidth=0.8)
    axes.plot(places, means, color=THEME["red"], marker="o", markersize=4, linestyle="none")
    if np.isfinite(lows).all():
        axes.vlines(places, lows, highs, color=THEME["red"], linewidth=1.6)
    labels = [label(level["label"]) for level in known]
    thinned(axes, "x", labels, 14, rotate=max(map(len, labels), default=0) * len(labels) > 70)
    axes.set_xlim(-0.4, len(known) - 0.6)
    axes.set_xlabel(title.lower())
    axes.set_ylabel("training minus\nvalidation, points")
    return figure


@drawn
def study_seeds(values: Sequence[float], metric_name: str) -> ReportFigure:
    """Networks that differ in their seed alone: a dot for each.

    Parameters
    ----------
    values : sequence of float
    metric_name : str
    """
    figure = new_figure(6.4, 2.2)
    axes = figure.subplots()
    order = np.sort(np.asarray(values, float))
    axes.plot(order, np.arange(1, len(order) + 1), color=THEME["orange"], marker="o", markersize=5, linestyle="none")
    axes.axvline(float(order.mean()), color=THEME["muted"], linewidth=1, linestyle="--")
    axes.set_xlabel(metric_name)
    axes.set_ylabel("networks, worst first")
    return figure
