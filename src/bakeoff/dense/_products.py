"""The matrix product of a layer in the three precisions, and in the orders that layers want.

In ``"bfloat16"`` both factors are rounded to bfloat16 and the sums are float32, also in the products of the backward
pass; the result is float32.
"""

from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp

from bakeoff.dense._spec import Precision

__all__ = ["product"]

_Kept: TypeAlias = tuple[jax.Array, jax.Array]


def product(w: jax.Array, x: jax.Array, precision: Precision, rows_axis: int, rows_axis_after: int) -> jax.Array:
    """Multiply the weights of a layer by what comes into it.

    Parameters
    ----------
    w : (units, inputs)
    x : (rows, inputs) or (inputs, rows)
    precision : {"float32", "bfloat16", "float64"}
    rows_axis, rows_axis_after : {0, 1}
        Which axis of `x` and of the result has the rows.

    Returns
    -------
    (rows, units) or (units, rows)
    """
    return (_rounded_product if precision == "bfloat16" else _product)(w, x, rows_axis, rows_axis_after)


def _product(w: jax.Array, x: jax.Array, rows_axis: int, rows_axis_after: int) -> jax.Array:
    return _contract(w, x, 1, 1 - rows_axis) if rows_axis_after else _contract(x, w, 1 - rows_axis, 1)


def _contract(a: jax.Array, b: jax.Array, axis_a: int, axis_b: int) -> jax.Array:
    """The product over one axis of each, both of rank two; sums of bfloat16 are float32."""
    is_rounded = a.dtype == jnp.bfloat16
    return jax.lax.dot_general(
        a,
        b,
        (((axis_a,), (axis_b,)), ((), ())),
        # A GPU would round the factors of a float32 product to ten bits (TF32).
        precision=None if is_rounded else jax.lax.Precision.HIGHEST,
        preferred_element_type=jnp.float32 if is_rounded else None,
    )


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _rounded_product(w: jax.Array, x: jax.Array, rows_axis: int, rows_axis_after: int) -> jax.Array:
    return _product(w.astype(jnp.bfloat16), x.astype(jnp.bfloat16), rows_axis, rows_axis_after)


def _forward(w: jax.Array, x: jax.Array, rows_axis: int, rows_axis_after: int) -> tuple[jax.Array, _Kept]:
    return _rounded_product(w, x, rows_axis, rows_axis_after), (w, x)


def _backward(rows_axis: int, rows_axis_after: int, kept: _Kept, cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    w, x, upstream = (array.astype(jnp.bfloat16) for array in (*kept, cotangent))
    units_axis = 1 - rows_axis_after
    by_x = _contract(w, upstream, 0, units_axis) if rows_axis else _contract(upstream, w, units_axis, 0)
    return _contract(upstream, x, rows_axis_after, rows_axis), by_x


_rounded_product.defvjp(_forward, _backward)
