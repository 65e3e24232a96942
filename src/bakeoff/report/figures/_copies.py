"""Pictures to look at before trusting a score: one photograph among its copies, and labels that may be wrong."""

from collections.abc import Sequence
from math import isfinite

from bakeoff.report.figures._data import mosaic
from bakeoff.report.figures._style import THEME, ReportFigure, drawn, label
from bakeoff.types import Images

__all__ = ["group_of_copies", "label_candidates"]


@drawn
def group_of_copies(images: Images, similarity: Sequence[float]) -> ReportFigure:
    """One photograph and its copies, each with its correlation with the first.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
        The photograph first.
    similarity : sequence of float
        Correlation of each with the first, which has 1; NaN is left out.
    """
    captions = [[("photograph", THEME["ink"])]] if len(images) else []
    captions += [[(f"{value:.3f}" if isfinite(value) else "", THEME["muted"])] for value in list(similarity)[1:]]
    return mosaic(images, captions, columns=8)


@drawn
def label_candidates(images: Images, given: Sequence[str], suggested: Sequence[str]) -> ReportFigure:
    """Images whose label is worth a look: the label they have, and what a model that had not learnt them says.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
    given, suggested : sequence of str
        Names of classes.
    """
    captions = [
        [(f"label {label(has, 12)}", THEME["ink"]), (f"a model: {label(seems, 8)}", THEME["orange"])]
        for has, seems in zip(given, suggested, strict=True)
    ]
    return mosaic(images, captions, columns=6)
