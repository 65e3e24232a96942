"""Known answers: whether compiled code is right on this machine.

Released builds have been silently wrong. Two questions are asked, of which the answers are known without JAX; once for
every build of jaxlib and device.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense import Member, NetworkSpec, Rates, Task, TrainingSpec, fit_population, init
from bakeoff.errors import DeviceError
from bakeoff.machine._describe import build_key, describe_device
from bakeoff.machine._folder import recall, remember

__all__ = ["KnownAnswer", "ensure_self_test", "self_test"]

_QUESTION = "self-test-1"
_STEPS = 10


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """One question and how it went.

    Parameters
    ----------
    name : str
    passed : bool
    detail : str
        The largest difference, and what was allowed.
    """

    name: str
    passed: bool
    detail: str


def self_test() -> list[KnownAnswer]:
    """Ask all known answers now, and remember the outcome."""
    answers = [
        _ask("a mapped matrix-vector product and a sum, float32", 1e-6, lambda: _mapped_products(np.float32, 32_769)),
        _ask("a mapped matrix-vector product and a sum, float64", 1e-14, lambda: _mapped_products(np.float64, 16_385)),
        _ask("ten steps of two small networks, float64", 1e-9, lambda: _ten_steps("float64")),
        # Ten steps of Adam carry rounding of 1e-7 on; a wrong product is wrong in the first digit.
        _ask("ten steps of two small networks, float32", 1e-3, lambda: _ten_steps("float32")),
    ]
    remember(_QUESTION, build_key(), [asdict(answer) for answer in answers])
    return answers


def ensure_self_test() -> None:
    """Refuse to go on where known answers are wrong; ask them if this build and device never were.

    Raises
    ------
    DeviceError
        Naming what was wrong, and what to do.
    """
    remembered = recall(_QUESTION, build_key())
    # Only success is taken from memory: a failure may have been mended outside what the key can see.
    if isinstance(remembered, list) and all(isinstance(one, dict) and one.get("passed") is True for one in remembered):
        return
    wrong = [answer for answer in self_test() if not answer.passed]
    if wrong:
        device = describe_device(jax.devices()[0])
        said = "; ".join(f"{answer.name}: {answer.detail}" for answer in wrong)
        raise DeviceError(
            f"jaxlib {version('jaxlib')} computes wrong answers on {device} ({said}). Nothing is trained on it. "
            "Install another build (pip install 'jax!=0.10.2' 'jaxlib!=0.10.2'), or set JAX_PLATFORMS=cpu."
        )


def _ask(name: str, allowed: float, difference: Callable[[], float]) -> KnownAnswer:
    try:
        largest = difference()
    except (jax.errors.JaxRuntimeError, NotImplementedError) as error:
        return KnownAnswer(name, False, f"it cannot be computed: {' '.join(str(error).split())[:200]}")
    return KnownAnswer(name, bool(largest <= allowed), f"off by {largest:.1e}, allowed {allowed:.0e}")


def _mapped_products(dtype: Any, n_rows: int) -> float:
    """The case of jax-ml/jax#39103: jaxlib 0.10.2 loses the last rows of it on CPU."""
    numbers = np.arange(n_rows, dtype=dtype)
    rows = np.stack([numbers, np.zeros_like(numbers), np.zeros_like(numbers)], axis=1)
    expected = numbers.astype(np.float64) ** 2
    with jax.enable_x64(dtype is np.float64):
        matrix = jnp.eye(3, dtype=dtype)

        def squared_length(row: jax.Array) -> jax.Array:
            # A GPU rounds the factors of float32 products unless told not to, as the engine does too.
            return jnp.sum(jnp.square(jnp.matmul(matrix, row, precision="highest")))

        squared_lengths = jax.jit(jax.vmap(squared_length))
        computed = np.asarray(squared_lengths(rows), dtype=np.float64)
    return float(np.max(np.abs(computed - expected) / np.maximum(expected, 1)))


def _ten_steps(precision: Any) -> float:
    """Train two networks by the engine and by the NumPy below; the largest relative difference of any weight."""
    random = np.random.default_rng(7)
    rows = random.standard_normal((16, 6)).astype(np.float32)
    labels = (np.arange(16) % 3).astype(np.int32)
    network = NetworkSpec(6, (5, 4), 3, activation="tanh", precision=precision)
    spec = TrainingSpec(network, class_columns=(0, 1, 2), batch_size=16, optimizer="adam")
    members = [
        Member(seed, np.arange(16), None, _STEPS, Rates(learning_rate=rate)) for seed, rate in ((1, 0.01), (2, 0.03))
    ]
    population = fit_population(spec, Task(rows, labels), members)
    largest = 0.0
    for member, fitted in zip(members, population.members, strict=True):
        start, _ = init(member.seed, network)
        weights = [np.asarray(layer[kind], np.float64) for layer in start for kind in ("w", "b")]
        expected = _trained(weights, rows.astype(np.float64), labels, member.rates.learning_rate)
        computed = [np.asarray(layer[kind]) for layer in fitted.network.parameters for kind in ("w", "b")]
        for ours, theirs in zip(expected, computed, strict=True):
            largest = max(largest, float(np.max(np.abs(ours - theirs)) / np.max(np.abs(ours))))
    return largest


def _trained(
    weights: list[NDArray[np.float64]], x: NDArray[np.float64], labels: NDArray[np.int32], rate: float
) -> list[NDArray[np.float64]]:
    """Ten full-batch steps of Adam with Keras' constants, written out in NumPy."""
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    for step in range(1, _STEPS + 1):
        corrected = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for position, gradient in enumerate(_gradients(weights, x, labels)):
            mean, square = moments[position]
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            moments[position] = mean, square
            weights[position] = weights[position] - corrected * mean / (np.sqrt(square) + 1e-7)
    return weights


def _gradients(
    weights: list[NDArray[np.float64]], x: NDArray[np.float64], labels: NDArray[np.int32]
) -> list[NDArray[np.float64]]:
    """Gradients of the mean cross-entropy of a tanh network with a softmax output."""
    outputs = [x]
    for position in range(0, len(weights), 2):
        logits = outputs[-1] @ weights[position] + weights[position + 1]
        outputs.append(np.tanh(logits))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta = exponentials / exponentials.sum(axis=1, keepdims=True)
    delta[np.arange(len(x)), labels] -= 1
    delta /= len(x)
    gradients: list[NDArray[np.float64]] = []
    for position in range(len(weights) - 2, -1, -2):
        below = outputs[position // 2]
        gradients = [below.T @ delta, delta.sum(axis=0), *gradients]
        delta = (delta @ weights[position].T) * (1 - below**2)
    return gradients
