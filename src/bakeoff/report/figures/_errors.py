"""Pictures of errors: which class is taken for which, and whether a probability means what it says."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from bakeoff.report.figures._style import THEME, ReportFigure, drawn, floats, label, new_figure, thinned

__all__ = ["confusion_matrix", "reliability"]

_MOST_NUMBERED = 32  # classes; with more, a number would not fit its square
_MOST_SQUARES = 64  # classes; with more, the matrix is drawn as an image


@drawn
def confusion_matrix(matrix: ArrayLike, class_names: Sequence[str]) -> ReportFigure:
    """Which class is taken for which: rows are true, columns predicted; the darker, the larger the share of its row.

    Parameters
    ----------
    matrix : (n_classes, n_classes) array-like
        Counts, or means of counts over seeds.
    class_names : sequence of str
    """
    counts = np.asarray(matrix, np.float64)
    n_classes = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    side = float(np.clip(4.2 / max(n_classes, 1), 0.27, 0.5)) * n_classes if n_classes <= _MOST_NUMBERED else 5.5
    names = [label(name, 12) for name in class_names]
    margin = 0.55 + 0.06 * max(map(len, names))
    figure = new_figure(side + margin, side + margin)
    axes = figure.subplots()
    _squares(axes, shares)
    if n_classes <= _MOST_NUMBERED:
        _numbers(axes, counts, shares)
    thinned(axes, "x", names, most=50, rotate=max(map(len, names)) > 2)
    thinned(axes, "y", names, most=50)
    axes.set_xlim(-0.5, n_classes - 0.5)
    axes.set_ylim(n_classes - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    return figure


def _squares(axes: Axes, shares: NDArray[np.float64]) -> None:
    right, wrong = to_rgba(THEME["blue"]), to_rgba(THEME["orange"])
    strength = np.where(shares > 0, 0.10 + 0.85 * np.sqrt(shares), 0.0)
    if len(shares) > _MOST_SQUARES:
        colours = np.empty((*shares.shape, 4))
        colours[:] = wrong
        colours[np.diag_indices(len(shares))] = right
        colours[..., 3] = strength
        axes.imshow(colours, interpolation="nearest")
        return
    rows, columns = np.nonzero(shares)
    patches = [Rectangle((x - 0.48, y - 0.48), 0.96, 0.96) for y, x in zip(rows, columns, strict=True)]
    colours = np.array([right if y == x else wrong for y, x in zip(rows, columns, strict=True)]).reshape(-1, 4)
    colours[:, 3] = strength[rows, columns]
    axes.add_collection(PatchCollection(patches, facecolors=list(map(tuple, colours)), edgecolors="none"))


def _numbers(axes: Axes, counts: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
    for y, x in zip(*np.nonzero(counts), strict=True):
        count = counts[y, x]
        text = f"{count:.0f}" if count >= 10 or count == int(count) else f"{count:.1f}"
        colour = THEME["paper"] if shares[y, x] > 0.3 else THEME["ink"]
        size = 8 if len(counts) <= 12 else 6.5
        number = axes.text(float(x), float(y), text, ha="center", va="center", fontsize=size, color=colour)
        number.set_in_layout(False)  # it lies inside its square: hundreds of them need not be measured


@drawn
def reliability(contestants: Sequence[Mapping[str, Any]], part: str = "test") -> ReportFigure:
    """How often a contestant is right when it says that it is so sure: on the diagonal, a probability means itself.

    Parameters
    ----------
    contestants : sequence of mapping
        As in ``results.json``; those without ``reliability`` for the part are left out.
    part : {"test", "validation"}
    """
    found = [(entry, (entry.get("reliability") or {}).get(part)) for entry in contestants]
    panels = [(entry.get("name", ""), curve) for entry, curve in found if curve]
    columns = min(2, max(1, len(panels)))
    n_rows = max(1, -(-len(panels) // columns))
    figure = new_figure(2.3 * columns + 0.1, 2.4 * n_rows)
    grid = figure.subplots(n_rows, columns, squeeze=False).ravel()
    for axes, (name, curve) in zip(grid, panels, strict=False):
        _reliability_panel(axes, curve)
        error = curve.get("calibration_error")
        words = "" if error is None else f"\ncalibration error {error:.3f}"
        axes.set_title(label(name) + words, parse_math=False)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    return figure


def _reliability_panel(axes: Axes, curve: Mapping[str, Any]) -> None:
    confidence, accuracy, count = (floats(curve.get(key)) for key in ("confidence", "accuracy", "count"))
    there = np.isfinite(confidence) & np.isfinite(accuracy) & (count > 0)
    confidence, accuracy, count = confidence[there], accuracy[there], count[there]
    axes.plot([0, 1], [0, 1], color=THEME["grey"], linewidth=1, linestyle=":")
    axes.plot(confidence, accuracy, color=THEME["blue"], linewidth=1.2)
    if count.size:
        axes.scatter(confidence, accuracy, s=12 + 70 * count / count.max(), color=THEME["blue"], linewidths=0)
    axes.set_xlim(0, 1.04)
    axes.set_ylim(0, 1.04)
    axes.set_aspect("equal")
    axes.set_xlabel("said probability")
    axes.set_ylabel("share right")
