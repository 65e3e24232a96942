"""The parameters of a `DenseClassifier` as the engine takes them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from bakeoff.dense import DataShape, DenseSettings
from bakeoff.errors import SettingsError

__all__ = ["read_settings"]

_OWN = ("validation_fraction", "random_state", "warm_start", "class_weight", "image_shape")


def _image_shape(given: Any, n_features: int) -> tuple[int, int, int] | str | None:
    """The shape with its channels, or what is wrong with it."""
    if given is None:
        return None
    sizes = tuple(given) if isinstance(given, (tuple, list)) else ()
    whole = all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes)
    height, width, channels = (*sizes, 1)[:3] if len(sizes) in (2, 3) else (0, 0, 0)
    if not whole or height * width * channels != n_features:
        return (
            "The 'image_shape' parameter of DenseClassifier must be (height, width) or (height, width, channels) with "
            f"{n_features} pixels, the number of features. Got {given!r:.200} instead."
        )
    return int(height), int(width), int(channels)


def read_settings(estimator: BaseEstimator, X: NDArray[Any], classes: NDArray[Any]) -> tuple[DenseSettings, DataShape]:
    """The estimator's parameters, checked and filled in for these rows.

    Parameters
    ----------
    estimator : DenseClassifier
    X : (n_samples, n_features)
    classes : (n_classes,)

    Raises
    ------
    SettingsError
        With every parameter that is wrong.
    """
    given = {name: value for name, value in estimator.get_params(deep=False).items() if name not in _OWN}
    given["class_weight"] = _class_weights(estimator.class_weight, classes)
    if given["scale"] is None:
        given["scale"] = "standard" if X.dtype == np.uint8 else "none"
    problems = []
    fraction = estimator.validation_fraction
    if not isinstance(fraction, (int, float)) or isinstance(fraction, bool) or not 0 <= fraction < 1:
        problems.append(
            "The 'validation_fraction' parameter of DenseClassifier must be a float in the range [0, 1). "
            f"Got {fraction!r} instead."
        )
    elif not fraction and estimator.early_stopping is True and str(estimator.monitor).startswith("val_"):
        problems.append(
            "The 'early_stopping' parameter of DenseClassifier needs validation rows to watch "
            f"{estimator.monitor!r}: set validation_fraction, for example to 0.1."
        )
    image_shape = _image_shape(estimator.image_shape, X.shape[1])
    if isinstance(image_shape, str):
        problems.append(image_shape)
    try:
        settings = DenseSettings.read(given, of="DenseClassifier")
    except SettingsError as error:
        raise SettingsError([*error.problems, *problems]) from None
    if problems:
        raise SettingsError(problems)
    known = None if isinstance(image_shape, str) or X.dtype != np.uint8 else image_shape
    shape = DataShape("images", len(X), X.shape[1], len(classes), pixel_max=255, image_shape=known)
    return settings.resolve(shape, of="DenseClassifier"), shape


def _class_weights(given: Any, classes: NDArray[Any]) -> Any:
    if not isinstance(given, Mapping):
        return given
    known = set(classes.tolist())
    unknown = [label for label in given if label not in known]
    if unknown:
        raise SettingsError(
            "The 'class_weight' parameter of DenseClassifier must name classes of y. "
            f"Got {', '.join(map(repr, unknown))} instead."
        )
    return [float(given.get(label, 1.0)) for label in classes.tolist()]
