"""The images behind two findings: one photograph with its copies, and labels to look at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import Dataset
from bakeoff.types import RowIndices

__all__ = ["copies_pictures", "label_pictures"]

_MOST_COPIES = 16


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
    if dataset.kind != "images" or dataset.near_copies is None:
        return {}
    rows = np.arange(len(dataset.X_train)) if train is None else np.sort(train)
    groups = dataset.near_copies.train[rows]
    names, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    has_copies = sizes > 1
    if not has_copies.any():
        return {}
    middle = np.sort(sizes[has_copies])[(has_copies.sum() - 1) // 2]
    chosen = names[sizes == middle][np.argmin(first[sizes == middle])]
    members = rows[groups == chosen]
    similarity = _correlation_with_first(dataset.X_train[members])
    order = np.argsort(-similarity, kind="stable")
    # Of a large group an even choice, down to the least alike: the nearest ones alone would all look the same.
    order = order[np.unique(np.linspace(0, len(order) - 1, _MOST_COPIES).round().astype(int))]
    return {
        "group_images": dataset.images(dataset.X_train[members[order]]),
        "group_rows": members[order],
        "group_similarity": similarity[order].astype(np.float32),
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


def _correlation_with_first(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Of every row with the first; a row of one value alone correlates with none."""
    centred = rows.astype(np.float64)
    centred -= centred.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1)
    correlation: NDArray[np.float64] = centred @ centred[0] / np.maximum(lengths * lengths[0], 1e-12)
    correlation[0] = 1.0
    return correlation
