"""What a population holds in memory while it trains, from its settings alone."""

import itertools

import numpy as np

from bakeoff.dense._spec import TrainingSpec

__all__ = ["SCORING_ROWS", "largest_population", "member_bytes"]

SCORING_ROWS = 2048
"""Rows of a batch of the exact passes."""

_MOMENTS = {"sgd": 0, "rmsprop": 1, "adam": 2, "adamw": 2}


def member_bytes(spec: TrainingSpec) -> int:
    """Bytes that one more member takes: its own arrays, and the outputs of its layers.

    Counted are the parameters, once as they are and once as they become, gradients, the optimizer's moments and the
    moving average; of a training batch the outputs of every layer, before and after activation, and their gradients; of
    a scoring batch the outputs of the two widest neighbours; and one batch of inputs of each, which a member has
    for itself where nobody shares its rows.

    Parameters
    ----------
    spec : TrainingSpec

    Returns
    -------
    int

    Examples
    --------
    >>> from bakeoff.dense import NetworkSpec
    >>> spec = TrainingSpec(NetworkSpec(10, (), 2), class_columns=(0, 1), optimizer="sgd", train_scores="none")
    >>> n_parameters, n_inputs, n_outputs = 10 * 2 + 2, 10, 2
    >>> member_bytes(spec) == 4 * (3 * n_parameters + 128 * (n_inputs + 3 * n_outputs) + 2048 * (n_inputs + n_outputs))
    True
    """
    network = spec.network
    units = [units for _, units in network.layer_sizes]
    n_numbers = sum(inputs * units + units for inputs, units in network.layer_sizes)
    copies = 3 + _MOMENTS[spec.optimizer] + spec.uses_momentum + spec.uses_ema
    widest = max([first + second for first, second in itertools.pairwise(units)], default=units[0])
    trained = spec.batch_size * (network.n_features + 3 * sum(units))
    scored = SCORING_ROWS * (network.n_features + widest)
    return int(np.dtype(network.dtype).itemsize) * (copies * n_numbers + trained + scored)


def largest_population(spec: TrainingSpec, memory_bytes: int) -> int:
    """How many members may train together within so many bytes; at least one.

    Parameters
    ----------
    spec : TrainingSpec
    memory_bytes : int
        The rows come on top of it: they are held once.
    """
    return max(1, memory_bytes // member_bytes(spec))
