"""Pictures of the data: random rows, how many of each class, one image of each class, and mistakes."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bakeoff.report.figures._style import THEME, ReportFigure, drawn, label, new_figure, thinned
from bakeoff.types import Images

__all__ = ["class_histogram", "distorted_images", "mistakes", "mosaic", "one_image_per_class", "sample_images"]

_Caption = Sequence[tuple[str, str]]  # lines of text, each with its colour


@drawn
def sample_images(images: Images, labels: Sequence[str]) -> ReportFigure:
    """Random rows, each with its label.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
    labels : sequence of str
        Name of the class of each.
    """
    return mosaic(images, [[(label(name, 14), THEME["ink"])] for name in labels], columns=6)


@drawn
def one_image_per_class(images: Images, class_names: Sequence[str]) -> ReportFigure:
    """One image of each class, in the order of the classes."""
    return mosaic(images, [[(label(name, 11), THEME["ink"])] for name in class_names], columns=8)


@drawn
def mistakes(
    images: Images,
    said: Sequence[str],
    true: Sequence[str],
    confidence: Sequence[float] | NDArray[np.floating[Any]] | None = None,
) -> ReportFigure:
    """Images that a contestant got wrong, with what it said and what is true.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
    said, true : sequence of str
        Names of classes.
    confidence : sequence of float or None
        Probability that it gave to what it said; NaN where there is none.
    """
    captions: list[_Caption] = []
    for i in range(len(images)):
        sure = "" if confidence is None or not isfinite(confidence[i]) else f" ({100 * confidence[i]:.0f} %)"
        captions.append(
            [(f"said {label(said[i], 9)}{sure}", THEME["red"]), (f"true {label(true[i], 13)}", THEME["green"])]
        )
    return mosaic(images, captions, columns=6)


@drawn
def class_histogram(class_names: Sequence[str], counts: Mapping[str, Sequence[int] | None]) -> ReportFigure:
    """How many rows each class has.

    Parameters
    ----------
    class_names : sequence of str
    counts : mapping of part to one number a class
        ``{"train": [...], "validation": None, "test": [...]}``; a part that is None is left out.
    """
    parts = {part: numbers for part, numbers in counts.items() if numbers is not None}
    names = [label(name, 14) for name in class_names]
    rotate = len(names) * max(map(len, names)) > 60
    figure = new_figure(4.7, 2.6 if not rotate else 3.1)
    axes = figure.subplots()
    width = 0.8 / max(1, len(parts))
    colours = {"train": THEME["blue"], "validation": THEME["grey"], "test": THEME["orange"]}
    places = np.arange(len(names))
    for i, (part, numbers) in enumerate(parts.items()):
        colour = colours.get(part, THEME["muted"])
        axes.bar(places + (i - (len(parts) - 1) / 2) * width, numbers, width * 0.92, color=colour, label=label(part))
    thinned(axes, "x", names, most=40, rotate=rotate)
    axes.set_xlabel("class")
    axes.set_ylabel("rows")
    axes.grid(visible=False, axis="x")
    axes.margins(x=0.01)
    if len(parts) > 1:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    return figure


@drawn
def distorted_images(lines: Images) -> ReportFigure:
    """Images with distortions of them that a network was trained on, a line each.

    Parameters
    ----------
    lines : (n, k, height, width) or (n, k, height, width, 3) uint8
        Each image as it is, then distorted.
    """
    captions = [[("as it is" if place == 0 else "", THEME["muted"])] for _ in lines for place in range(lines.shape[1])]
    return mosaic(lines.reshape(-1, *lines.shape[2:]), captions, columns=lines.shape[1])


def mosaic(images: Images, captions: Sequence[_Caption], columns: int) -> ReportFigure:
    """Images in rows and columns on one pair of axes, which draws many times faster than a pair an image."""
    columns = min(columns, max(1, len(images)))
    n_rows = max(1, -(-len(images) // columns))
    n_lines = max((len(caption) for caption in captions), default=1)
    tile_inches, line_height = 6.4 / columns, 0.15 * columns / 6.4
    tile_inches = min(tile_inches, 1.4)
    height = images.shape[1] / max(images.shape[1:3])  # of an image, as a part of its tile
    step = height + line_height * n_lines + 0.12
    figure = ReportFigure(figsize=(columns * tile_inches + 0.1, n_rows * step * tile_inches + 0.1))
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = i % columns, (i // columns) * step
        _tile(axes, image, left, top)
        for n_line, (text, colour) in enumerate(caption):
            y = top + height + 0.02 + line_height * n_line
            axes.text(left + 0.5, y, text, color=colour, fontsize=7.5, ha="center", va="top", parse_math=False)
    axes.set_xlim(-0.02, columns)
    axes.set_ylim(n_rows * step, -0.02)
    axes.set_aspect("auto")
    axes.set_axis_off()
    return figure


def _tile(axes: Axes, image: Images, left: float, top: float) -> None:
    height, width = image.shape[:2]
    scale = 0.9 / max(height, width)
    x, y = left + (1 - width * scale) / 2, top + 0.1 * height / max(height, width)
    extent = (x, x + width * scale, y + height * scale, y)
    gray = "gray" if image.ndim == 2 else None
    axes.imshow(image, extent=extent, cmap=gray, vmin=0, vmax=255, interpolation="nearest")
