"""How often the labels of which test rows were used: a record that copying or reordering a file does not reset."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import Rows

__all__ = ["Fingerprints", "Opening", "OpeningHistory", "fingerprint_rows", "name_of_rows", "overlap"]

Fingerprints = NDArray[np.uint64]
"""(n_samples,), one number a row that follows from its values alone."""

_ROWS_PER_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Opening:
    """One use of test labels.

    Parameters
    ----------
    created : str
        UTC time, ISO 8601.
    run : str
        Folder of the run, or the submission that was scored.
    purpose : str
        What they were compared with.
    times : int
        How many comparisons this record stands for.
    shared_rows : int
        How many of the rows that are asked about were among the rows opened then.
    same_rows : bool
        Whether those were the rows that are asked about and no others, in whatever order.
    """

    created: str
    run: str
    purpose: str
    times: int
    shared_rows: int
    same_rows: bool


@dataclass(frozen=True, slots=True)
class OpeningHistory:
    """Every use of the labels of some rows, or of a part of them.

    Parameters
    ----------
    n_rows : int
        How many rows are asked about.
    openings : sequence of Opening
        In order of time.
    n_in_others : int
        How many of the rows were in test sets that hold other rows too, or not all of these.
    """

    n_rows: int
    openings: Sequence[Opening]
    n_in_others: int

    def times(self, run: str | None = None) -> int:
        """How often they were opened: by one run, or by all."""
        return sum(opening.times for opening in self.openings if run is None or opening.run == run)


def fingerprint_rows(X: Rows) -> Fingerprints:
    """One number a row, in the order of the rows.

    Parameters
    ----------
    X : (n_samples, n_features)

    Returns
    -------
    (n_samples,) uint64
        The values of a row alone decide. The label is left out, so a relabelled copy is recognised; and the same row
        read as pixels, as whole numbers or as floats is the same row.

    Examples
    --------
    >>> pixels = np.array([[0, 255], [7, 7]], dtype=np.uint8)
    >>> bool((fingerprint_rows(pixels) == fingerprint_rows(pixels.astype(float))).all())
    True
    """
    digests = bytearray()
    for start in range(0, len(X), _ROWS_PER_BLOCK):
        block = np.array(X[start : start + _ROWS_PER_BLOCK], dtype="<f4", order="C")
        block += 0.0  # -0.0 and 0.0 are one number, with two bit patterns
        block[np.isnan(block)] = np.nan  # and so is what is missing, with many
        digests += b"".join(blake2b(row.data, digest_size=8).digest() for row in block)
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)


def name_of_rows(fingerprints: Fingerprints) -> str:
    """The order-free name of a set of rows."""
    return sha256(np.sort(fingerprints).astype("<u8").tobytes()).hexdigest()


def overlap(wanted: Fingerprints, known: Fingerprints) -> tuple[NDArray[np.bool_], bool]:
    """Which of the rows asked about are among known ones, and whether both are the same set of rows.

    A row that comes twice counts twice among those asked about; how often it comes does not make another set.
    """
    shared = np.isin(wanted, known)
    return shared, bool(shared.all() and np.isin(known, wanted).all())
