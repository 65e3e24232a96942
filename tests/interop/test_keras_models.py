"""Keras models become networks of the engine and back, and predict the same."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from bakeoff.dense import Predictor
from bakeoff.errors import DataError, InteropError
from bakeoff.estimator import DenseClassifier
from bakeoff.keras import from_keras, network_from_keras, to_keras


def shaken(model):
    """The model with all of its weights away from their trivial start values."""
    random = np.random.default_rng(0)
    model.set_weights([weights + np.abs(random.normal(0, 0.1, weights.shape)) for weights in model.get_weights()])
    return model


@pytest.fixture
def mixed(keras):
    """Everything that the engine has, at once."""
    layers = keras.layers
    return shaken(
        keras.Sequential(
            [
                keras.Input((8, 8)),
                layers.Rescaling(1 / 16, -0.5),
                layers.Flatten(),
                layers.Dropout(0.1),
                layers.Dense(20, activation="relu", use_bias=False),
                layers.BatchNormalization(momentum=0.8, epsilon=0.01),
                layers.Dropout(0.1),
                layers.Dense(12),
                layers.BatchNormalization(momentum=0.8, epsilon=0.01),
                layers.Activation("gelu"),
                layers.Dense(11, "elu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )


@pytest.fixture
def rows():
    return np.random.default_rng(1).integers(0, 17, (50, 8, 8)).astype(np.uint8)


def outputs(network, rows):
    return Predictor(network).outputs(rows.reshape(len(rows), -1))


def test_a_model_predicts_the_same_in_the_engine_from_memory_and_from_its_file(mixed, rows, tmp_path):
    expected = mixed.predict(rows, verbose=0)
    np.testing.assert_allclose(outputs(network_from_keras(mixed), rows), expected, atol=1e-6)
    mixed.save(tmp_path / "mixed.keras")
    np.testing.assert_allclose(outputs(network_from_keras(tmp_path / "mixed.keras"), rows), expected, atol=1e-6)


def test_a_network_predicts_the_same_as_a_keras_model(mixed, rows):
    back = to_keras(network_from_keras(mixed))
    np.testing.assert_allclose(back.predict(rows.reshape(50, -1), verbose=0), mixed.predict(rows, verbose=0), atol=1e-6)
    assert [type(layer).__name__ for layer in back.layers][:3] == ["Rescaling", "Dense", "BatchNormalization"]


def test_a_logistic_output_is_one_unit_in_keras_and_back(digits):
    X, y = digits
    named = np.where(y % 2, "odd", "even")
    ours = DenseClassifier((8,), output_activation="sigmoid", epochs=3, random_state=0).fit(X, named)
    theirs = to_keras(ours)
    assert theirs.output_shape == (None, 1)
    np.testing.assert_allclose(theirs.predict(X, verbose=0)[:, 0], ours.predict_proba(X)[:, 1], atol=1e-5)
    for classes in (["even", "odd"], ["odd", "even"]):  # in the order of the outputs; classes_ is sorted
        back = from_keras(theirs, classes=classes)
        assert back.classes_.tolist() == ["even", "odd"]
        expected = ours.predict_proba(X)[:, classes.index("odd")]
        np.testing.assert_allclose(back.predict_proba(X)[:, 1], expected, atol=1e-5)


def test_a_functional_chain_becomes_an_estimator_with_its_own_classes(keras, digits):
    inputs = keras.Input((64,))
    hidden = keras.layers.Dense(9, activation="tanh")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(hidden))
    estimator = from_keras(model, [f"digit {digit}" for digit in range(10)])
    assert isinstance(estimator, DenseClassifier)
    assert estimator.get_params()["activation"] == "tanh"
    said = model.predict(digits[0], verbose=0)
    np.testing.assert_allclose(estimator.predict_proba(digits[0]), said, atol=1e-6)
    assert estimator.predict(digits[0]).tolist() == [f"digit {k}" for k in said.argmax(axis=1)]


def test_a_standardised_estimator_becomes_a_keras_model_that_takes_pixels(digits):
    pixels = np.round(digits[0] * 16).astype(np.uint8)
    ours = DenseClassifier((16,), epochs=3, batch_normalization=True, random_state=0).fit(pixels, digits[1])
    np.testing.assert_allclose(to_keras(ours).predict(pixels, verbose=0), ours.predict_proba(pixels), atol=1e-5)


def test_what_an_estimator_has_no_words_for_is_refused_all_at_once(mixed):
    with pytest.raises(InteropError) as caught:
        from_keras(mixed)
    assert len(caught.value.problems) == 4


def test_a_model_that_branches_is_refused(keras):
    inputs = keras.Input((4,))
    both = keras.layers.Concatenate()([keras.layers.Dense(3)(inputs), inputs])
    with pytest.raises(InteropError, match="must be a chain"):
        network_from_keras(keras.Model(inputs, keras.layers.Dense(2, "softmax")(both)))


# Files ----------------------------------------------------------------------------------------------------------


def rewritten(path, change_config=None, weights=None, without=()):
    """The same file with another configuration, or other weights."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name not in without}
    if change_config is not None:
        config = json.loads(members["config.json"])
        change_config(config["config"]["layers"])
        members["config.json"] = json.dumps(config).encode()
    if weights is not None:
        members["model.weights.h5"] = weights
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def saved(mixed, tmp_path):
    mixed.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_layer_with_code_in_it_is_refused_and_not_run(saved):
    def lambda_layer(layers):
        layers[3] = {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "evil", "function": {"class_name": "__lambda__", "config": {"code": "4wE="}}},
            "registered_name": None,
        }

    with pytest.raises(InteropError, match=r"layer evil \(Lambda\): no layer of this kind"):
        network_from_keras(rewritten(saved, lambda_layer))


def test_a_class_from_elsewhere_is_refused(saved):
    def foreign(layers):
        layers[4] |= {"module": "os", "class_name": "system"}

    with pytest.raises(InteropError, match="Keras' own layers"):
        network_from_keras(rewritten(saved, foreign))


@pytest.mark.parametrize("units", [0, -1, 10**9, 2.5, "12", None, True])
def test_units_that_cannot_be_are_refused(saved, units):
    def change(layers):
        layers[4]["config"]["units"] = units

    with pytest.raises(InteropError, match="units="):
        network_from_keras(rewritten(saved, change))


def test_a_file_larger_than_its_layers_need_is_refused_before_it_is_unpacked(saved):
    with pytest.raises(DataError, match=r"model\.weights\.h5 must have at most"):
        network_from_keras(rewritten(saved, weights=b"\0" * 60_000_000))


def hdf5(write):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        write(file)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("write", "match"),
    [
        (lambda file: None, "has no layers"),
        (lambda file: file.create_group("layers"), "has no dense/vars/0"),
        (lambda file: file.create_dataset("layers/dense/vars/0", data=np.zeros((64, 21), "f4")), "of the shape"),
        (lambda file: file.create_dataset("layers/dense/vars/0", data=np.zeros((64, 20), "i4")), "array of floats"),
        (
            lambda file: file.create_dataset("layers/dense/vars/0", (64, 20), "f4", compression="gzip"),
            "array of floats",
        ),
        (lambda file: file.require_group("layers/dense/vars").__setitem__("0", h5py.SoftLink("/x")), "has no dense"),
        (
            lambda file: file.require_group("layers/dense/vars").__setitem__("0", h5py.ExternalLink("/etc/x.h5", "/")),
            "has no dense",
        ),
    ],
    ids=["empty", "no arrays", "other shape", "whole numbers", "compressed", "soft link", "other file"],
)
def test_weights_that_are_not_the_layers_own_are_refused(saved, write, match):
    with pytest.raises(DataError, match=match):
        network_from_keras(rewritten(saved, weights=hdf5(write)))


def test_damaged_files_are_data_errors(saved, tmp_path):
    whole = saved.read_bytes()
    for number, content in enumerate((b"", b"PK", whole[: len(whole) // 2], whole[:-30] + b"\0" * 30)):
        path = tmp_path / f"damaged{number}.keras"
        path.write_bytes(content)
        with pytest.raises((DataError, InteropError)):
            network_from_keras(path)
    with pytest.raises(DataError, match=r"has no config\.json"):
        network_from_keras(rewritten(saved, without=("config.json",)))
    with pytest.raises(DataError, match=r"is not a \.keras file"):
        network_from_keras(tmp_path / "nowhere.keras")


@pytest.mark.parametrize(
    ("layer", "values"),
    [
        (1, {"scale": 10**400}),
        (1, {"scale": {"config": None}}),
        (3, {"rate": 10**400}),
        (4, {"dtype": {"config": None}}),
        (4, {"kernel_regularizer": {"class_name": "L2", "config": 7}}),
        (0, {"batch_shape": [None, -2, -4]}),
    ],
)
def test_settings_that_no_keras_writes_are_refused_in_one_line(saved, layer, values):
    def in_config(layers):
        layers[layer]["config"] |= values

    try:
        network_from_keras(rewritten(saved, in_config))
    except InteropError as error:
        assert "layer" in str(error)
    else:
        assert "kernel_regularizer" in values  # of no matter where nothing is trained


def test_members_packed_in_another_way_are_refused(saved):
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="packed in a way that Keras does not use"):
        network_from_keras(saved)


def test_a_second_output_is_not_dropped(keras):
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3)(inputs)
    with pytest.raises(InteropError, match="must have one output"):
        network_from_keras(keras.Model(inputs, [hidden, keras.layers.Dense(2, "softmax")(hidden)]))


def test_classes_in_any_order_are_sorted_and_training_goes_on(keras, digits):
    X, y = digits
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(10, "softmax")])
    names = np.array([f"d{digit}" for digit in (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)])
    estimator = from_keras(model, names)
    assert estimator.classes_.tolist() == sorted(names)
    np.testing.assert_array_equal(estimator.predict(X), names[model.predict(X, verbose=0).argmax(axis=1)])
    labels = np.array([f"d{digit}" for digit in y])
    estimator.set_params(learning_rate=0.03)
    for _ in range(25):
        estimator.partial_fit(X, labels)
    assert estimator.score(X, labels) > 0.6  # guessing: 0.1
    warm = from_keras(model, names).set_params(warm_start=True, epochs=2)
    assert warm.fit(X, labels).n_iter_ == 2
    with pytest.raises(InteropError, match="must differ"):
        from_keras(model, ["a"] * 10)
    with pytest.raises(ValueError, match="needs the layers of the first call"):
        estimator.set_params(hidden_layer_sizes=(5,)).partial_fit(X, labels)
