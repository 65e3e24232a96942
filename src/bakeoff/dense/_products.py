"""The matrix product in the three precisions."""

import jax
import jax.numpy as jnp

from bakeoff.dense._spec import Precision

__all__ = ["product"]


def product(x: jax.Array, w: jax.Array, precision: Precision) -> jax.Array:
    """Multiply (rows, inputs) by (inputs, units).

    In ``"bfloat16"`` both factors are rounded to bfloat16 and the sums are float32, also in the two products of the
    backward pass; the result is float32.
    """
    return _bfloat16_product(x, w) if precision == "bfloat16" else x @ w


def _rounded_product(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.matmul(a.astype(jnp.bfloat16), b.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


@jax.custom_vjp
def _bfloat16_product(x: jax.Array, w: jax.Array) -> jax.Array:
    return _rounded_product(x, w)


def _forward(x: jax.Array, w: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _rounded_product(x, w), (x, w)


def _backward(kept: tuple[jax.Array, jax.Array], cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, w = kept
    return _rounded_product(cotangent, w.T), _rounded_product(x.T, cotangent)


_bfloat16_product.defvjp(_forward, _backward)
