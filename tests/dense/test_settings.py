"""Settings: one clear line for everything that is wrong, resolved once and for all."""

import json

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from bakeoff.dense import DataShape, DenseSettings
from bakeoff.dense._settings_table import CONSTRAINTS
from bakeoff.errors import SettingsError

IMAGES = DataShape("images", 60_000, 784, 10, 255)
SIGNS = DataShape("images", 27_455, 784, 24, 255, tuple(code for code in range(25) if code != 9))
ROWS = DataShape("rows", 500, 9, 3)
TWO = DataShape("rows", 500, 9, 2)


def test_every_setting_has_a_rule_and_every_rule_a_setting():
    assert set(CONSTRAINTS) == set(DenseSettings().as_mapping())


def test_defaults_keep_their_own_rules():
    for name, value in DenseSettings().as_mapping().items():
        assert CONSTRAINTS[name].accepts(value), name


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rate", -1, "must be None or a float in the range (0, inf). Got -1 instead."),
        ("learning_rate", float("nan"), "Got nan instead."),
        ("learning_rate", True, "Got True instead."),
        ("learning_rate", "1e-3", "Got '1e-3' instead."),
        ("dropout", 1.0, "must be None or a float in the range [0, 1). Got 1.0 instead."),
        ("epochs", 0, "must be None or an int in the range [1, 100000]. Got 0 instead."),
        ("epochs", 2.5, "Got 2.5 instead."),
        ("activation", "rleu", "'leaky_relu' or 'linear'. Got 'rleu' instead."),
        (
            "hidden_layer_sizes",
            32,
            "must be a list of at most 64, each an int in the range [1, 65536]. Got 32 instead.",
        ),
        ("hidden_layer_sizes", [32, 0], "Got [32, 0] instead."),
        ("nesterov", 1, "must be true or false. Got 1 instead."),
        ("class_weight", "even", "must be None or 'balanced' or a list"),
    ],
)
def test_a_wrong_value_gets_one_line_with_the_rule_and_what_came(name, value, message):
    with pytest.raises(SettingsError) as caught:
        DenseSettings.read({name: value})
    (problem,) = caught.value.problems
    assert problem.startswith(f"The '{name}' parameter of dense must be ")
    assert message in problem


def test_an_unknown_setting_gets_the_nearest_name():
    with pytest.raises(SettingsError, match=r"dense has no parameter 'learning_rat'\. Did you mean 'learning_rate'\?"):
        DenseSettings.read({"learning_rat": 0.1})


def test_all_problems_are_said_together():
    with pytest.raises(SettingsError) as caught:
        DenseSettings.read({"learning_rat": 0.1, "epochs": -3, "dropout": 2}, of="mine")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("settings", "shape", "message"),
    [
        (
            {"output_activation": "tanh", "loss": "categorical_crossentropy"},
            IMAGES,
            "must be 'mean_squared_error' with",
        ),
        (
            {"loss": "mean_squared_error", "label_smoothing": 0.1},
            IMAGES,
            "'label_smoothing' parameter of dense must be 0",
        ),
        ({"momentum": 0.9}, IMAGES, "'momentum' parameter of dense must be 0 with adam"),
        ({"nesterov": True}, IMAGES, "'nesterov' parameter of dense needs sgd"),
        ({"output_units": 9}, IMAGES, "at least the number of classes, 10, or 1 with two classes"),
        ({"output_units": 1}, TWO, "or 1 with two classes and output_activation 'sigmoid'. Got 1"),
        ({"class_weight": [1.0, 2.0]}, IMAGES, "one number for each of the 10 classes. Got 2"),
        ({"scale": "unit"}, ROWS, "must be 'standard' or 'none' for plain rows"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, shape, message):
    with pytest.raises(SettingsError) as caught:
        DenseSettings.read(settings).resolve(shape)
    assert message in str(caught.value)


@pytest.mark.parametrize("shape", [IMAGES, SIGNS, ROWS], ids=["images", "signs", "rows"])
@pytest.mark.parametrize("settings", [{}, {"optimizer": "adamw"}, {"output_activation": "tanh"}], ids=str)
def test_resolving_is_idempotent_and_plain_json(settings, shape):
    once = DenseSettings.read(settings).resolve(shape).as_mapping()
    assert all(value is not None for name, value in once.items() if name != "class_weight")
    again = json.loads(json.dumps(once))
    assert DenseSettings.read(again).resolve(shape).as_mapping() == once


def test_two_classes_have_one_logistic_output_only_with_a_sigmoid():
    logistic = DenseSettings.read({"output_activation": "sigmoid"}).resolve(TWO)
    assert logistic.output_units == 1
    network = logistic.spec(TWO).network
    assert (network.n_outputs, network.layer_sizes[-1][1]) == (2, 1)
    assert logistic.resolve(TWO) == logistic
    for settings in ({}, {"output_activation": "sigmoid", "output_units": 2}, {"output_activation": "tanh"}):
        network = DenseSettings.read(settings).resolve(TWO).spec(TWO).network
        assert (network.n_outputs, network.layer_sizes[-1][1]) == (2, 2)


def test_classes_take_the_column_of_their_original_label_only_where_there_are_more_columns():
    wide = DenseSettings.read({"output_units": 25}).resolve(SIGNS)
    assert wide.class_columns(SIGNS) == tuple(code for code in range(25) if code != 9)
    assert DenseSettings().resolve(SIGNS).class_columns(SIGNS) == tuple(range(24))


def test_a_schedule_stretches_with_the_epochs_that_were_chosen():
    settings = DenseSettings.read({"epochs": 20, "warmup_epochs": 2.0}).resolve(IMAGES)
    rates = settings.rates(10, labels=[], n_classes=10)
    assert (rates.total_epochs, rates.warmup_epochs) == (10.0, 1.0)


def test_balanced_class_weights_are_those_of_scikit_learn():
    labels = np.array([0] * 5 + [1] * 2 + [2] * 9, np.int32)
    settings = DenseSettings.read({"class_weight": "balanced"}).resolve(ROWS)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(settings.rates(1, labels, 3).class_weights, expected)
