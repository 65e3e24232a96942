"""What every reader makes and everything after it takes: one data set, decoded, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._near_copies import NearCopies
from bakeoff.types import Groups, Images, Kind, Labels, RowIndices, Rows

__all__ = ["Dataset", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """One file that the rows came from.

    Parameters
    ----------
    name : str
        Its name as shown to people, without the folders before it.
    sha256 : str
        Hash of the bytes as they lie on disk.
    n_bytes : int
    """

    name: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images or plain numeric rows, decoded and checked.

    Parameters
    ----------
    name : str
        Short name, safe as part of a file name.
    kind : {"images", "rows"}
    X_train : (n_train, n_features)
        ``uint8`` where ``kind`` is ``"images"``: flattened row by row, channels last. Else ``float32``; NaN marks a
        missing value.
    y_train : (n_train,) int32
        Class indices from 0 without gaps: 0 is ``class_names[0]``.
    class_names : sequence of str
        The original labels as text, or the names given for them, in the order of the indices.
    X_test : (n_test, n_features) or None
    y_test : (n_test,) int32 or None
        None with ``X_test`` given means that the labels are kept elsewhere.
    image_shape : (height, width, channels) or None
        None for plain rows. ``channels`` is 1 or 3.
    pixel_max : int or None
        The largest value a pixel can have: 255, or 15, 16 and the like for images of fewer levels. None for plain rows.
    label_codes : sequence of int or None
        The original labels where all of them are whole numbers from 0 on, in the order of the indices. A gap in them
        (9 in Sign Language MNIST) is visible here alone.
    groups_train, groups_test : (n,) int64 or None
        The groups that every split keeps whole and every interval takes as its unit: declared ones (a subject, a
        writer, a session), else near-copies that were found. The same number means the same group in both.
    groups_from : {"declared", "found"} or None
        Where these groups come from; None where there are none.
    near_copies : NearCopies or None
        What the search for near-copies found, whether or not groups are declared; None before it was made.
    feature_names : sequence of str or None
        Names of the columns, where they had names.
    decisions : sequence of str
        What was decided about the files and why, one sentence each, to be shown to the user.
    sources : sequence of Source
        The files, in the order of reading.

    Notes
    -----
    Equality is identity: compare `sha256` to know whether two data sets hold the same rows.
    """

    name: str
    kind: Kind
    X_train: Rows
    y_train: Labels
    class_names: Sequence[str]
    X_test: Rows | None = None
    y_test: Labels | None = None
    image_shape: tuple[int, int, int] | None = None
    pixel_max: int | None = None
    label_codes: Sequence[int] | None = None
    groups_train: Groups | None = None
    groups_test: Groups | None = None
    groups_from: Literal["declared", "found"] | None = None
    near_copies: NearCopies | None = None
    feature_names: Sequence[str] | None = None
    decisions: Sequence[str] = ()
    sources: Sequence[Source] = field(default_factory=tuple)

    @property
    def n_classes(self) -> int:
        """How many classes the labels have."""
        return len(self.class_names)

    @property
    def n_features(self) -> int:
        """How many numbers a row has."""
        return int(self.X_train.shape[1])

    @property
    def has_test_labels(self) -> bool:
        """Whether the rows that will stand for new ones have labels; without test rows those are some of the others."""
        return self.X_test is None or self.y_test is not None

    def rows_at(self, positions: RowIndices) -> Rows:
        """The rows at these positions: first come those of the training file, then those of the test file.

        Parameters
        ----------
        positions : (n,)

        Returns
        -------
        (n, n_features)
        """
        n_train = len(self.X_train)
        if self.X_test is None or not positions.size or positions.max() < n_train:
            return self.X_train[positions]
        if positions.min() >= n_train:
            return self.X_test[positions - n_train]
        of_train = positions < n_train
        rows = np.empty((len(positions), self.n_features), self.X_train.dtype)
        rows[of_train] = self.X_train[positions[of_train]]
        rows[~of_train] = self.X_test[positions[~of_train] - n_train]
        return rows

    @cached_property
    def sha256(self) -> str:
        """Hash of all decoded rows, labels and declared groups, in their order.

        It names the data in every fit's name: the same images read from CSV or from IDX give the same hash.
        """
        arrays = (self.X_train, self.y_train, self.X_test, self.y_test, *self._declared_groups)
        return _hash(*arrays, "\x1f".join(self.class_names).encode())

    @cached_property
    def sha256_train(self) -> str:
        """Hash of the training rows, their labels and declared groups: what splits are drawn from.

        New test rows, or other names for the classes, leave every split as it was.
        """
        return _hash(self.X_train, self.y_train, self._declared_groups[0])

    @property
    def _declared_groups(self) -> tuple[Groups | None, Groups | None]:
        # Found groups follow from the rows: they add nothing to what names the data.
        return (self.groups_train, self.groups_test) if self.groups_from == "declared" else (None, None)

    def images(self, rows: Rows) -> Images:
        """Rows of this data set as pictures.

        Parameters
        ----------
        rows : (n, n_features) uint8

        Returns
        -------
        (n, height, width) or (n, height, width, 3) uint8, stretched to 0..255.

        Raises
        ------
        ValueError
            If the data set holds plain rows.
        """
        if self.image_shape is None or self.pixel_max is None:
            raise ValueError("plain rows have no pictures")
        height, width, channels = self.image_shape
        stretched = rows if self.pixel_max == 255 else (rows.astype(np.uint16) * 255 // self.pixel_max).astype(np.uint8)
        pictures = stretched.reshape(-1, height, width, channels)
        return pictures[..., 0] if channels == 1 else pictures


def _hash(*parts: NDArray[Any] | bytes | None) -> str:
    digest = sha256()
    for part in parts:
        if part is None:
            digest.update(b"none;")
        elif isinstance(part, bytes):
            digest.update(part)
        else:
            digest.update(f"{part.dtype.str}{part.shape};".encode())
            digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
