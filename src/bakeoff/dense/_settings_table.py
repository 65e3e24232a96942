"""What a user may write as a setting of a dense network: one table, and the check against it."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from bakeoff.dense._activations import Activation, OutputActivation
from bakeoff.dense._constraints import (
    Boolean,
    Choice,
    Constraint,
    Either,
    Nothing,
    Number,
    NumberList,
    Strengths,
    WholeNumber,
)
from bakeoff.dense._distortion import DISTORTION_LIMITS, Preset
from bakeoff.dense._scaling import Scale
from bakeoff.dense._spec import BiasInitializer, Loss, OptimizerName, Precision, ScheduleName, TrainScores
from bakeoff.dense._stopping import Monitor
from bakeoff.errors import SettingsError

__all__ = ["CONSTRAINTS", "accepted"]


def accepted(settings: Mapping[str, Any], of: str) -> dict[str, Any]:
    """The settings as plain values, each checked against its rule.

    Parameters
    ----------
    settings : mapping
    of : str
        Who has these settings, for messages.

    Raises
    ------
    SettingsError
        With every problem: unknown names, wrong values.
    """
    problems, values = [], {}
    # In the order of the table, and unknown names last, so that the lines come as the documentation does.
    for name, value in sorted(settings.items(), key=lambda item: _order(item[0])):
        rule = CONSTRAINTS.get(name)
        if rule is None:
            problems.append(_unknown(str(name), of))
        elif not rule.accepts(value):
            problems.append(f"The {name!r} parameter of {of} must be {rule}. Got {value!r:.200} instead.")
        else:
            values[name] = rule.plain(value)
    if problems:
        raise SettingsError(problems)
    return values


def _order(name: Any) -> int:
    names = list(CONSTRAINTS)
    return names.index(name) if name in CONSTRAINTS else len(names)


def _unknown(name: str, of: str) -> str:
    near = difflib.get_close_matches(name, CONSTRAINTS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" It has {', '.join(CONSTRAINTS)}."
    return f"{of} has no parameter {name!r:.100}.{hint}"


def _or_none(rule: Constraint) -> Either:
    return Either((Nothing(), rule))


_POSITIVE = Number("(0, inf)")
_NOT_NEGATIVE = Number("[0, inf)")
_SHARE = Number("[0, 1)")

CONSTRAINTS: Mapping[str, Constraint] = MappingProxyType(
    {
        "hidden_layer_sizes": NumberList(WholeNumber(1, 65_536), longest=64),
        "activation": Choice(get_args(Activation)),
        "output_activation": Choice(get_args(OutputActivation)),
        "loss": _or_none(Choice(get_args(Loss))),
        "output_units": _or_none(WholeNumber(1, 65_536)),
        "optimizer": Choice(get_args(OptimizerName)),
        "learning_rate": _or_none(_POSITIVE),
        "momentum": _SHARE,
        "nesterov": Boolean(),
        "beta_1": _SHARE,
        "beta_2": _SHARE,
        "rho": _SHARE,
        "epsilon": _POSITIVE,
        "weight_decay": _or_none(_NOT_NEGATIVE),
        "l2": _NOT_NEGATIVE,
        "dropout": _or_none(_SHARE),
        "input_dropout": _SHARE,
        "adversarial_radius": _NOT_NEGATIVE,
        "label_smoothing": _or_none(_SHARE),
        "batch_normalization": Boolean(),
        "bias_initializer": Choice(get_args(BiasInitializer)),
        "ema_momentum": _SHARE,
        "class_weight": Either((Nothing(), Choice(("balanced",)), NumberList(_NOT_NEGATIVE, longest=65_536))),
        "batch_size": _or_none(WholeNumber(1, 1_048_576)),
        "epochs": _or_none(WholeNumber(1, 100_000)),
        "schedule": Choice(get_args(ScheduleName)),
        "warmup_epochs": _or_none(_NOT_NEGATIVE),
        "minimum_learning_rate": _NOT_NEGATIVE,
        "decay_epochs": _or_none(_POSITIVE),
        "decay_factor": Number("(0, 1]"),
        "plateau_patience": WholeNumber(1, 100_000),
        "early_stopping": Boolean(),
        "patience": WholeNumber(1, 100_000),
        "min_delta": _NOT_NEGATIVE,
        "monitor": Choice(get_args(Monitor)),
        "train_scores": Choice(get_args(TrainScores)),
        "scale": _or_none(Choice(get_args(Scale))),
        "augment": Either((Nothing(), Choice(get_args(Preset)), Strengths(DISTORTION_LIMITS))),
        "precision": Choice(get_args(Precision)),
    }
)
"""Every setting and its rule."""
