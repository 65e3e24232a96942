"""What a search tried."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.report.figures._style import THEME, ReportFigure, drawn, label, new_figure

__all__ = ["trials"]


@drawn
def trials(searches: Sequence[Mapping[str, Any]], metric_name: str) -> ReportFigure:
    """Every candidate's score over the seconds spent until then, and the best so far; a panel for each contestant.

    Parameters
    ----------
    searches : sequence of mapping
        As in ``tuning.json``.
    metric_name : str
    """
    columns = max(1, min(len(searches), 3))
    rows = max(1, -(-len(searches) // columns))
    figure = new_figure(3.2 * columns, 2.5 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, search in zip(panels, searches, strict=False):
        seconds, best = 0.0, float("-inf")
        whole: list[tuple[float, float]] = []
        stopped: list[tuple[float, float]] = []
        steps: list[tuple[float, float]] = []
        for candidate in search["candidates"]:
            seconds += candidate["seconds"]
            if candidate["score"] is None:
                continue
            if candidate["share"] < 1:
                stopped.append((seconds, candidate["score"]))
                continue
            whole.append((seconds, candidate["score"]))
            best = max(best, candidate["score"])
            steps.append((seconds, best))
        if stopped:
            axes.plot(*zip(*stopped, strict=True), linestyle="none", marker="x", markersize=4, color=THEME["grey"])
        if whole:
            axes.plot(*zip(*whole, strict=True), linestyle="none", marker="o", markersize=4, color=THEME["blue"])
            x, y = np.array(steps).T
            axes.step(x, y, where="post", color=THEME["orange"], linewidth=1.4)
        axes.set_title(label(search["name"]))
        axes.set_xlabel("seconds")
    for axes in panels[len(searches) :]:
        axes.set_visible(False)
    for axes in panels[::columns]:
        axes.set_ylabel(metric_name)
    return figure
