"""Weights and optimizer state: out of a Keras model into the engine, and back."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bakeoff.dense import Layers, Start
from bakeoff.interop._keras_layers import KerasNetwork

__all__ = ["read_start", "read_weights", "write_start", "write_weights"]

_SLOTS: Mapping[str, Mapping[str, str]] = {
    "sgd": {"velocity": "momentums"},
    "adam": {"mean": "_momentums", "square": "_velocities"},
    "adamw": {"mean": "_momentums", "square": "_velocities"},
    "rmsprop": {"square": "_velocities", "velocity": "_momentums"},
}
"""What each optimizer remembers: the engine's names and Keras' attributes."""

_PARAMETERS = {"w": "kernel", "b": "bias", "scale": "gamma", "offset": "beta"}
_AVERAGES = {"mean": "moving_mean", "variance": "moving_variance"}


def read_weights(model: Any, network: KerasNetwork) -> tuple[Layers, Layers]:
    """Copies of a built model's parameters and of the averages of its batch normalisations."""
    parameters: Layers = [{} for _ in network.dense]
    averages: Layers = [{} for _ in network.dense]
    for number, name, variable in _variables(model, network, _PARAMETERS):
        parameters[number][name] = _copied(variable)
    for number, name, variable in _variables(model, network, _AVERAGES):
        averages[number][name] = _copied(variable)
    return parameters, averages


def write_weights(model: Any, network: KerasNetwork, parameters: Layers, averages: Layers) -> None:
    """Put weights into a built model."""
    for number, name, variable in _variables(model, network, _PARAMETERS):
        variable.assign(parameters[number][name])
    for number, name, variable in _variables(model, network, _AVERAGES):
        variable.assign(averages[number][name])


def read_start(model: Any, network: KerasNetwork, optimizer: str) -> Start:
    """All that a compiled model's training goes on from."""
    parameters, averages = read_weights(model, network)
    own = model.optimizer
    if not own.built:
        return Start(parameters, averages)
    slots: dict[str, Any] = {}
    for name, attribute in _SLOTS[optimizer].items():
        if not getattr(own, attribute, None):
            continue
        slots[name] = [
            {key: _copied(each) for key, each in layer.items()} for layer in _slot(model, network, attribute)
        ]
    return Start(parameters, averages, slots, int(np.asarray(own.iterations)))


def write_start(model: Any, network: KerasNetwork, optimizer: str, start: Start) -> None:
    """Put weights and what the optimizer remembers into a compiled model."""
    write_weights(model, network, start.parameters, start.averages)
    own = model.optimizer
    if not own.built:
        own.build(model.trainable_variables)
    own.iterations.assign(start.step)
    for name, attribute in _SLOTS[optimizer].items():
        if name not in start.slots:
            continue
        for layer, values in zip(_slot(model, network, attribute), start.slots[name], strict=True):
            for key, variable in layer.items():
                variable.assign(values[key])


def _copied(variable: Any) -> Any:
    return np.array(np.asarray(variable), np.float32)


def _slot(model: Any, network: KerasNetwork, attribute: str) -> list[dict[str, Any]]:
    """What an optimizer remembers of every parameter, under the parameters' names."""
    own = model.optimizer
    kept = getattr(own, attribute)
    layers: list[dict[str, Any]] = [{} for _ in network.dense]
    for number, name, variable in _variables(model, network, _PARAMETERS):
        layers[number][name] = kept[own._get_variable_index(variable)]
    return layers


def _variables(model: Any, network: KerasNetwork, names: Mapping[str, str]) -> Iterator[tuple[int, str, Any]]:
    for number, (dense, normalization) in enumerate(zip(network.dense, network.normalization, strict=True)):
        for layer_name in (dense, normalization):
            if not layer_name:
                continue
            layer = model.get_layer(layer_name)
            for name, attribute in names.items():
                variable = getattr(layer, attribute, None)
                if variable is not None:
                    yield number, name, variable
