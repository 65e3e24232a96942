"""From a name to a contestant."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bakeoff.contestants._families import FAMILIES
from bakeoff.contestants._kept import ENSEMBLE_JSON, MODEL_TENSORS
from bakeoff.contestants._keras import KERAS_JSON, KerasContestant, built_by, names_code
from bakeoff.contestants._nearest import did_you_mean
from bakeoff.contestants._protocol import Contestant, Facts, Predictions
from bakeoff.errors import SettingsError
from bakeoff.types import Rows

__all__ = ["families", "make_contestant", "predict_with", "wrap"]

_DENSE = {
    "dense": "dense neural network, trained as a population",
    "dense:ensemble": "five dense networks that differ in their seed, and the mean of what they say",
    "dense:plain": "dense neural network as course notebooks train it: plain gradient descent, images as they are",
}

_KERAS = {"keras:FILE.py:FUNCTION": "a Keras model that your own function builds, trained by Keras"}


def families() -> Mapping[str, str]:
    """Every family by name, with one line about it. Any classifier of scikit-learn enters by its class name too."""
    return MappingProxyType(_DENSE | {name: family.description for name, family in FAMILIES.items()} | _KERAS)


def make_contestant(name: str, family: str, settings: Mapping[str, Any] | None = None) -> Contestant:
    """A contestant by the name of its family.

    Parameters
    ----------
    name : str
        Unique in a bake-off.
    family : str
        One of `families`, or the class name of a classifier of scikit-learn. Nothing else is ever imported.
    settings : mapping, optional

    Raises
    ------
    SettingsError
        If there is no such family, or its settings cannot be used.

    Examples
    --------
    >>> make_contestant("baseline", "dummy").is_random
    False
    >>> make_contestant("ridge", "RidgeClassifier", {"alpha": 2.0}).family
    'RidgeClassifier'
    """
    settings = dict(settings or {})
    if family == "dense:ensemble":
        from bakeoff.contestants._ensemble import EnsembleContestant  # noqa: PLC0415 - loads JAX

        return EnsembleContestant(name, settings)
    if names_code(family):
        return KerasContestant.read(name, family, settings)
    if family in _DENSE:
        from bakeoff.contestants._dense import DenseContestant  # noqa: PLC0415 - loads JAX

        return DenseContestant(name, settings, is_plain=family == "dense:plain")
    from bakeoff.contestants._classes import (  # noqa: PLC0415 - loads scikit-learn
        classifier_class,
        needs_estimators,
        scikit_learn_names,
    )
    from bakeoff.contestants._classical import ClassicalContestant  # noqa: PLC0415

    classifier = classifier_class(family)
    if classifier is None:
        hint = did_you_mean(family, [*families(), *scikit_learn_names()])
        known = ", ".join(families())
        raise SettingsError(
            f"{name}: there is no contestant '{family}'.{hint} Known are {known}, and every classifier of scikit-learn "
            "by its class name."
        )
    needed = needs_estimators(classifier)
    if needed:
        raise SettingsError(
            f"{name}: {family} combines other estimators ({', '.join(needed)}), which cannot be named here. "
            f"Give an instance through the Python API: bakeoff.contestants.wrap({name!r}, {family}(...))."
        )
    return ClassicalContestant(name, family, settings)


def wrap(name: str, estimator: Any) -> Contestant:
    """A contestant from an estimator object or class that keeps to scikit-learn's form.

    Parameters
    ----------
    name : str
        Unique in a bake-off.
    estimator : object or class
        With `fit` and `predict`, and `classes_` once fitted. A class is called without arguments.

    Raises
    ------
    SettingsError
        If it lacks one of the methods.
    """
    if isinstance(estimator, Contestant):
        return estimator
    from bakeoff.contestants._wrapped import WrappedContestant  # noqa: PLC0415 - loads scikit-learn

    return WrappedContestant(name, estimator() if isinstance(estimator, type) else estimator)


def predict_with(model_files: Mapping[str, bytes], X: Rows, facts: Facts, runs_code: bool = False) -> Predictions:
    """Let a kept model predict, whoever left it: the files say what it is.

    Parameters
    ----------
    model_files : mapping of file name to bytes
        As in `Fitted.model_files`.
    X : (n_samples, n_features)
        Rows of the form that the model was trained on.
    facts : Facts
    runs_code : bool
        Whether the code that a Keras model is built by may be run.

    Raises
    ------
    DataError
        If the files are damaged or the rows do not fit.
    SettingsError
        If the model needs code that may not be run.
    """
    if ENSEMBLE_JSON in model_files:
        return make_contestant("model", "dense:ensemble").predict(model_files, X, facts)
    if KERAS_JSON in model_files:
        build = built_by(model_files)
        if not runs_code:
            raise SettingsError(f"this model is built by running {build}, which is done only if it is allowed: --code.")
        return KerasContestant("model", build).predict(model_files, X, facts)
    if MODEL_TENSORS in model_files:
        return make_contestant("model", "dense").predict(model_files, X, facts)
    return make_contestant("model", "dummy").predict(model_files, X, facts)
