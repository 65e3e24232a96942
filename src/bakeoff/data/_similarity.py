"""How alike two images are, and the exact search for all pairs that are."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import ProgressCallback, Rows

__all__ = ["LOWEST", "Features", "Pairs", "chosen_floor", "image_features", "similar_pairs"]

LOWEST = 0.9  # below it nothing is of use as a background either
_CELLS = 14
_BLUR = 1.5 / 28  # of the height and of the width
_BLOCK_ROWS = 4096
_MOST_PAIRS = 3_000_000  # with their lists in both directions about 300 MB
_SAMPLED_ROWS = 512

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
        Every pair of at least this similarity is here; where only the nearest were searched, each row has its own.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float32]
    floor: float | NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)

    def chosen(self, mask: NDArray[np.bool_]) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.first[mask], self.second[mask], self.similarity[mask], self.floor)

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


def chosen_floor(features: Features, most_pairs: int = _MOST_PAIRS, lowest: float = LOWEST) -> float:
    """Lowest similarity at which pairs can be kept: `lowest`, or more where so many are alike.

    It is read off a sample of rows, evenly spaced in an order that depends on the rows alone.
    """
    n = len(features)
    order = np.lexsort((features[:, -1], features[:, 0], features[:, features.shape[1] // 2]))
    sample = features[order[np.unique(np.linspace(0, n - 1, min(_SAMPLED_ROWS, n)).astype(np.int64))]]
    similarity = np.sort((sample @ features.T).ravel())
    most = int(2 * most_pairs * len(sample) / n) + len(sample)  # each row is alike to itself
    return lowest if most >= similarity.size else max(lowest, float(similarity[-most]))


def similar_pairs(
    features: Features, floor: float, progress: ProgressCallback | None = None, block_rows: int = _BLOCK_ROWS
) -> Pairs:
    """Every pair of rows whose inner product is at least `floor`, by products of blocks of the upper triangle.

    Parameters
    ----------
    features : (n, n_features) float32
    floor : float
    progress : callable or None
        Is told ``{"stage": "comparing", "name": "images", "done", "total"}`` in pairs of blocks.
    block_rows : int
        Does not change what is found, only time and memory.
    """
    starts = range(0, len(features), block_rows)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
    product = np.empty((min(block_rows, len(features)),) * 2, dtype=np.float32)
    for top in starts:
        rows = features[top : top + block_rows]
        for left in range(top, len(features), block_rows):
            columns = features[left : left + block_rows]
            block = np.matmul(rows, columns.T, out=product[: len(rows), : len(columns)])
            first, second = np.divmod(np.flatnonzero(block >= floor), len(columns))
            if left == top:
                above = second > first
                first, second = first[above], second[above]
            found.append((first + top, second + left, block[first, second]))
            done += 1
            if progress is not None:
                progress({"stage": "comparing", "name": "images", "done": done, "total": total})
    first, second, similarity = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Pairs(first, second, similarity, floor)


def _smoothing(length: int) -> NDArray[np.float32]:
    """Gaussian weights (cells, length) of the pixels along one axis, each cell's adding up to 1."""
    n_cells = min(length, _CELLS)
    centres = (np.arange(n_cells) + 0.5) * length / n_cells - 0.5
    weights = np.exp(-0.5 * ((np.arange(length) - centres[:, None]) / (_BLUR * length)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
