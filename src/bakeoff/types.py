"""Names for arrays, with their axes, and what rooms that do not know each other hand on.

NumPy's types cannot carry axis names, so each alias says them here, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Checkpoints",
    "Confusion",
    "Groups",
    "Images",
    "Kind",
    "Labels",
    "Metric",
    "Probabilities",
    "ProgressCallback",
    "RowIndices",
    "Rows",
    "Snapshot",
]

Rows: TypeAlias = NDArray[Any]
"""(n_samples, n_features), ``uint8`` pixels or ``float32`` numbers."""

Images: TypeAlias = NDArray[np.uint8]
"""(n_samples, height, width) or (n_samples, height, width, 3)."""

Labels: TypeAlias = NDArray[np.int32]
"""(n_samples,), class indices from 0; -1 where the label is sealed."""

Groups: TypeAlias = NDArray[np.int64]
"""(n_samples,), rows with the same number come from one source."""

RowIndices: TypeAlias = NDArray[np.int64]
"""(n_rows,), positions in the rows of a data set."""

Probabilities: TypeAlias = NDArray[np.float32]
"""(n_samples, n_classes), each row sums to 1."""

Confusion: TypeAlias = NDArray[np.int64]
"""(n_classes, n_classes), rows are the true class, columns the predicted one."""

Kind: TypeAlias = Literal["images", "rows"]
"""What a sample is: an image with neighbouring pixels, or a plain row of numbers."""

Metric: TypeAlias = Literal["accuracy", "f1_macro", "f1_weighted", "log_loss"]
"""A score; ``log_loss`` is better when lower and is never sign-flipped."""

ProgressCallback: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Is told about an epoch or a step of a fit; see `bakeoff.contestants.Contestant.fit`."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Where training stands between two epochs: all that going on from there needs, as plain arrays and numbers.

    Parameters
    ----------
    arrays : mapping of name to array
    facts : mapping
        JSON data without infinities and NaN.
    """

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


class Checkpoints(Protocol):
    """Keeps snapshots of one training for a later process; `bakeoff.store.CheckpointFile` does so in a file.

    Whoever trains asks `load` once before the first epoch and `is_due` after every epoch.
    """

    def load(self, most_bytes: int) -> Snapshot | None:
        """The newest snapshot of this very training, or None where there is none.

        Parameters
        ----------
        most_bytes : int
            More than the arrays of any snapshot of this training can have.

        Raises
        ------
        DataError
            If there is one that cannot be trusted.
        """
        ...

    def is_due(self) -> bool:
        """Whether a snapshot is wanted now; taking one has its price."""
        ...

    def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in the place of the one before.

        Raises
        ------
        StoreError
            If it cannot be kept. Training goes on without.
        """
        ...
