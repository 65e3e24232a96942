"""`DenseClassifier` as scikit-learn sees it."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from bakeoff.dense import DenseSettings
from bakeoff.errors import FitError, SettingsError
from bakeoff.estimator import DenseClassifier

QUICK = {"hidden_layer_sizes": (16,), "epochs": 10, "batch_size": 32, "learning_rate": 0.03}


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return rows[:600] / 16, np.array([f"d{label}" for label in labels[:600]])


@pytest.fixture(scope="module")
def fitted(digits):
    return DenseClassifier(**QUICK, validation_fraction=0.2, random_state=0).fit(*digits)


# The checks train on a few rows of many shapes: every shape is a program to build.
CHECKED = DenseClassifier(hidden_layer_sizes=(16,), epochs=40, batch_size=32, learning_rate=0.02, dropout=0.0)


@pytest.mark.slow
@parametrize_with_checks([CHECKED])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


def test_settings_of_the_engine_and_of_the_estimator_have_the_same_names_and_defaults():
    own = {"validation_fraction", "random_state", "image_shape"}
    params = DenseClassifier().get_params()
    settings = DenseSettings().as_mapping() | {"hidden_layer_sizes": (256, 128)}
    # Output columns beyond the classes are a matter of recipes.
    assert {name: value for name, value in params.items() if name not in own} == {
        name: value for name, value in settings.items() if name != "output_units"
    }


def test_fit_names_what_it_learned(fitted, digits):
    assert fitted.classes_.tolist() == [f"d{digit}" for digit in range(10)]
    assert fitted.n_features_in_ == 64
    assert fitted.loss_curve_ == fitted.history_["loss"]
    assert len(fitted.history_["val_f1"]) == fitted.n_iter_ == 10
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0] / 2
    assert [line.parameters for line in fitted.summary()] == [64 * 16 + 16, 16 * 10 + 10]


def test_predictions_are_the_largest_probabilities(fitted, digits):
    X, y = digits
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[probabilities.argmax(axis=1)])
    assert fitted.score(X, y) == np.mean(fitted.predict(X) == y) > 0.9


def test_the_same_random_state_gives_the_same_network(fitted, digits):
    again = clone(fitted).fit(*digits)
    np.testing.assert_array_equal(again.predict_proba(digits[0]), fitted.predict_proba(digits[0]))
    other = clone(fitted).set_params(random_state=1).fit(*digits)
    assert not np.array_equal(other.predict_proba(digits[0]), fitted.predict_proba(digits[0]))


def test_pixels_are_standardised_and_other_numbers_are_left_as_they_are(digits):
    X, y = digits
    pixels = (X * 255).astype(np.uint8)
    by_default = DenseClassifier(**QUICK, random_state=0).fit(pixels, y)
    asked_for = DenseClassifier(**QUICK, random_state=0, scale="standard").fit(pixels, y)
    np.testing.assert_array_equal(by_default.predict_proba(pixels), asked_for.predict_proba(pixels))
    by_pixels = DenseClassifier(**QUICK, random_state=0, scale="unit").fit(pixels, y)
    by_floats = DenseClassifier(**QUICK, random_state=0).fit(pixels.astype(np.float32) / 255, y)
    np.testing.assert_allclose(
        by_pixels.predict_proba(pixels), by_floats.predict_proba(pixels.astype(np.float32) / 255), atol=1e-3
    )


def test_whole_numbers_of_other_types_are_not_taken_for_pixels():
    X = np.array([[-300, 1], [300, 2], [-290, 1], [310, 0]] * 10)
    y = (X[:, 0] > 0).astype(int)
    model = DenseClassifier(hidden_layer_sizes=(4,), epochs=30, scale="standard", random_state=0, learning_rate=0.05)
    assert model.fit(X, y).score(X, y) == 1.0


def test_it_works_in_a_pipeline_and_in_cross_validation(digits):
    model = make_pipeline(StandardScaler(), DenseClassifier(**QUICK, random_state=0))
    assert cross_val_score(model, *digits, cv=2).mean() > 0.75


def test_class_weights_may_name_classes_and_move_predictions_towards_them():
    random = np.random.default_rng(0)
    y = np.array(["a"] * 200 + ["b"] * 40)
    X = random.normal(size=(240, 2)) + (y == "b")[:, None]
    settings = {**QUICK, "random_state": 0, "epochs": 30}
    plain = DenseClassifier(**settings).fit(X, y)
    heavy = DenseClassifier(**settings, class_weight={"b": 20.0}).fit(X, y)
    assert (heavy.predict(X) == "b").sum() > 2 * (plain.predict(X) == "b").sum()


def test_an_output_without_probabilities_has_a_decision_function_instead(digits):
    model = DenseClassifier(**QUICK, output_activation="tanh", random_state=0).fit(*digits)
    assert not hasattr(model, "predict_proba")
    scores = model.decision_function(digits[0])
    np.testing.assert_array_equal(model.predict(digits[0]), model.classes_[scores.argmax(axis=1)])
    assert not hasattr(DenseClassifier(), "decision_function")


def test_early_stopping_keeps_the_best_epoch(digits):
    model = DenseClassifier(
        hidden_layer_sizes=(16,), epochs=200, learning_rate=0.05, schedule="constant", validation_fraction=0.3,
        early_stopping=True, patience=4, random_state=0,
    ).fit(*digits)  # fmt: skip
    assert model.n_iter_ == int(np.argmin(model.history_["val_loss"])) + 1
    assert len(model.loss_curve_) == model.n_iter_ + 4


def test_all_wrong_parameters_are_said_together_at_fit(digits):
    model = DenseClassifier(learning_rate=-1, epochs=0, validation_fraction=1.5)
    with pytest.raises(SettingsError) as caught:
        model.fit(*digits)
    assert [problem.split("'")[1] for problem in caught.value.problems] == [
        "learning_rate",
        "epochs",
        "validation_fraction",
    ]
    assert "The 'learning_rate' parameter of DenseClassifier must be" in str(caught.value)


def test_early_stopping_without_validation_rows_says_what_to_set(digits):
    with pytest.raises(SettingsError, match="set validation_fraction"):
        DenseClassifier(early_stopping=True).fit(*digits)


def test_class_weights_for_unknown_classes_are_refused(digits):
    with pytest.raises(SettingsError, match=r"must name classes of y\. Got 'x' instead"):
        DenseClassifier(class_weight={"x": 2.0}).fit(*digits)


def test_an_exploding_loss_is_a_fit_error(digits):
    with pytest.raises(FitError, match="lower the learning rate"):
        DenseClassifier(**{**QUICK, "learning_rate": 1e9}, optimizer="sgd", output_activation="linear").fit(*digits)


def test_images_are_distorted_where_their_shape_is_known_and_the_rows_are_pixels(digits):
    X, y = digits
    pixels = (X * 255 / X.max()).astype(np.uint8)
    same = {"hidden_layer_sizes": (16,), "epochs": 3, "random_state": 0, "dropout": 0.0}
    plain = DenseClassifier(**same).fit(pixels, y)
    given = DenseClassifier(**same, image_shape=(8, 8)).fit(pixels, y)
    none = DenseClassifier(**same, image_shape=(8, 8), augment="none").fit(pixels, y)
    assert plain.loss_curve_ == none.loss_curve_
    # The same start, the same rows in the same order: only what the images look like can differ.
    assert given.loss_curve_ != plain.loss_curve_


@pytest.mark.parametrize("shape", [(8, 7), (8,), "8x8", (8, 8, 2), (8.0, 8), (-8, -8), 64])
def test_an_image_shape_that_does_not_fit_is_refused_with_what_would(digits, shape):
    with pytest.raises(SettingsError, match="with 64 pixels, the number of features"):
        DenseClassifier((4,), epochs=1, image_shape=shape).fit(*digits)


def test_augmentation_of_rows_without_a_shape_is_refused(digits):
    with pytest.raises(SettingsError, match="'augment' parameter of DenseClassifier must be 'none' for plain rows"):
        DenseClassifier((4,), epochs=1, augment="affine").fit(*digits)
