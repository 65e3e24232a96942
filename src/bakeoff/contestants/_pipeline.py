"""The steps before a classifier: imputation, scaling, principal components."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

from bakeoff.contestants._accelerated import fit_support_vectors
from bakeoff.contestants._classes import needs_estimators
from bakeoff.contestants._protocol import Facts, SummaryRow
from bakeoff.types import Labels, Rows

__all__ = ["as_floats", "fit_classifier", "fit_pipeline", "fit_steps", "summarise"]


def fit_pipeline(settings: Mapping[str, Any], classifier: Any, X: Rows, y: Labels, facts: Facts) -> Any:
    """A fitted scikit-learn pipeline that takes rows as they are.

    Parameters
    ----------
    settings : mapping
        Completed: ``engine``, ``scaling``, ``pca``, and the classifier's parameters for the accelerated engine.
    classifier : estimator
        Unfitted, with its parameters set.
    X : (n, n_features)
    y : (n,)
    facts : Facts
    """
    steps, X = fit_steps(settings, X, facts)
    return Pipeline([*steps, ("classifier", fit_classifier(settings, classifier, X, y))])


def fit_steps(settings: Mapping[str, Any], X: Rows, facts: Facts) -> tuple[list[tuple[str, Any]], Rows]:
    """The fitted steps before the classifier, and the rows behind them."""
    steps: list[tuple[str, Any]] = []
    transformers = _transformers(settings, X, facts)
    if transformers:
        X = as_floats(X)
    for name, transformer in transformers:
        # Fitted one by one: the division of pixels is not fitted at all, it knows their largest value.
        if not hasattr(transformer, "n_features_in_"):
            transformer.fit(X)
        X = transformer.transform(X)
        steps.append((name, transformer))
    return steps, X


def fit_classifier(settings: Mapping[str, Any], classifier: Any, X: Rows, y: Labels) -> Any:
    """The classifier, fitted by the engine that the settings name."""
    if settings["engine"] == "intelex":
        return fit_support_vectors(classifier.get_params(deep=False), X, y)
    return classifier.fit(X, y)


def as_floats(X: Rows) -> Rows:
    """Pixels as ``float32``, as everywhere else here; scikit-learn's own steps would make them ``float64``.

    It shows: the notebook's support vector machine says one of 7,172 test rows otherwise on ``float64``.
    """
    return X.astype(np.float32) if X.dtype == np.uint8 else X


def _transformers(settings: Mapping[str, Any], X: Rows, facts: Facts) -> list[tuple[str, Any]]:
    steps: list[tuple[str, Any]] = []
    if facts.kind == "rows" and settings.get("imputation", True):
        steps.append(("imputation", SimpleImputer(strategy="median", keep_empty_features=True)))
    if settings["scaling"] == "standard":
        steps.append(("scaling", StandardScaler()))
    elif settings["scaling"] == "unit" and facts.pixel_max is not None:
        steps.append(("scaling", _divide_by(float(facts.pixel_max), X.shape[1])))
    elif settings["scaling"] == "unit":
        steps.append(("scaling", MinMaxScaler()))
    if settings["pca"] is not None:
        components = settings["pca"]
        if isinstance(components, int):
            most = min(X.shape)
            if components > most:
                warnings.warn(f"{most} principal components instead of {components}: rows are few", stacklevel=1)
                components = most
        # Both solvers are exact; "auto" would take a random one for large tables.
        solver = "covariance_eigh" if X.shape[0] >= X.shape[1] else "full"
        steps.append(("components", PCA(components, svd_solver=solver)))
    return steps


def _divide_by(largest: float, n_features: int) -> Any:
    """A `MaxAbsScaler` that was told the largest value instead of looking for it in each column."""
    scaler = MaxAbsScaler()
    scaler.scale_ = scaler.max_abs_ = np.full(n_features, largest)
    scaler.n_features_in_ = n_features
    scaler.n_samples_seen_ = 1
    return scaler


def summarise(pipeline: Any) -> tuple[list[SummaryRow], int | None]:
    """One line a step, and the number of fitted coefficients where the classifier is linear."""
    rows = [SummaryRow(type(step).__name__, _describe(step)) for _, step in pipeline.steps[:-1]]
    classifier = pipeline.steps[-1][1]
    n_parameters = _n_parameters(classifier)
    rows.append(SummaryRow(type(classifier).__name__, _describe(classifier), n_parameters))
    return rows, n_parameters


def _describe(step: Any) -> str:
    """What differs from scikit-learn's defaults, as text."""
    if not hasattr(step, "get_params"):
        return ""
    defaults = type(step)().get_params(deep=False) if not needs_estimators(type(step)) else {}
    return ", ".join(
        f"{key}={value!r}"
        for key, value in step.get_params(deep=False).items()
        if key not in {"n_jobs", "random_state", "verbose"} and (key not in defaults or defaults[key] != value)
    )


def _n_parameters(classifier: Any) -> int | None:
    if type(classifier).__name__ in {"SVC", "NuSVC"} or not hasattr(classifier, "coef_"):
        return None
    return int(np.size(classifier.coef_) + np.size(classifier.intercept_))
