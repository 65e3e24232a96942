"""One more epoch of one network."""

import math
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense import Member, Network, NetworkSpec, Start, Task, Trainer, TrainingSpec
from bakeoff.errors import FitError

__all__ = ["Continued", "are_alike", "continue_training", "with_outputs"]


def are_alike(one: NetworkSpec, other: NetworkSpec) -> bool:
    """Whether weights of one are weights of the other, and mean the same there, however the specs are written."""
    if one.output_activation != other.output_activation or one.precision != other.precision:
        return False
    constants = [(spec.normalization_momentum, spec.normalization_epsilon) for spec in (one, other)]
    normalizes = any(layer.normalization != "none" for layer in one.hidden_layers)
    return (
        one.layer_sizes == other.layer_sizes
        and one.n_outputs == other.n_outputs
        and one.hidden_layers == other.hidden_layers
        and one.has_biases == other.has_biases
        and (not normalizes or constants[0] == constants[1])
    )


def with_outputs(network: Network, order: NDArray[np.intp]) -> Network:
    """The network with its outputs in another order."""
    *before, last = network.parameters
    if network.spec.is_logistic:
        sign = 1 if order[0] == 0 else -1
        moved = {name: sign * np.asarray(leaf) for name, leaf in last.items()}
    else:
        moved = {name: np.asarray(leaf)[..., order] for name, leaf in last.items()}
    return replace(network, parameters=[*before, moved])  # type: ignore[list-item]


class Continued(NamedTuple):
    """What one more epoch came to."""

    network: Network
    start: Start
    scores: dict[str, float]


def continue_training(spec: TrainingSpec, task: Task, member: Member, epoch: int) -> Continued:
    """Train one epoch from where the member starts.

    Parameters
    ----------
    spec : TrainingSpec
    task : Task
    member : Member
    epoch : int
        How many came before.

    Raises
    ------
    FitError
        If the loss stops being a number.
    """
    with jax.enable_x64(spec.network.precision == "float64"):
        trainer = Trainer(spec, task, [member], jax.devices()[:1])
        place = trainer.places[0]
        scores = {name: float(values[place]) for name, values in trainer.epoch(epoch).items()}
        if not math.isfinite(scores["loss"]):
            raise FitError(f"the loss became {scores['loss']} in epoch {epoch + 1}; lower the learning rate")
        network = Network(spec.network, spec.class_columns, *trainer.weights(place), trainer.scalings[place[0]])
        return Continued(network, trainer.start_of(place), scores)
