"""Exact scores of a population: passes over rows with the networks as they are, counted on the device."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from bakeoff.dense._losses import penalty, row_losses, smoothing_of
from bakeoff.dense._mapping import Batch, gather, one_by_one, over_population, works_by_rows
from bakeoff.dense._network import apply
from bakeoff.dense._plan import Batches, Layout
from bakeoff.dense._scores import accuracy, confusion_of, f1_macro
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State

__all__ = ["PARTS", "ExactSums", "Scores", "exact_scores", "exact_sums"]

Scores: TypeAlias = dict[str, jax.Array]
"""Arrays (streams, members of a stream) by Keras' names."""

PARTS = ("train", "validation")
"""What rows are scored may be called."""


class ExactSums(NamedTuple):
    """Of some rows; those of more rows are added.

    Parameters
    ----------
    loss : (streams, members)
    confusion : (streams, members, n_classes, n_outputs) int32
    """

    loss: jax.Array
    confusion: jax.Array


@one_by_one
def exact_sums(
    spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: dict[str, Batches]
) -> dict[str, ExactSums]:
    """Losses and confusion matrices of the networks as they are, of each part of rows that `batches` has."""
    return {name: _sums_of(spec, layout, state, rates, data, batches[name]) for name in PARTS if name in batches}


def _sums_of(spec: TrainingSpec, layout: Layout, state: State, rates: Rates, data: Data, batches: Batches) -> ExactSums:
    shares_rows = batches.index.shape[1] < layout.streams
    score = over_population(
        partial(_score_batch, spec, layout), layout, shares_rows=shares_rows and layout.shares_scaling
    )
    no_steps = jnp.ones(batches.index.shape[1], spec.network.dtype)

    def body(sums: ExactSums, step: Batches) -> tuple[ExactSums, None]:
        news = score(state, rates, gather(spec, layout, data, step, no_steps))
        return jax.tree.map(jnp.add, sums, news), None

    shape = (layout.streams, layout.members)
    nothing = ExactSums(
        jnp.zeros(shape, spec.network.dtype),
        jnp.zeros((*shape, spec.n_classes, spec.network.n_outputs), jnp.int32),
    )
    return jax.lax.scan(body, nothing, replace(batches, steps_of_epoch=None))[0]


def exact_scores(spec: TrainingSpec, state: State, rates: Rates, sums: ExactSums) -> Scores:
    """Loss, accuracy and macro F1 from what was counted."""
    n_rows = jnp.sum(sums.confusion, axis=(2, 3))
    loss = sums.loss / n_rows.astype(sums.loss.dtype)
    if spec.uses_l2:
        loss = loss + jax.vmap(jax.vmap(penalty))(state.scored, rates)
    columns = spec.class_columns
    return {
        "loss": loss,
        "accuracy": jax.vmap(jax.vmap(partial(accuracy, class_columns=columns)))(sums.confusion),
        "f1": jax.vmap(jax.vmap(partial(f1_macro, class_columns=columns)))(sums.confusion),
    }


def _score_batch(spec: TrainingSpec, layout: Layout, state: State, rates: Rates, batch: Batch) -> ExactSums:
    """Summed loss and confusion matrix of one member on one batch."""
    logits, _ = apply(state.scored, state.averages, batch.x, spec.network, None, works_by_rows(spec, layout))
    losses = row_losses(logits, batch.columns, spec, smoothing_of(spec, rates))
    return ExactSums(
        jnp.sum(losses * batch.row_weights),
        confusion_of(logits, batch.columns, batch.row_weights, spec.class_columns),
    )
