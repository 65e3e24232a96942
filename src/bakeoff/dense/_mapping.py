"""From one member to a population: its batches, and functions of a member mapped over the axes of all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeAlias, TypeVar

import jax
import jax.numpy as jnp

from bakeoff.dense._augment import distort
from bakeoff.dense._distortion import Distortion
from bakeoff.dense._plan import Batches, Layout
from bakeoff.dense._scaling import Scaling, scale_rows
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State

__all__ = ["Batch", "gather", "is_wide", "one_by_one", "over_population", "works_by_rows"]

_WIDE = 512  # units

_Result = TypeVar("_Result")
_OfPopulation: TypeAlias = Callable[[TrainingSpec, Layout, State, Rates, Data, dict[str, Batches]], _Result]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Batch:
    """Of one stream: `row_weights` is 1 for rows and 0 for what fills the batch up, `sample_weights` the user's."""

    x: jax.Array
    columns: jax.Array
    row_weights: jax.Array
    sample_weights: jax.Array | None
    count: jax.Array
    steps_per_epoch: jax.Array


def is_wide(spec: TrainingSpec) -> bool:
    """Whether a network fills the processor by itself (benchmarks/LOG.md)."""
    return max(spec.network.hidden_layer_sizes, default=0) >= _WIDE


def works_by_rows(spec: TrainingSpec, layout: Layout) -> bool:
    """Whether the outputs of layers are kept row by row: where that was measured to be faster (benchmarks/LOG.md)."""
    return layout.members == 1 and is_wide(spec)


def gather(
    spec: TrainingSpec, layout: Layout, data: Data, step: Batches, steps_per_epoch: jax.Array, keys: Any = None
) -> Batch:
    """The batch of every stream; one without the axis of streams where all share rows and scaling.

    With `keys`, (streams,), images are distorted.
    """
    dtype = spec.network.dtype

    def one(
        scaling: Scaling, index: jax.Array, count: jax.Array, steps: jax.Array, key: Any, strength: Distortion | None
    ) -> Batch:
        rows = data.rows.at[index].get(mode="promise_in_bounds")
        columns = data.columns.at[index].get(mode="promise_in_bounds")
        row_weights = (jnp.arange(index.shape[0], dtype=jnp.int32) < count).astype(dtype)
        if key is not None and strength is not None and spec.image is not None:
            rows = distort(rows.astype(dtype), key, strength, spec.image, spec.distortions)
        sample_weights = None
        if data.sample_weights is not None:
            sample_weights = data.sample_weights.at[index].get(mode="promise_in_bounds")
        return Batch(scale_rows(scaling, rows, dtype), columns, row_weights, sample_weights, count, steps)

    n_gathers = step.index.shape[0]
    if n_gathers < layout.streams and layout.shares_scaling:
        return one(data.scaling, step.index[0], step.counts[0], steps_per_epoch[0], None, None)
    axis_of_scaling = None if layout.shares_scaling else 0
    if n_gathers < layout.streams:
        of_all = jax.vmap(one, (0, None, None, None, None, None))
        each: Batch = of_all(data.scaling, step.index[0], step.counts[0], steps_per_epoch[0], None, None)
        return each
    of_all = mapped(one, layout.streams, (axis_of_scaling, 0, 0, 0, 0, 0))
    strengths = None if keys is None else data.distortion
    batches: Batch = of_all(data.scaling, step.index, step.counts, steps_per_epoch, keys, strengths)
    return batches


def over_population(
    function: Callable[[State, Rates, Batch], Any], layout: Layout, shares_rows: bool = False
) -> Callable[[State, Rates, Batch], Any]:
    """Map a member's function over all members, with one batch a stream or one for all."""
    of_stream = mapped(function, layout.members, (0, 0, None))
    return mapped(of_stream, layout.streams, (0, 0, None if shares_rows else 0))


def mapped(function: Callable[..., Any], size: int, axes: tuple[int | None, ...]) -> Callable[..., Any]:
    """`jax.vmap`, but an axis of length one is taken off and put on again.

    A batched product with one member is slower than a plain one on CPU.
    """
    if size > 1:
        return jax.vmap(function, axes)

    def alone(*arguments: Any) -> Any:
        inner = [
            argument if axis is None else jax.tree.map(lambda leaf: leaf[0], argument)
            for argument, axis in zip(arguments, axes, strict=True)
        ]
        return jax.tree.map(lambda leaf: leaf[None], function(*inner))

    return alone


def one_by_one(function: _OfPopulation[_Result]) -> _OfPopulation[_Result]:
    """A function of a population that takes one stream after the other, where the layout says so.

    Batched products of wide networks are slower than one after the other on a processor, which any of them fills.
    """

    @wraps(function)
    def of_all(
        spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: dict[str, Batches]
    ) -> _Result:
        if not layout.is_one_by_one or layout.streams == 1:
            return function(spec, layout, state, rates, data, batches)
        alone = replace(layout, streams=1)
        scaling = None if layout.shares_scaling else data.scaling
        own_batches = {
            name: Batches(jnp.swapaxes(each.index, 0, 1), jnp.swapaxes(each.counts, 0, 1), each.steps_of_epoch)
            for name, each in batches.items()
            if each.index.shape[1] == layout.streams
        }

        def of_stream(own: Any) -> _Result:
            own_state, own_rates, own_scaling, own_distortion = jax.tree.map(lambda leaf: leaf[None], own[:4])
            # Steps come first again.
            steps = {name: _of_one_stream(each) for name, each in own[4].items()}
            own_scaling = data.scaling if scaling is None else own_scaling
            seen = replace(data, scaling=own_scaling, distortion=own_distortion)
            done = function(spec, alone, own_state, own_rates, seen, {**batches, **steps})
            left: _Result = jax.tree.map(lambda leaf: leaf[0], done)
            return left

        result: _Result = jax.lax.map(of_stream, (state, rates, scaling, data.distortion, own_batches))
        return result

    return of_all


def _of_one_stream(own: Batches) -> Batches:
    of_epoch = None if own.steps_of_epoch is None else own.steps_of_epoch[None]
    return Batches(own.index[:, None], own.counts[:, None], of_epoch)
