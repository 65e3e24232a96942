"""Groups from pairs: links are joined, and what does not hold from end to end is cut."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bakeoff.data._similarity import Features, Pairs
from bakeoff.types import Groups, Labels, RowIndices

__all__ = ["LeftAlone", "joined", "largest_group", "numbered", "without_large", "without_whole_classes"]

_TO_CENTRE = 0.94  # two rows at this correlation with the centre correlate 0.77 at the least, and 0.88 as a rule


@dataclass(frozen=True, eq=False)
class LeftAlone:
    """Groups, and the sizes of those that were taken apart into single rows."""

    groups: Groups
    sizes: tuple[int, ...]


def joined(pairs: Pairs, features: Features) -> Groups:
    """Join linked rows to groups in which every row resembles the group's centre.

    Of the rows that hang together by links, the one with most links is a centre (of several, the one whose links are
    closest); it takes the rows that correlate 0.94 or more with it, and the rest goes on without them. A chain
    a-b-c-d of small changes is so cut where its end no longer resembles the centre.

    Parameters
    ----------
    pairs : Pairs
        Only those that are copies.
    features : (n, n_features) float32

    Returns
    -------
    (n,) int64, numbered in the order of each group's first row
    """
    n = len(features)
    groups = np.arange(n)
    left = np.zeros(n, dtype=np.bool_)
    left[pairs.first] = left[pairs.second] = True
    while len(pairs):
        strength = _strength(pairs, n)
        for rows in _components(pairs, np.flatnonzero(left)):
            centre = rows[np.argmax(strength[rows])]
            near = rows[(features[rows] @ features[centre] >= _TO_CENTRE) | (rows == centre)]
            groups[near] = centre
            left[near] = False
        pairs = pairs.chosen(left[pairs.first] & left[pairs.second])
    return numbered(groups)


def largest_group(n_rows: int) -> int:
    """Rows that a group may have at most: 1 % of all; in small sets 20 rows, but no more than a tenth of all.

    Examples
    --------
    >>> [largest_group(n) for n in (12, 150, 1_000, 27_455)]
    [2, 15, 20, 274]
    """
    return max(2, n_rows // 100, min(20, n_rows // 10))


def without_large(groups: Groups) -> LeftAlone:
    """Leave the rows of groups alone that are too large; see `largest_group`."""
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return _alone(groups, np.flatnonzero(sizes > largest_group(len(groups))), index, sizes)


def without_whole_classes(groups: Groups, y: Labels) -> LeftAlone:
    """Leave the rows of groups alone that hold all rows of a class, which could then not be divided."""
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    pairs = np.unique(np.stack([y.astype(np.int64), index]), axis=1)
    label, n_groups = np.unique(pairs[0], return_counts=True)
    only = pairs[1, np.isin(pairs[0], label[n_groups == 1])]
    return _alone(groups, np.unique(only[sizes[only] > 1]), index, sizes)


def _alone(groups: Groups, numbers: RowIndices, index: RowIndices, sizes: RowIndices) -> LeftAlone:
    apart = np.isin(index, numbers)
    separate = groups.copy()
    separate[apart] = groups.max(initial=0) + 1 + np.arange(int(apart.sum()))
    return LeftAlone(numbered(separate), tuple(sorted(sizes[numbers].tolist(), reverse=True)))


def _components(pairs: Pairs, rows: RowIndices) -> list[RowIndices]:
    """The sets of rows that hang together."""
    first, second = np.searchsorted(rows, pairs.first), np.searchsorted(rows, pairs.second)
    graph = coo_matrix((np.ones(len(pairs), dtype=np.bool_), (first, second)), shape=(len(rows), len(rows)))
    n_components, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    return np.split(rows[order], np.cumsum(np.bincount(label, minlength=n_components))[:-1])


def _strength(pairs: Pairs, n_rows: int) -> NDArray[np.float64]:
    """Links of every row, and within the same number how close they are."""
    strength = np.zeros(n_rows)
    for rows in (pairs.first, pairs.second):
        strength += np.bincount(rows, weights=1 + pairs.similarity.astype(np.float64) / 1e3, minlength=n_rows)
    return strength


def numbered(groups: Groups) -> Groups:
    """The same groups, numbered from 0 in the order of their first rows."""
    _, first, index = np.unique(groups, return_index=True, return_inverse=True)
    rank: NDArray[np.int64] = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[index]
