"""Rows and labels as Keras users have them, in the engine's form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.dense import NetworkSpec
from bakeoff.errors import InteropError
from bakeoff.types import Labels, RowIndices, Rows

__all__ = ["KerasRows", "rows_of"]


@dataclass(frozen=True, slots=True, eq=False)
class KerasRows:
    """Training and validation rows, one after the other.

    Parameters
    ----------
    rows : (n, n_features)
    targets : (n, n_outputs) or (n,)
        As they were given.
    input_shape : tuple of int
        Of one row.
    train : positions
    validation : positions or None
    sample_weights : (n,) or None
    labels : (n,) int32
        Once `checked`: the class of each row, a position in `class_columns`.
    class_columns : tuple of int
        Output columns that occur as a class.
    """

    rows: Rows
    targets: NDArray[Any]
    input_shape: tuple[int, ...]
    train: RowIndices
    validation: RowIndices | None
    sample_weights: NDArray[np.float32] | None
    labels: Labels
    class_columns: tuple[int, ...] = ()

    @property
    def n_classes(self) -> int:
        """How many classes occur."""
        return len(self.class_columns)

    def checked(self, spec: NetworkSpec, has_class_numbers: bool) -> "KerasRows":
        """The same with labels, for a network.

        Raises
        ------
        InteropError
            If targets are not one class a row.
        """
        if spec.is_logistic:
            columns = _of_one_output(self.targets)
        else:
            columns = _classes(self.targets, spec.n_outputs, has_class_numbers)
        occurring, labels = np.unique(columns, return_inverse=True)
        return replace(self, labels=labels.astype(np.int32), class_columns=tuple(occurring.tolist()))


def rows_of(x: Any, y: Any, arguments: Mapping[str, Any]) -> KerasRows:
    """Put together what ``fit`` was given.

    Parameters
    ----------
    x, y : arrays
    arguments : mapping
        The other arguments of ``fit``.

    Raises
    ------
    InteropError
        If it is no plain arrays.
    """
    inputs, targets = _array(x, "x"), _array(y, "y")
    weights = arguments["sample_weight"]
    weights = None if weights is None else _array(weights, "sample_weight")
    held = arguments["validation_data"]
    if len(inputs) != len(targets) or (weights is not None and weights.shape != (len(inputs),)):
        raise InteropError("fit: x, y and sample_weight must have one entry a row.")
    n_train = len(inputs)
    if held is not None:
        if not isinstance(held, tuple | list) or len(held) != 2:
            raise InteropError("fit: validation_data must be (x, y).")
        more, labels = _array(held[0], "validation_data"), _array(held[1], "validation_data")
        if more.shape[1:] != inputs.shape[1:] or labels.shape[1:] != targets.shape[1:] or len(more) != len(labels):
            raise InteropError("fit: validation_data must have the form of x and y.")
        kind = np.result_type(inputs, more)
        inputs = np.concatenate([inputs.astype(kind, copy=False), more.astype(kind, copy=False)])
        targets = np.concatenate([targets, labels])
    elif arguments["validation_split"]:
        # Keras takes the last rows, before shuffling.
        n_train = int(np.floor(n_train * (1.0 - arguments["validation_split"])))
    if not 0 < n_train <= len(inputs):
        raise InteropError("fit: x has no training rows.")
    if weights is not None:
        weights = np.concatenate([weights, np.ones(len(inputs) - len(weights))]).astype(np.float32)
    flat = inputs.reshape(len(inputs), -1)
    if flat.dtype not in (np.uint8, np.float32):
        flat = flat.astype(np.float32)
    validation = np.arange(n_train, len(flat)) if n_train < len(flat) else None
    nobody = np.zeros(0, np.int32)
    return KerasRows(flat, targets, inputs.shape[1:], np.arange(n_train), validation, weights, nobody)


def _array(given: Any, name: str) -> NDArray[Any]:
    if given is None or isinstance(given, tuple | list | dict) or not hasattr(given, "__array__"):
        raise InteropError(f"fit: {name} must be one array. Got {type(given).__name__}.")
    array = np.asarray(given)
    if array.ndim == 0 or array.dtype.kind not in "buif":
        raise InteropError(f"fit: {name} must be an array of numbers. Got {array.dtype}.")
    return array


def _of_one_output(targets: NDArray[Any]) -> NDArray[np.int64]:
    """0 or 1."""
    numbers = targets.reshape(len(targets), -1)
    if numbers.shape[1] != 1 or not ((numbers == 0) | (numbers == 1)).all():
        raise InteropError("fit: y must hold one 0 or 1 a row for a model of one output.")
    return numbers[:, 0].astype(np.int64)


def _classes(targets: NDArray[Any], n_outputs: int, has_class_numbers: bool) -> NDArray[np.int64]:
    """The output column of each row's class."""
    if has_class_numbers:
        numbers = targets.reshape(len(targets), -1)
        if numbers.shape[1] != 1 or (numbers != np.floor(numbers)).any():
            raise InteropError("fit: y must hold one class number a row for the sparse cross-entropy.")
        if numbers.min() < 0 or numbers.max() >= n_outputs:
            raise InteropError(f"fit: y must hold class numbers from 0 to {n_outputs - 1}.")
        return numbers[:, 0].astype(np.int64)
    if targets.ndim != 2 or targets.shape[1] != n_outputs or n_outputs < 2:
        raise InteropError(f"fit: y must be one-hot, of the shape (rows, {n_outputs}). Got {targets.shape}.")
    is_one = targets == 1
    if not ((targets == 0) | is_one).all() or not (is_one.sum(axis=1) == 1).all():
        raise InteropError("fit: y must be one-hot: one 1 in each row, and zeros.")
    return np.asarray(is_one.argmax(axis=1), np.int64)
