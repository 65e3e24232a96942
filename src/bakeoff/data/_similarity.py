"""How alike two images are, and the exact search for all pairs that are."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import ProgressCallback, Rows

__all__ = ["LOWEST", "Features", "Pairs", "Reach", "chosen_reach", "image_features", "nearest_of_some", "similar_pairs"]

LOWEST = 0.9  # below it nothing is of use as a background either
_CELLS = 14
_BLUR = 1.5 / 28  # of the height and of the width
_BLOCK_ROWS = 4096
_MOST_PAIRS = 3_000_000  # with their lists in both directions about 300 MB
_MOST_GATHERED = 3_000_000
_SAMPLED_ROWS = 512
_FULL_BLOCK = 0.05  # share of the pairs of two blocks that are alike: from there on each row's nearest are chosen
_CHOSEN_ROWS = 256
_ROOM = 0.7  # a floor of 0.97 still leaves something to see below a threshold of 0.98

Features: TypeAlias = NDArray[np.floating[Any]]
"""(n, n_features), rows of norm 1, or of zeros for images without contrast."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows that are alike.

    Parameters
    ----------
    first, second : (n_pairs,) int64
        Positions of the rows; first is the smaller one.
    similarity : (n_pairs,) float32
    floor : float or (n_rows,) float32
        Every pair of at least this similarity is here; where only the nearest are kept, each row has its own.
    floor_of_first : (n_rows,) float32 or None
        The same for the neighbours in the first part of the rows, where they were counted apart.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float32]
    floor: float | NDArray[np.float32]
    floor_of_first: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.first)

    def chosen(self, mask: NDArray[np.bool_]) -> "Pairs":
        """Some of the pairs."""
        return replace(self, first=self.first[mask], second=self.second[mask], similarity=self.similarity[mask])

    def within_first(self, n_first: int) -> "Pairs":
        """The pairs of the first part, with what would have been found had the second not been there."""
        within = self.chosen(self.second < n_first)
        return within if self.floor_of_first is None else replace(within, floor=self.floor_of_first)

    def and_others(self, others: "Pairs") -> "Pairs":
        """These pairs and others; one that is in both is there twice."""
        return Pairs(
            np.concatenate([self.first, others.first]),
            np.concatenate([self.second, others.second]),
            np.concatenate([self.similarity, others.similarity]),
            self.floor,
        )


def image_features(X: Rows, image_shape: tuple[int, int, int], dtype: type[np.floating[Any]] = np.float32) -> Features:
    """Describe images so that the inner product of two is the correlation of the slightly smoothed images.

    Each image is smoothed by a Gaussian of 1.5/28 of its side, read at up to 14 x 14 places, freed of its mean
    (brightness), and divided by its norm (contrast). Smoothing takes away what JPEG, noise and resampling change and
    leaves what makes two pictures different. An image without contrast resembles none: its features are zero.

    Parameters
    ----------
    X : (n, height * width * channels) uint8
    image_shape : (height, width, channels)
    dtype : type
        ``float16`` halves the memory that very large sets need.

    Returns
    -------
    (n, n_features), rows of norm 1 or 0
    """
    height, width, channels = image_shape
    down, across = _smoothing(height), _smoothing(width)
    features = np.empty((len(X), channels * len(down) * len(across)), dtype=dtype)
    for start in range(0, len(X), _BLOCK_ROWS):
        images = X[start : start + _BLOCK_ROWS].reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        block = (down @ images.astype(np.float32) @ across.T).reshape(len(images), -1)
        block -= block.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(block, axis=1, keepdims=True)
        # Rounding leaves a constant image a norm of about 1e-4 grey levels; one level in one pixel gives over 1e-2.
        features[start : start + _BLOCK_ROWS] = np.where(norms > 1e-3, block / np.maximum(norms, 1e-3), 0)
    return features


@dataclass(frozen=True)
class Reach:
    """How far the neighbours of a row are looked at.

    Parameters
    ----------
    floor : float
        Pairs of a lower similarity are left out.
    most_neighbours : int
        Of each row so many are kept, the nearest.
    """

    floor: float
    most_neighbours: int


def nearest_of_some(features: Features, most: int) -> NDArray[np.float32]:
    """Similarities of some rows to their nearest neighbours among all rows, descending.

    The rows are evenly spaced in an order that depends on the rows alone. Images without contrast are left out.

    Returns
    -------
    (n_sampled, at most `most`) float32
    """
    features = features[features.any(axis=1)]
    n = len(features)
    most = min(most, n - 1)
    if most < 1:
        return np.empty((0, 0), dtype=np.float32)
    order = np.lexsort((features[:, -1], features[:, 0], features[:, features.shape[1] // 2]))
    sample = features[order[np.unique(np.linspace(0, n - 1, min(_SAMPLED_ROWS, n)).astype(np.int64))]]
    parts = []
    for start in range(0, len(sample), 64):
        similarity = _products(sample[start : start + 64], features)
        parts.append(np.sort(np.partition(similarity, n - 1 - most, axis=1)[:, n - 1 - most :], axis=1)[:, ::-1])
    return np.concatenate(parts)[:, 1:].astype(np.float32)  # the first is the row itself


def _products(some: Features, features: Features) -> NDArray[np.float32]:
    """(n_some, n) inner products. NumPy multiplies half precision without BLAS, a hundred times slower."""
    if features.dtype == np.float32:
        return np.asarray(some @ features.T)
    some, blocks = some.astype(np.float32), range(0, len(features), _BLOCK_ROWS)
    return np.concatenate([some @ features[start : start + _BLOCK_ROWS].astype(np.float32).T for start in blocks], 1)


def chosen_reach(
    nearest: NDArray[np.float32], n_rows: int, most_pairs: int = _MOST_PAIRS, lowest: float = LOWEST
) -> Reach:
    """How far to look so that no more than about `most_pairs` pairs are kept.

    Many neighbours a row, and a higher floor where that makes too many pairs in all; where so many rows are alike that
    the floor would hide what lies around the others, fewer neighbours a row.

    Parameters
    ----------
    nearest : (n_sampled, most) float32
        Of `nearest_of_some`.
    n_rows : int
    """
    if nearest.size == 0:
        return Reach(lowest, 1)
    most = int(2 * most_pairs * len(nearest) / n_rows)
    most_neighbours = nearest.shape[1]
    fewest = max(1, min(most_neighbours, 2 * most_pairs // n_rows))
    while True:
        listed = nearest[:, :most_neighbours]
        enough = most >= listed.size
        floor = lowest if enough else max(lowest, float(np.partition(listed, -most, axis=None)[-most]))
        if floor <= lowest + _ROOM * (1 - lowest) or most_neighbours == fewest:
            return Reach(floor, most_neighbours)
        most_neighbours = max(fewest, most_neighbours // 2)


def similar_pairs(
    features: Features,
    reach: Reach,
    n_first: int | None = None,
    progress: ProgressCallback | None = None,
    block_rows: int = _BLOCK_ROWS,
) -> Pairs:
    """The pairs of rows whose inner product reaches a floor, by products of blocks of the upper triangle.

    Of a row with very many neighbours the nearest are kept; a pair is kept if it is near for one of its two rows.

    Parameters
    ----------
    features : (n, n_features) float32
    reach : Reach
    n_first : int or None
        So many rows are a part of their own (the training rows): neighbours are counted apart in both parts, so that
        the pairs within the first do not depend on the second.
    progress : callable or None
        Is told ``{"stage": "comparing", "name": "images", "done", "total"}`` in pairs of blocks.
    block_rows : int
        Does not change what is found, only time and memory.

    Returns
    -------
    Pairs
        Its floor is a row's own: that of the reach, or the similarity of the last neighbour where some were left out.
    """
    n, n_first = len(features), len(features) if n_first is None else n_first
    blocks = [
        slice(start, min(start + block_rows, end))
        for begin, end in ((0, n_first), (n_first, n))
        for start in range(begin, end, block_rows)
    ]
    total, done = len(blocks) * (len(blocks) + 1) // 2, 0
    kept = _Gathered(n, n_first, reach)
    product = np.empty((min(block_rows, n),) * 2, dtype=np.float32)
    for number, rows in enumerate(blocks):
        for columns in blocks[number:]:
            out = product[: rows.stop - rows.start, : columns.stop - columns.start]
            block = np.matmul(features[rows], features[columns].T, out=out)
            first, second = _alike(block, reach, diagonal=rows == columns)
            kept.add(first + rows.start, second + columns.start, block[first, second])
            done += 1
            if progress is not None:
                progress({"stage": "comparing", "name": "images", "done": done, "total": total})
    return kept.pairs()


def _alike(block: NDArray[np.float32], reach: Reach, diagonal: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column numbers of what reaches the floor; in a full block only of each row's and column's nearest."""
    if diagonal:
        np.fill_diagonal(block, -1)
    alike = block >= reach.floor
    if min(block.shape) > reach.most_neighbours and np.count_nonzero(alike) > _FULL_BLOCK * block.size:
        alike &= _nearest(block, reach.most_neighbours) | _nearest(block.T, reach.most_neighbours).T
    first, second = np.divmod(np.flatnonzero(alike), block.shape[1])
    if diagonal:
        above = second > first
        first, second = first[above], second[above]
    return first, second


def _nearest(block: NDArray[np.float32], most: int) -> NDArray[np.bool_]:
    """Of each row the `most` largest values."""
    chosen = np.zeros(block.shape, dtype=np.bool_)
    for start in range(0, len(block), _CHOSEN_ROWS):
        part = block[start : start + _CHOSEN_ROWS]
        places = np.argpartition(part, part.shape[1] - most, axis=1)[:, part.shape[1] - most :]
        np.put_along_axis(chosen[start : start + _CHOSEN_ROWS], places, True, axis=1)
    return chosen


class _Gathered:
    """Pairs as they are found; of every row its nearest neighbours in either part."""

    def __init__(self, n_rows: int, n_first: int, reach: Reach) -> None:
        self._n_rows, self._n_first, self._reach = n_rows, n_first, reach
        self._floors = np.full((2, n_rows), reach.floor, dtype=np.float32)
        self._parts: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
        self._n_added = 0

    def add(self, first: NDArray[np.int64], second: NDArray[np.int64], similarity: NDArray[np.float32]) -> None:
        self._parts.append((first.astype(np.int32), second.astype(np.int32), similarity))
        self._n_added += len(first)
        if self._n_added > _MOST_GATHERED:
            self._cut()

    def pairs(self) -> Pairs:
        self._cut()
        ((first, second, similarity),) = self._parts
        return Pairs(
            first.astype(np.int64), second.astype(np.int64), similarity, self._floors.max(axis=0), self._floors[0]
        )

    def _cut(self) -> None:
        """Keep the pairs that are among the nearest of one of their rows."""
        first, second, similarity = (np.concatenate(arrays) for arrays in zip(*self._parts, strict=True))
        keep = np.zeros(len(first), dtype=np.bool_)
        for part in (0, 1):
            keep |= self._near(first, second, similarity, part)
        self._parts = [(first[keep], second[keep], similarity[keep])]
        self._n_added = 0

    def _near(
        self, first: NDArray[np.int32], second: NDArray[np.int32], similarity: NDArray[np.float32], part: int
    ) -> NDArray[np.bool_]:
        """Which pairs are near for one of their rows, of the neighbours in the first or in the second part."""
        most = self._reach.most_neighbours
        is_asked = [(others >= self._n_first) == part for others in (second, first)]
        counts = np.zeros(self._n_rows, dtype=np.int64)
        for rows, asked in zip((first, second), is_asked, strict=True):
            counts += np.bincount(rows[asked], minlength=self._n_rows)
        crowded = counts >= most  # where a block was full, only so many of its row came here
        near = np.zeros(len(first), dtype=np.bool_)
        listed = []
        for rows, asked in zip((first, second), is_asked, strict=True):
            full = crowded[rows]
            near |= asked & ~full
            pair = np.flatnonzero(asked & full)
            listed.append((rows[pair], pair))
        if not crowded.any():
            return near
        row, pair = (np.concatenate(arrays) for arrays in zip(*listed, strict=True))
        order = np.lexsort((pair, -similarity[pair], row))
        row, pair = row[order], pair[order]
        starts = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.append(starts, len(row))))
        near[pair[rank < most]] = True
        last = rank == most - 1
        floor = self._floors[part]
        floor[row[last]] = np.maximum(floor[row[last]], similarity[pair[last]])
        return near


def _smoothing(length: int) -> NDArray[np.float32]:
    """Gaussian weights (cells, length) of the pixels along one axis, each cell's adding up to 1."""
    n_cells = min(length, _CELLS)
    centres = (np.arange(n_cells) + 0.5) * length / n_cells - 0.5
    weights = np.exp(-0.5 * ((np.arange(length) - centres[:, None]) / (_BLUR * length)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
