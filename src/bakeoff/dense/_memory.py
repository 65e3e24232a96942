"""What a population holds in memory while it trains, from its settings alone."""

import itertools

import numpy as np

from bakeoff.dense._spec import TrainingSpec

__all__ = ["SCORING_ROWS", "largest_population", "member_bytes"]

SCORING_ROWS = 2048
"""Rows of a batch of the exact passes."""

_POSITIONS = 3
"""Copies of the positions of a member's rows: of the exact pass, and of an epoch here and on the device."""

_DISTORTING = 8
"""Numbers a pixel that distorting a batch holds at once."""

_MOMENTS = {"sgd": 0, "rmsprop": 1, "adam": 2, "adamw": 2}


def member_bytes(spec: TrainingSpec, n_train: int) -> int:
    """Bytes that one more member takes: its own arrays, and the outputs of its layers.

    Counted are the parameters (as they are, as they become, and as they are kept at the end), gradients, the
    optimizer's moments and the moving average; of a training batch the outputs of every layer, before and after
    activation, and their gradients, twice where rows are learnt from two places; of a scoring batch the outputs of the
    two widest neighbours; and, where nobody shares a member's rows, one batch of inputs of each, as stored and as
    floats, what distorting a batch takes, and the positions of its rows, in three copies.

    Parameters
    ----------
    spec : TrainingSpec
    n_train : int
        Rows that it trains on.

    Returns
    -------
    int

    Examples
    --------
    >>> from bakeoff.dense import NetworkSpec
    >>> spec = TrainingSpec(NetworkSpec(10, (), 2), class_columns=(0, 1), optimizer="sgd", train_scores="none")
    >>> n_parameters, n_inputs, n_outputs = 10 * 2 + 2, 10, 2
    >>> floats = 4 * n_parameters + 128 * (n_inputs + 3 * n_outputs) + 2048 * (n_inputs + n_outputs)
    >>> member_bytes(spec, n_train=300) == 4 * floats + 2048 * n_inputs + 4 * 3 * 300
    True
    """
    network = spec.network
    units = [units for _, units in network.layer_sizes]
    n_numbers = sum(inputs * units + units for inputs, units in network.layer_sizes)
    copies = 4 + _MOMENTS[spec.optimizer] + spec.uses_momentum + spec.uses_ema
    widest = max([first + second for first, second in itertools.pairwise(units)], default=units[0])
    inputs = network.n_features * (1 + (_DISTORTING if spec.distortions else 0))
    passes = 2 if spec.uses_adversarial else 1
    trained = passes * spec.batch_size * (inputs + 3 * sum(units))
    scored = SCORING_ROWS * (network.n_features + widest)
    floats = copies * n_numbers + trained + scored
    positions = _POSITIONS * np.dtype(np.int32).itemsize * n_train
    return int(np.dtype(network.dtype).itemsize) * floats + SCORING_ROWS * network.n_features + positions


def largest_population(spec: TrainingSpec, n_train: int, memory_bytes: int) -> int:
    """How many members may train together within so many bytes; at least one.

    Parameters
    ----------
    spec : TrainingSpec
    n_train : int
    memory_bytes : int
        The rows come on top of it: they are held once.
    """
    return max(1, memory_bytes // member_bytes(spec, n_train))
