"""The network of one member: start weights, and outputs of a batch.

Everything here is written for one member. A population is made by `jax.vmap` at the caller.

Outside the program a layer's weights are (inputs, units), as everywhere in the field; inside they are turned,
(units, inputs): the first layers of all members, stacked, are one wide matrix as they lie in memory. What flows
between layers is (units, rows), so that the innermost axis is the long one also where a layer has few units; in a wide
network that shares its rows with no other it is (rows, units), with which large products are faster.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from bakeoff.dense._activations import ACTIVATIONS
from bakeoff.dense._products import product
from bakeoff.dense._spec import BiasInitializer, NetworkSpec

__all__ = ["Layers", "Noise", "apply", "init", "turned"]

Layers: TypeAlias = list[dict[str, jax.Array]]
"""Arrays of each layer by name. Parameters: ``w`` (inputs, units), inside a program (units, inputs); ``b`` (units,),
and with batch normalisation ``scale`` and ``offset`` (units,). State: ``mean`` and ``variance`` (units,), if any."""

_OF_INPUTS = 1  # folded into a step's key


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Noise:
    """What training adds to a forward pass; prediction passes none.

    Parameters
    ----------
    key : PRNG key
        Of this member and this step.
    dropout : scalar, (hidden layers,) or None
        Of hidden layers' outputs. None: this population drops none.
    input_dropout : scalar or None
        Of the inputs. None: this population drops none.
    row_weights : (rows,)
        1 for the rows of the batch, 0 for those that only fill it up.
    """

    key: jax.Array
    dropout: jax.Array | None
    input_dropout: jax.Array | None
    row_weights: jax.Array


def init(seed: int, spec: NetworkSpec, biases: BiasInitializer = "zeros") -> tuple[Layers, Layers]:
    """Start weights as Keras draws them: Glorot-uniform weights, zero biases.

    Weights are uniform in ``[-a, a]`` with ``a = sqrt(6 / (inputs + units))`` [1]_, and so are the biases where
    `biases` says ``"uniform"``, as scikit-learn draws them.

    They are drawn by NumPy: as a JAX program they would take a third of all the time that compiling takes.

    Parameters
    ----------
    seed : int
        Not negative.
    spec : NetworkSpec
    biases : {"zeros", "uniform"}

    Returns
    -------
    parameters, state : Layers
        Of NumPy arrays.

    References
    ----------
    .. [1] Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    Examples
    --------
    >>> parameters, state = init(0, NetworkSpec(4, (3,), 2))
    >>> [layer["w"].shape for layer in parameters]
    [(4, 3), (3, 2)]
    """
    parameters: Layers = []
    state: Layers = []
    # The order of the rows is drawn from (seed, epoch): this must be another stream.
    random = np.random.Generator(np.random.PCG64([seed, 0, 1]))
    normalizes = [layer.normalization != "none" for layer in spec.hidden_layers]
    kinds = zip(spec.layer_sizes, spec.has_biases, [*normalizes, False], strict=True)
    for (inputs, units), has_bias, is_normalized in kinds:
        limit = (6.0 / (inputs + units)) ** 0.5
        layer: dict[str, Any] = {"w": random.uniform(-limit, limit, (inputs, units)).astype(spec.dtype)}
        averages: dict[str, Any] = {}
        if has_bias:
            at_random = biases == "uniform"
            layer["b"] = (random.uniform(-limit, limit, units) if at_random else np.zeros(units)).astype(spec.dtype)
        if is_normalized:
            layer |= {"scale": np.ones(units, spec.dtype), "offset": np.zeros(units, spec.dtype)}
            averages = {"mean": np.zeros(units, spec.dtype), "variance": np.ones(units, spec.dtype)}
        parameters.append(layer)
        state.append(averages)
    return parameters, state


def turned(parameters: Layers) -> Layers:
    """Parameters with every weight matrix turned: from the form outside a program to the form inside it, or back.

    Leading axes stay. Of NumPy arrays the result is a view.
    """
    return [
        {name: leaf.swapaxes(-1, -2) if name == "w" else leaf for name, leaf in layer.items()} for layer in parameters
    ]


def apply(
    parameters: Layers, state: Layers, x: jax.Array, spec: NetworkSpec, noise: Noise | None, by_rows: bool = False
) -> tuple[jax.Array, Layers]:
    """Outputs of a batch, before the output activation.

    Parameters
    ----------
    parameters, state : Layers
        Weights turned.
    x : (rows, n_features)
    spec : NetworkSpec
    noise : Noise or None
        None: predict. Otherwise train: dropout, and batch normalisation by the batch's own moments.
    by_rows : bool
        What flows between layers is (rows, units).

    Returns
    -------
    logits : (n_outputs, rows)
        Outputs before their activation: losses are computed from them, which loses no digits.
    state : Layers
    """
    new_state: Layers = []
    hidden = spec.hidden_layers
    weights = None if noise is None else noise.row_weights
    factors = _dropout_factors(noise, spec, x.shape[0])
    if noise is not None and noise.input_dropout is not None:
        key = jax.random.fold_in(noise.key, _OF_INPUTS)
        x = x * _kept(key, noise.input_dropout, (x.shape[0], spec.n_features), spec.dtype)
    rows_axis = 0 if by_rows else 1
    for number, (layer, averages) in enumerate(zip(parameters, state, strict=True)):
        x = product(layer["w"], x, spec.precision, rows_axis if number else 0, rows_axis)
        if "b" in layer:
            x = x + jnp.expand_dims(layer["b"], rows_axis)
        if number < len(hidden):
            if hidden[number].normalization == "before":
                x, averages = _normalize(x, layer, averages, weights, rows_axis, spec)  # noqa: PLW2901
            x = ACTIVATIONS[hidden[number].activation](x)
            if hidden[number].normalization == "after":
                x, averages = _normalize(x, layer, averages, weights, rows_axis, spec)  # noqa: PLW2901
            if factors:
                x = x * (factors[number].T if rows_axis else factors[number])
        new_state.append(averages)
    if spec.is_logistic:
        x = jnp.concatenate([-x, x], axis=1 - rows_axis)
    return x if rows_axis else x.T, new_state


def _normalize(
    x: jax.Array,
    layer: dict[str, jax.Array],
    averages: dict[str, jax.Array],
    row_weights: jax.Array | None,
    rows_axis: int,
    spec: NetworkSpec,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Batch normalisation as in Keras: the batch's variance without Bessel's correction, also in the moving average."""
    if row_weights is None:
        mean, variance = averages["mean"], averages["variance"]
    else:
        share = jnp.expand_dims(row_weights / jnp.maximum(jnp.sum(row_weights), 1.0), 1 - rows_axis)
        mean = jnp.sum(x * share, axis=rows_axis)
        variance = jnp.sum(jnp.square(x - jnp.expand_dims(mean, rows_axis)) * share, axis=rows_axis)
        kept = spec.normalization_momentum
        moved = {"mean": mean, "variance": variance}
        averages = {name: kept * old + (1.0 - kept) * moved[name] for name, old in averages.items()}
    factor = layer["scale"] * jax.lax.rsqrt(variance + spec.normalization_epsilon)
    mean, factor, offset = (jnp.expand_dims(each, rows_axis) for each in (mean, factor, layer["offset"]))
    return (x - mean) * factor + offset, averages


def _dropout_factors(noise: Noise | None, spec: NetworkSpec, rows: int) -> list[jax.Array]:
    """What each hidden layer's outputs are multiplied by, (rows, units) of 0 or ``1 / (1 - rate)``; [] without dropout.

    One draw for all layers: random bits are what dropout costs, to compile and to run.
    """
    n_units = sum(spec.hidden_layer_sizes)
    if noise is None or noise.dropout is None or not n_units:
        return []
    rates = noise.dropout
    if rates.ndim:
        rates = jnp.repeat(rates, np.asarray(spec.hidden_layer_sizes), total_repeat_length=n_units)[None]
    kept = _kept(noise.key, rates, (rows, n_units), spec.dtype)
    return jnp.split(kept, np.cumsum(spec.hidden_layer_sizes)[:-1], axis=1)


def _kept(key: jax.Array, rate: jax.Array, shape: tuple[int, int], dtype: Any) -> jax.Array:
    """(rows, units) of 0 or ``1 / (1 - rate)``; `rate` is a scalar or (1, units).

    Two decisions from each random word, so the rate is exact to 1/65536. A row's decisions do not depend on the number
    of rows after it.
    """
    rows, units = shape
    words = jax.random.bits(key, (rows, (units + 1) // 2), jnp.uint32)
    halves = jax.lax.bitcast_convert_type(words, jnp.uint16).reshape(rows, -1)[:, :units]
    threshold = jnp.round(rate * 65536.0).astype(jnp.int32)
    return (halves.astype(jnp.int32) >= threshold).astype(dtype) / (1.0 - rate)
