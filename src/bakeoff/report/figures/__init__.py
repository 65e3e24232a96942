"""Figures of a bake-off: each takes plain data, as ``results.json`` and ``pictures.npz`` hold it, and returns a figure.

They are ordinary `matplotlib.figure.Figure` objects: save them with ``savefig``, or leave one as the last line of a
notebook's cell.

>>> from bakeoff.report import figures
>>> figure = figures.class_histogram(["cat", "dog"], {"train": [12, 9]})
>>> figure.axes[0].get_ylabel()
'rows'
"""

from bakeoff.report.figures._copies import group_of_copies, label_candidates
from bakeoff.report.figures._data import class_histogram, distorted_images, mistakes, one_image_per_class, sample_images
from bakeoff.report.figures._errors import confusion_matrix, reliability
from bakeoff.report.figures._scores import leaderboard, times
from bakeoff.report.figures._study import study_curve, study_gap, study_seeds
from bakeoff.report.figures._style import THEME, ReportFigure, save_png, save_svg
from bakeoff.report.figures._training import history
from bakeoff.report.figures._trust import harm, validation_against_test
from bakeoff.report.figures._tuning import trials

__all__ = [
    "THEME",
    "ReportFigure",
    "class_histogram",
    "confusion_matrix",
    "distorted_images",
    "group_of_copies",
    "harm",
    "history",
    "label_candidates",
    "leaderboard",
    "mistakes",
    "one_image_per_class",
    "reliability",
    "sample_images",
    "save_png",
    "save_svg",
    "study_curve",
    "study_gap",
    "study_seeds",
    "times",
    "trials",
    "validation_against_test",
]
