"""How a Keras model was compiled, in the engine's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.dense import Loss, OptimizerName
from bakeoff.errors import InteropError

__all__ = ["Compiled", "compiled_as"]

_LOSSES: Mapping[str, tuple[Loss, bool]] = {
    "categorical_crossentropy": ("categorical_crossentropy", False),
    "sparse_categorical_crossentropy": ("categorical_crossentropy", True),
    "mean_squared_error": ("mean_squared_error", False),
    "mse": ("mean_squared_error", False),
    "binary_crossentropy": ("binary_crossentropy", False),
}
"""Keras' names of losses: the engine's, and whether labels are class numbers."""

_LOSS_CLASSES = {
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "MeanSquaredError": "mean_squared_error",
    "BinaryCrossentropy": "binary_crossentropy",
}
_LOSS_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "reduction": ("sum_over_batch_size",),
    "axis": (-1,),
    "ignore_class": (None,),
}
_OPTIMIZERS: Mapping[str, OptimizerName] = {"SGD": "sgd", "Adam": "adam", "AdamW": "adamw", "RMSprop": "rmsprop"}
_RATES = ("learning_rate", "weight_decay", "momentum", "beta_1", "beta_2", "rho", "epsilon")
_NEEDLESS = {"name", "nesterov", "ema_momentum", "ema_overwrite_frequency", *_RATES}
_ACCURACIES = {"accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy"}
_ACCURACY_CLASSES = {"CategoricalAccuracy", "SparseCategoricalAccuracy", "BinaryAccuracy"}
_OF_ANY_OUTPUT = {"accuracy", "acc"}
_OF_ONE_OUTPUT = {"binary_accuracy", "BinaryAccuracy"}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What training needs to know of ``model.compile``.

    Parameters
    ----------
    loss : str
        The engine's name.
    has_class_numbers : bool
        Labels are class numbers, not one-hot rows.
    from_logits : bool
    label_smoothing : float
    optimizer : str
    nesterov : bool
    rates : mapping of str to float
    metrics : mapping of Keras' key to {"accuracy", "f1"}
    kinds_of_metrics : tuple of str
        Keras' names of what they are.
    """

    loss: Loss
    has_class_numbers: bool
    from_logits: bool
    label_smoothing: float
    optimizer: OptimizerName
    nesterov: bool
    rates: Mapping[str, float]
    metrics: Mapping[str, str]
    kinds_of_metrics: tuple[str, ...]

    def unfit_metrics(self, has_one_output: bool) -> list[str]:
        """Those that Keras means for another number of outputs, and that are something else with this one."""
        fixed = [kind for kind in self.kinds_of_metrics if kind not in _OF_ANY_OUTPUT]
        return [kind for kind in fixed if (kind in _OF_ONE_OUTPUT) != has_one_output]


class _Unfit(Exception):
    """Something that the engine does not have."""


def compiled_as(config: Mapping[str, Any], optimizer: Mapping[str, Any]) -> Compiled:
    """Read how a model was compiled.

    Parameters
    ----------
    config : mapping
        What ``model.get_compile_config()`` gives.
    optimizer : mapping
        The optimizer serialised as it is now: its rate may have changed since.

    Raises
    ------
    InteropError
        With everything that the engine does not have.
    """
    unknown = ("loss_weights", "weighted_metrics", "run_eagerly")
    problems = [f"{name}={config[name]!r:.80}" for name in unknown if config.get(name)]
    found: dict[str, Any] = {}
    for name, read, given in (
        ("loss", _loss, config.get("loss")),
        ("optimizer", _optimizer, optimizer),
        ("metrics", _metrics, config.get("metrics")),
    ):
        try:
            found |= read(given)
        except _Unfit as unfit:
            problems.append(f"{name}: {unfit}")
    if problems:
        raise InteropError(problems)
    return Compiled(**found)


def _loss(given: Any) -> dict[str, Any]:
    given = _only(given)
    own: Mapping[str, Any] = {}
    name = given
    if isinstance(given, Mapping):
        kind, settings = given.get("class_name"), given.get("config")
        # A function such as keras.losses.categorical_crossentropy is written by its name.
        name = settings if kind == "function" else _LOSS_CLASSES.get(str(kind))
        own = settings if isinstance(settings, Mapping) else {}
    if not isinstance(name, str) or name not in _LOSSES:
        raise _Unfit(f"{_shown(given)} is not one that the engine has")
    for key, allowed in _LOSS_DEFAULTS.items():
        if key in own and own[key] not in allowed:
            raise _Unfit(f"{key}={own[key]!r:.80}")
    loss, has_class_numbers = _LOSSES[name]
    return {
        "loss": loss,
        "has_class_numbers": has_class_numbers,
        "from_logits": bool(own.get("from_logits", False)),
        "label_smoothing": float(own.get("label_smoothing", 0.0)),
    }


def _optimizer(given: Any) -> dict[str, Any]:
    kind, own = str(given.get("class_name")), given.get("config", {})
    if kind not in _OPTIMIZERS:
        raise _Unfit(f"{kind:.60} is not one that the engine has")
    extra = [f"{name}={value!r:.60}" for name, value in own.items() if name not in _NEEDLESS and value]
    if extra:
        raise _Unfit(", ".join(extra))
    if not isinstance(own.get("learning_rate"), int | float):
        raise _Unfit("a schedule of the learning rate inside the optimizer; use a callback")
    rates = {name: float(own[name]) for name in _RATES if own.get(name) is not None}
    return {"optimizer": _OPTIMIZERS[kind], "nesterov": bool(own.get("nesterov", False)), "rates": rates}


def _metrics(given: Any) -> dict[str, Any]:
    metrics, kinds = {}, []
    for metric in _flat(given):
        own = metric.get("config", {}) if isinstance(metric, Mapping) else {}
        kind = metric.get("class_name") if isinstance(metric, Mapping) else None
        if isinstance(metric, str) and metric in _ACCURACIES:
            metrics[metric] = "accuracy"
        elif kind in _ACCURACY_CLASSES and own.get("threshold", 0.5) == 0.5:
            metrics[str(own.get("name"))] = "accuracy"
        elif kind == "F1Score" and own.get("average") == "macro" and own.get("threshold") is None:
            metrics[str(own.get("name"))] = "f1"
        else:
            raise _Unfit(f"{_shown(metric)} is not one that the engine has")
        kinds.append(metric if isinstance(metric, str) else str(kind))
    return {"metrics": metrics, "kinds_of_metrics": tuple(kinds)}


def _flat(given: Any) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [each for part in given for each in _flat(part)]
    return [given]


def _only(given: Any) -> Any:
    """The loss of the only output, however it was written."""
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 1:
        return given[0]
    return given


def _shown(given: Any) -> str:
    if isinstance(given, Mapping):
        given = given.get("config") if given.get("class_name") == "function" else given.get("class_name")
    return f"{given!r:.80}"
