"""In which precision networks train here."""

import time
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from bakeoff.dense import Member, NetworkSpec, Task, TrainingSpec, fit_population
from bakeoff.machine._describe import build_key, cpu_flags
from bakeoff.machine._folder import recall, remember

__all__ = ["TrainingPrecision", "bfloat16_in_hardware", "resolve_precision"]

TrainingPrecision: TypeAlias = Literal["float32", "bfloat16"]

_QUESTION = "precision-2"
_N_MEMBERS = 5  # as many seeds as a bake-off has: a GPU is not busy with one
_LEAST_GAIN = 1.15
_FIRST_AMPERE = 8.0


def resolve_precision() -> TrainingPrecision:
    """What networks train in on this machine, measured once and remembered.

    ``"bfloat16"`` (products of bfloat16, weights and sums of float32) only where the device has it in hardware, gives
    the known answer, and trains five networks of a thousand units at least 15 % faster; else ``"float32"``.
    """
    remembered = recall(_QUESTION, build_key())
    if isinstance(remembered, dict) and remembered.get("precision") in ("float32", "bfloat16"):
        return "bfloat16" if remembered["precision"] == "bfloat16" else "float32"
    answer = _measure()
    remember(_QUESTION, build_key(), answer)
    return "bfloat16" if answer["precision"] == "bfloat16" else "float32"


def bfloat16_in_hardware() -> bool:
    """Whether the first device multiplies bfloat16 natively."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return bool({"avx512_bf16", "amx_bf16"} & cpu_flags())
    if device.platform == "tpu":
        return True
    capability = str(getattr(device, "compute_capability", "0"))
    return float(capability) >= _FIRST_AMPERE if capability.replace(".", "", 1).isdigit() else False


def _measure() -> Mapping[str, Any]:
    if not bfloat16_in_hardware():
        return {"precision": "float32", "reason": "the device has no bfloat16 in hardware"}
    if not _is_exact_on_small_integers():
        return {"precision": "float32", "reason": "bfloat16 products with float32 sums are wrong or missing"}
    # In turn, so that what else the machine does falls on both.
    rounds = [(_epoch_seconds("float32"), _epoch_seconds("bfloat16")) for _ in range(2)]
    float32, bfloat16 = (min(seconds) for seconds in zip(*rounds, strict=True))
    gain = float32 / bfloat16
    precision = "bfloat16" if gain >= _LEAST_GAIN else "float32"
    return {
        "precision": precision,
        "reason": f"bfloat16 trains {gain:.2f} times as fast",
        "seconds": [float32, bfloat16],
    }


def _is_exact_on_small_integers() -> bool:
    """Integers to 8 are bfloat16 numbers, and sums of their products float32 numbers: the product must be exact.

    Batched too, which not every CPU build has.
    """
    random = np.random.default_rng(3)
    a, b = random.integers(-8, 9, (3, 64, 256)), random.integers(-8, 9, (3, 256, 32))

    @jax.jit
    def multiply(x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.matmul(x.astype(jnp.bfloat16), y.astype(jnp.bfloat16), preferred_element_type=jnp.float32)

    left, right = a.astype(np.float32), b.astype(np.float32)
    try:
        return np.array_equal(multiply(left, right), a @ b) and np.array_equal(multiply(left[0], right[0]), a[0] @ b[0])
    except (jax.errors.JaxRuntimeError, NotImplementedError):
        return False


def _epoch_seconds(precision: Any) -> float:
    """Fastest of several short epochs of networks like a user's, compilation and first epoch left out."""
    random = np.random.default_rng(5)
    n_rows = 1280
    rows = random.integers(0, 256, (n_rows, 784)).astype(np.uint8)
    labels = (np.arange(n_rows) % 10).astype(np.int32)
    network = NetworkSpec(784, (1024, 512), 10, precision=precision)
    spec = TrainingSpec(network, class_columns=tuple(range(10)), batch_size=128, train_scores="none")
    moments: list[float] = []
    members = [Member(seed, np.arange(n_rows), None, epochs=4) for seed in range(_N_MEMBERS)]
    fit_population(spec, Task(rows, labels, "unit", 255), members, lambda _: moments.append(time.perf_counter()))
    return float(np.min(np.diff(moments)))
