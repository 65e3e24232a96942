"""Names for arrays, with their axes.

NumPy's types cannot carry axis names, so each alias says them here, once.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
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
