"""What can be varied: the factors of a study, their levels, and what a level changes in the base network."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bakeoff.contestants import Facts
from bakeoff.errors import SettingsError
from bakeoff.study._base import Base

__all__ = ["FACTORS", "Factor", "Value", "read_levels"]

Value: TypeAlias = float | str
"""A level: a number of an ordered factor, a name of any other."""

Kind: TypeAlias = Literal["count", "number", "share", "name"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that a study varies while all else stays.

    Parameters
    ----------
    name : str
        As on the command line.
    title : str
        What it is, as a heading.
    unit : str
        Follows a level in a sentence: "units a layer".
    kind : {"count", "number", "share", "name"}
        What its levels are; all but names have an order.
    levels : sequence of float or str
        Unless others are asked for.
    changes : callable
        Settings that a level changes in the base; of those that change the rows, none.
    few : sequence of float or str
        Levels where another factor is crossed with it.
    needs_images : bool
    """

    name: str
    title: str
    unit: str
    kind: Kind
    levels: Sequence[Value]
    changes: Callable[[Base, Any], Mapping[str, Any]]
    few: Sequence[Value]
    needs_images: bool = False

    @property
    def is_ordered(self) -> bool:
        """Whether levels lie on an axis."""
        return self.kind != "name"

    @property
    def can_be_crossed(self) -> bool:
        """Whether a level is a setting of the network."""
        return not self.changes_rows and self.name not in ("seeds", "contestant")

    @property
    def changes_rows(self) -> bool:
        """Whether a level is a part of the rows, the network staying as it is."""
        return self.name in ("train-size", "split")

    def label(self, value: Value) -> str:
        """A level as text.

        Examples
        --------
        >>> FACTORS["train-size"].label(0.05), FACTORS["split"].label(0.2), FACTORS["l2"].label(1e-4)
        ('5%', '80/20', '0.0001')
        """
        if isinstance(value, str):
            return value
        if self.name == "split":
            return f"{100 - round(100 * value)}/{round(100 * value)}"
        if self.name == "train-size":
            return f"{100 * value:.3g}%"
        return f"{value:g}" if value != int(value) or abs(value) < 1e4 else f"{int(value):,}"


def _depth(base: Base, value: float) -> Mapping[str, Any]:
    sizes = base.settings["hidden_layer_sizes"]
    return {"hidden_layer_sizes": [sizes[0] if sizes else 64] * int(value)}


def _width(base: Base, value: float) -> Mapping[str, Any]:
    return {"hidden_layer_sizes": [int(value)] * max(len(base.settings["hidden_layer_sizes"]), 1)}


def _sets(key: str, kind: Callable[[Any], Any] = float) -> Callable[[Base, Any], Mapping[str, Any]]:
    return lambda _base, value: {key: kind(value)}


_OPTIMIZERS: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"optimizer": "sgd", "momentum": 0.0, "nesterov": False, "learning_rate": None},
    "sgd-momentum": {"optimizer": "sgd", "momentum": 0.9, "nesterov": False, "learning_rate": None},
    "rmsprop": {"optimizer": "rmsprop", "momentum": 0.0, "nesterov": False, "learning_rate": None},
    "adam": {"optimizer": "adam", "momentum": 0.0, "nesterov": False, "learning_rate": None},
    "adamw": {"optimizer": "adamw", "momentum": 0.0, "nesterov": False, "learning_rate": None, "weight_decay": None},
}
"""Each at the rate that Keras gives it."""

_LOSSES: Mapping[str, Mapping[str, Any]] = {
    "cross-entropy": {"output_activation": "softmax", "loss": "categorical_crossentropy", "label_smoothing": 0.0},
    "binary-cross-entropy": {"output_activation": "sigmoid", "loss": "binary_crossentropy", "label_smoothing": 0.0},
    "squared-error": {"output_activation": "softmax", "loss": "mean_squared_error", "label_smoothing": 0.0},
    "squared-error-tanh": {"output_activation": "tanh", "loss": "mean_squared_error", "label_smoothing": 0.0},
}


def _none(_base: Base, _value: object) -> Mapping[str, Any]:
    return {}


FACTORS: Mapping[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor("depth", "Hidden layers", "hidden layers", "count", (1, 2, 3, 4, 6, 8), _depth, (1, 2, 4, 8)),
        Factor(
            "width", "Units a layer", "units a layer", "count", (8, 16, 32, 64, 128, 256, 512), _width, (16, 64, 256)
        ),
        Factor(
            "batch-size", "Batch size", "rows a batch", "count", (16, 32, 64, 128, 256, 512),
            _sets("batch_size", int), (32, 128, 512),
        ),
        Factor(
            "optimizer", "Optimizer", "", "name", tuple(_OPTIMIZERS), lambda _, value: _OPTIMIZERS[value],
            ("sgd", "sgd-momentum", "adam"),
        ),
        Factor(
            "learning-rate", "Learning rate", "", "number", (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
            _sets("learning_rate"), (3e-4, 1e-3, 3e-3),
        ),
        Factor("l2", "L2 penalty", "of L2", "number", (0, 1e-5, 1e-4, 1e-3, 1e-2), _sets("l2"), (0, 1e-4, 1e-2)),
        Factor(
            "dropout", "Dropout", "of dropout", "number", (0, 0.1, 0.2, 0.3, 0.5, 0.7), _sets("dropout"), (0, 0.2, 0.5)
        ),
        Factor(
            "activation", "Activation", "", "name", ("relu", "tanh", "sigmoid", "gelu", "elu", "silu", "leaky_relu"),
            _sets("activation", str), ("relu", "tanh", "sigmoid"),
        ),
        Factor(
            "loss", "Loss", "", "name", tuple(_LOSSES), lambda _, value: _LOSSES[value],
            ("cross-entropy", "squared-error-tanh"),
        ),
        Factor(
            "augmentation", "Augmentation", "", "name", ("none", "affine", "elastic", "photo"),
            _sets("augment", str), ("none", "affine"), needs_images=True,
        ),
        Factor(
            "train-size", "Training rows", "of the training rows", "share", (0.05, 0.1, 0.2, 0.4, 0.7, 1.0),
            _none, (0.1, 0.4, 1.0),
        ),
        Factor("split", "Split ratio", "", "share", (0.5, 0.4, 0.3, 0.2, 0.1), _none, (0.5, 0.2)),
        Factor("epochs", "Epochs", "epochs", "count", (1, 2, 5, 10, 20, 40), _sets("epochs", int), (5, 20)),
        Factor(
            "contestant", "Network or classical", "", "name", ("base", "dense", "svc", "knn", "forest", "logistic"),
            _none, ("base", "dense"),
        ),
        Factor("seeds", "Seeds", "seeds", "count", (1, 2, 3, 5, 10, 20), _none, (5,)),
    )
}  # fmt: skip
"""By name."""


def read_levels(factor: Factor, given: Sequence[str | float] | None, facts: Facts) -> list[Value]:
    """The levels of a study, checked; None: the factor's own.

    Raises
    ------
    SettingsError
        If there are fewer than two, one is no level of this factor, or the factor is not one of these rows.
    """
    if factor.needs_images and facts.image_shape is None:
        raise SettingsError(f"{factor.name}: only images are distorted, and these are plain rows.")
    if given is None:
        return list(factor.levels)
    levels: list[Value] = []
    problems: list[str] = []
    for item in given:
        value = _read(factor, item)
        if value is None:
            problems.append(f"{factor.name}: a level must be {_rule(factor)}. Got {item!r:.100}.")
        elif value in levels:
            problems.append(f"{factor.name}: {item!r:.100} comes twice.")
        else:
            levels.append(value)
    labels = [factor.label(value) for value in levels]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice and not problems:
        problems.append(f"{factor.name}: levels that read alike cannot be told apart: {', '.join(twice)}.")
    if not problems and len(levels) < 2 and factor.name != "seeds":
        problems.append(f"{factor.name}: a study needs two levels or more. Got {len(levels)}.")
    if problems:
        raise SettingsError(problems)
    if factor.name == "split":
        return sorted(levels, reverse=True)
    return sorted(levels) if factor.is_ordered else levels


def _read(factor: Factor, item: str | float) -> Value | None:
    if factor.kind == "name":
        return str(item) if item in factor.levels else None
    text = str(item).strip()
    try:
        if factor.name == "split" and "/" in text:
            train, held = (float(part) for part in text.split("/"))
            value = held / (train + held)
        else:
            value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except (ValueError, ZeroDivisionError):
        return None
    if not math.isfinite(value):
        return None
    if factor.kind == "count":
        return value if value == int(value) and 1 <= value <= 1_000_000 else None
    if factor.kind == "share":
        return value if 0 < value <= 1 and (factor.name != "split" or value < 1) else None
    return value if value >= 0 else None


def _rule(factor: Factor) -> str:
    return {
        "name": f"one of {', '.join(map(str, factor.levels))}",
        "count": "a whole number from 1 on",
        "share": "a share such as 0.2 or 20%" + (", or 80/20" if factor.name == "split" else ""),
        "number": "a number from 0 on",
    }[factor.kind]
