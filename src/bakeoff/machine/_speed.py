"""How fast this machine multiplies matrices and moves memory, and what no training can be faster than."""

import itertools
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["FloorPrecision", "bandwidth", "epoch_work", "floor_seconds", "matmul_rate"]

FloorPrecision: TypeAlias = Literal["float32", "bfloat16"]

_MEASURED_SECONDS = 0.4
_SIDE = {"cpu": 1024, "gpu": 8192, "tpu": 8192}
_CACHE_BYTES = {"cpu": 16 * 2**20, "gpu": 50 * 2**20}  # weights within it stay in a cache of today's processors
_MIB_MOVED = {"cpu": 128, "gpu": 1024, "tpu": 1024}


@cache
def matmul_rate(dtype: FloorPrecision = "float32") -> float:
    """Arithmetic operations a second of a square matrix product, measured now, the best of several.

    Parameters
    ----------
    dtype : {"float32", "bfloat16"}
        Of the factors; sums are float32.

    Returns
    -------
    float
        A product of two n by n matrices counts as 2 n^3.
    """
    side = _SIDE.get(jax.default_backend(), 1024)
    factor = jnp.asarray(np.full((side, side), 0.5), dtype=dtype)
    precision = "highest" if dtype == "float32" else None  # a GPU would round the factors
    multiply = jax.jit(lambda a, b: jnp.matmul(a, b, precision=precision, preferred_element_type=jnp.float32))
    return 2 * side**3 / _best_seconds(lambda: multiply(factor, factor))


@cache
def bandwidth() -> float:
    """Bytes a second, read and written, when an array far larger than the caches is passed over once."""
    n_numbers = _MIB_MOVED.get(jax.default_backend(), 128) * 2**20 // 4
    numbers = jnp.zeros(n_numbers, dtype=jnp.float32)
    add_one = jax.jit(lambda x: x + jnp.float32(1))
    return 2 * 4 * n_numbers / _best_seconds(lambda: add_one(numbers))


def epoch_work(layer_sizes: Sequence[int], batch_size: int, n_rows: int, n_members: int = 1) -> tuple[float, float]:
    """What one epoch of a dense network, or of several that share their batches, must do at least.

    Each weight takes part in three products a row: forward, its own gradient, and the gradient of its layer's inputs,
    which the first layer does not need. The rows are read once, the weights read and written once a step where they
    do not fit into a cache.

    Parameters
    ----------
    layer_sizes : sequence of int
        Inputs, units of each layer, outputs.
    batch_size, n_rows, n_members : int

    Returns
    -------
    operations : float
    bytes_moved : float
        From and to memory.

    Examples
    --------
    >>> operations, bytes_moved = epoch_work((784, 32, 10), 100, 100)
    >>> operations == 100 * (6 * (784 * 32 + 32 * 10) - 2 * 784 * 32)
    True
    """
    sizes = [inputs * units for inputs, units in itertools.pairwise(layer_sizes)]
    operations = n_members * n_rows * (6 * sum(sizes) - 2 * sizes[0])
    n_steps = -(-n_rows // batch_size)
    bytes_of_weights = 4 * n_members * sum(sizes)
    moved_a_step = 2 * bytes_of_weights if bytes_of_weights > _CACHE_BYTES.get(jax.default_backend(), 0) else 0
    return float(operations), float(n_rows * layer_sizes[0] + n_steps * moved_a_step)


def floor_seconds(
    layer_sizes: Sequence[int],
    batch_size: int,
    n_rows: int,
    precision: FloorPrecision = "float32",
    n_members: int = 1,
) -> float:
    """Least time of one epoch on this machine: of its arithmetic or of its memory, whichever is longer.

    Parameters
    ----------
    layer_sizes, batch_size, n_rows, n_members
        As in `epoch_work`; the time is that of all members together.
    precision : {"float32", "bfloat16"}

    Returns
    -------
    float
        Seconds.
    """
    operations, bytes_moved = epoch_work(layer_sizes, batch_size, n_rows, n_members)
    return max(operations / matmul_rate(precision), bytes_moved / bandwidth())


def _best_seconds(run: Callable[[], Any]) -> float:
    run().block_until_ready()
    best, deadline = float("inf"), time.perf_counter() + _MEASURED_SECONDS
    while time.perf_counter() < deadline:
        started = time.perf_counter()
        run().block_until_ready()
        best = min(best, time.perf_counter() - started)
    return best
