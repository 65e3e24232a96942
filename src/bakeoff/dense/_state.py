"""What a population's epoch works on: the rows on the device, and what training changes in a member."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._distortion import Distortion
from bakeoff.dense._network import Layers, init, turned
from bakeoff.dense._optimizers import optimizer, slots
from bakeoff.dense._plan import Start
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
    sample_weights : (n_samples,) or None
        What the loss of each row is multiplied by in training.
    """

    rows: Any
    columns: Any
    scaling: Scaling
    distortion: Distortion | None = None
    sample_weights: Any = None


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


def start(spec: TrainingSpec, seeds: NDArray[np.uint32], rates: Rates, starts: Sequence[Start | None]) -> State:
    """Members before their first epoch here, on the host.

    Parameters
    ----------
    spec : TrainingSpec
    seeds : (streams, members) uint32
    rates : Rates
    starts : sequence of Start or None
        Of all members in the order of `seeds`; None: untrained.
    """
    drawn = [
        _turned_start(seed, spec) if given is None else (turned(given.parameters), given.averages)
        for seed, given in zip(seeds.ravel().tolist(), starts, strict=True)
    ]
    parameters, averages = _stacked(drawn, seeds.shape)
    # Every optimizer here starts from zeros: its state need only be shaped, not computed.
    shapes = jax.eval_shape(_fresh_moments(spec), parameters, rates)
    moments = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    steps = np.asarray([0 if given is None else given.step for given in starts], np.int32).reshape(seeds.shape)
    for place, given in zip(np.ndindex(seeds.shape), starts, strict=True):
        if given is not None:
            _fill_slots(moments, place, given)
    # What `jax.random.key` makes of a seed, without a program.
    key = jax.random.wrap_key_data(jnp.asarray(np.stack([np.zeros_like(seeds), seeds], axis=-1)), impl="threefry2x32")
    ema = None
    if spec.uses_ema:
        averaged = [
            own if given is None or given.ema is None else turned(given.ema)
            for (own, _), given in zip(drawn, starts, strict=True)
        ]
        ema = _stacked(averaged, seeds.shape)
    return State(parameters, averages, moments, steps, key, ema)


def _stacked(trees: Sequence[Any], shape: tuple[int, ...]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves).reshape(*shape, *leaves[0].shape), *trees)


def _fill_slots(moments: Any, place: tuple[int, ...], given: Start) -> None:
    for name, whole in slots(moments).items():
        if name == "steps":
            whole[place] = given.step
        elif name in given.slots:
            jax.tree.map(partial(_put, place), whole, turned(given.slots[name]))


def _put(place: tuple[int, ...], whole: NDArray[Any], own: Any) -> None:
    whole[place] = own


def _turned_start(seed: int, spec: TrainingSpec) -> tuple[Layers, Layers]:
    parameters, averages = init(seed, spec.network, spec.bias_initializer)
    return turned(parameters), averages


def _fresh_moments(spec: TrainingSpec) -> Callable[[Layers, Rates], Any]:
    def member(parameters: Layers, own: Rates) -> Any:
        return optimizer(spec, own, own.learning_rate).init(parameters)

    return jax.vmap(jax.vmap(member))
