"""Exact copies: rows that are equal byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from bakeoff.types import RowIndices, Rows

__all__ = ["ExactCopies", "exact_copies", "first_equal", "row_digests"]

_DIGEST_BYTES = 16  # two different rows of a billion collide with a chance under 1e-20
_BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True)
class ExactCopies:
    """How many rows are copies.

    Parameters
    ----------
    train : int
        Training rows that are equal to an earlier training row.
    test_in_train : int or None
        Test rows that are equal to a training row; None without test rows.
    """

    train: int
    test_in_train: int | None


def exact_copies(X_train: Rows, X_test: Rows | None = None) -> ExactCopies:
    """Count the rows that are equal to another; missing values are equal to each other.

    Parameters
    ----------
    X_train : (n_train, n_features)
    X_test : (n_test, n_features) or None

    Examples
    --------
    >>> X = np.array([[1, 2], [3, 4], [1, 2]], dtype=np.uint8)
    >>> exact_copies(X, X[1:2])
    ExactCopies(train=1, test_in_train=1)
    """
    seen = set(row_digests(X_train))
    in_train = None if X_test is None else sum(digest in seen for digest in row_digests(X_test))
    return ExactCopies(len(X_train) - len(seen), in_train)


def first_equal(X: Rows) -> RowIndices:
    """(n,) the first row that each row is equal to, itself where there is none before it."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(digest, row) for row, digest in enumerate(row_digests(X))], dtype=np.int64)


def row_digests(X: Rows) -> Iterator[bytes]:
    """One short hash a row; equal rows have equal ones, and all missing values are equal."""
    for start in range(0, len(X), _BLOCK_ROWS):
        block = X[start : start + _BLOCK_ROWS]
        if block.dtype.kind == "f":
            block = np.where(np.isnan(block), np.float32("nan"), block + np.float32(0))  # one NaN, and no -0.0
        block = np.ascontiguousarray(block)
        for row in block:
            yield blake2b(row.data, digest_size=_DIGEST_BYTES).digest()
