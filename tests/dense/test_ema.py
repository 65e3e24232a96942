"""A moving average of the weights: Keras' own formula, scored and kept in the place of the weights."""

import jax
import numpy as np
import pytest

from bakeoff.dense import Member, NetworkSpec, Predictor, Rates, Task, TrainingSpec, compilations, fit_population, init
from bakeoff.dense._plan import epoch_batches, plan_streams


@pytest.fixture(scope="module")
def task() -> Task:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 64).astype(np.int32)
    return Task(random.normal(size=(64, 5)) + labels[:, None], labels)


def spec(**changes) -> TrainingSpec:
    return TrainingSpec(
        NetworkSpec(5, (), 3, precision="float64"), (0, 1, 2), batch_size=16, optimizer="sgd", **changes
    )


def member(momentum: float, epochs: int = 3) -> Member:
    rates = Rates(learning_rate=0.2, ema_momentum=momentum)
    return Member(4, np.arange(48), np.arange(48, 64), epochs, rates)


def by_hand(task: Task, momentum: float, epochs: int) -> list[np.ndarray]:
    """Softmax regression, step by step in NumPy, with the average beside it."""
    (layer,), _ = init(4, spec().network)
    w, b = layer["w"].astype(float), layer["b"].astype(float)
    average = [w.copy(), b.copy()]
    for epoch in range(epochs):
        for index in epoch_batches(plan_streams([member(momentum)]), epoch, 16).index[:, 0]:
            x, y = task.rows[index], np.eye(3)[task.labels[index]]
            e = np.exp(x @ w + b)
            delta = (e / e.sum(axis=1, keepdims=True) - y) / len(x)
            w, b = w - 0.2 * x.T @ delta, b - 0.2 * delta.sum(axis=0)
            average = [momentum * old + (1 - momentum) * new for old, new in zip(average, (w, b), strict=True)]
    return average


@pytest.mark.parametrize("momentum", [0.9, 0.5])
def test_the_kept_weights_are_keras_moving_average_of_those_after_every_step(task: Task, momentum: float) -> None:
    fitted = fit_population(spec(uses_ema=True), task, [member(momentum)]).members[0]
    kept = [fitted.network.parameters[0][name] for name in ("w", "b")]
    for ours, expected in zip(kept, by_hand(task, momentum, 3), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)


def test_validation_scores_are_those_of_the_average(task: Task) -> None:
    fitted = fit_population(spec(uses_ema=True), task, [member(0.9)]).members[0]
    predictor = Predictor(fitted.network)
    right = predictor.labels(predictor.outputs(task.rows[48:])) == task.labels[48:]
    assert fitted.history["val_accuracy"][-1] == pytest.approx(right.mean())


def test_members_with_and_without_an_average_are_what_they_are_alone(task: Task) -> None:
    together = fit_population(spec(uses_ema=True), task, [member(0.0), member(0.8)]).members
    plain = fit_population(spec(), task, [member(0.0)]).members[0]
    alone = fit_population(spec(uses_ema=True), task, [member(0.8)]).members[0]
    for one, other in zip(together, (plain, alone), strict=True):
        for a, b in zip(
            jax.tree.leaves(one.network.parameters), jax.tree.leaves(other.network.parameters), strict=True
        ):
            np.testing.assert_allclose(a, b, rtol=1e-10)


def test_another_momentum_is_another_result_of_the_same_program(task: Task) -> None:
    first = fit_population(spec(uses_ema=True), task, [member(0.9)]).members[0]
    before = compilations()
    other = fit_population(spec(uses_ema=True), task, [member(0.3)]).members[0]
    assert compilations() == before
    assert first.history["val_loss"] != other.history["val_loss"]
