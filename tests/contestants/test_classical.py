# ruff: noqa: PLC0415 - private rooms are opened in the one test that looks inside
"""What classical contestants predict, keep, say and refuse; scikit-learn used by hand is the reference."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from bakeoff.contestants import (
    Facts,
    Fitted,
    Job,
    MemberPlan,
    default_line_up,
    default_time_limit_seconds,
    make_contestant,
    ready_model,
    wrap,
)
from bakeoff.errors import FitError

CLASSICAL = ["svc", "logistic", "knn", "forest", "extra-trees", "boosting", "lda", "bayes", "dummy"]
QUICK: Mapping[str, Mapping[str, Any]] = {
    "forest": {"n_estimators": 20},
    "extra-trees": {"n_estimators": 20},
    "boosting": {"max_iter": 10},
}


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X.astype(np.uint8), y.astype(np.int32)


@pytest.fixture
def job(digits: tuple[np.ndarray, np.ndarray]) -> Job:
    X, y = digits
    facts = Facts("images", 600, 64, 10, (8, 8, 1), 16)
    parts = {"validation": np.arange(600, 800), "test": np.arange(800, 1000)}
    return Job(X, y, facts, [MemberPlan(3, np.arange(600), None, parts)])


def rows_job(X: np.ndarray, y: np.ndarray, train: np.ndarray, predict: np.ndarray) -> Job:
    facts = Facts("rows", len(train), X.shape[1], int(y.max()) + 1)
    return Job(X, y.astype(np.int32), facts, [MemberPlan(0, train, None, {"test": predict})])


def fit(family: str, job: Job, settings: Mapping[str, Any] | None = None) -> Fitted:
    contestant = make_contestant(family, family, {**QUICK.get(family, {}), **(settings or {})})
    (fitted,) = contestant.fit(job, lambda event: None)
    return fitted


@pytest.mark.parametrize("family", CLASSICAL)
def test_every_family_fits_keeps_the_contract_and_predicts_the_same_after_loading(family: str, job: Job) -> None:
    contestant = make_contestant(family, family, QUICK.get(family))
    events: list[Mapping[str, Any]] = []
    (fitted,) = contestant.fit(job, events.append)
    assert events == [{"seed": 3}]
    assert set(fitted.predictions) == {"validation", "test"}
    assert fitted.notes == []
    assert fitted.seconds.fit > 0 and fitted.seconds.predict > 0 and fitted.seconds.predict_one_ms > 0
    assert fitted.seconds.compile == 0 and fitted.epochs is None and not fitted.history
    assert fitted.summary[-1].name == type(contestant).__name__ or fitted.summary[-1].name
    assert set(fitted.model_files) == {"model.skops", "model.json"}
    assert json.loads(fitted.model_files["model.json"])["seed"] == 3
    predictions = fitted.predictions["test"]
    assert predictions.labels.dtype == np.int32 and predictions.labels.shape == (200,)
    if family == "svc":
        assert predictions.probabilities is None
        assert predictions.scores is not None and predictions.scores.shape == (200, 10)
    else:
        assert predictions.scores is None and predictions.probabilities is not None
        assert predictions.probabilities.dtype == np.float32
        np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1, atol=1e-5)  # float32 sums of ten
    accuracy = np.mean(predictions.labels == job.y[800:1000])
    assert accuracy > (0.05 if family == "dummy" else 0.75)
    loaded = contestant.predict(fitted.model_files, job.X[800:1000], job.facts)
    ready = ready_model(fitted.model_files, job.facts)(job.X[800:1000])
    for again in (loaded, ready):
        np.testing.assert_array_equal(again.labels, predictions.labels)
        for name in ("probabilities", "scores"):
            expected = getattr(predictions, name)
            if expected is not None:
                np.testing.assert_array_equal(getattr(again, name), expected)


@pytest.mark.parametrize("family", CLASSICAL)
def test_labels_are_those_of_the_classifiers_own_predict(family: str, job: Job) -> None:
    from bakeoff.contestants._model_files import load_pipeline

    fitted = fit(family, job)
    pipeline = load_pipeline(fitted.model_files)
    np.testing.assert_array_equal(
        fitted.predictions["test"].labels, pipeline.predict(job.X[800:1000].astype(np.float32))
    )


def test_svc_of_the_notebook_is_svc_of_scikit_learn_on_pixels_over_their_maximum(job: Job) -> None:
    settings = {"C": 1.0, "gamma": "scale", "kernel": "rbf", "random_state": 42, "scaling": "unit", "pca": None}
    fitted = fit("svc", job, settings | {"engine": "sklearn"})
    by_hand = SVC(random_state=42).fit(job.X[:600] / 16, job.y[:600])
    np.testing.assert_array_equal(fitted.predictions["test"].labels, by_hand.predict(job.X[800:1000] / 16))
    expected = by_hand.decision_function(job.X[800:1000] / 16)
    np.testing.assert_allclose(fitted.predictions["test"].scores, expected, rtol=1e-6)  # stored as float32


def test_standard_scaling_and_components_are_those_of_scikit_learn(job: Job) -> None:
    fitted = fit("logistic", job, {"scaling": "standard", "pca": 20, "C": 0.5})
    by_hand = make_pipeline(StandardScaler(), PCA(20, svd_solver="full"), LogisticRegression(C=0.5, max_iter=1000))
    by_hand.fit(job.X[:600].astype(float), job.y[:600])
    # The solver stops at a gradient of 1e-4; the sign of a component is free and changes its path there.
    expected = by_hand.predict_proba(job.X[800:1000].astype(float))
    np.testing.assert_allclose(fitted.predictions["test"].probabilities, expected, atol=2e-3)


def test_a_forest_takes_the_seed_of_the_member(job: Job) -> None:
    fitted = fit("forest", job)
    by_hand = RandomForestClassifier(20, random_state=3).fit(job.X[:600], job.y[:600])
    np.testing.assert_allclose(
        fitted.predictions["test"].probabilities, by_hand.predict_proba(job.X[800:1000]), atol=1e-6
    )


def test_members_are_fitted_in_their_order_each_with_its_seed(job: Job) -> None:
    plan = job.members[0]
    two = Job(job.X, job.y, job.facts, [MemberPlan(seed, plan.train, None, plan.predict) for seed in (1, 2)])
    first, second = make_contestant("f", "forest", {"n_estimators": 5}).fit(two, lambda event: None)
    assert json.loads(first.model_files["model.json"])["seed"] == 1
    assert not np.array_equal(first.predictions["test"].probabilities, second.predictions["test"].probabilities)


@pytest.mark.parametrize("family", ["logistic", "svc", "forest", "bayes"])
def test_a_class_that_training_lacks_has_its_column_and_is_never_said(family: str, job: Job) -> None:
    keep = np.flatnonzero(job.y[:600] != 4)
    partial = Job(job.X, job.y, job.facts, [MemberPlan(0, keep, None, {"test": np.arange(800, 1000)})])
    predictions = fit(family, partial).predictions["test"]
    values = predictions.probabilities if predictions.scores is None else predictions.scores
    assert values is not None and values.shape == (200, 10)
    assert not (predictions.labels == 4).any()
    if predictions.scores is None:
        assert (values[:, 4] == 0).all()
    else:
        assert (values[:, 4] < np.delete(values, 4, axis=1).min(axis=1)).all()


def test_two_classes_give_two_columns_of_scores() -> None:
    X, y = load_iris(return_X_y=True)
    X, y = X[50:], y[50:] - 1
    train, test = np.arange(0, 100, 2), np.arange(1, 100, 2)
    for family in ("svc", "RidgeClassifier", "Perceptron"):
        predictions = fit(family, rows_job(X, y, train, test)).predictions["test"]
        assert predictions.scores is not None and predictions.scores.shape == (50, 2)
        np.testing.assert_array_equal(predictions.labels, predictions.scores.argmax(axis=1))
        np.testing.assert_array_equal(predictions.scores[:, 0], -predictions.scores[:, 1])


@pytest.mark.parametrize("family", CLASSICAL)
def test_rows_with_missing_values_are_imputed_and_loaded_models_impute_alike(family: str) -> None:
    X, y = load_iris(return_X_y=True)
    X = X.astype(np.float32)
    rng = np.random.default_rng(0)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 3] *= 1000
    order = rng.permutation(150)
    job = rows_job(X, y, order[:100], order[100:])
    fitted = fit(family, job)
    assert fitted.notes == []
    assert np.mean(fitted.predictions["test"].labels == y[order[100:]]) > (0.2 if family == "dummy" else 0.8)
    loaded = make_contestant(family, family, QUICK.get(family)).predict(fitted.model_files, X[order[100:]], job.facts)
    np.testing.assert_array_equal(loaded.labels, fitted.predictions["test"].labels)


def test_unit_scaling_of_plain_rows_maps_each_column_to_0_1() -> None:
    X = np.array([[0, -5], [10, 5], [5, 0], [10, 5]], dtype=np.float32)
    y = np.array([0, 1, 0, 1])
    job = rows_job(X, y, np.arange(4), np.arange(4))
    from bakeoff.contestants._model_files import load_pipeline

    pipeline = load_pipeline(fit("svc", job, {"scaling": "unit"}).model_files)
    np.testing.assert_allclose(pipeline[:-1].transform(X), [[0, 0], [1, 1], [0.5, 0.5], [1, 1]])


def test_warnings_of_the_model_become_notes_and_nothing_is_printed(job: Job, capfd: pytest.CaptureFixture[str]) -> None:
    fitted = fit("logistic", job, {"max_iter": 2})
    assert len(fitted.notes) == 1
    assert fitted.notes[0].startswith("ConvergenceWarning: lbfgs failed to converge after 2 iteration")
    assert "\n" not in fitted.notes[0]
    assert capfd.readouterr() == ("", "")


def test_components_are_fewer_where_rows_are_few_and_it_is_said(job: Job) -> None:
    plan = MemberPlan(0, np.arange(30), None, {"test": np.arange(800, 810)})
    fitted = fit("knn", Job(job.X, job.y, job.facts, [plan]), {"pca": 40})
    assert any("30 principal components instead of 40" in note for note in fitted.notes)


def test_what_scikit_learn_refuses_is_a_failed_fit_with_its_reason_in_one_line(job: Job) -> None:
    one_class = np.flatnonzero(job.y[:600] == 0)
    failing = Job(job.X, job.y, job.facts, [MemberPlan(0, one_class, None, {})])
    with pytest.raises(FitError, match=r"ValueError: .*class") as caught:
        fit("logistic", failing)
    assert "\n" not in str(caught.value)


def test_a_member_without_parts_to_predict_is_fitted_and_timed(job: Job) -> None:
    plan = MemberPlan(0, np.arange(600), None, {})
    fitted = fit("bayes", Job(job.X, job.y, job.facts, [plan]))
    assert fitted.predictions == {} and fitted.seconds.predict_one_ms > 0


def test_a_model_that_is_not_wanted_is_not_written(job: Job) -> None:
    plan = replace(job.members[0], keep_model=False)
    fitted = fit("bayes", Job(job.X, job.y, job.facts, [plan]))
    assert fitted.model_files == {} and fitted.notes == []


def test_class_weights_may_come_with_text_keys_as_json_has_them(job: Job) -> None:
    contestant = make_contestant("w", "svc", {"class_weight": {"0": 5.0}})
    resolved = contestant.resolve(job.facts)
    assert resolved["class_weight"] == {"0": 5.0}
    (fitted,) = make_contestant("w", "svc", resolved).fit(job, lambda event: None)
    assert len(fitted.predictions["test"].labels) == 200


def test_the_summary_names_each_step_and_counts_linear_coefficients(job: Job) -> None:
    fitted = fit("logistic", job, {"pca": 20})
    assert [row.name for row in fitted.summary] == ["MaxAbsScaler", "PCA", "LogisticRegression"]
    assert fitted.n_parameters == 10 * 20 + 10 == fitted.summary[-1].parameters


def test_a_model_over_the_limit_is_left_out_and_said_so(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bakeoff.contestants._model_files._LARGEST_MODEL", 1000)
    fitted = fit("forest", job)
    assert set(fitted.model_files) == {"model.json"}
    assert any("the model is not kept:" in note and "MB are more than" in note for note in fitted.notes)
    with pytest.raises(FitError, match="the model was not kept"):
        make_contestant("f", "forest").predict(fitted.model_files, job.X[:5], job.facts)


def test_a_model_file_with_anything_but_trusted_objects_is_not_loaded(job: Job) -> None:
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    model = skops.io.dumps(make_pipeline(FunctionTransformer(np.save), LogisticRegression()))
    with pytest.raises(FitError, match="not on the trusted list"):
        make_contestant("x", "logistic").predict({"model.skops": model, "model.json": b"{}"}, job.X[:5], job.facts)
    with pytest.raises(FitError, match="cannot be read"):
        make_contestant("x", "logistic").predict({"model.skops": b"no", "model.json": b"{}"}, job.X[:5], job.facts)
    with pytest.raises(FitError, match=r"model\.json is missing or not JSON"):
        make_contestant("x", "logistic").predict({"model.skops": model}, job.X[:5], job.facts)


def test_a_wrapped_estimator_gets_rows_as_they_are_and_each_open_seed_is_set(job: Job) -> None:
    class Recorder(Perceptron):
        def fit(self, X: np.ndarray, y: np.ndarray) -> "Recorder":
            assert X.dtype == np.uint8
            super().fit(X, y)
            self.seen_ = self.random_state
            return self

    template = make_pipeline(StandardScaler(), RandomForestClassifier(10))
    (fitted,) = wrap("mine", template).fit(job, lambda event: None)
    by_hand = make_pipeline(StandardScaler(), RandomForestClassifier(10, random_state=3))
    by_hand.fit(job.X[:600], job.y[:600])
    np.testing.assert_array_equal(fitted.predictions["test"].labels, by_hand.predict(job.X[800:1000]))
    assert not hasattr(template[-1], "estimators_")  # a copy was fitted
    loaded = wrap("mine", template).predict(fitted.model_files, job.X[800:1000], job.facts)
    np.testing.assert_array_equal(loaded.labels, fitted.predictions["test"].labels)

    (fitted,) = wrap("mine", Recorder).fit(job, lambda event: None)
    assert fitted.predictions["test"].probabilities is None and fitted.predictions["test"].scores is not None
    assert set(fitted.model_files) == {"model.json"}
    assert any("not on the trusted list" in note for note in fitted.notes)


def scikit_learn_classifiers_to_fit() -> list[str]:
    from sklearn.utils import all_estimators

    left_out = {
        "BernoulliNB",  # centimetres are not yes and no
        "CategoricalNB",  # needs category codes that it has seen
        "GaussianProcessClassifier",  # takes seconds
        "QuadraticDiscriminantAnalysis",  # four columns of iris are fine, but it is its own test's business
        "RadiusNeighborsClassifier",  # refuses rows without a neighbour in its default radius
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bakeoff.contestants._classes import needs_estimators

        return [
            name
            for name, kind in all_estimators(type_filter="classifier")
            if name not in left_out and not needs_estimators(kind)
        ]


@pytest.mark.parametrize("name", scikit_learn_classifiers_to_fit())
def test_any_classifier_of_scikit_learn_fits_and_loads_back(name: str) -> None:
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(1).permutation(150)
    settings: dict[str, Any] = {"scaling": "unit"} if name.endswith("NB") else {}
    X = X.astype(np.float32)
    job = rows_job(X, y, order[:100], order[100:])
    if name == "HistGradientBoostingClassifier":
        settings["max_iter"] = 10
    fitted = fit(name, job, settings)
    labels = fitted.predictions["test"].labels
    assert np.mean(labels == y[order[100:]]) > (0.1 if name == "DummyClassifier" else 0.5)
    loaded = make_contestant(name, name, settings).predict(fitted.model_files, X[order[100:]], job.facts)
    np.testing.assert_array_equal(loaded.labels, labels)


def test_the_line_up_follows_from_the_size_of_the_data() -> None:
    small = default_line_up(Facts("images", 1797, 64, 10, (8, 8, 1), 16))
    assert [family for family, _ in small] == ["dense", *CLASSICAL]
    assert all(reason for _, reason in small)
    large = [family for family, _ in default_line_up(Facts("images", 2_000_000, 784, 100, (28, 28, 1), 255))]
    assert large[0] == "dense" and large[-1] == "dummy" and "svc" not in large


def test_the_time_limit_follows_from_the_line_up() -> None:
    assert default_time_limit_seconds(Facts("rows", 150, 4, 3)) == 120
    mnist = Facts("images", 60_000, 784, 10, (28, 28, 1), 255)
    assert 120 < default_time_limit_seconds(mnist) <= 3600


@pytest.mark.parametrize("family", ["svc", "knn", "forest", "boosting", "lda", "logistic"])
def test_estimates_grow_with_rows_and_members(family: str) -> None:
    contestant = make_contestant(family, family)
    small, large = (Facts("images", n, 784, 10, (28, 28, 1), 255) for n in (6_000, 60_000))
    one = contestant.estimate_seconds(small, 1)
    assert contestant.estimate_seconds(large, 1) > 1.5 * one > 0
    assert contestant.estimate_seconds(small, 4) == pytest.approx(4 * one)
