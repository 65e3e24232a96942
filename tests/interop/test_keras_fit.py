"""`bakeoff.keras.fit` does what ``model.fit`` does."""

import contextlib
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.metrics import f1_score

from bakeoff.keras import KerasWarning, fit

L1L2 = {"l1": 1e-3, "l2": 2e-3}


def dense_model(keras, normalization=None, regularized=False, dropout=0.0, units=(12, 8)):
    layers = [keras.Input((64,))]
    regularizers = {}
    if regularized:
        regularizers = {
            "kernel_regularizer": keras.regularizers.L1L2(**L1L2),
            "bias_regularizer": keras.regularizers.L2(0.1),
        }
    for number, width in enumerate(units):
        # Before a normalisation a bias has no gradient but rounding, which some rules blow up.
        layers.append(keras.layers.Dense(width, **regularizers, use_bias=normalization != "before" and number != 1))
        if normalization == "before":
            layers.append(keras.layers.BatchNormalization(momentum=0.9, epsilon=0.01))
        layers.append(keras.layers.Activation("tanh" if number else "relu"))
        if normalization == "after":
            layers.append(keras.layers.BatchNormalization())
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])


def twins(keras, make, **compiled):
    """Two models with the same weights, compiled alike."""
    one, other = make(), make()
    other.set_weights(one.get_weights())
    for model in (one, other):
        settings = {name: value() if callable(value) else value for name, value in compiled.items()}
        model.compile(**settings)
    return one, other


OPTIMIZERS = {
    "sgd": lambda keras: keras.optimizers.SGD(0.1),
    "momentum": lambda keras: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda keras: keras.optimizers.Adam(0.01, beta_1=0.8, epsilon=1e-3),
    "adamw": lambda keras: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "rmsprop": lambda keras: keras.optimizers.RMSprop(0.01, rho=0.8, momentum=0.5),
}


@pytest.mark.parametrize(
    ("optimizer", "normalization"),
    [("sgd", None), ("momentum", "before"), ("adam", "after"), ("adamw", None), ("rmsprop", "before")],
)
def test_weights_and_losses_are_those_of_keras_where_batches_are(keras, digits, optimizer, normalization):
    X, y = digits
    ours, theirs = twins(
        keras,
        lambda: dense_model(keras, normalization, regularized=True),
        optimizer=lambda: OPTIMIZERS[optimizer](keras),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    # One batch an epoch: however the rows are shuffled, the step is the same.
    same = {"batch_size": len(X), "epochs": 5, "validation_data": (X[:200], y[:200]), "verbose": 0}
    found = fit(ours, X, y, **same).history
    expected = theirs.fit(X, y, **same).history
    assert list(found) == list(expected)
    for name, values in expected.items():
        # Sums of a few hundred float32 terms in another order, five steps long; an accuracy may differ by one row.
        np.testing.assert_allclose(found[name], values, rtol=2e-4, atol=2e-3 if "accuracy" in name else 1e-5)
    for got, want in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-4)
    # What the optimizer remembers went along: both go on alike, with Keras.
    again = {**same, "epochs": 2}
    np.testing.assert_allclose(
        ours.fit(X, y, **again).history["loss"], theirs.fit(X, y, **again).history["loss"], rtol=1e-3
    )


def test_training_goes_on_from_where_keras_left_it(keras, digits):
    X, y = digits
    ours, theirs = twins(
        keras, lambda: dense_model(keras), optimizer=lambda: keras.optimizers.Adam(0.01),
        loss="sparse_categorical_crossentropy",
    )  # fmt: skip
    same = {"batch_size": len(X), "epochs": 3, "verbose": 0}
    ours.fit(X, y, **same)
    theirs.fit(X, y, **same)
    found, expected = fit(ours, X, y, **same), theirs.fit(X, y, **same)
    np.testing.assert_allclose(found.history["loss"], expected.history["loss"], rtol=2e-4)
    assert int(ours.optimizer.iterations) == 6


LOSSES = {
    "categorical_crossentropy": ("softmax", "one-hot"),
    "mean_squared_error": ("tanh", "one-hot"),
    "binary_crossentropy": ("sigmoid", "one-hot"),
    "sparse_categorical_crossentropy": ("softmax", "numbers"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_that_of_keras(keras, digits, loss):
    X, y = digits
    output, form = LOSSES[loss]
    targets = keras.utils.to_categorical(y, 12) if form == "one-hot" else y

    def make():
        return keras.Sequential([keras.Input((64,)), keras.layers.Dense(9, "gelu"), keras.layers.Dense(12, output)])

    ours, theirs = twins(keras, make, optimizer=lambda: keras.optimizers.SGD(0.3), loss=loss, metrics=["accuracy"])
    same = {"batch_size": len(X), "epochs": 4, "verbose": 0}
    found, expected = fit(ours, X, targets, **same).history, theirs.fit(X, targets, **same).history
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-4)
    np.testing.assert_allclose(found["accuracy"], expected["accuracy"], atol=2e-3)


def test_label_smoothing_and_logits_are_those_of_keras(keras, digits):
    X, y = digits
    targets = keras.utils.to_categorical(y, 10)

    def make():
        return keras.Sequential([keras.Input((64,)), keras.layers.Dense(9, "swish"), keras.layers.Dense(10)])

    ours, theirs = twins(
        keras, make, optimizer=lambda: keras.optimizers.SGD(0.3),
        loss=lambda: keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
    )  # fmt: skip
    same = {"batch_size": len(X), "epochs": 4, "verbose": 0}
    found, expected = fit(ours, X, targets, **same), theirs.fit(X, targets, **same)
    np.testing.assert_allclose(found.history["loss"], expected.history["loss"], rtol=1e-4)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mean_squared_error"])
def test_one_sigmoid_for_two_classes_is_that_of_keras(keras, digits, loss):
    X, y = digits
    odd = y % 2

    def make():
        return keras.Sequential([keras.Input((64,)), keras.layers.Dense(9, "tanh"), keras.layers.Dense(1, "sigmoid")])

    ours, theirs = twins(
        keras, make, optimizer=lambda: keras.optimizers.Adam(0.01, epsilon=1e-3), loss=loss,
        metrics=["accuracy", "binary_accuracy"],
    )  # fmt: skip
    same = {"batch_size": len(X), "epochs": 5, "class_weight": {0: 2.0, 1: 0.5}, "verbose": 0}
    found, expected = fit(ours, X, odd, **same).history, theirs.fit(X, odd, **same).history
    assert list(found) == list(expected)
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-4)
    np.testing.assert_allclose(found["accuracy"], expected["accuracy"], atol=2e-3)
    for got, want in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def test_metrics_that_mean_another_number_of_outputs_are_left_to_keras(keras, digits):
    X, y = digits
    one = keras.Sequential([keras.Input((64,)), keras.layers.Dense(1, "sigmoid")])
    one.compile("sgd", "binary_crossentropy", metrics=["categorical_accuracy"])
    many = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, "softmax")])
    many.compile("sgd", "categorical_crossentropy", metrics=["binary_accuracy"])
    for model, labels in ((one, y % 2), (many, keras.utils.to_categorical(y, 10))):
        with pytest.warns(KerasWarning, match="metrics: (categorical|binary)_accuracy of 10? outputs"):
            fit(model, X, labels, verbose=0)


def test_labels_of_a_third_class_do_not_fit_one_output(keras, digits):
    X, y = digits
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.warns(KerasWarning, match="one 0 or 1 a row"):
        fit(model, X, y, verbose=0)


@pytest.mark.parametrize("weights", ["class", "sample"])
def test_weighted_rows_count_as_in_keras(keras, digits, weights):
    X, y = digits
    ours, theirs = twins(
        keras, lambda: dense_model(keras), optimizer=lambda: keras.optimizers.SGD(0.1),
        loss="sparse_categorical_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    same = {"batch_size": len(X), "epochs": 3, "verbose": 0}
    if weights == "class":
        same["class_weight"] = {**dict.fromkeys(range(10), 1.0), 3: 5.0, 4: 0.5}
    else:
        same["sample_weight"] = np.random.default_rng(0).uniform(0, 2, len(X)).astype(np.float32)
    found, expected = fit(ours, X, y, **same).history, theirs.fit(X, y, **same).history
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-4)
    for got, want in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def test_shuffled_short_batches_and_dropout_come_to_like_scores(keras, digits):
    X, y = digits
    ours, theirs = twins(
        keras, lambda: dense_model(keras, dropout=0.2, units=(64, 32)), optimizer="adam",
        loss="sparse_categorical_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    same = {"batch_size": 32, "epochs": 15, "validation_split": 0.25, "verbose": 0}
    found, expected = fit(ours, X, y, **same).history, theirs.fit(X, y, **same).history
    for name in ("accuracy", "val_accuracy"):
        # 450 and 150 rows: two standard errors of a difference near 0.9.
        assert found[name][-1] == pytest.approx(expected[name][-1], abs=0.08)
        assert found[name][-1] > 0.75


def test_pixels_are_rescaled_and_flattened_inside(keras, digits):
    X, y = digits
    pixels = np.round(X * 255).astype(np.uint8).reshape(-1, 8, 8)

    def make():
        return keras.Sequential(
            [
                keras.Input((8, 8)),
                keras.layers.Rescaling(1 / 255, offset=-0.5),
                keras.layers.Flatten(),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )

    ours, theirs = twins(
        keras, make, optimizer=lambda: keras.optimizers.SGD(0.3), loss="sparse_categorical_crossentropy"
    )
    same = {"batch_size": len(X), "epochs": 4, "verbose": 0}
    found, expected = fit(ours, pixels, y, **same), theirs.fit(pixels, y, **same)
    np.testing.assert_allclose(found.history["loss"], expected.history["loss"], rtol=1e-4)


def test_callbacks_see_the_weights_stop_training_and_turn_the_rate(keras, digits):
    X, y = digits
    model = dense_model(keras)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seen = []

    class Own(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            right = self.model.predict(X, verbose=0).argmax(axis=1) == y
            seen.append((epoch, logs["val_accuracy"], float(right.mean())))
            if epoch == 3:
                self.model.stop_training = True

    rates = keras.callbacks.LearningRateScheduler(lambda epoch, _rate: 0.1 if epoch < 2 else 0.0)
    history = fit(model, X, y, epochs=9, batch_size=60, validation_data=(X, y), callbacks=[Own(), rates], verbose=0)
    assert history.epoch == [0, 1, 2, 3]
    assert history is model.history
    for _, said, measured in seen:
        assert said == pytest.approx(measured, abs=1e-6)
    # A rate of zero changes nothing any more.
    assert history.history["val_loss"][1] == pytest.approx(history.history["val_loss"][3], abs=1e-6)
    assert history.history["val_loss"][0] > history.history["val_loss"][1]


def test_the_best_weights_that_keras_restores_stay(keras, digits):
    X, y = digits
    model = dense_model(keras)
    model.compile(keras.optimizers.SGD(2.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    history = fit(model, X, y, epochs=30, validation_data=(X[:200], y[:200]), callbacks=[stopping], verbose=0)
    assert model.evaluate(X[:200], y[:200], verbose=0)[0] == pytest.approx(min(history.history["val_loss"]), rel=1e-4)


def test_f1_is_exact_and_that_of_scikit_learn(keras, digits):

    X, y = digits
    model = dense_model(keras)
    macro = keras.metrics.F1Score(average="macro")
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", macro])
    targets = keras.utils.to_categorical(y, 10)
    history = fit(
        model, X[:400], targets[:400], epochs=3, f1=True, validation_data=(X[400:], targets[400:]), verbose=0
    ).history
    assert list(history) == [
        "accuracy", "f1", "f1_score", "loss", "val_accuracy", "val_f1", "val_f1_score", "val_loss",
    ]  # fmt: skip
    said = model.predict(X, verbose=0).argmax(axis=1)
    assert history["f1"][-1] == pytest.approx(f1_score(y[:400], said[:400], average="macro"), abs=1e-6)
    assert history["val_f1"][-1] == pytest.approx(f1_score(y[400:], said[400:], average="macro"), abs=1e-6)
    assert history["val_f1_score"][-1] == pytest.approx(model.evaluate(X[400:], targets[400:], verbose=0)[2], abs=1e-6)


def test_a_course_notebooks_f1_callback_and_plots_run_unchanged(keras, digits):
    X, y = digits
    train, validation = (X[:400], y[:400]), (X[400:], y[400:])

    class F1History(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for name, (rows, labels) in (("f1", train), ("val_f1", validation)):
                said = np.argmax(self.model.predict(rows, verbose=0), axis=1)
                score = f1_score(labels, said, average="macro")
                self.model.history.history.setdefault(name, []).append(score)

    model = dense_model(keras)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = fit(model, *train, epochs=3, validation_data=validation, callbacks=[F1History()], verbose=0)
    assert [len(history.history[key]) for key in ("loss", "val_accuracy", "f1", "val_f1")] == [3, 3, 3, 3]
    said = np.argmax(model.predict(validation[0], verbose=0), axis=1)
    assert history.history["val_f1"][-1] == f1_score(validation[1], said, average="macro")
    assert history.epoch == [0, 1, 2]
    assert history.params["epochs"] == 3

    figure, axes = plt.subplots()
    for key in ("accuracy", "val_accuracy", "f1", "val_f1"):
        axes.plot(history.history[key], label=key)
    assert [list(line.get_ydata()) for line in axes.lines] == [
        history.history[key] for key in ("accuracy", "val_accuracy", "f1", "val_f1")
    ]
    plt.close(figure)


def test_the_same_seed_gives_the_same_model(keras, digits):
    X, y = digits
    losses = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        model = dense_model(keras, dropout=0.3)
        model.compile("adam", "sparse_categorical_crossentropy")
        losses.append(fit(model, X, y, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]


def leaves_to_keras(keras, digits, model, match, **arguments):
    X, y = digits
    with pytest.warns(KerasWarning, match=match):
        history = fit(model, arguments.pop("x", X), y, verbose=0, **arguments)
    assert len(history.history["loss"]) == 1


def test_what_the_engine_lacks_is_named_and_left_to_keras(keras, digits):
    def small(*layers, **compiled):
        model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10, "softmax")])
        model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", **compiled})
        return model

    leaves_to_keras(keras, digits, small(keras.layers.LayerNormalization()), r"\(LayerNormalization\): no layer of")
    leaves_to_keras(keras, digits, small(keras.layers.Dense(3, "softplus")), "activation=softplus")
    leaves_to_keras(keras, digits, small(keras.layers.BatchNormalization()), "batch normalisation of the inputs")
    frozen = keras.layers.Dense(3)
    frozen.trainable = False
    leaves_to_keras(keras, digits, small(frozen), "trainable=False")
    constrained = keras.layers.Dense(3, kernel_constraint="non_neg")
    leaves_to_keras(keras, digits, small(constrained), "kernel_constraint=NonNeg")
    leaves_to_keras(keras, digits, small(optimizer="adagrad"), "optimizer: Adagrad is not one")
    clipped = keras.optimizers.SGD(0.1, clipnorm=1.0)
    leaves_to_keras(keras, digits, small(optimizer=clipped), r"optimizer: clipnorm=1\.0")
    leaves_to_keras(keras, digits, small(metrics=["sparse_top_k_categorical_accuracy"]), "metrics: .*top_k")
    leaves_to_keras(keras, digits, small(), "shuffle=False", shuffle=False)

    class EveryBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    leaves_to_keras(keras, digits, small(), "EveryBatch.on_train_batch_end", callbacks=[EveryBatch()])


def test_all_that_is_lacking_is_named_together(keras, digits):
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(3, "selu"), keras.layers.Dense(10, "softmax")])
    model.compile("ftrl", "sparse_categorical_crossentropy")
    with pytest.warns(KerasWarning) as caught:
        fit(model, *digits, shuffle=False, verbose=0)
    said = next(str(warning.message) for warning in caught if warning.category is KerasWarning)
    assert all(part in said for part in ("shuffle=False", "activation=selu", "Ftrl"))


def test_soft_labels_are_left_to_keras(keras, digits):
    X, y = digits
    model = dense_model(keras)
    model.compile("sgd", "categorical_crossentropy")
    with pytest.warns(KerasWarning, match="y must be one-hot: one 1 in each row"):
        fit(model, X, keras.utils.to_categorical(y, 10) * 0.5 + 0.05, verbose=0)


def test_a_model_that_is_not_compiled_is_keras_own_error(keras, digits):
    with pytest.warns(KerasWarning, match="must be compiled"), pytest.raises(ValueError, match="compile"):
        fit(dense_model(keras), *digits, verbose=0)


def test_what_only_bears_the_name_of_keras_own_is_left_to_keras(keras, digits):
    def small(**compiled):
        model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, "softmax")])
        model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", **compiled})
        return model

    class Own(keras.Model):
        def train_step(self, *arguments):
            return super().train_step(*arguments)

    inputs = keras.Input((64,))
    own = Own(inputs, keras.layers.Dense(10, "softmax")(inputs))
    own.compile("sgd", "sparse_categorical_crossentropy")
    leaves_to_keras(keras, digits, own, "the model is a class of its own, Own")

    def sparse_categorical_crossentropy(target, said):
        return keras.losses.sparse_categorical_crossentropy(target, said) * 2

    leaves_to_keras(keras, digits, small(loss=sparse_categorical_crossentropy), "the loss is one of its own")

    def gelu(x):
        return keras.activations.gelu(x, approximate=True)

    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(4, gelu), keras.layers.Dense(10, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    leaves_to_keras(keras, digits, model, "an activation of its own, gelu")
    excluding = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    excluding.exclude_from_weight_decay(var_names=["bias"])
    leaves_to_keras(keras, digits, small(optimizer=excluding), "exclude_from_weight_decay")
    hook = keras.callbacks.LambdaCallback()
    hook.on_train_batch_end = lambda batch, logs=None: None
    leaves_to_keras(keras, digits, small(), "LambdaCallback.on_train_batch_end", callbacks=[hook])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"validation_freq": 2}, "fit: validation_freq"),
        ({"validation_split": 0.2, "sample_weight": np.ones(600, np.float32)}, "validation_split and sample_weight"),
    ],
)
def test_arguments_that_mean_something_else_there_are_left_to_keras(keras, digits, arguments, match):
    model = dense_model(keras)
    model.compile("sgd", "sparse_categorical_crossentropy")
    leaves_to_keras(keras, digits, model, match, **arguments)


@pytest.mark.parametrize(
    "arguments", [{"validation_split": -0.5}, {"validation_split": 1.5}, {"batch_size": 0}, {"epoch": 3}]
)
def test_arguments_that_are_wrong_are_left_to_keras(keras, digits, arguments):
    model = dense_model(keras)
    model.compile("sgd", "sparse_categorical_crossentropy")
    # Some of them Keras refuses, others it makes something of.
    with warnings.catch_warnings(record=True) as caught, contextlib.suppress(Exception):
        warnings.simplefilter("always")
        fit(model, *digits, verbose=0, **arguments)
    said = [str(warning.message) for warning in caught if warning.category is KerasWarning]
    assert len(said) == 1
    assert f"fit: {next(iter(arguments))}" in said[0]


def test_rows_of_another_shape_than_the_inputs_are_keras_own_error(keras, digits):
    model = dense_model(keras)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(KerasWarning, match="rows of the shape"), pytest.raises(ValueError, match="shape"):
        fit(model, digits[0][:, :60], digits[1], verbose=0)
