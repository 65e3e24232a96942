"""From stored numbers to the network's inputs, inside the step."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from bakeoff.types import RowIndices, Rows

__all__ = ["Scale", "Scaling", "fit_scaling", "scale_rows"]

Scale: TypeAlias = Literal["unit", "global", "standard", "none"]
"""``"unit"``: divided by the largest pixel value; ``"global"``: one mean and one deviation for all numbers of the
training rows; ``"standard"``: mean 0 and variance 1 of each column of the training rows; ``"none"``: as they are. Where
there are means, missing values are replaced by the median of their column."""

_BLOCK_ROWS = 4096  # at once, so that pixels need not all be floats at the same time


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Scaling:
    """``x * factor + offset``, after missing values became `fill`. What is None is left out.

    Parameters
    ----------
    factor, offset : scalar or (n_features,)
    fill : (n_features,)
    """

    factor: Any = None
    offset: Any = None
    fill: Any = None


def fit_scaling(scale: Scale, rows: Rows, train: RowIndices, pixel_max: int | None) -> Scaling:
    """What a scaling needs to know, from training rows alone.

    A column without variance keeps its variance: it becomes 0 everywhere. A column without any value becomes 0.

    Parameters
    ----------
    scale : {"unit", "global", "standard", "none"}
    rows : (n_samples, n_features)
    train : (n,) positions
    pixel_max : int or None
        For ``"unit"``.
    """
    if scale == "none":
        return Scaling()
    if scale == "unit":
        if pixel_max is None:
            raise ValueError("scale 'unit' needs pixel_max")
        return Scaling(factor=np.float64(1.0 / pixel_max))
    if scale == "global" and np.issubdtype(rows.dtype, np.integer):
        return _scaling_of(*_moments(rows, train))
    known = rows[train].astype(np.float64)
    missing = np.isnan(known)
    fill = np.zeros(known.shape[1])
    if missing.any():
        some = ~missing.all(axis=0)
        fill[some] = np.nanmedian(known[:, some], axis=0)
        known = np.where(missing, fill[None, :], known)
    if not missing.any():
        # Rows that come later may miss values all the same.
        fill = np.median(known, axis=0)
    axis = None if scale == "global" else 0
    imputes = np.issubdtype(rows.dtype, np.floating)
    return _scaling_of(known.mean(axis=axis), known.std(axis=axis), fill if imputes else None)


def _scaling_of(mean: Any, deviation: Any, fill: Any = None) -> Scaling:
    varies = deviation > 1e-12 * (1.0 + np.abs(mean))
    factor = np.where(varies, 1.0 / np.where(deviation == 0, 1.0, deviation), 1.0)
    return Scaling(factor=factor, offset=-mean * factor, fill=fill)


def _moments(rows: Rows, train: RowIndices) -> tuple[Any, Any]:
    """Mean and standard deviation of all numbers of some rows."""
    blocks = [train[start : start + _BLOCK_ROWS] for start in range(0, len(train), _BLOCK_ROWS)]
    n_numbers = max(1, len(train) * rows.shape[1])
    mean = np.float64(sum(int(rows[block].sum(dtype=np.int64)) for block in blocks) / n_numbers)
    squares = sum(float(np.square(rows[block] - mean).sum()) for block in blocks)
    return mean, np.sqrt(squares / n_numbers)


def scale_rows(scaling: Scaling, rows: jax.Array, dtype: Any) -> jax.Array:
    """Rows as the network's inputs.

    Parameters
    ----------
    scaling : Scaling
        Arrays of the device.
    rows : (rows, n_features), of any type
    dtype : type of the inputs
    """
    x = rows.astype(dtype)
    if scaling.fill is not None:
        x = jnp.where(jnp.isnan(x), scaling.fill[None, :], x)
    if scaling.factor is not None:
        x = x * (scaling.factor if scaling.factor.ndim == 0 else scaling.factor[None, :])
    if scaling.offset is not None:
        x = x + (scaling.offset if scaling.offset.ndim == 0 else scaling.offset[None, :])
    return x
