"""Shifted and turned copies: images compared again after being moved onto each other.

A shift changes the correlation of two images beyond use, but not the amplitudes of their Fourier transforms, and a
small turn changes those little. So a shortlist is drawn by the amplitudes, and only its pairs are registered: one image
is shifted by up to two pixels and turned by up to ten degrees, and the best correlation counts.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bakeoff.data._chance import gap_ratios
from bakeoff.data._linkage import numbered
from bakeoff.data._similarity import (
    LOWEST,
    Features,
    Pairs,
    chosen_reach,
    image_features,
    nearest_of_some,
    similar_pairs,
)
from bakeoff.types import Groups, ProgressCallback, RowIndices, Rows

__all__ = ["attached", "moved_copies", "registered_pairs"]

# What may be moved comes nearer to everything: at 0.15 MNIST's 60,000 rows have over a thousand chance pairs, at 0.05
# three. So few are not believed.
_CLOSENESS = 0.05
_ROWS_PER_PAIR = 1_000

_MOST_PAIRS = 1_000_000  # of each kind of likeness
_LOWEST_SHORTLISTED = 0.7
_MOST_NEIGHBOURS = 256
_FREQUENCIES = 6
_SHIFTS_PIXELS = (-2, -1, 0, 1, 2)
_TURNS_DEGREES = (-10, -5, 0, 5, 10)
_BLOCK_ROWS = 4096

Shape = tuple[int, int, int]


def registered_pairs(
    X: Rows, image_shape: Shape, features: Features, progress: ProgressCallback | None = None
) -> Pairs:
    """Pairs with the best correlation that a small shift and turn gives them.

    Parameters
    ----------
    X : (n, height * width * channels) uint8
    image_shape : (height, width, channels)
    features : (n, n_features) float32
        Of `image_features`.
    progress : callable or None
    """
    first, second = _shortlist(_amplitudes(X, image_shape), features, progress)
    best = np.full(len(first), -1, dtype=np.float32)
    bounds = np.searchsorted(first, np.arange(0, len(X) + _BLOCK_ROWS, _BLOCK_ROWS))
    for block, (low, high) in enumerate(pairwise(bounds)):
        rows, index = np.unique(first[low:high], return_inverse=True)
        others = features[second[low:high]]
        for moved in _moved(X[rows], image_shape):
            best[low:high] = np.maximum(best[low:high], np.einsum("ij,ij->i", moved[index], others))
        if progress is not None:
            progress({"stage": "registering", "name": "images", "done": block + 1, "total": len(bounds) - 1})
    near = best >= LOWEST
    return Pairs(first[near], second[near], best[near], LOWEST)


def moved_copies(pairs: Pairs, n_train: int) -> Pairs:
    """The registered pairs that are copies; those of two training rows follow from training rows alone.

    Parameters
    ----------
    pairs : Pairs
        Of `registered_pairs`.
    n_train : int
        The rows after so many are test rows.
    """
    train = pairs.chosen(pairs.second < n_train)
    train = train.chosen(gap_ratios(train, np.ones(len(train), dtype=np.bool_)) <= _CLOSENESS)
    test = pairs.chosen(gap_ratios(pairs, pairs.second >= n_train) <= _CLOSENESS)
    return _believed(train, n_train).and_others(_believed(test, int(pairs.second.max(initial=0)) + 1 - n_train))


def _believed(pairs: Pairs, n_rows: int) -> Pairs:
    return pairs if len(pairs) > n_rows / _ROWS_PER_PAIR else pairs.chosen(np.zeros(len(pairs), dtype=np.bool_))


def attached(groups: Groups, pairs: Pairs) -> Groups:
    """Join groups by moved copies, the closest first; a group that was joined to another takes no third one."""
    merged = groups.copy()
    taken: set[int] = set()
    for i in np.lexsort((pairs.second, pairs.first, -pairs.similarity)):
        a, b = int(groups[pairs.first[i]]), int(groups[pairs.second[i]])
        if a != b and not {a, b} & taken:
            merged[groups == b] = a
            taken |= {a, b}
    return numbered(merged)


def _shortlist(
    amplitudes: Features, features: Features, progress: ProgressCallback | None
) -> tuple[RowIndices, RowIndices]:
    """Pairs that are alike by their amplitudes (a shift keeps them) or as they lie (a turn changes that less)."""
    codes = []
    for described in (amplitudes, features):
        nearest = nearest_of_some(described, _MOST_NEIGHBOURS)
        reach = chosen_reach(nearest, len(described), _MOST_PAIRS, _LOWEST_SHORTLISTED)
        pairs = similar_pairs(described, reach, None, progress)
        codes.append(pairs.first * len(features) + pairs.second)
    first, second = np.divmod(np.unique(np.concatenate(codes)), len(features))
    return first, second


def _amplitudes(X: Rows, image_shape: Shape) -> NDArray[np.float32]:
    """Amplitudes of the low frequencies, less their mean over the set: inner products compare them."""
    parts = []
    for start in range(0, len(X), _BLOCK_ROWS):
        images = X[start : start + _BLOCK_ROWS].reshape(-1, *image_shape).astype(np.float32)
        images -= images.mean(axis=(1, 2, 3), keepdims=True)
        spectrum = np.abs(np.fft.rfft2(images, axes=(1, 2)))[:, :, :_FREQUENCIES]
        low = np.concatenate([spectrum[:, :_FREQUENCIES], spectrum[:, 1 - _FREQUENCIES :]], axis=1)
        low = low.reshape(len(images), -1).astype(np.float32)
        parts.append(low / np.maximum(np.linalg.norm(low, axis=1, keepdims=True), 1e-3))
    amplitudes = np.concatenate(parts)
    amplitudes -= amplitudes.mean(axis=0)
    return np.asarray(amplitudes / np.maximum(np.linalg.norm(amplitudes, axis=1, keepdims=True), 1e-6))


def _moved(X: Rows, image_shape: Shape) -> Iterator[Features]:
    """Features of the rows under every turn and shift; pixels that come in from outside repeat the edge."""
    images = X.reshape(-1, *image_shape)
    for degrees in _TURNS_DEGREES:
        turned = (
            images
            if degrees == 0
            else ndimage.rotate(images, degrees, axes=(2, 1), reshape=False, order=1, mode="nearest")
        )
        padded = np.pad(turned, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
        for down in _SHIFTS_PIXELS:
            for across in _SHIFTS_PIXELS:
                part = padded[:, 2 + down : 2 + down + image_shape[0], 2 + across : 2 + across + image_shape[1]]
                yield image_features(part.reshape(len(X), -1), image_shape)
