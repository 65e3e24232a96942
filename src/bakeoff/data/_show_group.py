"""One group to look at: a photograph and its copies."""

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._dataset import Dataset
from bakeoff.data._similarity import image_features
from bakeoff.types import RowIndices

__all__ = ["show_group"]


def show_group(dataset: Dataset, most: int = 12) -> tuple[RowIndices, NDArray[np.float32]] | None:
    """Pick a group of typical size among the training rows.

    Parameters
    ----------
    dataset : Dataset
        As `find_near_copies` returned it.
    most : int
        Rows to return at most.

    Returns
    -------
    rows, similarity : (k,) int64 and (k,) float32, or None
        First the row nearest to the group's centre, then others from the most to the least alike, evenly chosen where
        there are more; with each one's correlation with the first. None without a search, for plain rows, or without
        groups.
    """
    copies = dataset.near_copies
    if copies is None or dataset.image_shape is None or not copies.has_groups:
        return None
    _, index, sizes = np.unique(copies.train, return_inverse=True, return_counts=True)
    several = np.flatnonzero(sizes > 1)
    typical = np.median(sizes[several])
    rows = np.flatnonzero(index == several[np.argmin(np.abs(sizes[several] - typical))])
    features = image_features(dataset.X_train[rows], dataset.image_shape)
    centre = int(np.argmax(features @ features.mean(axis=0)))
    similarity = np.clip(features @ features[centre], -1, 1)
    similarity[centre] = 1
    others = np.argsort(-similarity, kind="stable")
    others = others[others != centre]
    shown = np.unique(np.linspace(0, len(others) - 1, min(most - 1, len(others))).astype(np.int64))
    order = np.concatenate([[centre], others[shown]])
    return rows[order], similarity[order]
