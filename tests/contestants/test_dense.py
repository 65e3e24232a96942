"""The dense contestant end to end on scikit-learn's digits."""

import json
import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

from bakeoff.contestants import Contestant, Facts, Job, MemberPlan
from bakeoff.contestants._dense import DenseContestant
from bakeoff.errors import DataError, FitError, SettingsError

QUICK = {"hidden_layer_sizes": [32], "epochs": 12, "batch_size": 64, "learning_rate": 0.01}
FACTS = Facts("images", 1400, 64, 10, (8, 8, 1), 16, tuple(range(10)))


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return rows.astype(np.uint8), labels.astype(np.int32)


@pytest.fixture(scope="module")
def job(digits):
    rows, labels = digits
    sealed = labels.copy()
    sealed[1600:] = -1
    order = np.random.default_rng(0).permutation(1600)
    parts = {"validation": order[1400:], "test": np.arange(1600, 1797)}
    return Job(rows, sealed, FACTS, [MemberPlan(seed, order[:1400], order[1400:], parts) for seed in (0, 1)])


@pytest.fixture(scope="module")
def fitted(job):
    return DenseContestant("quick", QUICK).fit(job, lambda news: None)


def test_it_keeps_the_protocol():
    assert isinstance(DenseContestant("quick", QUICK), Contestant)


def test_members_learn_and_predict_what_was_asked(fitted, job, digits):
    for member in fitted:
        assert set(member.predictions) == {"validation", "test"}
        # A 32-unit network: logistic regression reaches about 0.95 here.
        assert np.mean(member.predictions["test"].labels == digits[1][1600:]) > 0.88
        probabilities = member.predictions["validation"].probabilities
        assert probabilities.shape == (200, 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_array_equal(probabilities.argmax(axis=1), member.predictions["validation"].labels)


def test_seeds_differ_and_are_repeated_exactly(fitted, job):
    first, second = fitted
    assert not np.array_equal(first.predictions["test"].probabilities, second.predictions["test"].probabilities)
    again = DenseContestant("quick", QUICK).fit(job, lambda news: None)
    assert again[0].model_files == first.model_files


def test_history_has_keras_keys_and_one_number_an_epoch(fitted):
    keys = {"loss", "accuracy", "f1", "val_loss", "val_accuracy", "val_f1", "learning_rate"}
    assert set(fitted[0].history) == keys
    assert {len(values) for values in fitted[0].history.values()} == {12}
    assert fitted[0].history["val_accuracy"][-1] > 0.9
    assert fitted[0].epochs == 12


def test_clock_summary_and_parameters_are_filled_in(fitted):
    seconds = fitted[0].seconds
    assert min(seconds.fit, seconds.predict, seconds.predict_one_ms) > 0
    assert seconds.compile >= 0
    assert [row.parameters for row in fitted[0].summary] == [64 * 32 + 32, 32 * 10 + 10]
    assert fitted[0].n_parameters == 2410


def test_a_model_read_again_predicts_the_same(fitted, job):
    contestant = DenseContestant("quick", QUICK)
    rows = job.X[job.members[0].predict["test"]]
    predictions = contestant.predict(fitted[0].model_files, rows, FACTS)
    np.testing.assert_array_equal(predictions.probabilities, fitted[0].predictions["test"].probabilities)


def damaged(files, **changes):
    description = {**json.loads(files["model.json"]), **changes}
    return {**files, "model.json": json.dumps(description).encode()}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda files: {"model.json": files["model.json"]}, "model.safetensors is missing from the model"),
        (lambda files: {**files, "model.safetensors": b"PK\x03\x04"}, "model.safetensors is not a safetensors file"),
        (lambda files: {**files, "model.json": b"{"}, "model.json: "),
        (lambda files: damaged(files, activation="__import__"), "model.json: activation: "),
        (lambda files: damaged(files, code="1"), "model.json: code: Extra inputs are not permitted"),
        (lambda files: damaged(files, hidden_layer_sizes=[33]), "layers.0.w must have the shape (64, 33)"),
        (lambda files: damaged(files, hidden_layer_sizes=[65_536] * 64), "parameters"),
        (lambda files: {**files, "model.safetensors": bytes(3_000_000)}, "is larger than its network"),
    ],
)
def test_a_damaged_model_is_refused_in_a_line(fitted, damage, message):
    with pytest.raises(DataError) as caught:
        DenseContestant("quick", {}).predict(damage(dict(fitted[0].model_files)), np.zeros((1, 64), np.uint8), FACTS)
    assert message in str(caught.value)


def test_rows_of_another_width_are_refused(fitted):
    with pytest.raises(SettingsError, match=r"quick was trained on 64 features\. Got 63"):
        DenseContestant("quick", {}).predict(fitted[0].model_files, np.zeros((1, 63), np.uint8), FACTS)


def test_resolving_is_idempotent():
    settings = DenseContestant("quick", QUICK).resolve(FACTS)
    assert DenseContestant("quick", settings).resolve(FACTS) == settings
    json.dumps(settings)


def test_epochs_chosen_before_override_the_settings_and_turn_early_stopping_off(job):
    contestant = DenseContestant("stops", {**QUICK, "early_stopping": True, "patience": 2})
    plan = MemberPlan(0, job.members[0].train, None, {}, epochs=3)
    (member,) = contestant.fit(Job(job.X, job.y, FACTS, [plan]), lambda news: None)
    assert member.epochs == 3
    assert len(member.history["loss"]) == 3
    assert not any(key.startswith("val_") for key in member.history)
    # The cosine spans the three epochs.
    assert member.history["learning_rate"][-1] < 1e-4


def test_early_stopping_without_validation_rows_is_refused(job):
    contestant = DenseContestant("stops", {**QUICK, "early_stopping": True})
    with pytest.raises(SettingsError, match="'early_stopping' parameter of stops needs validation rows"):
        contestant.fit(Job(job.X, job.y, FACTS, [MemberPlan(0, job.members[0].train, None, {})]), lambda news: None)


def test_only_what_looks_at_validation_rows_chooses_on_them():
    assert not DenseContestant("plain", QUICK).chooses_on_validation
    assert DenseContestant("stops", {"early_stopping": True}).chooses_on_validation
    assert DenseContestant("plateau", {"schedule": "plateau"}).chooses_on_validation
    assert not DenseContestant("plateau", {"schedule": "plateau", "monitor": "loss"}).chooses_on_validation


def test_a_loss_that_explodes_is_an_error_with_advice_in_the_place_of_its_member(job):
    wild = {**QUICK, "output_activation": "linear", "optimizer": "sgd", "learning_rate": 1e8}
    outcomes = DenseContestant("wild", wild).fit(job, lambda news: None)
    assert len(outcomes) == len(job.members)
    for outcome in outcomes:
        assert isinstance(outcome, FitError)
        assert re.fullmatch(r"the loss became (nan|inf) in epoch \d+; lower the learning rate", str(outcome))


def test_progress_names_epoch_loss_and_validation(job):
    told = []
    settings = {**QUICK, "epochs": 2}
    DenseContestant("quick", settings).fit(Job(job.X, job.y, FACTS, job.members[:1]), told.append)
    assert [news["epoch"] for news in told] == [1, 2]
    assert set(told[0]) == {"epoch", "epochs", "loss", "validation", "seed"}


def test_a_tanh_output_over_more_columns_than_classes_gives_scores_of_the_classes(digits):
    rows, labels = digits
    keep = labels != 9
    codes = tuple(range(9))
    facts = Facts("images", 1000, 64, 9, (8, 8, 1), 16, codes)
    settings = {**QUICK, "output_activation": "tanh", "output_units": 12, "epochs": 30}
    plan = MemberPlan(0, np.arange(1000), None, {"validation": np.arange(1000, 1500)})
    (member,) = DenseContestant("signs", settings).fit(Job(rows[keep], labels[keep], facts, [plan]), lambda news: None)
    predictions = member.predictions["validation"]
    assert predictions.probabilities is None
    assert predictions.scores.shape == (500, 9)
    assert np.mean(predictions.labels == labels[keep][1000:1500]) > 0.8


def test_plain_rows_are_standardised_and_missing_values_imputed():
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 400).astype(np.int32)
    rows = (random.normal(size=(400, 6)) + labels[:, None] * [3, 0, -3, 0, 2, 0]).astype(np.float32) * 1e4
    rows[random.random(rows.shape) < 0.05] = np.nan
    facts = Facts("rows", 300, 6, 3)
    plan = MemberPlan(0, np.arange(300), None, {"validation": np.arange(300, 400)})
    contestant = DenseContestant("rows", QUICK)
    (member,) = contestant.fit(Job(rows, labels, facts, [plan]), lambda news: None)
    assert contestant.resolve(facts)["scale"] == "standard"
    assert np.mean(member.predictions["validation"].labels == labels[300:]) > 0.9


def test_the_estimate_grows_with_members_and_rows():
    contestant = DenseContestant("quick", {})
    small = contestant.estimate_seconds(FACTS, 1)
    large = contestant.estimate_seconds(Facts("images", 60_000, 784, 10, (28, 28, 1), 255), 5)
    assert 1 < small < large < 600


def test_the_fingerprint_names_versions_and_the_source():
    fingerprint = DenseContestant("quick", {}).fingerprint()
    assert set(fingerprint) == {"jax", "jaxlib", "numpy", "optax", "dense"}
    assert len(fingerprint["dense"]) == 64
