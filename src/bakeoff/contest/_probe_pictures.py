"""The images behind two findings: one photograph with its copies, and labels to look at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import Dataset, show_group
from bakeoff.types import RowIndices

__all__ = ["copies_pictures", "label_pictures"]


def copies_pictures(dataset: Dataset, train: RowIndices | None = None) -> dict[str, NDArray[Any]]:
    """One photograph and its near-copies, the most alike first; empty for plain rows and where there are no copies.

    Of all groups with copies it is the first of middling size, so that nobody is shown the worst case.

    Parameters
    ----------
    dataset : Dataset
    train : (n,) positions or None
        Rows to choose from; None: all rows of the training file.

    Returns
    -------
    dict of str to array
        ``group_images``, ``group_rows`` and ``group_similarity`` of ``pictures.npz``.
    """
    shown = show_group(dataset, train)
    if shown is None:
        return {}
    rows, similarity = shown
    return {
        "group_images": dataset.images(dataset.X_train[rows]),
        "group_rows": rows,
        "group_similarity": similarity,
    }


def label_pictures(dataset: Dataset, labels: Mapping[str, Any] | None) -> dict[str, NDArray[Any]]:
    """The images whose labels are to be looked at; empty for plain rows and where there are none.

    Parameters
    ----------
    dataset : Dataset
    labels : mapping or None
        ``data.probes.labels`` of ``results.json``.

    Returns
    -------
    dict of str to array
        ``label_images``, ``label_rows``, ``label_given``, ``label_suggested`` and ``label_confidence`` of
        ``pictures.npz``.
    """
    if dataset.kind != "images" or labels is None or not labels["candidates"]:
        return {}
    candidates = labels["candidates"]
    rows = np.array([candidate["row"] for candidate in candidates], dtype=np.int64)
    return {
        "label_images": dataset.images(dataset.X_train[rows]),
        "label_rows": rows,
        "label_given": np.array([candidate["label"] for candidate in candidates], dtype=np.int32),
        "label_suggested": np.array([candidate["suggested"] for candidate in candidates], dtype=np.int32),
        "label_confidence": np.array([candidate["confidence"] for candidate in candidates], dtype=np.float32),
    }
