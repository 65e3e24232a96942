"""Which rows meet which member in which step: planned on the host, as plain index arrays.

Members that train on the same rows, distorted alike, with the same seed see the same batches: they form a *stream*. A
population's arrays have the axes (streams, members of a stream), so a batch is gathered and distorted once for all
members of its stream and their first layer is one wide product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._distortion import NO_DISTORTION, Distortion
from bakeoff.dense._network import Layers
from bakeoff.dense._spec import Rates
from bakeoff.dense._stopping import EarlyStopping, Plateau
from bakeoff.types import RowIndices

__all__ = ["Batches", "Layout", "Member", "Start", "Stream", "epoch_batches", "plan_streams", "scoring_batches"]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where a member's training goes on from.

    Parameters
    ----------
    parameters, averages : Layers
        Weights (inputs, units); of the network as it trains, without the moving average of `ema`.
    slots : mapping of str to Layers
        What the optimizer remembers, like `parameters`: ``"velocity"`` of SGD and RMSprop with momentum, ``"mean"`` and
        ``"square"`` of Adam, ``"square"`` of RMSprop. What is not here is zero.
    step : int
        Steps done.
    ema : Layers or None
        The moving average of the parameters; None: it begins at the parameters.
    """

    parameters: Layers
    averages: Layers
    slots: Mapping[str, Layers] = field(default_factory=dict)
    step: int = 0
    ema: Layers | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One network of a population.

    Parameters
    ----------
    seed : int
        Determines start weights, order of the rows and dropout, whatever else is in the population.
    train : (n,) positions
    validation : (n,) positions or None
        Scored after every epoch.
    epochs : int
    rates : Rates
        One float each.
    early_stopping : EarlyStopping or None
    plateau : Plateau or None
        With ``spec.schedule == "plateau"``.
    distortion : Distortion
        One float each. Members share their distorted images only where they agree in it.
    start : Start or None
        Where training goes on from; None: from fresh weights.
    """

    seed: int
    train: RowIndices
    validation: RowIndices | None
    epochs: int
    rates: Rates = field(default_factory=Rates)
    early_stopping: EarlyStopping | None = None
    plateau: Plateau | None = None
    distortion: Distortion = NO_DISTORTION
    start: Start | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Members that see the same batches.

    Parameters
    ----------
    seed : int
    train, validation : positions
    members : list of int
        Their positions in the population.
    distortion : Distortion
    """

    seed: int
    train: RowIndices
    validation: RowIndices
    members: list[int]
    distortion: Distortion = NO_DISTORTION


@dataclass(frozen=True, slots=True)
class Layout:
    """The static form of a population.

    Parameters
    ----------
    streams, members : int
        How many streams, and members in each.
    is_ragged : bool
        Some stream has fewer steps than others: its last steps change nothing.
    shares_scaling, shares_train, shares_validation : bool
        All streams use the same numbers or rows, held once.
    is_one_by_one : bool
        A device trains an epoch of one stream after the other.
    is_by_twos : bool
        The loop over steps does two in a turn.
    """

    streams: int
    members: int
    is_ragged: bool
    shares_scaling: bool
    shares_train: bool
    shares_validation: bool
    is_one_by_one: bool = False
    is_by_twos: bool = False


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Batches:
    """Positions of rows, step by step.

    Parameters
    ----------
    index : (steps, streams, batch) int32
        Filled up with zeros. One stream where all share their rows.
    counts : (steps, streams) int32
        How many of them are rows; 0: no step for this stream.
    steps_of_epoch : (streams,) int32 or None
        Where these are a part of an epoch: how many steps the whole has.
    """

    index: Any
    counts: Any
    steps_of_epoch: Any = None


def plan_streams(members: Sequence[Member]) -> list[Stream]:
    """Group members by seed, rows and distortion, in the order of their first member.

    Where the groups are not all of one size every member becomes a stream of its own: the arrays are rectangular.
    """
    grouped: dict[tuple[Any, ...], Stream] = {}
    alone: list[Stream] = []
    for position, member in enumerate(members):
        train = np.asarray(member.train, np.int64)
        validation = np.asarray(() if member.validation is None else member.validation, np.int64)
        alone.append(Stream(member.seed, train, validation, [position], member.distortion))
        key = (member.seed, train.tobytes(), validation.tobytes(), astuple(member.distortion))
        fresh = Stream(member.seed, train, validation, [], member.distortion)
        grouped.setdefault(key, fresh).members.append(position)
    sizes = {len(stream.members) for stream in grouped.values()}
    return list(grouped.values()) if len(sizes) == 1 else alone


def epoch_batches(streams: Sequence[Stream], epoch: int, batch_size: int) -> Batches:
    """The rows of one epoch in a new order for every stream; the last batch of each may be short.

    The order follows from seed, epoch and number of rows alone.
    """
    return _batches([_shuffled(stream, epoch) for stream in streams], batch_size)


def _shuffled(stream: Stream, epoch: int) -> RowIndices:
    random = np.random.Generator(np.random.PCG64([stream.seed, epoch]))
    return random.permutation(stream.train)


def scoring_batches(rows: Sequence[RowIndices], batch_size: int) -> tuple[Batches, bool]:
    """Rows of each stream in their order, and whether all streams share them."""
    shared = all(np.array_equal(each, rows[0]) for each in rows[1:])
    return _batches(rows[:1] if shared else rows, batch_size), shared


def _batches(rows: Sequence[NDArray[Any]], batch_size: int) -> Batches:
    longest = max(len(each) for each in rows)
    width = max(1, min(batch_size, longest))
    steps = max(1, -(-longest // width))
    index = np.zeros((len(rows), steps * width), np.int32)
    for line, each in zip(index, rows, strict=True):
        line[: len(each)] = each
    lengths = np.asarray([len(each) for each in rows])
    counts = np.clip(lengths[None, :] - width * np.arange(steps)[:, None], 0, width).astype(np.int32)
    return Batches(np.ascontiguousarray(index.reshape(len(rows), steps, width).swapaxes(0, 1)), counts)
