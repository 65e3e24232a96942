"""How often the labels of which test rows were used: a record that copying or reordering a file does not reset."""

from dataclasses import dataclass
from hashlib import blake2b, sha256

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import Rows

__all__ = ["Opening", "OpeningCount", "hash_rows", "name_of_rows"]


@dataclass(frozen=True, slots=True)
class Opening:
    """One use of test labels.

    Parameters
    ----------
    created : str
        UTC time, ISO 8601.
    run : str
        Folder of the run.
    purpose : str
        What they were compared with.
    times : int
        How many comparisons this record stands for.
    shared_rows : int
        How many rows of the test set that is asked about were in it.
    """

    created: str
    run: str
    purpose: str
    times: int
    shared_rows: int


@dataclass(frozen=True, slots=True)
class OpeningCount:
    """How often test rows were opened, in this run and ever in this workspace."""

    this_run: int
    ever: int


def hash_rows(X: Rows) -> NDArray[np.uint64]:
    """One hash a row, sorted.

    Parameters
    ----------
    X : (n_samples, n_features)

    Returns
    -------
    (n_samples,) uint64
        The values of a row alone decide: the label is left out, so a relabelled copy is recognised.
    """
    # The same rows read as pixels and as plain numbers are the same rows.
    rows = np.ascontiguousarray(X, dtype="<f4")
    digests = b"".join(blake2b(row.data, digest_size=8).digest() for row in rows)
    return np.sort(np.frombuffer(digests, dtype="<u8"))


def name_of_rows(row_hashes: NDArray[np.uint64]) -> str:
    """The order-free name of a set of rows."""
    return sha256(row_hashes.astype("<u8").tobytes()).hexdigest()
