"""Bytes to `Dataset`: readers, the catalog of named sets, groups and splits."""

from bakeoff.data._card import card
from bakeoff.data._copies import ExactCopies, exact_copies
from bakeoff.data._dataset import Dataset, Source
from bakeoff.data._load import catalog_names, load
from bakeoff.data._near_copies import NearCopies
from bakeoff.data._options import DataOptions
from bakeoff.data._predict_input import ReadRows, read_images, read_rows
from bakeoff.data._splits import folds, holdout, split_validation

__all__ = [
    "DataOptions",
    "Dataset",
    "ExactCopies",
    "NearCopies",
    "ReadRows",
    "Source",
    "card",
    "catalog_names",
    "exact_copies",
    "folds",
    "holdout",
    "load",
    "read_images",
    "read_rows",
    "split_validation",
]
