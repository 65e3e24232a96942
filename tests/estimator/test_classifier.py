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


NOT_SO = {
    "check_sample_weight_equivalence_on_dense_data": (
        "trained in batches of a fixed number of rows: a row of weight two is not in two batches"
    )
}
"""The one exception, and its reason; scikit-learn's own MLPClassifier has it too."""


@parametrize_with_checks([CHECKED], expected_failed_checks=lambda _estimator: NOT_SO)
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


def test_settings_of_the_engine_and_of_the_estimator_have_the_same_names_and_defaults():
    own = {"validation_fraction", "random_state", "image_shape", "warm_start"}
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


# Weights of rows ------------------------------------------------------------------------------------------------


def test_weights_of_rows_are_those_of_the_loss(digits):
    """One batch holds all rows: weights of two and none are rows that come twice and rows that are not there."""
    X, y = digits
    weights = np.ones(len(X))
    weights[:100], weights[100:200] = 2, 0
    settings = {"hidden_layer_sizes": (8,), "epochs": 5, "dropout": 0.0, "optimizer": "sgd", "schedule": "constant"}
    repeated = np.concatenate([np.arange(100), np.arange(100), np.arange(200, 600)])
    # The mean is over the rows that are there, as in Keras: 500 of them with a weight in all of 600.
    weighted = DenseClassifier(**settings, learning_rate=0.1, batch_size=600, random_state=0).fit(X, y, weights)
    plain = DenseClassifier(**settings, learning_rate=0.1 * 600 / 500, batch_size=600, random_state=0)
    plain.fit(X[repeated], y[repeated])
    np.testing.assert_allclose(weighted.predict_proba(X), plain.predict_proba(X), atol=1e-5)


def test_rows_without_weight_are_not_there(digits):
    X, y = digits
    weights = (np.arange(600) < 300).astype(float)
    model = DenseClassifier(**QUICK, random_state=0)
    np.testing.assert_array_equal(
        clone(model).fit(X, y, weights).predict_proba(X), clone(model).fit(X[:300], y[:300]).predict_proba(X)
    )
    with pytest.raises(ValueError, match=r"(?i)sample.weight"):
        model.fit(X, y, np.zeros(600))


# Going on -------------------------------------------------------------------------------------------------------


def test_partial_fit_is_the_same_training_an_epoch_at_a_time(digits):
    X, y = digits
    settings = {**QUICK, "schedule": "constant", "epochs": 4, "dropout": 0.2, "random_state": 0}
    for optimizer in ("sgd", "adam", "rmsprop"):
        whole = DenseClassifier(**settings, optimizer=optimizer, momentum=0.0).fit(X, y)
        piecewise = DenseClassifier(**settings, optimizer=optimizer, momentum=0.0)
        for epoch in range(4):
            piecewise.partial_fit(X, y, classes=np.unique(y) if epoch == 0 else None)
        np.testing.assert_array_equal(piecewise.predict_proba(X), whole.predict_proba(X))
        assert piecewise.history_ == whole.history_
        assert piecewise.n_iter_ == 4


def test_partial_fit_keeps_the_moving_average_and_the_scaling_of_the_first_call(digits):
    X, y = digits
    pixels = (X * 255).astype(np.uint8)
    settings = {**QUICK, "schedule": "constant", "epochs": 3, "ema_momentum": 0.9, "random_state": 0}
    whole = DenseClassifier(**settings).fit(pixels, y)
    piecewise = DenseClassifier(**settings).partial_fit(pixels, y, classes=np.unique(y))
    scaling = piecewise.network_.scaling
    piecewise.partial_fit(pixels, y).partial_fit(pixels, y)
    np.testing.assert_array_equal(piecewise.predict_proba(pixels), whole.predict_proba(pixels))
    piecewise.partial_fit(pixels[:50], y[:50])
    np.testing.assert_array_equal(piecewise.network_.scaling.factor, scaling.factor)


def test_partial_fit_knows_classes_that_come_later_and_refuses_others(digits):
    X, y = digits
    some = np.isin(y, ["d0", "d1", "d2"])
    model = DenseClassifier(**QUICK, random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, y)
    model.partial_fit(X[some], y[some], classes=np.unique(y))
    for _ in range(30):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.9
    with pytest.raises(ValueError, match="classes that were not there before: d99"):
        model.partial_fit(X[:1], ["d99"])
    with pytest.raises(ValueError, match="must be those of the first call"):
        model.partial_fit(X, y, classes=["a", "b"])
    assert not hasattr(DenseClassifier(early_stopping=True), "partial_fit")


def test_a_warm_start_goes_on_from_the_weights(digits):
    X, y = digits
    settings = {**QUICK, "schedule": "constant", "random_state": 0}
    cold = DenseClassifier(**settings).fit(X, y)
    first = cold.loss_curve_
    cold.fit(X, y)
    assert cold.loss_curve_ == first
    warm = DenseClassifier(**settings, warm_start=True).fit(X, y)
    assert warm.loss_curve_ == first
    assert warm.fit(X, y).loss_curve_[0] < first[0] / 2
    with pytest.raises(ValueError, match="needs the layers of the last fit"):
        warm.set_params(hidden_layer_sizes=(8,)).fit(X, y)


# At home --------------------------------------------------------------------------------------------------------


def test_logarithms_of_probabilities(fitted, digits):
    X = digits[0]
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_frames_of_pandas_and_polars_are_rows_with_names(digits, dtype):
    import pandas as pd  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    X, y = digits
    X = (X * 16).astype(dtype)
    names = [f"pixel{number}" for number in range(64)]
    plain = DenseClassifier(**QUICK, random_state=0).fit(X, y)
    for frame in (pd.DataFrame(X, columns=names), pl.DataFrame(X, schema=names)):
        model = DenseClassifier(**QUICK, random_state=0).fit(frame, y)
        assert model.feature_names_in_.tolist() == names
        np.testing.assert_array_equal(model.predict_proba(frame), plain.predict_proba(X))


def test_it_works_in_search_calibration_and_permutation_importance(digits):
    from sklearn.calibration import CalibratedClassifierCV  # noqa: PLC0415
    from sklearn.inspection import permutation_importance  # noqa: PLC0415
    from sklearn.model_selection import GridSearchCV  # noqa: PLC0415

    X, y = digits
    model = DenseClassifier(**QUICK, random_state=0)
    search = GridSearchCV(model, {"learning_rate": [1e-6, 0.03]}, cv=2).fit(X, y)
    assert search.best_params_ == {"learning_rate": 0.03}
    calibrated = CalibratedClassifierCV(model, cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.8
    # The first pixel of these images is black everywhere.
    importance = permutation_importance(search.best_estimator_, X, y, n_repeats=2, random_state=0).importances_mean
    assert importance[0] == 0 < importance.max()


def test_a_notebook_shows_it_as_a_diagram(fitted):
    shown = fitted._repr_html_()
    assert "DenseClassifier" in shown
    assert "sk-estimator" in shown
