"""The pictures of the data on their own, for an audit."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bakeoff.report._figure_files import write_figure
from bakeoff.report._run import StoredRun
from bakeoff.report._view import View
from bakeoff.report.sections import Context, copies, data, labels

__all__ = ["draw_data_pictures"]


def draw_data_pictures(
    folder: str | Path, card: Mapping[str, Any], pictures: Mapping[str, NDArray[Any]]
) -> Sequence[Path]:
    """Draw random rows with labels, the class histogram, one image of each class, and what there is to look at.

    Each is written as PNG and SVG.

    Parameters
    ----------
    folder : path
        Made where it does not exist.
    card : mapping
        The ``data`` part of ``results.json``.
    pictures : mapping of array name to array
        As in ``pictures.npz``: ``sample_images``, ``sample_labels`` and ``class_images``; ``group_images`` and
        ``group_similarity`` where there are near-copies; ``label_images``, ``label_given`` and ``label_suggested``
        where there are labels to look at. Empty for plain rows, which have the histogram alone.

    Returns
    -------
    sequence of Path
        Of the PNG files.

    Raises
    ------
    StoreError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    context = Context(StoredRun(folder, {"data": card}, pictures=pictures))
    sections = tuple(filter(None, (section(context) for section in (data, copies, labels))))
    return [write_figure(folder, chart).png_path for chart in View("", "", "", "", (), sections).charts()]
