"""Rows that are learnt from a second place, where their loss is larger: a step by hand in NumPy."""

import jax
import numpy as np
import pytest

import numpy_network as reference
from bakeoff.dense import Member, NetworkSpec, Rates, Task, TrainingSpec, fit_population, init, member_bytes
from bakeoff.dense._epoch import _unit_rows

N_ROWS, N_FEATURES, N_CLASSES = 13, 7, 3
RADIUS, RATE = 0.6, 0.05


def spec_of(normalizes, **changes):
    network = NetworkSpec(N_FEATURES, (6, 5), N_CLASSES, activation="tanh", batch_normalization=normalizes,
                          precision="float64")  # fmt: skip
    return TrainingSpec(
        network, tuple(range(N_CLASSES)), batch_size=16, optimizer="sgd", train_scores="none", **changes
    )


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    return random.normal(size=(N_ROWS, N_FEATURES)), random.integers(0, N_CLASSES, N_ROWS).astype(np.int32)


@pytest.mark.parametrize("normalizes", [False, True])
def test_a_step_is_the_mean_of_the_gradients_here_and_where_the_loss_is_larger(normalizes, rows):
    x, labels = rows
    spec = spec_of(normalizes, uses_adversarial=True)
    everything = np.arange(N_ROWS)
    # 13 rows in a batch of 16: the three that fill it up must push nobody.
    member = Member(4, everything, everything[:0], 1, Rates(learning_rate=RATE, adversarial_radius=RADIUS))
    fitted = fit_population(spec, Task(x, labels, "none", None), [member]).members[0]

    start, _ = init(4, spec.network)
    weights = [(layer["w"], layer["b"]) for layer in start]
    normalisation = [(layer["scale"], layer["offset"]) for layer in start[:-1]] if normalizes else None
    network = reference.NumpyNetwork(weights, "tanh", "softmax", "categorical_crossentropy", normalisation)
    target = np.eye(N_CLASSES)[labels]
    loss, here = network.loss_and_gradients(x, target)
    uphill = network.by_inputs / np.linalg.norm(network.by_inputs, axis=1, keepdims=True)
    larger, there = network.loss_and_gradients(x + RADIUS * uphill, target)

    assert larger > loss
    assert fitted.history["loss"] == pytest.approx([(loss + larger) / 2], rel=1e-12)
    for layer, old, one, other in zip(fitted.network.parameters, start, here, there, strict=True):
        for name, value in layer.items():
            expected = old[name] - RATE * (one[name] + other[name]) / 2
            np.testing.assert_allclose(value, expected, rtol=0, atol=1e-12, err_msg=name)


def test_members_with_and_without_it_train_side_by_side(rows):
    x, labels = rows
    everything = np.arange(N_ROWS)
    task = Task(x, labels, "none", None)
    members = [
        Member(4, everything, everything[:0], 30, Rates(learning_rate=RATE, adversarial_radius=radius))
        for radius in (0.0, RADIUS)
    ]
    plain, moved = fit_population(spec_of(False, uses_adversarial=True), task, members).members
    alone = fit_population(spec_of(False), task, members[:1]).members[0]
    for ours, theirs in zip(plain.network.parameters, alone.network.parameters, strict=True):
        np.testing.assert_allclose(ours["w"], theirs["w"], rtol=0, atol=1e-12)
    assert np.abs(moved.network.parameters[0]["w"] - plain.network.parameters[0]["w"]).max() > 1e-3


def test_directions_have_length_one_also_where_gradients_are_tiny():
    x = np.array([[3.0, 4.0], [3e-30, -4e-30], [0.0, 0.0]], np.float32)
    # The squares of the second row are no float32 numbers any more. Five roundings of float32.
    np.testing.assert_allclose(_unit_rows(jax.numpy.asarray(x)), [[0.6, 0.8], [0.6, -0.8], [0, 0]], rtol=5e-7)


def test_a_second_forward_pass_is_counted_in_memory():
    plain, moved = (member_bytes(spec_of(False, uses_adversarial=uses), n_train=100) for uses in (False, True))
    assert moved - plain == 8 * 16 * (N_FEATURES + 3 * (6 + 5 + N_CLASSES))
