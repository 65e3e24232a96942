"""The matrix products of a layer in the three precisions.

In ``"bfloat16"`` both factors are rounded to bfloat16 and the sums are float32, also in the products of the backward
pass; the result is float32.
"""

from typing import TypeAlias

import jax
import jax.numpy as jnp

from bakeoff.dense._spec import Precision

__all__ = ["product", "product_with_rows"]

_Axes: TypeAlias = tuple[int, int]


def product(w: jax.Array, x: jax.Array, precision: Precision) -> jax.Array:
    """Multiply weights (units, inputs) by what a layer before gives, (inputs, rows): (units, rows)."""
    return _bfloat16_product(w, x) if precision == "bfloat16" else _contract(w, x, (1, 0))


def product_with_rows(w: jax.Array, x: jax.Array, precision: Precision) -> jax.Array:
    """Multiply weights (units, inputs) by rows as they are stored, (rows, inputs): (units, rows)."""
    return _bfloat16_product_with_rows(w, x) if precision == "bfloat16" else _contract(w, x, (1, 1))


def _contract(a: jax.Array, b: jax.Array, axes: _Axes) -> jax.Array:
    """The product over one axis of each, both of rank two."""
    return jax.lax.dot_general(a, b, (((axes[0],), (axes[1],)), ((), ())))


def _rounded(a: jax.Array, b: jax.Array, axes: _Axes) -> jax.Array:
    return jax.lax.dot_general(
        a.astype(jnp.bfloat16),
        b.astype(jnp.bfloat16),
        (((axes[0],), (axes[1],)), ((), ())),
        preferred_element_type=jnp.float32,
    )


_Kept: TypeAlias = tuple[jax.Array, jax.Array]


@jax.custom_vjp
def _bfloat16_product(w: jax.Array, x: jax.Array) -> jax.Array:
    return _rounded(w, x, (1, 0))


def _forward(w: jax.Array, x: jax.Array) -> tuple[jax.Array, _Kept]:
    return _rounded(w, x, (1, 0)), (w, x)


def _backward(kept: _Kept, cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    w, x = kept
    return _rounded(cotangent, x, (1, 1)), _rounded(w, cotangent, (0, 0))


_bfloat16_product.defvjp(_forward, _backward)


@jax.custom_vjp
def _bfloat16_product_with_rows(w: jax.Array, x: jax.Array) -> jax.Array:
    return _rounded(w, x, (1, 1))


def _forward_with_rows(w: jax.Array, x: jax.Array) -> tuple[jax.Array, _Kept]:
    return _rounded(w, x, (1, 1)), (w, x)


def _backward_with_rows(kept: _Kept, cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    w, x = kept
    return _rounded(cotangent, x, (1, 0)), _rounded(cotangent, w, (0, 0))


_bfloat16_product_with_rows.defvjp(_forward_with_rows, _backward_with_rows)
