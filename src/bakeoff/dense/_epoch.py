"""One epoch of a whole population as one compiled program: every step, and the scores after it.

Steps are written for one member and mapped over the axes (streams, members of a stream).
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from bakeoff.dense._exact import ExactSums, Scores, exact_scores, exact_sums
from bakeoff.dense._losses import penalty, row_losses, smoothing_of
from bakeoff.dense._mapping import Batch, gather, one_by_one, over_population, works_by_rows
from bakeoff.dense._network import Layers, Noise, apply
from bakeoff.dense._optimizers import optimizer
from bakeoff.dense._plan import Batches, Layout
from bakeoff.dense._schedules import learning_rate_at
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State
from bakeoff.dense._summary import n_parameters

__all__ = ["EpochSums", "epoch_scores", "pays_by_twos", "run_epoch", "run_steps"]


class _Sums(NamedTuple):
    loss: jax.Array
    correct: jax.Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class EpochSums:
    """What an epoch, or a part of one, counted while it trained; those of more parts are added.

    Parameters
    ----------
    loss : (streams, members)
    correct : (streams, members) int32
    n_rows : (streams,) int32
    """

    loss: jax.Array
    correct: jax.Array
    n_rows: jax.Array


@one_by_one
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
    state, sums = run_steps(spec, layout, state, rates, data, batches)
    exact = exact_sums(spec, layout, state, rates, data, batches)
    return state, epoch_scores(spec, state, rates, _steps_per_epoch(spec, batches["epoch"]), sums, exact)


@one_by_one
def run_steps(
    spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: dict[str, Batches]
) -> tuple[State, EpochSums]:
    """Train a part of an epoch, without exact passes; `batches` has ``"epoch"``, the steps of that part."""
    steps = batches["epoch"]
    steps_per_epoch = _steps_per_epoch(spec, steps)
    train = over_population(partial(_train_step, spec, layout), layout)

    def body(carry: tuple[State, _Sums], step: Batches) -> tuple[tuple[State, _Sums], None]:
        before, sums = carry
        keys = _distortion_keys(before) if spec.distortions else None
        after, news = train(before, rates, gather(spec, layout, data, step, steps_per_epoch, keys))
        # Sums stay in the carry: small writes into a long stacked output are slow (jax-ml/jax#40101).
        return (after, jax.tree.map(jnp.add, sums, news)), None

    shape = (layout.streams, layout.members)
    nothing = _Sums(*(jnp.zeros(shape, kind) for kind in (spec.network.dtype, jnp.int32)))
    own = replace(steps, steps_of_epoch=None)
    (state, sums), _ = jax.lax.scan(body, (state, nothing), own, unroll=2 if layout.is_by_twos else 1)
    return state, EpochSums(sums.loss, sums.correct, jnp.sum(steps.counts, axis=0))


def epoch_scores(
    spec: TrainingSpec,
    state: State,
    rates: Rates,
    steps_per_epoch: jax.Array,
    sums: EpochSums,
    exact: dict[str, ExactSums],
) -> Scores:
    """What an epoch is told as, from what was counted in all of its parts; `steps_per_epoch` is (streams,)."""
    dtype = spec.network.dtype
    n_rows = sums.n_rows.astype(dtype)[:, None]
    scores = {"loss": sums.loss / n_rows, "accuracy": sums.correct.astype(dtype) / n_rows}
    if "train" in exact:
        own = exact_scores(spec, state, rates, exact["train"])
        scores |= {"f1": own["f1"]} if spec.train_scores == "running" else {k: own[k] for k in ("accuracy", "f1")}
    if "validation" in exact:
        own = exact_scores(spec, state, rates, exact["validation"])
        scores |= {f"val_{name}": value for name, value in own.items()}
    last = jax.vmap(jax.vmap(partial(learning_rate_at, spec.schedule), (0, 0, None)))
    scores["learning_rate"] = last(rates, state.step - 1, steps_per_epoch)
    return scores


def _steps_per_epoch(spec: TrainingSpec, steps: Batches) -> jax.Array:
    """(streams,) how many steps each stream takes in a whole epoch."""
    if steps.steps_of_epoch is not None:
        return jnp.asarray(steps.steps_of_epoch, spec.network.dtype)
    return jnp.sum(steps.counts > 0, axis=0).astype(spec.network.dtype)


def _train_step(spec: TrainingSpec, layout: Layout, state: State, rates: Rates, batch: Batch) -> tuple[State, _Sums]:
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
        logits, averages = apply(parameters, state.averages, x, spec.network, noise, works_by_rows(spec, layout))
        return row_losses(logits, batch.columns, spec, smoothing_of(spec, rates)), (logits, averages)

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


def pays_by_twos(spec: TrainingSpec, steps: int, epochs: int, members: int) -> bool:
    """Whether two steps in a turn of the loop are worth as much compilation again.

    The second's images are distorted, and what else does not wait for the first is done, while the first's network is
    busy: 0.9 s are saved for 10^12 operations (benchmarks/LOG.md).
    """
    operations = 6.0 * n_parameters(spec.network) * spec.batch_size * steps * epochs * members
    return steps >= _MANY_STEPS and operations >= _MUCH_WORK


def _unit_rows(x: jax.Array) -> jax.Array:
    """Every row divided by its Euclidean norm; rows of zeros stay."""
    largest = jnp.max(jnp.abs(x), axis=1, keepdims=True)
    x = x / jnp.where(largest > 0, largest, 1.0)  # the square of a small gradient would be zero
    return x / jnp.maximum(jnp.sqrt(jnp.sum(jnp.square(x), axis=1, keepdims=True)), 1.0)


_MANY_STEPS = 100
_MUCH_WORK = 6e11
_OTHER_NOISE = 0x7FFFFFFF  # no count of a step's other random numbers comes up to it


def _distortion_keys(state: State) -> jax.Array:
    """A key for every stream and step, (streams,): its members have one seed and one step."""
    of_step = jax.vmap(jax.random.fold_in)(state.key[:, 0], state.step[:, 0])
    return jax.vmap(jax.random.fold_in, (0, None))(of_step, _OTHER_NOISE)
