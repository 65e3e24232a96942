"""One group to look at: a photograph and its copies."""

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._dataset import Dataset
from bakeoff.data._similarity import image_features
from bakeoff.types import RowIndices

__all__ = ["show_group"]


def show_group(
    dataset: Dataset, train: RowIndices | None = None, most: int = 16
) -> tuple[RowIndices, NDArray[np.float32]] | None:
    """Choose a group of middling size, so that nobody is shown the worst case.

    Parameters
    ----------
    dataset : Dataset
        As `find_near_copies` returned it.
    train : (n,) positions or None
        Training rows to choose from; None: all.
    most : int
        Rows to return at most.

    Returns
    -------
    rows, similarity : (k,) int64 and (k,) float32, or None
        First the group's first row, then others from the most to the least alike, evenly chosen where there are more;
        with each one's correlation with the first, smoothed as the search compares them. None without a search, for
        plain rows, or without groups.
    """
    if dataset.near_copies is None or dataset.image_shape is None:
        return None
    rows = np.arange(len(dataset.X_train)) if train is None else np.sort(train)
    groups = dataset.near_copies.train[rows]
    names, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    several = np.sort(sizes[sizes > 1])
    if len(several) == 0:
        return None
    middling = sizes == several[(len(several) - 1) // 2]
    members = rows[groups == names[middling][np.argmin(first[middling])]]
    features = image_features(dataset.X_train[members], dataset.image_shape)
    similarity = np.clip(features @ features[0], -1, 1).astype(np.float32)
    similarity[0] = 1
    order = np.append(0, 1 + np.argsort(-similarity[1:], kind="stable"))
    # Of a large group an even choice, down to the least alike: the nearest ones alone would all look the same.
    order = order[np.unique(np.linspace(0, len(order) - 1, most).round().astype(np.int64))]
    return members[order], similarity[order]
