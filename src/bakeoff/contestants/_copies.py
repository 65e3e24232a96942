"""Training rows extended by distorted copies: for classical contestants what `augment` is for networks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bakeoff.contestants._protocol import Facts
from bakeoff.errors import SettingsError
from bakeoff.types import Labels, Rows

__all__ = ["copies_problem", "n_copies", "resolve_copies", "strengths_of", "with_copies"]

_MOST_COPIES = 100
_DEFAULT_PRESET = "affine"


def copies_problem(value: Any) -> str | None:
    """What is wrong with a setting `augment`, as one sentence.

    Examples
    --------
    >>> copies_problem({"copies": 4}), copies_problem({"copies": 2, "rotation": 15})
    (None, None)
    """
    if value is None or value == "none":
        return None
    from bakeoff.dense import DISTORTION_LIMITS, PRESETS, Strengths  # noqa: PLC0415 - loads JAX

    rule = Strengths(DISTORTION_LIMITS)
    if isinstance(value, Mapping):
        rest = {key: each for key, each in value.items() if key != "copies"}
        is_preset = list(rest) == ["preset"] and rest["preset"] in [name for name in PRESETS if name != "none"]
        if _is_count(value.get("copies")) and (rule.accepts(rest) or is_preset):
            return None
    names = ", ".join(repr(name) for name in PRESETS if name != "none")
    return (
        f"The 'augment' parameter must be 'none', or a mapping with copies (1 to {_MOST_COPIES}) and, beside it, "
        f"nothing, a preset (one of {names}), or strengths: {rule.listed()}. Got {value!r:.200} instead."
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_COPIES


def resolve_copies(value: Any, facts: Facts) -> str | dict[str, float]:
    """The number of copies and every strength, or ``"none"``.

    Raises
    ------
    SettingsError
        For plain rows.
    """
    if value is None or value == "none":
        return "none"
    if facts.image_shape is None or facts.pixel_max is None:
        raise SettingsError("The 'augment' parameter must be 'none' for plain rows: only images are distorted.")
    from bakeoff.dense import distortion_of  # noqa: PLC0415 - loads JAX

    strengths = {key: float(each) for key, each in value.items() if key not in {"copies", "preset"}}
    distortion = distortion_of(strengths or value.get("preset", _DEFAULT_PRESET))
    return {"copies": value["copies"], **distortion.as_mapping()}


def n_copies(settings: Mapping[str, Any]) -> int:
    """How many distorted copies of each training row resolved settings ask for."""
    augment = settings.get("augment", "none")
    return 0 if augment in (None, "none") else int(augment["copies"])


def strengths_of(augment: Mapping[str, Any]) -> dict[str, float]:
    """How strongly copies are distorted, of a resolved ``augment`` setting: without their number."""
    return {name: each for name, each in augment.items() if name != "copies"}


def with_copies(settings: Mapping[str, Any], X: Rows, y: Labels, facts: Facts, seed: int) -> tuple[Rows, Labels]:
    """Rows with their distorted copies after them, and the labels of all.

    Parameters
    ----------
    settings : mapping
        Resolved.
    X : (n, n_features)
    y : (n,)
    facts : Facts
    seed : int
    """
    copies = n_copies(settings)
    if not copies or facts.image_shape is None or facts.pixel_max is None:
        return X, y
    from bakeoff.dense import Distortion, Image, distorted_copies  # noqa: PLC0415 - loads JAX

    image = Image(*facts.image_shape, facts.pixel_max)
    changed = distorted_copies(X, image, Distortion(**strengths_of(settings["augment"])), copies, seed)
    return np.concatenate([X, changed.reshape(-1, X.shape[1])]), np.tile(y, copies + 1)
