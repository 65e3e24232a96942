"""Learning rates step by step against the formulas in plain Python."""

import math

import jax
import jax.numpy as jnp
import pytest

from bakeoff.dense import Rates
from bakeoff.dense._schedules import learning_rate_at

STEPS_PER_EPOCH, EPOCHS = 7, 12


def rates_by_step(schedule, **numbers):
    rates = Rates.stack([Rates(**numbers)], (), jnp.float64)
    steps = jnp.arange(STEPS_PER_EPOCH * EPOCHS, dtype=jnp.int32)
    return jax.vmap(lambda step: learning_rate_at(schedule, rates, step, jnp.asarray(float(STEPS_PER_EPOCH))))(steps)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def test_constant_is_constant():
    assert rates_by_step("constant", learning_rate=0.3).tolist() == [0.3] * (STEPS_PER_EPOCH * EPOCHS)


def test_step_falls_after_every_so_many_epochs_down_to_the_minimum():
    ours = rates_by_step("step", learning_rate=1.0, decay_epochs=3.0, decay_factor=0.1, minimum_learning_rate=0.005)
    expected = [max(0.1 ** (step // STEPS_PER_EPOCH // 3), 0.005) for step in range(STEPS_PER_EPOCH * EPOCHS)]
    assert ours.tolist() == pytest.approx(expected)


def test_cosine_warms_up_in_equal_steps_and_then_falls_to_the_minimum():
    ours = rates_by_step(
        "cosine", learning_rate=1.0, warmup_epochs=2.0, total_epochs=float(EPOCHS), minimum_learning_rate=0.1
    ).tolist()
    warm = 2 * STEPS_PER_EPOCH
    assert ours[:warm] == pytest.approx([(step + 1) / warm for step in range(warm)])
    rest = STEPS_PER_EPOCH * EPOCHS - warm
    assert ours[warm:] == pytest.approx([0.1 + 0.45 * (1 + math.cos(math.pi * step / rest)) for step in range(rest)])
