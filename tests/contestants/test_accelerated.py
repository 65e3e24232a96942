# ruff: noqa: PLC0415 - what needs scikit-learn-intelex or looks inside is imported in its test
"""The accelerated support vector machine is a plain one that was found faster."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from bakeoff.contestants import Facts, Job, MemberPlan, make_contestant
from bakeoff.contestants._accelerated import pairwise_decisions
from bakeoff.errors import SettingsError

KERNELS: list[Mapping[str, Any]] = [
    {"kernel": "rbf"},
    {"kernel": "linear"},
    {"kernel": "poly", "degree": 2, "coef0": 0.5},
    {"kernel": "sigmoid", "gamma": 0.01},
]


@pytest.mark.parametrize("parameters", KERNELS, ids=lambda parameters: parameters["kernel"])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_the_product_formula_gives_libsvms_decision_values(parameters: Mapping[str, Any], n_classes: int) -> None:
    X, y = load_digits(return_X_y=True)
    keep = y < n_classes
    X, y = X[keep] / 16, y[keep]
    model = SVC(decision_function_shape="ovo", **parameters).fit(X[::2], y[::2])
    expected = model.decision_function(X[1::2])
    # Sums of some hundred terms of size one, in another order.
    np.testing.assert_allclose(pairwise_decisions(model, X[1::2]).squeeze(), expected, atol=1e-10)


def fit_svc(engine: str, n_classes: int, settings: Mapping[str, Any]) -> tuple[Any, Any, Job]:
    X, y = load_digits(return_X_y=True)
    keep = y < n_classes
    X, y = X[keep].astype(np.uint8), y[keep].astype(np.int32)
    half = len(X) // 2
    plan = MemberPlan(0, np.arange(half), None, {"test": np.arange(half, len(X))})
    job = Job(X, y, Facts("images", half, 64, n_classes, (8, 8, 1), 16), [plan])
    contestant = make_contestant("svc", "svc", {"engine": engine, **settings})
    (fitted,) = contestant.fit(job, lambda event: None)
    return contestant, fitted, job


@pytest.mark.parametrize("parameters", KERNELS, ids=lambda parameters: parameters["kernel"])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_the_accelerated_engine_agrees_with_the_plain_one_and_stores_a_plain_model(
    parameters: Mapping[str, Any], n_classes: int
) -> None:
    pytest.importorskip("sklearnex")
    from bakeoff.contestants._model_files import load_pipeline

    _, plain, _ = fit_svc("sklearn", n_classes, parameters)
    contestant, accelerated, job = fit_svc("intelex", n_classes, parameters)
    ours, theirs = (fitted.predictions["test"] for fitted in (accelerated, plain))
    # Both stop at a violation of 1e-3, by different paths.
    assert np.mean(ours.labels == theirs.labels) >= 0.998
    assert np.median(np.abs(ours.scores - theirs.scores)) < 1e-2
    stored = load_pipeline(accelerated.model_files)
    assert type(stored[-1]) is SVC
    rows = job.X[job.members[0].predict["test"]]
    np.testing.assert_array_equal(stored.predict(rows.astype(np.float32)), ours.labels)
    np.testing.assert_array_equal(contestant.predict(accelerated.model_files, rows, job.facts).labels, ours.labels)
    assert "scikit-learn-intelex" in contestant.fingerprint()


def test_auto_takes_the_accelerated_engine_for_many_rows_of_many_columns_only() -> None:
    pytest.importorskip("sklearnex")
    large = Facts("images", 60_000, 784, 10, (28, 28, 1), 255)
    assert make_contestant("s", "svc", {"pca": None}).resolve(large)["engine"] == "intelex"
    assert make_contestant("s", "svc").resolve(large)["engine"] == "sklearn"  # 50 components: libsvm is as fast
    assert make_contestant("s", "svc", {"pca": None, "engine": "sklearn"}).resolve(large)["engine"] == "sklearn"
    small = Facts("images", 1_000, 784, 10, (28, 28, 1), 255)
    assert make_contestant("s", "svc", {"pca": None}).resolve(small)["engine"] == "sklearn"


def test_a_missing_engine_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bakeoff.contestants._accelerated.accelerated_installed", lambda: False)
    facts = Facts("rows", 100, 4, 2)
    assert make_contestant("s", "svc").resolve(facts)["engine"] == "sklearn"
    with pytest.raises(SettingsError, match=r"cannot be 'intelex' here: .*pip install 'bakeoff\[intelex\]'"):
        make_contestant("s", "svc", {"engine": "intelex"}).resolve(facts)
