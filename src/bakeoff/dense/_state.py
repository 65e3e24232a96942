"""What a population's epoch works on: the rows on the device, and what training changes in a member."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._distortion import Distortion
from bakeoff.dense._network import Layers, init, turned
from bakeoff.dense._optimizers import optimizer
from bakeoff.dense._scaling import Scaling
from bakeoff.dense._spec import Rates, TrainingSpec

__all__ = ["Data", "State", "start"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Data:
    """What lies on the device for the whole training.

    Parameters
    ----------
    rows : (n_samples, n_features)
        As they are stored: ``uint8`` pixels become floats inside the step.
    columns : (n_samples,) int32
        The output column of each row's class.
    scaling : Scaling
        With a leading axis of streams, unless they share it.
    distortion : Distortion or None
        (streams,) each; None where no image is distorted.
    """

    rows: Any
    columns: Any
    scaling: Scaling
    distortion: Distortion | None = None


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class State:
    """What training changes in a member.

    Parameters
    ----------
    parameters, averages : Layers
        Weights turned; `averages` are those of batch normalisation.
    moments : optax state
    step : int32
        Steps done.
    key : PRNG key
        From the seed alone; every step folds its number in.
    ema : Layers or None
        Moving average of the parameters; None where nobody has one.
    """

    parameters: Layers
    averages: Layers
    moments: Any
    step: Any
    key: Any
    ema: Layers | None = None

    @property
    def scored(self) -> Layers:
        """The parameters that predict."""
        return self.parameters if self.ema is None else self.ema


def start(spec: TrainingSpec, seeds: NDArray[np.uint32], rates: Rates) -> State:
    """Untrained members, on the host.

    Parameters
    ----------
    spec : TrainingSpec
    seeds : (streams, members) uint32
    rates : Rates
    """
    drawn = [_turned_start(seed, spec) for seed in seeds.ravel().tolist()]
    parameters, averages = jax.tree.map(
        lambda *leaves: np.stack(leaves).reshape(*seeds.shape, *leaves[0].shape), *drawn
    )
    # Every optimizer here starts from zeros: its state need only be shaped, not computed.
    shapes = jax.eval_shape(_fresh_moments(spec), parameters, rates)
    moments = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    # What `jax.random.key` makes of a seed, without a program.
    key = jax.random.wrap_key_data(jnp.asarray(np.stack([np.zeros_like(seeds), seeds], axis=-1)), impl="threefry2x32")
    ema = jax.tree.map(np.array, parameters) if spec.uses_ema else None
    return State(parameters, averages, moments, np.zeros(seeds.shape, np.int32), key, ema)


def _turned_start(seed: int, spec: TrainingSpec) -> tuple[Layers, Layers]:
    parameters, averages = init(seed, spec.network)
    return turned(parameters), averages


def _fresh_moments(spec: TrainingSpec) -> Callable[[Layers, Rates], Any]:
    def member(parameters: Layers, own: Rates) -> Any:
        return optimizer(spec, own, own.learning_rate).init(parameters)

    return jax.vmap(jax.vmap(member))
