"""Scores from a confusion matrix, on the device."""

from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["accuracy", "confusion_of", "f1_macro"]


def confusion_of(
    logits: jax.Array, columns: jax.Array, row_weights: jax.Array, class_columns: tuple[int, ...]
) -> jax.Array:
    """Count rows by true class and predicted column.

    Counted by a product of two one-hot matrices: a scatter would be slow on every device.

    Parameters
    ----------
    logits : (n_outputs, rows)
    columns : (rows,) int32
        The output column of each row's true class.
    row_weights : (rows,)
        1 for rows that count, 0 for others.
    class_columns : tuple of int
        The output column of each class.

    Returns
    -------
    (n_classes, n_outputs) int32
    """
    n_outputs = logits.shape[0]
    every_column = jnp.arange(n_outputs, dtype=jnp.int32)
    # Counts up to 2**24 are exact in float32; a batch is far smaller.
    predicted = (jnp.argmax(logits, axis=0).astype(jnp.int32)[:, None] == every_column[None, :]).astype(jnp.float32)
    true = (columns[:, None] == jnp.asarray(class_columns, jnp.int32)[None, :]).astype(jnp.float32)
    return ((true * row_weights.astype(jnp.float32)[:, None]).T @ predicted).astype(jnp.int32)


def _real() -> Any:
    return jnp.result_type(float)


def _hits(confusion: jax.Array, class_columns: tuple[int, ...]) -> jax.Array:
    return confusion[jnp.arange(len(class_columns)), jnp.asarray(class_columns)]


def accuracy(confusion: jax.Array, class_columns: tuple[int, ...]) -> jax.Array:
    """Share of rows whose predicted column is that of their class."""
    hits = _hits(confusion, class_columns)
    return jnp.true_divide(jnp.sum(hits).astype(_real()), jnp.sum(confusion).astype(_real()))


def f1_macro(confusion: jax.Array, class_columns: tuple[int, ...]) -> jax.Array:
    """Mean over the fixed list of classes of ``2 TP / (2 TP + FP + FN)``; 0 for a class neither met nor predicted."""
    hits = _hits(confusion, class_columns)
    either = jnp.sum(confusion, axis=1) + jnp.sum(confusion, axis=0)[jnp.asarray(class_columns)]
    return jnp.mean(2.0 * hits.astype(_real()) / jnp.maximum(either, 1).astype(_real()))
