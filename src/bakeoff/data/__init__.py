"""Bytes to `Dataset`: readers, the catalog of named sets, groups and splits."""

from bakeoff.data._card import card
from bakeoff.data._copies import ExactCopies, exact_copies
from bakeoff.data._copy_search import find_near_copies
from bakeoff.data._dataset import Dataset, Source
from bakeoff.data._drawing import INK, INK_BOX, read_drawing
from bakeoff.data._files import safe_name
from bakeoff.data._label_file import read_label_file
from bakeoff.data._label_table import LabelFile, canonical_label, read_label_column
from bakeoff.data._load import catalog_names, load
from bakeoff.data._near_copies import NearCopies
from bakeoff.data._options import DataOptions
from bakeoff.data._predict_input import ReadRows, read_images, read_picture, read_rows
from bakeoff.data._show_group import show_group
from bakeoff.data._splits import folds, holdout, nested_shares, split_validation

__all__ = [
    "INK",
    "INK_BOX",
    "DataOptions",
    "Dataset",
    "ExactCopies",
    "LabelFile",
    "NearCopies",
    "ReadRows",
    "Source",
    "canonical_label",
    "card",
    "catalog_names",
    "exact_copies",
    "find_near_copies",
    "folds",
    "holdout",
    "load",
    "nested_shares",
    "read_drawing",
    "read_images",
    "read_label_column",
    "read_label_file",
    "read_picture",
    "read_rows",
    "safe_name",
    "show_group",
    "split_validation",
]
