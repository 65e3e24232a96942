"""A Keras model of the user's own enters like everybody else, and only where its code may be run."""

import numpy as np
import pytest

from bakeoff import api
from bakeoff.contestants import Facts, Job, KerasContestant, MemberPlan, make_contestant, predict_with
from bakeoff.errors import FitError, RecipeError, SettingsError

FACTS = Facts("images", 400, 64, 10, (8, 8, 1), 16)

MODELS = """
import keras

def cnn(shape, n_classes):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input(shape), layers.Conv2D(8, 3, activation="relu"), layers.Flatten(),
        layers.Dense(n_classes, activation="softmax"),
    ])
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model

def broken(shape, n_classes):
    raise KeyError("no such layer")

def diverging(shape, n_classes):
    model = cnn(shape, n_classes)
    model.compile(keras.optimizers.SGD(1e30), "mse")
    return model

def not_compiled(shape, n_classes):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(n_classes)])
"""


def softmax(shape, n_classes):
    import keras  # noqa: PLC0415

    assert shape == (8, 8, 1)
    layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(n_classes, "softmax")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def job():
    from sklearn.datasets import load_digits  # noqa: PLC0415

    X, y = load_digits(return_X_y=True)
    plan = MemberPlan(3, np.arange(400), np.arange(400, 500), {"test": np.arange(500, 600)})
    return Job(X[:600].astype(np.uint8), y[:600].astype(np.int32), FACTS, [plan])


@pytest.fixture
def models(workspace):
    (workspace / "models.py").write_text(MODELS)
    return workspace


def test_a_function_s_model_is_trained_by_keras_and_told_of_every_epoch(job):
    told = []
    contestant = KerasContestant("mine", softmax, epochs=12, batch_size=32)
    fitted = contestant.fit(job, told.append)[0]
    said = fitted.predictions["test"]
    assert (said.labels == job.y[500:600]).mean() > 0.7  # guessing: 0.1
    np.testing.assert_allclose(said.probabilities.sum(axis=1), 1, atol=1e-5)
    assert [news["epoch"] for news in told] == list(range(1, 13))
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} == set(fitted.history)
    assert fitted.epochs == 12
    assert fitted.n_parameters == 650
    assert contestant.fingerprint() is None


def test_the_same_seed_gives_the_same_predictions(job):
    contestant = KerasContestant("mine", softmax, epochs=2)
    one, other = (contestant.fit(job, lambda _news: None)[0].predictions["test"] for _ in range(2))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_early_stopping_chooses_the_best_epoch(job):
    contestant = KerasContestant("mine", softmax, epochs=200, early_stopping=True, patience=3, batch_size=32)
    fitted = contestant.fit(job, lambda _news: None)[0]
    assert contestant.chooses_on_validation
    assert fitted.epochs == int(np.argmin(fitted.history["val_loss"])) + 1 < 200


def test_a_file_s_model_is_kept_and_asked_again_only_where_its_code_may_run(models, job):
    contestant = make_contestant("cnn", "keras:models.py:cnn", {"epochs": 3})
    fitted = contestant.fit(job, lambda _news: None)[0]
    with pytest.raises(SettingsError, match=r"built by running models\.py:cnn.*--code"):
        predict_with(fitted.model_files, job.X[500:600], FACTS)
    again = predict_with(fitted.model_files, job.X[500:600], FACTS, runs_code=True)
    np.testing.assert_allclose(again.probabilities, fitted.predictions["test"].probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("function", "match"),
    [
        ("broken", "raised KeyError: 'no such layer'"),
        ("not_compiled", "must return a compiled Keras model"),
        ("nobody", "has no function 'nobody'"),
        ("diverging", "the loss became no number"),
    ],
)
def test_what_goes_wrong_in_the_user_s_code_is_why_the_fit_failed(models, job, function, match):
    with pytest.raises(FitError, match=match):
        make_contestant("mine", f"keras:models.py:{function}").fit(job, lambda _news: None)


def test_a_file_that_is_not_there_is_why_the_fit_failed(workspace, job):
    with pytest.raises(FitError, match=r"there is no file 'nowhere\.py'"):
        make_contestant("mine", "keras:nowhere.py:cnn").fit(job, lambda _news: None)


def test_all_wrong_settings_are_said_together():
    with pytest.raises(SettingsError) as caught:
        KerasContestant("mine", "models.py", epochs=0, early_stopping="yes")
    assert len(caught.value.problems) == 3
    with pytest.raises(SettingsError, match="unknown settings 'epoch'"):
        make_contestant("mine", "keras:models.py:cnn", {"epoch": 3})


def test_a_recipe_runs_no_code_that_its_reader_has_not_allowed(models):
    (models / "recipe.yaml").write_text(
        "name: mine\ndata: {source: digits}\ncontestants: [dummy, {name: cnn, family: 'keras:models.py:cnn'}]\n"
    )
    with pytest.raises(RecipeError, match=r"contestant cnn runs code, 'keras:models\.py:cnn'.*--code"):
        api.make_recipe("recipe.yaml")
    assert [entry.family for entry in api.make_recipe("recipe.yaml", contestants=["dummy"]).contestants] == ["dummy"]
    allowed = api.make_recipe("recipe.yaml", code=True)
    with pytest.raises(RecipeError, match="runs code"):
        api.make_recipe(allowed)
    assert [entry.name for entry in allowed.contestants] == ["dummy", "cnn"]


def test_a_model_named_by_whoever_runs_it_enters_under_its_function_s_name(models):
    recipe = api.make_recipe("digits", contestants=["keras:models.py:cnn", "dummy"])
    assert [(entry.name, entry.family) for entry in recipe.contestants] == [
        ("cnn", "keras:models.py:cnn"),
        ("dummy", "dummy"),
    ]


@pytest.mark.parametrize(
    "family", ["keras:", "keras:models.py", "keras:models.py:a b", "keras:x.sh:f", "keras:a\n.py:f"]
)
def test_families_that_name_no_function_are_refused(family):
    with pytest.raises(RecipeError, match=r"must be keras:FILE\.py:FUNCTION"):
        api.make_recipe("digits", contestants=[{"name": "x", "family": family}])
