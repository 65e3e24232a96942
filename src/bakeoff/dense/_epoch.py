"""One epoch of a whole population as one compiled program: every step, and the scores after it.

Steps are written for one member and mapped over the axes (streams, members of a stream).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax

from bakeoff.dense._augment import distort
from bakeoff.dense._distortion import Distortion
from bakeoff.dense._losses import penalty, row_losses
from bakeoff.dense._network import Layers, Noise, apply
from bakeoff.dense._optimizers import optimizer
from bakeoff.dense._plan import Batches, Layout
from bakeoff.dense._scaling import Scaling, scale_rows
from bakeoff.dense._schedules import learning_rate_at
from bakeoff.dense._scores import accuracy, confusion_of, f1_macro
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State
from bakeoff.dense._summary import n_parameters

__all__ = ["Scores", "is_wide", "pays_by_twos", "run_epoch"]

Scores: TypeAlias = dict[str, jax.Array]
"""Arrays (streams, members of a stream) by Keras' names."""


class _Sums(NamedTuple):
    loss: jax.Array
    correct: jax.Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class _Batch:
    """Of one stream: `row_weights` is 1 for rows and 0 for what fills the batch up, `sample_weights` the user's."""

    x: jax.Array
    columns: jax.Array
    row_weights: jax.Array
    sample_weights: jax.Array | None
    count: jax.Array
    steps_per_epoch: jax.Array


def run_epoch(
    spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: dict[str, Batches]
) -> tuple[State, Scores]:
    """Train one epoch and score.

    Parameters
    ----------
    spec, layout : static
    state : State
        Its memory may be taken for the result.
    rates : Rates
    data : Data
    batches : mapping
        ``"epoch"``: the rows in the order of the steps; ``"train"`` and ``"validation"``: the rows of the exact
        passes, where wanted.

    Returns
    -------
    state : State
    scores : Scores
    """
    if layout.is_one_by_one and layout.streams > 1:
        return _one_by_one(spec, layout, state, rates, data, batches)
    steps = batches["epoch"]
    steps_per_epoch = jnp.sum(steps.counts > 0, axis=0).astype(spec.network.dtype)
    train = _over_population(partial(_train_step, spec, layout), layout)

    def body(carry: tuple[State, _Sums], step: Batches) -> tuple[tuple[State, _Sums], None]:
        before, sums = carry
        keys = _distortion_keys(before) if spec.distortions else None
        after, news = train(before, rates, _gather(spec, layout, data, step, steps_per_epoch, keys))
        # Sums stay in the carry: small writes into a long stacked output are slow (jax-ml/jax#40101).
        return (after, jax.tree.map(jnp.add, sums, news)), None

    shape = (layout.streams, layout.members)
    nothing = _Sums(*(jnp.zeros(shape, kind) for kind in (spec.network.dtype, jnp.int32)))
    (state, sums), _ = jax.lax.scan(body, (state, nothing), steps, unroll=2 if layout.is_by_twos else 1)

    dtype = spec.network.dtype
    n_rows = jnp.sum(steps.counts, axis=0).astype(dtype)[:, None]
    scores = {"loss": sums.loss / n_rows, "accuracy": sums.correct.astype(dtype) / n_rows}
    if "train" in batches:
        exact = _exact_scores(spec, layout, state, rates, data, batches["train"])
        scores |= {"f1": exact["f1"]} if spec.train_scores == "running" else {k: exact[k] for k in ("accuracy", "f1")}
    if "validation" in batches:
        exact = _exact_scores(spec, layout, state, rates, data, batches["validation"])
        scores |= {f"val_{name}": value for name, value in exact.items()}
    last = jax.vmap(jax.vmap(partial(learning_rate_at, spec.schedule), (0, 0, None)))
    scores["learning_rate"] = last(rates, state.step - 1, steps_per_epoch)
    return state, scores


def _one_by_one(
    spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: dict[str, Batches]
) -> tuple[State, Scores]:
    """The same, an epoch of one stream after the other."""
    alone = replace(layout, streams=1)
    scaling = None if layout.shares_scaling else data.scaling
    own_batches = {
        name: Batches(jnp.swapaxes(each.index, 0, 1), jnp.swapaxes(each.counts, 0, 1))
        for name, each in batches.items()
        if each.index.shape[1] == layout.streams
    }

    def of_stream(own: Any) -> tuple[State, Scores]:
        own_state, own_rates, own_scaling, own_distortion = jax.tree.map(lambda leaf: leaf[None], own[:4])
        # Steps come first again.
        steps = {name: jax.tree.map(lambda leaf: leaf[:, None], each) for name, each in own[4].items()}
        own_scaling = data.scaling if scaling is None else own_scaling
        seen = replace(data, scaling=own_scaling, distortion=own_distortion)
        done = run_epoch(spec, alone, own_state, own_rates, seen, {**batches, **steps})
        left: tuple[State, Scores] = jax.tree.map(lambda leaf: leaf[0], done)
        return left

    result: tuple[State, Scores] = jax.lax.map(of_stream, (state, rates, scaling, data.distortion, own_batches))
    return result


def _train_step(spec: TrainingSpec, layout: Layout, state: State, rates: Rates, batch: _Batch) -> tuple[State, _Sums]:
    """One step of one member."""
    weights = batch.row_weights if batch.sample_weights is None else batch.row_weights * batch.sample_weights
    if rates.class_weights is not None:
        of_column = jnp.zeros(spec.network.n_outputs, weights.dtype).at[jnp.asarray(spec.class_columns)]
        weights = weights * of_column.set(rates.class_weights)[batch.columns]
    noise = Noise(
        jax.random.fold_in(state.key, state.step),
        rates.dropout if spec.uses_dropout else None,
        rates.input_dropout if spec.uses_input_dropout else None,
        batch.row_weights,
    )
    # Keras divides by the number of rows, also where they are weighted.
    n_rows = jnp.maximum(batch.count, 1).astype(weights.dtype)

    def losses_at(x: jax.Array, parameters: Layers) -> tuple[jax.Array, tuple[jax.Array, Layers]]:
        logits, averages = apply(parameters, state.averages, x, spec.network, noise, _by_rows(spec, layout))
        return row_losses(logits, batch.columns, spec, _smoothing(spec, rates)), (logits, averages)

    moved = None
    if spec.uses_adversarial:
        uphill = jax.grad(lambda x: jnp.sum(losses_at(x, state.parameters)[0] * batch.row_weights))(batch.x)
        moved = batch.x + rates.adversarial_radius * _unit_rows(uphill)

    def objective(parameters: Layers) -> tuple[jax.Array, tuple[jax.Array, Layers]]:
        losses, (logits, averages) = losses_at(batch.x, parameters)
        if moved is not None:
            losses = (losses + losses_at(moved, parameters)[0]) / 2
        loss = jnp.sum(losses * weights) / n_rows
        return loss + penalty(parameters, rates) if spec.uses_l2 else loss, (logits, averages)

    (loss, (logits, averages)), gradients = jax.value_and_grad(objective, has_aux=True)(state.parameters)
    learning_rate = learning_rate_at(spec.schedule, rates, state.step, batch.steps_per_epoch)
    rule = optimizer(spec, rates, learning_rate)
    updates, moments = rule.update(gradients, state.moments, state.parameters)
    parameters = optax.apply_updates(state.parameters, updates)
    ema = None
    if state.ema is not None:
        ema = jax.tree.map(lambda old, new: new + (old - new) * rates.ema_momentum, state.ema, parameters)
    after = State(parameters, averages, moments, state.step + 1, state.key, ema)
    if layout.is_ragged:
        after = jax.tree.map(partial(jnp.where, batch.count > 0), after, state)
    hits = (jnp.argmax(logits, axis=0).astype(jnp.int32) == batch.columns) & (batch.row_weights > 0)
    return after, _Sums(loss * batch.count.astype(loss.dtype), jnp.sum(hits, dtype=jnp.int32))


def is_wide(spec: TrainingSpec) -> bool:
    """Whether a network fills the processor by itself (benchmarks/LOG.md)."""
    return max(spec.network.hidden_layer_sizes, default=0) >= _WIDE


def pays_by_twos(spec: TrainingSpec, steps: int, epochs: int, members: int) -> bool:
    """Whether two steps in a turn of the loop are worth as much compilation again.

    The second's images are distorted, and what else does not wait for the first is done, while the first's network is
    busy: 0.9 s are saved for 10^12 operations (benchmarks/LOG.md).
    """
    operations = 6.0 * n_parameters(spec.network) * spec.batch_size * steps * epochs * members
    return steps >= _MANY_STEPS and operations >= _MUCH_WORK


def _by_rows(spec: TrainingSpec, layout: Layout) -> bool:
    """Whether the outputs of layers are kept row by row: where that was measured to be faster (benchmarks/LOG.md)."""
    return layout.members == 1 and is_wide(spec)


def _smoothing(spec: TrainingSpec, rates: Rates) -> Any:
    return rates.label_smoothing if spec.uses_label_smoothing else None


def _unit_rows(x: jax.Array) -> jax.Array:
    """Every row divided by its Euclidean norm; rows of zeros stay."""
    largest = jnp.max(jnp.abs(x), axis=1, keepdims=True)
    x = x / jnp.where(largest > 0, largest, 1.0)  # the square of a small gradient would be zero
    return x / jnp.maximum(jnp.sqrt(jnp.sum(jnp.square(x), axis=1, keepdims=True)), 1.0)


def _exact_scores(
    spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: Batches
) -> Scores:
    """Loss, accuracy and macro F1 of the network as it is now."""
    shares_rows = batches.index.shape[1] < layout.streams
    score = _over_population(
        partial(_score_batch, spec, layout), layout, shares_rows=shares_rows and layout.shares_scaling
    )
    no_steps = jnp.ones(batches.index.shape[1], spec.network.dtype)

    def body(sums: tuple[jax.Array, jax.Array], step: Batches) -> tuple[tuple[jax.Array, jax.Array], None]:
        news = score(state, rates, _gather(spec, layout, data, step, no_steps))
        return jax.tree.map(jnp.add, sums, news), None

    shape = (layout.streams, layout.members)
    nothing = (
        jnp.zeros(shape, spec.network.dtype),
        jnp.zeros((*shape, spec.n_classes, spec.network.n_outputs), jnp.int32),
    )
    (loss, confusion), _ = jax.lax.scan(body, nothing, batches)
    loss = loss / jnp.sum(batches.counts, axis=0).astype(loss.dtype)[:, None]
    if spec.uses_l2:
        loss = loss + jax.vmap(jax.vmap(penalty))(state.scored, rates)
    columns = spec.class_columns
    return {
        "loss": loss,
        "accuracy": jax.vmap(jax.vmap(partial(accuracy, class_columns=columns)))(confusion),
        "f1": jax.vmap(jax.vmap(partial(f1_macro, class_columns=columns)))(confusion),
    }


def _score_batch(
    spec: TrainingSpec, layout: Layout, state: State, rates: Rates, batch: _Batch
) -> tuple[jax.Array, jax.Array]:
    """Summed loss and confusion matrix of one member on one batch."""
    logits, _ = apply(state.scored, state.averages, batch.x, spec.network, None, _by_rows(spec, layout))
    losses = row_losses(logits, batch.columns, spec, _smoothing(spec, rates))
    return (
        jnp.sum(losses * batch.row_weights),
        confusion_of(logits, batch.columns, batch.row_weights, spec.class_columns),
    )


_WIDE = 512  # units
_MANY_STEPS = 100
_MUCH_WORK = 6e11
_OTHER_NOISE = 0x7FFFFFFF  # no count of a step's other random numbers comes up to it


def _distortion_keys(state: State) -> jax.Array:
    """A key for every stream and step, (streams,): its members have one seed and one step."""
    of_step = jax.vmap(jax.random.fold_in)(state.key[:, 0], state.step[:, 0])
    return jax.vmap(jax.random.fold_in, (0, None))(of_step, _OTHER_NOISE)


def _gather(
    spec: TrainingSpec, layout: Layout, data: Data, step: Batches, steps_per_epoch: jax.Array, keys: Any = None
) -> _Batch:
    """The batch of every stream; one without the axis of streams where all share rows and scaling.

    With `keys`, (streams,), images are distorted.
    """
    dtype = spec.network.dtype

    def one(
        scaling: Scaling, index: jax.Array, count: jax.Array, steps: jax.Array, key: Any, strength: Distortion | None
    ) -> _Batch:
        rows = data.rows.at[index].get(mode="promise_in_bounds")
        columns = data.columns.at[index].get(mode="promise_in_bounds")
        row_weights = (jnp.arange(index.shape[0], dtype=jnp.int32) < count).astype(dtype)
        if key is not None and strength is not None and spec.image is not None:
            rows = distort(rows.astype(dtype), key, strength, spec.image, spec.distortions)
        sample_weights = None
        if data.sample_weights is not None:
            sample_weights = data.sample_weights.at[index].get(mode="promise_in_bounds")
        return _Batch(scale_rows(scaling, rows, dtype), columns, row_weights, sample_weights, count, steps)

    n_gathers = step.index.shape[0]
    if n_gathers < layout.streams and layout.shares_scaling:
        return one(data.scaling, step.index[0], step.counts[0], steps_per_epoch[0], None, None)
    axis_of_scaling = None if layout.shares_scaling else 0
    if n_gathers < layout.streams:
        mapped = jax.vmap(one, (0, None, None, None, None, None))
        each: _Batch = mapped(data.scaling, step.index[0], step.counts[0], steps_per_epoch[0], None, None)
        return each
    mapped = _mapped(one, layout.streams, (axis_of_scaling, 0, 0, 0, 0, 0))
    strengths = None if keys is None else data.distortion
    batches: _Batch = mapped(data.scaling, step.index, step.counts, steps_per_epoch, keys, strengths)
    return batches


def _over_population(
    function: Callable[[State, Rates, _Batch], Any], layout: Layout, shares_rows: bool = False
) -> Callable[[State, Rates, _Batch], Any]:
    """Map a member's function over all members, with one batch a stream or one for all."""
    of_stream = _mapped(function, layout.members, (0, 0, None))
    return _mapped(of_stream, layout.streams, (0, 0, None if shares_rows else 0))


def _mapped(function: Callable[..., Any], size: int, axes: tuple[int | None, ...]) -> Callable[..., Any]:
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
