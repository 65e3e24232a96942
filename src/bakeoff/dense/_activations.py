"""Activation functions by name, with Keras' constants."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import jax
import jax.numpy as jnp

__all__ = ["ACTIVATIONS", "OUTPUT_ACTIVATIONS", "Activation", "OutputActivation"]

Activation: TypeAlias = Literal["relu", "tanh", "sigmoid", "gelu", "elu", "silu", "leaky_relu", "linear"]
"""What a hidden layer may end with."""

OutputActivation: TypeAlias = Literal["softmax", "sigmoid", "tanh", "linear"]
"""What the last layer may end with."""


def _linear(x: jax.Array) -> jax.Array:
    return x


def _gelu(x: jax.Array) -> jax.Array:
    # Keras' default is the exact form with the error function, JAX' default the approximation with tanh.
    return jax.nn.gelu(x, approximate=False)


def _leaky_relu(x: jax.Array) -> jax.Array:
    # Keras' activation of this name has the slope 0.2, JAX' has 0.01.
    return jax.nn.leaky_relu(x, negative_slope=0.2)


ACTIVATIONS: Mapping[Activation, Callable[[jax.Array], jax.Array]] = MappingProxyType(
    {
        "relu": jax.nn.relu,
        "tanh": jnp.tanh,
        "sigmoid": jax.nn.sigmoid,
        "gelu": _gelu,
        "elu": jax.nn.elu,
        "silu": jax.nn.silu,
        "leaky_relu": _leaky_relu,
        "linear": _linear,
    }
)


def _softmax(logits: jax.Array) -> jax.Array:
    return jax.nn.softmax(logits, axis=0)


OUTPUT_ACTIVATIONS: Mapping[OutputActivation, Callable[[jax.Array], jax.Array]] = MappingProxyType(
    {"softmax": _softmax, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "linear": _linear}
)
"""Of outputs (n_outputs, rows)."""
