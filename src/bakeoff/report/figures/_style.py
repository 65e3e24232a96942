"""How every figure looks, and how it is saved: the same bytes each time, whatever the user's Matplotlib settings are.

Nothing goes through pyplot, so no figure outlives its variable and no window opens.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from io import BytesIO
from typing import TYPE_CHECKING, Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bakeoff.report._text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THEME", "ReportFigure", "drawn", "floats", "label", "new_figure", "save_png", "save_svg", "thinned"]

P = ParamSpec("P")

THEME = {
    "ink": "#1d2733",
    "muted": "#5a6675",
    "line": "#c9d0d9",
    "paper": "#fefefe",
    "blue": "#1f5e9e",
    "orange": "#ab4d0b",
    "green": "#22734d",
    "red": "#b3312c",
    "grey": "#8b95a1",
}
"""Colours by their part. No other colour is used, so that a page can put its own in their place."""

_STYLE: dict[Any, Any] = {
    "axes.edgecolor": THEME["muted"],
    "axes.facecolor": "none",
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": THEME["ink"],
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": THEME["ink"],
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "figure.facecolor": THEME["paper"],
    "font.size": 9,
    "grid.color": THEME["line"],
    "grid.linewidth": 0.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.labelcolor": THEME["ink"],
    "savefig.facecolor": THEME["paper"],
    "svg.fonttype": "none",
    "svg.hashsalt": "bakeoff",
    "text.color": THEME["ink"],
    "text.parse_math": False,
    "xtick.color": THEME["muted"],
    "xtick.labelcolor": THEME["ink"],
    "xtick.labelsize": 8.5,
    "xtick.major.size": 3,
    "ytick.color": THEME["muted"],
    "ytick.labelcolor": THEME["ink"],
    "ytick.labelsize": 8.5,
    "ytick.major.size": 3,
}

# Class names may be Japanese or Chinese: where a machine has a font for them it is used, else boxes stand for them.
_WIDE_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Yu Gothic", "Microsoft YaHei", "Noto Sans")


@cache
def _font_families() -> tuple[str, ...]:
    installed = set(font_manager.get_font_names())
    return ("DejaVu Sans", *(font for font in _WIDE_FONTS if font in installed))


@contextmanager
def _drawing() -> Iterator[None]:
    """Matplotlib's defaults with our style: a user's ``usetex`` would hand class names to LaTeX."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        mpl.rcParams["font.family"] = list(_font_families())
        # SVG carries the text itself, so a glyph that no font here has is still shown by the reader's browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        warnings.filterwarnings("ignore", message=".*natively supported by Matplotlib", category=UserWarning)
        yield


class ReportFigure(Figure):
    """A Matplotlib figure that draws in the report's style wherever it is drawn, and shows itself in a notebook."""

    def draw(self, renderer: Any) -> None:
        """Draw it, without a warning for each glyph that no font has."""
        with _drawing():
            super().draw(renderer)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **kwargs: Any) -> None:
        """Save it, see `matplotlib.figure.Figure.savefig`."""
        with _drawing():
            super().savefig(fname, transparent=transparent, **kwargs)

    def _repr_png_(self) -> bytes:
        return save_png(self)


def drawn(function: "Callable[P, ReportFigure]") -> "Callable[P, ReportFigure]":
    """Let a function make its figure in the report's style."""

    @wraps(function)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> ReportFigure:
        with _drawing():
            return function(*args, **kwargs)

    return in_style


def new_figure(width: float, height: float) -> ReportFigure:
    """An empty figure; width and height in inches."""
    return ReportFigure(figsize=(width, height), layout="constrained")


def save_svg(figure: Figure) -> bytes:
    """A figure as SVG: text stays text, and the same figure gives the same bytes."""
    with BytesIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        return file.getvalue()


def save_png(figure: Figure, dots_per_inch: int = 160) -> bytes:
    """A figure as PNG."""
    with BytesIO() as file:
        figure.savefig(file, format="png", dpi=dots_per_inch, metadata={"Software": None})
        return file.getvalue()


def label(text: object, limit: int = 22) -> str:
    """A name from the data as a figure writes it."""
    return shown(text, limit)


def thinned(axes: Axes, axis: str, labels: Sequence[str], most: int, rotate: bool = False) -> None:
    """Name the whole positions 0, 1, ... of an axis, leaving names out evenly where there are more than `most`."""
    step = max(1, -(-len(labels) // most))
    positions = range(0, len(labels), step)
    texts = [labels[position] for position in positions]
    # parse_math: a class called "$\frac" is a name, not mathematics.
    if axis == "x":
        axes.set_xticks(positions, texts, parse_math=False, rotation=90 if rotate else 0)
    else:
        axes.set_yticks(positions, texts, parse_math=False)


def floats(values: Sequence[float | None] | None) -> NDArray[np.float64]:
    """Numbers of ``results.json`` as an array: null becomes NaN, nothing an empty array."""
    return np.array([np.nan if value is None else value for value in values or ()], np.float64)
