"""Layers, losses and gradients against a plain NumPy network; Keras' activations by value."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from sklearn.neural_network import MLPClassifier

import numpy_network as reference
from bakeoff.dense import NetworkSpec, Noise, Rates, TrainingSpec, apply, init, turned
from bakeoff.dense._activations import ACTIVATIONS
from bakeoff.dense._losses import penalty, row_losses
from bakeoff.dense._spec import LOSSES_OF_OUTPUT

OUTPUTS_AND_LOSSES = [(output, loss) for output, losses in LOSSES_OF_OUTPUT.items() for loss in losses]
ROWS, FEATURES, OUTPUTS = 12, 7, 5


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


@pytest.fixture(autouse=True, params=[False, True], ids=["by units", "by rows"])
def order(request, monkeypatch):
    """Everything holds for both orders of what flows between layers."""
    monkeypatch.setitem(globals(), "apply", partial(apply, by_rows=request.param))


def network(activation="relu", output="softmax", loss="categorical_crossentropy", normalizes=False):
    spec = NetworkSpec(FEATURES, (6, 4), OUTPUTS, activation, output, normalizes, "float64")
    return TrainingSpec(spec, tuple(range(OUTPUTS)), loss=loss)


def start(spec, seed=0):
    parameters, averages = init(seed, spec.network)
    random = np.random.default_rng(seed)
    # Biases, scales and offsets away from their trivial start values, so that a mistake in them shows.
    for layer in parameters:
        for name in ("b", "scale", "offset"):
            if name in layer:
                layer[name] = layer[name] + jnp.asarray(random.normal(0, 0.3, layer[name].shape))
    return parameters, averages


def rows(seed=1):
    random = np.random.default_rng(seed)
    return random.normal(size=(ROWS, FEATURES)), random.integers(0, OUTPUTS, ROWS).astype(np.int32)


def objective(parameters, averages, x, columns, spec, options):
    noise = Noise(jax.random.key(0), None, None, jnp.ones(len(x)))
    logits, _ = apply(turned(parameters), averages, x, spec.network, noise)
    losses = row_losses(logits, columns, spec, options.get("smoothing"))
    return jnp.mean(losses * options.get("weights", 1.0)) + penalty(
        parameters, Rates(l2=jnp.asarray(options.get("l2", 0.0)))
    )


def as_numpy(spec, parameters):
    weights = [(np.asarray(layer["w"]), np.asarray(layer["b"])) for layer in parameters]
    normalisation = None
    if spec.network.batch_normalization:
        normalisation = [(np.asarray(layer["scale"]), np.asarray(layer["offset"])) for layer in parameters[:-1]]
    network = spec.network
    return reference.NumpyNetwork(weights, network.activation, network.output_activation, spec.loss, normalisation)


def assert_same_loss_and_gradients(spec, target=None, **options):
    parameters, averages = start(spec)
    x, columns = rows()
    loss, gradients = jax.value_and_grad(objective)(parameters, averages, x, columns, spec, options)
    target = np.eye(OUTPUTS)[columns] if target is None else target
    expected_loss, expected = as_numpy(spec, parameters).loss_and_gradients(
        x, target, options.get("weights"), options.get("l2", 0.0)
    )
    # Two orders of summation in float64 of about a hundred terms.
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    for ours, theirs in zip(gradients, expected, strict=True):
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            np.testing.assert_allclose(value, theirs[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradients_of_every_activation_equal_a_numpy_network(activation):
    assert_same_loss_and_gradients(network(activation))


@pytest.mark.parametrize(("output", "loss"), OUTPUTS_AND_LOSSES)
def test_loss_and_gradients_of_every_output_and_loss_equal_a_numpy_network(output, loss):
    assert_same_loss_and_gradients(network("tanh", output, loss))


def test_gradients_through_batch_normalisation_equal_a_numpy_network():
    assert_same_loss_and_gradients(network("tanh", normalizes=True))


def test_gradients_with_l2_and_weighted_rows_equal_a_numpy_network():
    weights = np.random.default_rng(5).uniform(0, 2, ROWS)
    assert_same_loss_and_gradients(network("tanh"), l2=0.01, weights=weights)


@pytest.mark.parametrize(
    ("output", "loss", "rest"),
    [("softmax", "categorical_crossentropy", 1 / OUTPUTS), ("sigmoid", "binary_crossentropy", 0.5)],
)
def test_label_smoothing_moves_targets_towards_even(output, loss, rest):
    _, columns = rows()
    target = np.eye(OUTPUTS)[columns] * 0.8 + 0.2 * rest
    assert_same_loss_and_gradients(network("tanh", output, loss), target, smoothing=jnp.asarray(0.2))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_equal_those_of_keras_with_the_same_name(activation):
    import keras  # noqa: PLC0415 (seconds, for this test alone)

    x = np.linspace(-4, 4, 41).astype(np.float32)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        expected = np.asarray(getattr(keras.activations, activation)(x))
    np.testing.assert_allclose(ACTIVATIONS[activation](jnp.asarray(x)), expected, rtol=1e-5, atol=1e-6)


def test_numeric_and_analytic_gradients_agree():
    spec = network("gelu", normalizes=True)
    parameters, averages = start(spec)
    x, columns = rows()
    check_grads(lambda p: objective(p, averages, x, columns, spec, {}), (parameters,), order=1, modes=["rev"])


def test_rows_that_fill_up_a_batch_change_nothing():
    spec = network("tanh", normalizes=True)
    parameters, averages = start(spec)
    x, _ = rows()
    filled = np.concatenate([x, np.full((4, FEATURES), 50.0)])
    weights = jnp.asarray([1.0] * ROWS + [0.0] * 4)
    plain = apply(turned(parameters), averages, x, spec.network, Noise(jax.random.key(0), None, None, jnp.ones(ROWS)))
    padded = apply(turned(parameters), averages, filled, spec.network, Noise(jax.random.key(0), None, None, weights))
    np.testing.assert_allclose(padded[0][:, :ROWS], plain[0], rtol=1e-12)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), padded[1], plain[1])


def test_dropout_drops_the_asked_share_and_keeps_the_mean():
    spec = NetworkSpec(1, (200,), 2, activation="linear", precision="float64")
    one = {"w": jnp.ones((1, 200)), "b": jnp.zeros(200)}
    last = {"w": jnp.eye(200), "b": jnp.zeros(200)}
    noise = Noise(jax.random.key(3), jnp.asarray(0.3), None, jnp.ones(500))
    outputs, _ = apply(turned([one, last]), [{}, {}], jnp.ones((500, 1)), spec, noise)
    # 100,000 decisions: a standard deviation is 0.0014.
    assert np.mean(np.asarray(outputs) == 0) == pytest.approx(0.3, abs=0.006)
    assert set(np.unique(np.asarray(outputs).round(9))) == {0.0, round(1 / 0.7, 9)}
    # Neighbouring decisions come from one random word: they must be independent all the same.
    dropped = np.asarray(outputs) == 0
    assert abs(np.corrcoef(dropped[:, 0:-1:2].ravel(), dropped[:, 1::2].ravel())[0, 1]) < 0.02


def test_input_dropout_drops_inputs_before_the_first_layer_and_nothing_else():
    spec = NetworkSpec(150, (150,), 2, activation="linear", precision="float64")
    same = [{"w": jnp.eye(150), "b": jnp.zeros(150)}, {"w": jnp.eye(150), "b": jnp.zeros(150)}]
    noise = Noise(jax.random.key(3), None, jnp.asarray(0.2), jnp.ones(500))
    x = jnp.asarray(np.random.default_rng(0).uniform(1, 2, (500, 150)))
    outputs, _ = apply(turned(same), [{}, {}], x, spec, noise)
    factors = np.asarray(outputs).T / np.asarray(x)
    # 75,000 decisions: a standard deviation is 0.0015.
    assert np.mean(factors == 0) == pytest.approx(0.2, abs=0.006)
    np.testing.assert_allclose(factors[factors > 0], 1 / 0.8, rtol=1e-12)
    unchanged, _ = apply(turned(same), [{}, {}], x, spec, None)
    np.testing.assert_allclose(unchanged.T, x, rtol=1e-12)


def test_start_weights_are_glorot_uniform_and_biases_zero():
    spec = NetworkSpec(300, (200,), 10)
    parameters, _ = init(0, spec)
    limit = np.sqrt(6 / 500)
    w = np.asarray(parameters[0]["w"])
    assert np.abs(w).max() <= limit
    assert np.abs(w).max() > 0.999 * limit
    # Standard deviation of a uniform distribution, from 60,000 draws.
    assert w.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not np.asarray(parameters[0]["b"]).any()


def test_uniform_biases_lie_in_the_range_of_scikit_learns():
    random = np.random.default_rng(0)
    theirs = MLPClassifier((20_000,), max_iter=1, learning_rate_init=1e-12, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        theirs.fit(random.normal(size=(8, 2)), [0, 1, 2, 3] * 2)
    parameters, _ = init(0, NetworkSpec(2, (20_000,), 4), "uniform")
    for layer, biases in zip(parameters, theirs.intercepts_, strict=True):
        # The largest of 20,000 draws, and of the 4 of the output, lies where theirs may.
        limit = np.sqrt(6 / sum(layer["w"].shape))
        assert np.abs(biases).max() <= limit + 1e-9
        assert np.abs(layer["b"]).max() <= limit
        assert layer["b"].any()
    assert np.abs(parameters[0]["b"]).max() == pytest.approx(np.abs(theirs.intercepts_[0]).max(), rel=1e-3)
    assert parameters[0]["b"].std() == pytest.approx(theirs.intercepts_[0].std(), rel=0.02)


def test_bfloat16_products_round_the_factors_only():
    spec32 = NetworkSpec(64, (32,), 3, activation="tanh")
    spec16 = NetworkSpec(64, (32,), 3, activation="tanh", precision="bfloat16")
    parameters, averages = init(0, spec32)
    x = jnp.asarray(np.random.default_rng(0).uniform(0, 1, (16, 64)).astype(np.float32))

    def loss(parameters, spec):
        return jnp.sum(jnp.square(apply(turned(parameters), averages, x, spec, None)[0]))

    exact, rounded = (jax.grad(loss)(parameters, spec) for spec in (spec32, spec16))
    for one, other in zip(jax.tree.leaves(exact), jax.tree.leaves(rounded), strict=True):
        assert other.dtype == jnp.float32
        # bfloat16 has 8 bits: each factor is off by up to 0.4 %.
        np.testing.assert_allclose(other, one, atol=0.03 * float(jnp.abs(one).max()))
