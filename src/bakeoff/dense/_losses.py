"""Losses of a batch, row by row, from outputs before their activation.

Formulas and means are Keras': squared error and binary cross-entropy are means over the output columns, the unused
ones included; categorical cross-entropy is a sum. They are taken from the logits, so no probability is clipped at
1e-7 as Keras' JAX backend does.
"""

import jax
import jax.numpy as jnp

from bakeoff.dense._activations import OUTPUT_ACTIVATIONS
from bakeoff.dense._network import Layers
from bakeoff.dense._spec import Rates, TrainingSpec

__all__ = ["penalty", "row_losses", "smoothing_of"]


def row_losses(
    logits: jax.Array, columns: jax.Array, spec: TrainingSpec, label_smoothing: jax.Array | None
) -> jax.Array:
    """The loss of every row.

    Parameters
    ----------
    logits : (n_outputs, rows)
    columns : (rows,) int32
        The output column of each row's true class.
    spec : TrainingSpec
    label_smoothing : scalar or None
        Categorical: targets become ``(1 - s) * target + s / n_outputs``; binary: ``(1 - s) * target + s / 2``.

    Returns
    -------
    (rows,)
    """
    n_outputs = logits.shape[0]
    target = (jnp.arange(n_outputs, dtype=columns.dtype)[:, None] == columns[None, :]).astype(logits.dtype)
    if spec.loss == "categorical_crossentropy":
        if label_smoothing is not None:
            target = target * (1.0 - label_smoothing) + label_smoothing / n_outputs
        return -jnp.sum(target * jax.nn.log_softmax(logits, axis=0), axis=0)
    if spec.loss == "binary_crossentropy":
        if label_smoothing is not None:
            target = target * (1.0 - label_smoothing) + 0.5 * label_smoothing
        return -jnp.mean(target * jax.nn.log_sigmoid(logits) + (1.0 - target) * jax.nn.log_sigmoid(-logits), axis=0)
    outputs = OUTPUT_ACTIVATIONS[spec.network.output_activation](logits)
    return jnp.mean(jnp.square(outputs - target), axis=0)


def penalty(parameters: Layers, rates: Rates) -> jax.Array:
    """``l2 * sum(w**2)`` over all layers' weights, as with Keras' ``kernel_regularizer``, and the penalties of each.

    Biases are free but for `Rates.penalties`.
    """
    total: jax.Array = rates.l2 * sum(
        (jnp.sum(jnp.square(layer["w"])) for layer in parameters), start=jnp.zeros_like(rates.l2)
    )
    if rates.penalties is None:
        return total
    for layer, (l1, l2, bias_l1, bias_l2) in zip(parameters, rates.penalties, strict=True):
        total = total + l1 * jnp.sum(jnp.abs(layer["w"])) + l2 * jnp.sum(jnp.square(layer["w"]))
        if "b" in layer:
            total = total + bias_l1 * jnp.sum(jnp.abs(layer["b"])) + bias_l2 * jnp.sum(jnp.square(layer["b"]))
    return total


def smoothing_of(spec: TrainingSpec, rates: Rates) -> jax.Array | None:
    """What `row_losses` smooths by; None where nobody does."""
    return rates.label_smoothing if spec.uses_label_smoothing else None
