"""Checking and completing the settings of a scikit-learn classifier."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

from bakeoff.contestants._accelerated import accelerated_problem, pays
from bakeoff.contestants._copies import copies_problem, n_copies, resolve_copies
from bakeoff.contestants._families import FAMILIES, Family, Scaling
from bakeoff.contestants._nearest import did_you_mean
from bakeoff.contestants._protocol import Facts
from bakeoff.errors import SettingsError

__all__ = ["OWN_SETTINGS", "as_json", "as_parameters", "check_settings", "complete_settings", "default_parameters"]

OWN_SETTINGS = ("scaling", "pca", "engine", "augment")
"""What every classical contestant takes beside the parameters of its classifier."""

_ACCELERATED = ("SVC",)
_FEWEST_PIXELS_TO_REDUCE = 101
_UNSET = ("deprecated", "warn")  # how scikit-learn marks parameters that should not be given


def default_parameters(classifier: Any) -> dict[str, Any]:
    """The classifier's own parameters with their defaults."""
    parameters = _bare_parameters(classifier)
    return {key: value for key, value in parameters.items() if not (isinstance(value, str) and value in _UNSET)}


def _bare_parameters(classifier: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        # A class that is to be removed says so whenever it is made; the fit keeps that as a note.
        warnings.simplefilter("ignore", FutureWarning)
        return dict(classifier().get_params(deep=False))


def check_settings(name: str, classifier: Any, settings: Mapping[str, Any]) -> None:
    """Refuse what cannot be used, all of it at once.

    Raises
    ------
    SettingsError
    """
    known = [*OWN_SETTINGS, *_bare_parameters(classifier)]
    problems = [
        f"{name}: {classifier.__name__} has no setting '{key}'.{did_you_mean(key, known)}"
        for key in settings
        if key not in known
    ]
    problems += _own_problems(classifier.__name__, settings)
    problems = [problem if problem.startswith(f"{name}: ") else f"{name}: {problem}" for problem in problems]
    problems += [f"{name}: {problem}" for problem in _parameter_problems(classifier, settings)]
    if problems:
        raise SettingsError(problems)


def _own_problems(class_name: str, settings: Mapping[str, Any]) -> list[str]:
    problems = []
    choices = {"scaling": ("none", "unit", "standard"), "engine": ("auto", "sklearn", "intelex")}
    for key, allowed in choices.items():
        if key in settings and settings[key] not in allowed:
            listed = ", ".join(map(repr, allowed))
            problems.append(f"The '{key}' parameter must be one of {listed}. Got {settings[key]!r} instead.")
    if settings.get("engine") == "intelex" and class_name not in _ACCELERATED:
        problems.append(f"The 'engine' parameter of {class_name} must be 'auto' or 'sklearn': only svc is accelerated.")
    pca = settings.get("pca")
    if pca is not None:
        whole = isinstance(pca, int) and not isinstance(pca, bool) and pca >= 1
        if not whole and not (isinstance(pca, float) and 0 < pca < 1):
            problems.append(
                "The 'pca' parameter must be null, a number of components from 1 on, or a fraction of the variance "
                f"between 0 and 1. Got {pca!r} instead."
            )
    if (problem := copies_problem(settings.get("augment"))) is not None:
        problems.append(problem)
    return problems


def _parameter_problems(classifier: Any, settings: Mapping[str, Any]) -> list[str]:
    """What scikit-learn's own table of constraints says of each value."""
    constraints = getattr(classifier, "_parameter_constraints", {})
    problems = []
    for key, value in as_parameters(settings).items():
        if key not in constraints:
            continue
        try:
            validate_parameter_constraints({key: constraints[key]}, {key: value}, classifier.__name__)
        except InvalidParameterError as error:
            problems.append(" ".join(str(error).split()) + _text_hint(value))
    return problems


def _text_hint(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    return f" It came as text: in YAML a number with an exponent needs a point, as in {number:.1e}."


def complete_settings(name: str, classifier: Any, settings: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Every setting with its value for these data, as plain JSON data."""
    family = next((known for known in FAMILIES.values() if known.estimator == classifier.__name__), None)
    parameters = default_parameters(classifier)
    parameters |= {key: value for key, value in settings.items() if key not in OWN_SETTINGS}
    pca = _components(name, settings["pca"], facts) if "pca" in settings else _default_pca(family, facts)
    augment = {"augment": resolve_copies(settings.get("augment"), facts)}
    fitted = replace(facts, n_train=facts.n_train * (1 + n_copies(augment)))
    own = augment | {
        "engine": _engine(classifier.__name__, settings.get("engine", "auto"), parameters, fitted, pca),
        "scaling": settings.get("scaling", _default_scaling(family, facts)),
        "pca": pca,
    }
    return own | {key: as_json(parameters[key]) for key in sorted(parameters)}


def _default_scaling(family: Family | None, facts: Facts) -> Scaling:
    if family is None:
        return "unit" if facts.kind == "images" else "standard"
    return family.scaling_images if facts.kind == "images" else family.scaling_rows


def _default_pca(family: Family | None, facts: Facts) -> int | None:
    wanted = family.pca_images if family is not None else None
    if wanted is None or facts.kind != "images" or facts.n_features < _FEWEST_PIXELS_TO_REDUCE:
        return None
    # A fit of a fold or of the validation stage has fewer rows than the final one.
    return max(1, min(wanted, facts.n_features, facts.n_train // 2))


def _components(name: str, pca: int | float | None, facts: Facts) -> int | float | None:
    most = min(facts.n_features, facts.n_train)
    if isinstance(pca, int) and pca > most:
        raise SettingsError(
            f"{name}: The 'pca' parameter must be at most {most}, the smaller of rows and columns. Got {pca} instead."
        )
    return pca


def _engine(class_name: str, engine: str, parameters: Mapping[str, Any], facts: Facts, pca: int | float | None) -> str:
    if engine == "auto":
        fits = class_name in _ACCELERATED and accelerated_problem(parameters) is None
        return "intelex" if fits and pays(facts, pca) else "sklearn"
    if engine == "intelex":
        problem = accelerated_problem(parameters)
        if problem is not None:
            raise SettingsError(f"The 'engine' parameter cannot be 'intelex' here: {problem}.")
    return engine


def as_json(value: Any) -> Any:
    """A parameter's value as plain JSON data; what has no such form as its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return repr(value)


def as_parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as scikit-learn's parameters: without our own, class weights keyed by class index."""
    parameters = {key: value for key, value in settings.items() if key not in OWN_SETTINGS}
    weights = parameters.get("class_weight")
    if isinstance(weights, Mapping):
        parameters["class_weight"] = {
            int(key) if str(key).lstrip("-").isdigit() else key: weight for key, weight in weights.items()
        }
    return parameters
