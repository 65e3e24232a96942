"""The learning rate of a step."""

import jax
import jax.numpy as jnp

from bakeoff.dense._spec import Rates, ScheduleName

__all__ = ["learning_rate_at"]


def learning_rate_at(schedule: ScheduleName, rates: Rates, step: jax.Array, steps_per_epoch: jax.Array) -> jax.Array:
    """Learning rate of a step, counted from 0.

    * ``constant``: the rate itself;
    * ``cosine``: rises in equal steps over the warm-up, then falls along half a cosine to the minimum, which the last
      step of the last epoch is next to;
    * ``step``: times ``decay_factor`` after every ``decay_epochs`` epochs, down to the minimum;
    * ``plateau``: the rate itself, which the caller lowers between epochs.

    Parameters
    ----------
    schedule : str
    rates : Rates
        Of one member.
    step : scalar int
    steps_per_epoch : scalar
    """
    rate: jax.Array = rates.learning_rate
    epochs = step.astype(rate.dtype) / steps_per_epoch
    if schedule == "cosine":
        # The first step of a warm-up must move, so it counts itself.
        warm = (epochs + 1.0 / steps_per_epoch) / jnp.maximum(rates.warmup_epochs, 1.0 / steps_per_epoch)
        length = jnp.maximum(rates.total_epochs - rates.warmup_epochs, 1.0 / steps_per_epoch)
        done = jnp.clip((epochs - rates.warmup_epochs) / length, 0.0, 1.0)
        low = rates.minimum_learning_rate
        return jnp.asarray(jnp.minimum(warm, 1.0) * (low + (rate - low) * 0.5 * (1.0 + jnp.cos(jnp.pi * done))))
    if schedule == "step":
        # A whole number of epochs is not always exact in floating point: half a step keeps it on its side.
        falls = jnp.floor((epochs + 0.5 / steps_per_epoch) / rates.decay_epochs)
        return jnp.maximum(rate * rates.decay_factor**falls, rates.minimum_learning_rate)
    return rate
