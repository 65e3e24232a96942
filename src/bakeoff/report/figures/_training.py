"""Curves of training, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bakeoff.report.figures._style import THEME, ReportFigure, drawn, floats, label, new_figure

__all__ = ["history"]

_NAMES = {"loss": "loss", "accuracy": "accuracy", "f1": "macro F1", "learning_rate": "learning rate"}


@drawn
def history(
    histories: Sequence[Mapping[str, Any]], metrics: Sequence[str] = ("loss", "accuracy", "f1")
) -> ReportFigure:
    """Training and validation over the epochs: a thin line for each seed, a strong one for their mean.

    Parameters
    ----------
    histories : sequence of mapping
        One a seed, with Keras' keys: ``{"loss": [...], "val_loss": [...], ...}``, one number an epoch.
    metrics : sequence of str
        One panel each.
    """
    figure = new_figure(3.3 * len(metrics), 2.7)
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        handles = {
            "training": _curves(axes, histories, metric, THEME["blue"], "--"),
            "validation": _curves(axes, histories, f"val_{metric}", THEME["orange"], "-"),
        }
        there = {words: handle for words, handle in handles.items() if handle is not None}
        axes.set_xlabel("epoch")
        axes.set_ylabel(_NAMES.get(metric, label(metric)))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
        if there:
            axes.legend(list(there.values()), list(there), loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure


def _curves(axes: Axes, histories: Sequence[Mapping[str, Any]], key: str, colour: str, style: str) -> Any:
    curves = [curve for curve in (floats(entry.get(key)) for entry in histories) if curve.size]
    if not curves:
        return None
    if len(curves) > 1:
        for curve in curves:
            axes.plot(np.arange(1, len(curve) + 1), curve, color=colour, linewidth=0.6, alpha=0.4, linestyle=style)
    together = min(map(len, curves))  # the mean goes as far as every seed trained: beyond it would jump
    mean = np.mean([curve[:together] for curve in curves], axis=0)
    (line,) = axes.plot(np.arange(1, together + 1), mean, color=colour, linewidth=1.8, linestyle=style)
    if together <= 25:
        line.set(marker="o", markersize=3)
    return line
