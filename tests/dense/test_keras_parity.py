"""Step by step like Keras 3: same start weights and batches, same weights after 100 steps."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np
import pytest

from bakeoff.dense import NetworkSpec, Rates, TrainingSpec, n_parameters, turned
from bakeoff.dense._epoch import run_epoch
from bakeoff.dense._plan import Batches, Layout
from bakeoff.dense._scaling import Scaling
from bakeoff.dense._state import Data, start

BATCH, STEPS = 32, 100
N_ROWS = BATCH * STEPS - 9  # the last batch is short

OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.01}),
    "momentum": ("SGD", {"learning_rate": 0.01, "momentum": 0.9}),
    "nesterov": ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "rmsprop": ("RMSprop", {}),
    "rmsprop with momentum": ("RMSprop", {"momentum": 0.5}),
    "sgd with weight decay": ("SGD", {"learning_rate": 0.01, "weight_decay": 0.1}),
}


@dataclass
class System:
    """A network and how it is trained, in words that both sides understand."""

    hidden: tuple[int, ...] = (32, 16)
    n_features: int = 784
    columns: tuple[int, ...] = tuple(range(10))
    n_outputs: int = 10
    activation: str = "relu"
    output: str = "softmax"
    loss: str = "categorical_crossentropy"
    optimizer: str = "sgd"
    normalizes: bool = False
    l2: float = 0.0
    smoothing: float = 0.0
    class_weights: Any = None
    epochs: int = 1
    data: Any = field(default=None)


B1 = System()
B2 = System(hidden=(1024, 512, 256, 128, 64))
A = System(
    hidden=(1000, 800, 600),
    columns=tuple(column for column in range(25) if column != 9),
    n_outputs=25,
    output="tanh",
    loss="mean_squared_error",
    optimizer="adam",
)
NARROW_B2 = replace(B2, hidden=(96, 64, 48, 32, 16), n_features=100)
NARROW_A = replace(A, hidden=(90, 80, 60), n_features=100)


def rows_of(system):
    """Pixels that know their class, with a tenth of the labels wrong, so that no probability gets near 0 or 1."""
    random = np.random.default_rng(7)
    n_classes = len(system.columns)
    labels = random.integers(0, n_classes, N_ROWS)
    pictures = random.integers(0, 200, (n_classes, system.n_features))
    rows = np.clip(pictures[labels] + random.normal(0, 60, (N_ROWS, system.n_features)), 0, 255).astype(np.uint8)
    wrong = random.random(N_ROWS) < 0.1
    labels[wrong] = random.integers(0, n_classes, wrong.sum())
    return rows, labels.astype(np.int32)


@contextmanager
def keras_as_it_is(precision):
    import keras  # noqa: PLC0415 (after the backend is chosen)

    before = keras.config.floatx()
    keras.config.set_floatx(precision)
    keras.config.set_dtype_policy(precision)
    # On JAX, Keras promotes float64 to float32 inside means and batch normalisation, which would cost all digits after
    # the seventh. On its TensorFlow backend this entry says float64; so it does here.
    promoted = keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE
    promoted["float64"] = precision
    try:
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Keras' own, of NumPy 2
            yield keras
    finally:
        promoted["float64"] = "float32"
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)


def train_keras(system, weights, precision):
    """Weights after training, layer by layer as Keras keeps them, and its history."""
    rows, labels = rows_of(system)
    with keras_as_it_is(precision) as keras:
        layers = [keras.Input((system.n_features,))]
        regularizer = keras.regularizers.L2(system.l2) if system.l2 else None
        for units in system.hidden:
            layers.append(keras.layers.Dense(units, kernel_regularizer=regularizer))
            if system.normalizes:
                layers.append(keras.layers.BatchNormalization())
            layers.append(keras.layers.Activation(system.activation))
        layers.append(keras.layers.Dense(system.n_outputs, activation=system.output, kernel_regularizer=regularizer))
        model = keras.Sequential(layers)
        name, options = OPTIMIZERS[system.optimizer]
        loss = system.loss
        if system.smoothing:
            loss = keras.losses.CategoricalCrossentropy(label_smoothing=system.smoothing)
        model.compile(optimizer=getattr(keras.optimizers, name)(**options), loss=loss, metrics=["accuracy"])
        model.set_weights(weights)
        history = model.fit(
            rows.astype(precision) / 255,
            np.eye(system.n_outputs)[np.asarray(system.columns)[labels]].astype(precision),
            batch_size=BATCH,
            epochs=system.epochs,
            shuffle=False,
            verbose=0,
            class_weight=None
            if system.class_weights is None
            else dict(zip(system.columns, system.class_weights, strict=True)),
        )
        return model.get_weights(), history.history


def train_here(system, precision):
    """Start weights and end weights in Keras' order, and the scores of each epoch."""
    rows, labels = rows_of(system)
    name, options = OPTIMIZERS[system.optimizer]
    network = NetworkSpec(
        system.n_features, system.hidden, system.n_outputs, system.activation, system.output, system.normalizes,
        precision,
    )  # fmt: skip
    decay = options.get("weight_decay", 0.004 if name == "AdamW" else 0.0)
    spec = TrainingSpec(
        network,
        system.columns,
        BATCH,
        system.loss,
        name.lower(),
        nesterov=options.get("nesterov", False),
        train_scores="none",
        uses_momentum="momentum" in options,
        uses_l2=system.l2 > 0,
        uses_weight_decay=decay > 0,
        uses_label_smoothing=system.smoothing > 0,
    )
    own = Rates(
        learning_rate=options.get("learning_rate", 0.001),
        momentum=options.get("momentum", 0.0),
        weight_decay=decay,
        l2=system.l2,
        label_smoothing=system.smoothing,
        class_weights=system.class_weights,
    )
    rates = Rates.stack([own], (1, 1), network.dtype)
    state = start(spec, np.zeros((1, 1), np.uint32), rates, [None])
    before = in_keras_order(state)
    in_order = np.zeros((STEPS, 1, BATCH), np.int32)
    in_order.reshape(-1)[:N_ROWS] = np.arange(N_ROWS)
    counts = np.full((STEPS, 1), BATCH, np.int32)
    counts[-1] = BATCH - 9
    columns = np.asarray(system.columns, np.int32)[labels]
    data = Data(rows, columns, Scaling(factor=np.asarray(1 / 255, network.dtype)))
    program = jax.jit(run_epoch, static_argnums=(0, 1))
    history = []
    for _ in range(system.epochs):
        layout = Layout(1, 1, False, True, True, True)
        state, scores = program(spec, layout, state, rates, data, {"epoch": Batches(in_order, counts)})
        history.append({key: float(value[0, 0]) for key, value in scores.items()})
    return before, in_keras_order(state), history


def in_keras_order(state):
    names = ("w", "b", "scale", "offset")
    arrays = []
    for layer, averages in zip(turned(state.parameters), state.averages, strict=True):
        arrays += [layer[name] for name in names if name in layer]
        arrays += [averages[name] for name in ("mean", "variance") if name in averages]
    return [np.array(array[0, 0]) for array in arrays]


def assert_weights_agree(system):
    with jax.enable_x64(True):
        before, ours, scores = train_here(system, "float64")
        theirs, history = train_keras(system, before, "float64")
    # A bias before batch normalisation has the gradient zero: what moves it is rounding, here as there.
    per_layer = 6 if system.normalizes else 2
    idle = range(1, per_layer * len(system.hidden), per_layer) if system.normalizes else ()
    for number, (mine, other, first) in enumerate(zip(ours, theirs, before, strict=True)):
        if number in idle:
            continue
        # Relative to the array: single weights may be anywhere near zero. Orders of summation differ by 1e-15.
        assert np.abs(mine - other).max() <= 1e-10 * np.abs(other).max()
        assert np.abs(other - first).max() > 1e-5  # it did train
    for epoch, score in enumerate(scores):
        # Keras keeps its running means in float32 whatever the type of the model.
        assert score["loss"] == pytest.approx(history["loss"][epoch], rel=1e-5)
        assert score["accuracy"] == pytest.approx(history["accuracy"][epoch], rel=1e-5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_of_b1_agree_with_keras_for_each_optimizer(optimizer):
    assert_weights_agree(replace(B1, optimizer=optimizer))


@pytest.mark.parametrize("system", [NARROW_B2, NARROW_A], ids=["b2", "a"])
def test_weights_of_narrowed_b2_and_a_agree_with_keras(system):
    assert_weights_agree(system)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("system", [B2, A], ids=["b2", "a"])
def test_weights_of_b2_and_a_agree_with_keras_for_each_optimizer(system, optimizer):
    assert_weights_agree(replace(system, optimizer=optimizer))


SMALL = System(hidden=(20, 12), n_features=30, columns=tuple(range(4)), n_outputs=4, activation="tanh")


@pytest.mark.parametrize(
    "change",
    [
        {"normalizes": True},
        {"l2": 0.01},
        {"smoothing": 0.1},
        {"class_weights": (0.5, 2.0, 1.0, 3.0)},
        {"output": "sigmoid", "loss": "binary_crossentropy"},
        {"output": "linear", "loss": "mean_squared_error"},
        {"output": "softmax", "loss": "mean_squared_error"},
        {"normalizes": True, "l2": 0.001, "optimizer": "momentum", "activation": "gelu", "epochs": 2},
    ],
    ids=str,
)
def test_weights_agree_with_keras_with(change):
    assert_weights_agree(replace(SMALL, **change))


@pytest.mark.parametrize("system", [B1, NARROW_B2, NARROW_A], ids=["b1", "b2", "a"])
def test_losses_in_float32_agree_with_keras(system):
    # Over 100 steps: later the rounding of two orders of summation has grown past any tolerance (1.6 % after 300 steps
    # of A's network, where float64 still agrees to 1e-7).
    before, _, scores = train_here(system, "float32")
    _, history = train_keras(system, before, "float32")
    for epoch, score in enumerate(scores):
        assert score["loss"] == pytest.approx(history["loss"][epoch], rel=1e-3)


def test_parameter_counts_are_those_that_keras_prints():
    systems = {25_818: (32, 16), 1_501_770: (1024, 512, 256, 128, 64), 118_282: (128, 128)}
    for expected, hidden in systems.items():
        assert n_parameters(NetworkSpec(784, hidden, 10)) == expected
    with keras_as_it_is("float32") as keras:
        layers = [keras.layers.Dense(7), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((5,)), *layers])
        trainable = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    assert n_parameters(NetworkSpec(5, (7,), 3, batch_normalization=True)) == trainable
