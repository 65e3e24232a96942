"""Finding classifiers of scikit-learn by name, and what is known about them."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from sklearn.utils import all_estimators

from bakeoff.contestants._families import FAMILIES

__all__ = ["classifier_class", "depends_on_seed", "needs_estimators", "scikit_learn_names"]


@cache
def _all_classifiers() -> Mapping[str, type]:
    return MappingProxyType(dict(all_estimators(type_filter="classifier")))


def scikit_learn_names() -> list[str]:
    """Class names of all classifiers of the installed scikit-learn."""
    return sorted(_all_classifiers())


def classifier_class(family: str) -> type | None:
    """The class behind a family or a class name; None if there is none. Nothing but scikit-learn is imported."""
    if family in FAMILIES:
        known = FAMILIES[family]
        found: type = getattr(import_module(known.module), known.estimator)
        return found
    return _all_classifiers().get(family)


def needs_estimators(classifier: type) -> list[str]:
    """Parameters without a default: other estimators, which a recipe cannot name."""
    parameters = list(inspect.signature(classifier.__init__).parameters.values())[1:]  # type: ignore[misc]
    ordinary = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    needed = [p.name for p in parameters if p.kind in ordinary and p.default is inspect.Parameter.empty]
    # Given late, as a parameter with a default that its own table of constraints refuses.
    return needed or [p.name for p in parameters if p.name == "estimator" and not _may_be_none(classifier, p.name)]


def _may_be_none(classifier: type, parameter: str) -> bool:
    constraints = getattr(classifier, "_parameter_constraints", {}).get(parameter, [None])
    return any(constraint is None for constraint in constraints)


def _by_solver(parameters: Mapping[str, Any]) -> bool:
    return parameters.get("solver") in {"liblinear", "sag", "saga"}


def _if_probability(parameters: Mapping[str, Any]) -> bool:
    return parameters.get("probability") is True  # Platt's scaling shuffles the rows for its folds


def _if_boosting_samples(parameters: Mapping[str, Any]) -> bool:
    # "auto" holds out rows from 10,000 on. Bins are made from a sample only above 200,000 rows.
    return parameters.get("early_stopping") is not False or bool(parameters.get("max_features", 1.0) < 1.0)


_SEED_MATTERS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "DummyClassifier": lambda parameters: parameters.get("strategy") in {"stratified", "uniform"},
    "GaussianProcessClassifier": lambda parameters: parameters.get("n_restarts_optimizer", 0) > 0,
    "HistGradientBoostingClassifier": _if_boosting_samples,
    "LogisticRegression": _by_solver,
    "LogisticRegressionCV": _by_solver,
    "NuSVC": _if_probability,
    "RidgeClassifier": lambda parameters: parameters.get("solver") in {"sag", "saga"},
    "SVC": _if_probability,
}


def depends_on_seed(classifier: type, parameters: Mapping[str, Any]) -> bool:
    """Whether two seeds can give two models: it takes a seed, none is set, and these settings make use of it."""
    if "random_state" not in parameters or parameters["random_state"] is not None:
        return False
    seed_matters = _SEED_MATTERS.get(classifier.__name__)
    return seed_matters is None or seed_matters(parameters)
