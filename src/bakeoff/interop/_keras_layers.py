"""Keras layers, as their configurations describe them, in the engine's words.

Works on plain data, so that it is the same for a model in memory and for one in a file, and needs no Keras.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from bakeoff.dense import Activation, NetworkSpec, OutputActivation, Scaling
from bakeoff.errors import InteropError

__all__ = ["KerasNetwork", "network_of"]

_MOST_LAYERS = 256
_MOST_UNITS = 65_536
_MOST_INPUTS = 10_000_000
_LARGEST_NUMBER = 1e30
_OUTPUTS = frozenset(get_args(OutputActivation))
_INSIDE = frozenset(get_args(Activation))
_SYNONYMS = {"swish": "silu"}
_ANY = None
_INITIALIZERS = ("kernel", "bias", "beta", "gamma", "moving_mean", "moving_variance")
_COMMON: Mapping[str, tuple[Any, ...] | None] = {
    "name": _ANY,
    "dtype": _ANY,
    "trainable": (True,),
    **{f"{name}_initializer": _ANY for name in _INITIALIZERS},
}
_KNOWN: Mapping[str, Mapping[str, tuple[Any, ...] | None]] = {
    "InputLayer": {"batch_shape": _ANY, "batch_input_shape": _ANY, "shape": _ANY},
    "Flatten": {"data_format": ("channels_last",)},
    "Rescaling": {"scale": _ANY, "offset": _ANY},
    "Dense": {
        "units": _ANY,
        "activation": _ANY,
        "use_bias": (True, False),
        "kernel_regularizer": _ANY,
        "bias_regularizer": _ANY,
    },
    "BatchNormalization": {
        "axis": (-1, 1, [-1], [1]),
        "momentum": _ANY,
        "renorm_momentum": _ANY,
        "epsilon": _ANY,
        "center": (True,),
        "scale": (True,),
    },
    "Activation": {"activation": _ANY},
    "Dropout": {"rate": _ANY, "seed": _ANY},
}
"""Settings of a layer and the values that the engine has; one that is not here must be None or False."""

_TRAINING_ONLY = frozenset({"trainable", "kernel_regularizer", "bias_regularizer"})


@dataclass(frozen=True, slots=True, eq=False)
class KerasNetwork:
    """A Keras model in the engine's words.

    Parameters
    ----------
    spec : NetworkSpec
    scaling : Scaling
        Of its `Rescaling` layers.
    input_shape : tuple of int
        Of one row, before it is flattened.
    dense, normalization : tuple of str
        The names of the layers that hold weights, for each layer of `spec`; ``""`` where it has no normalisation.
    dropout : tuple of float
        After each hidden layer.
    input_dropout : float
    penalties : (layers, 4) or None
        As in `bakeoff.dense.Rates`.
    """

    spec: NetworkSpec
    scaling: Scaling
    input_shape: tuple[int, ...]
    dense: tuple[str, ...]
    normalization: tuple[str, ...]
    dropout: tuple[float, ...]
    input_dropout: float
    penalties: NDArray[np.float64] | None


@dataclass(slots=True)
class _Block:
    """A dense layer and what follows it up to the next."""

    name: str
    units: int
    has_bias: bool
    penalties: tuple[float, float, float, float]
    activation: str = "linear"
    normalization: str = "none"
    normalization_name: str = ""
    normalization_constants: tuple[float, float] | None = None
    dropout: float = 0.0
    stage: int = 0  # of what follows: 0 nothing, 1 normalised, 2 activated, 3 normalised after that, 4 dropped


class _Unfit(Exception):
    """A layer that the engine does not have; the message says what."""


def network_of(
    config: Mapping[str, Any], input_shape: Sequence[int] | None = None, trains: bool = True
) -> KerasNetwork:
    """Read the configuration of a Keras model.

    Parameters
    ----------
    config : mapping
        What ``model.get_config()`` gives, or what a ``.keras`` file holds under ``"config"``.
    input_shape : sequence of int, optional
        Of one row, where the model itself does not say.
    trains : bool
        Refuse what matters in training alone, too: frozen layers, regularizers that the engine does not have.

    Raises
    ------
    InteropError
        With every layer, or setting of a layer, that the engine does not have.
    """
    layers = list(_chain(config))
    if len(layers) > _MOST_LAYERS:
        raise InteropError(f"the model must have at most {_MOST_LAYERS} layers. Got {len(layers)}.")
    reader = _Reader(tuple(input_shape) if input_shape is not None else None, trains)
    problems = []
    for kind, settings in layers:
        try:
            reader.read(kind, settings)
        except _Unfit as unfit:
            problems.append(f"layer {_shown(settings.get('name'))} ({kind:.60}): {unfit}")
    try:
        if not problems:
            return reader.network()
    except _Unfit as unfit:
        problems.append(str(unfit))
    raise InteropError(problems)


def _chain(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(class, settings) of every layer, one after the other."""
    layers = config.get("layers")
    if not isinstance(layers, list) or not all(_is_layer(layer) for layer in layers):
        raise InteropError("the model must be a Sequential or a functional model of Keras' own layers.")
    before: str | None = None
    is_functional = any(layer.get("inbound_nodes") for layer in layers)
    for position, layer in enumerate(layers):
        if is_functional and position and _inbound(layer) != [before]:
            raise InteropError("the model must be a chain: each layer must have the one before it as its only input.")
        before = layer["config"].get("name")
        yield layer["class_name"], layer["config"]
    outputs = config.get("output_layers")
    if is_functional and outputs is not None and _names_in(outputs) != [before]:
        raise InteropError("the model must have one output, its last layer's.")


def _names_in(outputs: Any) -> list[Any]:
    """Names of output layers: ``["name", 0, 0]``, or several of such."""
    if not isinstance(outputs, list | tuple):
        return [None]
    if outputs and isinstance(outputs[0], str):
        return [outputs[0]]
    return [name for each in outputs for name in _names_in(each)]


def _is_layer(layer: Any) -> bool:
    return (
        isinstance(layer, Mapping)
        and isinstance(layer.get("class_name"), str)
        and isinstance(layer.get("config"), Mapping)
        and str(layer.get("module", "keras.layers")).startswith("keras")
        and layer.get("registered_name") in (None, layer["class_name"])
    )


def _inbound(layer: Mapping[str, Any]) -> list[str]:
    """Names of the layers whose outputs a layer of a functional model gets."""

    def names(node: Any) -> Iterator[str]:
        if isinstance(node, Mapping):
            is_tensor = node.get("class_name") == "__keras_tensor__" and isinstance(node.get("config"), Mapping)
            history = node["config"].get("keras_history") if is_tensor else None
            if isinstance(history, list | tuple) and history:
                yield str(history[0])
            else:
                for each in node.values():
                    yield from names(each)
        elif isinstance(node, list | tuple):
            for each in node:
                yield from names(each)

    return list(names(layer.get("inbound_nodes") or []))


class _Reader:
    """Layers, one after the other."""

    def __init__(self, input_shape: tuple[int, ...] | None, trains: bool) -> None:
        self._shape = input_shape
        self._trains = trains
        self._is_flat = input_shape is not None and len(input_shape) == 1
        self._factor: Any = 1.0
        self._offset: Any = 0.0
        self._input_dropout = 0.0
        self._blocks: list[_Block] = []

    def read(self, kind: str, settings: Mapping[str, Any]) -> None:
        if kind not in _KNOWN:
            raise _Unfit("no layer of this kind")
        self._check(kind, settings)
        getattr(self, f"_read_{kind.lower()}")(settings)

    def _check(self, kind: str, settings: Mapping[str, Any]) -> None:
        known = {**_COMMON, **_KNOWN[kind]}
        for name, value in settings.items():
            if not self._trains and name in _TRAINING_ONLY:
                continue
            allowed = known.get(name, (None, False, 1)) if kind == "InputLayer" else known.get(name, (None, False))
            if name in known and allowed is _ANY:
                continue
            if not any(value == each and type(value) is type(each) for each in cast("tuple[Any, ...]", allowed)):
                raise _Unfit(f"{name:.60}={_shown(value)}")
        dtype = settings.get("dtype")
        if isinstance(dtype, Mapping):
            dtype = dtype["config"].get("name") if isinstance(dtype.get("config"), Mapping) else dtype
        if kind != "InputLayer" and dtype not in (None, "float32"):
            raise _Unfit(f"dtype={_shown(dtype)}")

    def _read_inputlayer(self, settings: Mapping[str, Any]) -> None:
        shape = settings.get("batch_shape") or settings.get("batch_input_shape")
        if not isinstance(shape, list | tuple) or not all(type(size) is int and size > 0 for size in shape[1:]):
            raise _Unfit(f"inputs of the shape {_shown(shape)}")
        self._shape = tuple(shape[1:])
        self._is_flat = len(self._shape) == 1

    def _read_flatten(self, _settings: Mapping[str, Any]) -> None:
        if not self._blocks:
            self._is_flat = True

    def _read_rescaling(self, settings: Mapping[str, Any]) -> None:
        if self._blocks or self._input_dropout:
            raise _Unfit("it must come before all other layers but Flatten")
        scale, offset = (self._numbers(settings.get(name, 0.0), name) for name in ("scale", "offset"))
        self._factor, self._offset = self._factor * scale, self._offset * scale + offset

    def _numbers(self, value: Any, name: str) -> Any:
        if isinstance(value, Mapping):  # a NumPy array, as Keras writes it
            value = value["config"].get("value") if isinstance(value.get("config"), Mapping) else None
        try:
            numbers = np.asarray(value, np.float64)
        except (TypeError, ValueError, OverflowError):
            raise _Unfit(f"{name}={_shown(value)}") from None
        if numbers.ndim > 1 or not np.isfinite(numbers).all() or (numbers.ndim and not self._is_flat):
            raise _Unfit(f"{name}={_shown(value)}, which must be one number, or after Flatten one for each input")
        return numbers if numbers.ndim else float(numbers)

    def _read_dense(self, settings: Mapping[str, Any]) -> None:
        if not self._blocks and not self._is_flat:
            raise _Unfit("its input must be flat: put a Flatten before it")
        units = settings.get("units")
        if type(units) is not int or not 1 <= units <= _MOST_UNITS:
            raise _Unfit(f"units={_shown(units)}")
        weights, biases = (self._penalty(settings, name) for name in ("kernel_regularizer", "bias_regularizer"))
        name = str(settings.get("name"))
        self._blocks.append(_Block(name, units, settings.get("use_bias", True), (*weights, *biases)))
        activation = settings.get("activation") or "linear"
        if activation != "linear":
            self._activate(activation)

    def _penalty(self, settings: Mapping[str, Any], name: str) -> tuple[float, float]:
        """What ``sum(abs(x))`` and ``sum(x**2)`` are multiplied by."""
        given = settings.get(name)
        if given is None or not self._trains:
            return 0.0, 0.0
        kind = given.get("class_name") if isinstance(given, Mapping) else None
        if kind not in ("L1", "L2", "L1L2"):
            raise _Unfit(f"{name}={_shown(given)}")
        own = given["config"] if isinstance(given.get("config"), Mapping) else {}
        return _number(own.get("l1") or 0.0, name), _number(own.get("l2") or 0.0, name)

    def _activate(self, activation: Any) -> None:
        name = _SYNONYMS.get(activation, activation) if isinstance(activation, str) else ""
        if name not in _INSIDE | _OUTPUTS:
            raise _Unfit(f"activation={_shown(activation)}")
        block = self._last("an activation", before=2)
        block.activation, block.stage = name, 2

    def _read_activation(self, settings: Mapping[str, Any]) -> None:
        if settings.get("activation") != "linear":
            self._activate(settings.get("activation"))

    def _read_batchnormalization(self, settings: Mapping[str, Any]) -> None:
        block = self._last("batch normalisation", before=3)
        if block.normalization != "none":
            raise _Unfit("a second batch normalisation of one layer")
        block.normalization = "before" if block.stage == 0 else "after"
        block.stage = 1 if block.stage == 0 else 3
        block.normalization_name = str(settings.get("name"))
        momentum = _number(settings.get("momentum", 0.99), "momentum")
        block.normalization_constants = (momentum, _number(settings.get("epsilon", 1e-3), "epsilon"))

    def _read_dropout(self, settings: Mapping[str, Any]) -> None:
        rate = _number(settings.get("rate"), "rate")
        if not 0 <= rate < 1:
            raise _Unfit(f"rate={_shown(rate)}")
        if not rate:
            return
        if not self._blocks:
            if self._input_dropout:
                raise _Unfit("a second dropout of the inputs")
            self._input_dropout = rate
            return
        block = self._last("dropout", before=4)
        block.dropout, block.stage = rate, 4

    def _last(self, what: str, before: int) -> _Block:
        if not self._blocks:
            raise _Unfit(f"{what} of the inputs")
        if self._blocks[-1].stage >= before:
            raise _Unfit(f"{what} at this place")
        return self._blocks[-1]

    def network(self) -> KerasNetwork:
        if not self._blocks or self._shape is None:
            raise _Unfit("the model must have inputs of a known shape and a Dense layer")
        n_features = math.prod(self._shape)
        if not 1 <= n_features <= _MOST_INPUTS:
            raise _Unfit(f"inputs of the shape {_shown(self._shape)}")
        names = [name for block in self._blocks for name in (block.name, block.normalization_name) if name]
        if len(set(names)) < len(names):
            raise _Unfit("two layers of one name")
        *hidden, last = self._blocks
        if last.normalization != "none" or last.dropout:
            raise _Unfit("what follows the last Dense layer may only be its activation")
        if last.activation not in _OUTPUTS:
            raise _Unfit(
                f"the output's activation must be one of {', '.join(sorted(_OUTPUTS))}. Got {last.activation}."
            )
        inside = [block.activation for block in hidden if block.activation not in _INSIDE]
        if inside:
            raise _Unfit(f"{inside[0]} inside the network")
        constants = {block.normalization_constants for block in hidden if block.normalization_constants}
        if len(constants) > 1:
            raise _Unfit("the batch normalisations must have one momentum and epsilon")
        momentum, epsilon = next(iter(constants), (0.99, 1e-3))
        is_logistic = last.units == 1 and last.activation == "sigmoid"
        spec = NetworkSpec(
            n_features=n_features,
            hidden_layer_sizes=tuple(block.units for block in hidden),
            n_outputs=2 if is_logistic else last.units,
            activation=tuple(cast("Activation", block.activation) for block in hidden),
            output_activation=cast("OutputActivation", last.activation),
            batch_normalization=tuple(cast("Any", block.normalization) for block in hidden),
            biases=tuple(block.has_bias for block in self._blocks),
            normalization_momentum=momentum,
            normalization_epsilon=epsilon,
            is_logistic=is_logistic,
        )
        penalties = np.asarray([block.penalties for block in self._blocks], np.float64)
        return KerasNetwork(
            spec,
            self._scaling(n_features),
            self._shape,
            tuple(block.name for block in self._blocks),
            tuple(block.normalization_name for block in self._blocks),
            tuple(block.dropout for block in hidden),
            self._input_dropout,
            penalties if penalties.any() else None,
        )

    def _scaling(self, n_features: int) -> Scaling:
        sizes = {np.size(each) for each in (self._factor, self._offset)}
        if not sizes <= {1, n_features}:
            raise _Unfit(f"Rescaling must have one number, or one for each of the {n_features} inputs")
        factor, offset = self._factor, self._offset
        moves = bool(np.any(offset))
        return Scaling(
            factor=None if not np.ndim(factor) and factor == 1 else np.asarray(factor, np.float64),
            offset=np.broadcast_to(np.asarray(offset, np.float64), n_features).copy() if moves else None,
        )


def _number(value: Any, name: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _LARGEST_NUMBER:  # no NaN either
        raise _Unfit(f"{name}={_shown(value)}")
    return float(value)


def _shown(value: Any) -> str:
    """A value from a model, short enough for a message."""
    if isinstance(value, Mapping) and isinstance(value.get("class_name"), str):
        value = value["class_name"]
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
