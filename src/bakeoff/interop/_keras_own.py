"""Whether what bears one of Keras' names is Keras' own: a configuration holds names alone."""

from collections.abc import Iterator
from typing import Any

__all__ = ["foreign_layers", "foreign_training"]

_OURS = "keras."


def foreign_layers(model: Any) -> Iterator[str]:
    """What of a model in memory, and of its layers, the user wrote: no configuration tells it from Keras' own."""
    if not _is_keras(type(model)):
        yield f"the model is a class of its own, {type(model).__name__:.60}"
    for layer in getattr(model, "layers", ()):
        if not _is_keras(type(layer)):
            yield f"layer {layer.name:.60} is a class of its own, {type(layer).__name__:.60}"
        activation = getattr(layer, "activation", None)
        if activation is not None and not _is_registered(activation):
            name = getattr(activation, "__name__", activation)
            yield f"layer {layer.name:.60}: an activation of its own, {name!s:.60}"


def foreign_training(model: Any) -> Iterator[str]:
    """The same of how a compiled model is trained."""
    if not _is_keras(type(model.optimizer)):
        yield f"the optimizer is a class of its own, {type(model.optimizer).__name__:.60}"
    elif any(vars(model.optimizer).get(f"_exclude_from_weight_decay{end}") for end in ("", "_pattern")):
        yield "optimizer: exclude_from_weight_decay"
    loss = getattr(model, "loss", None)
    if callable(loss) and not _is_keras(loss if hasattr(loss, "__name__") else type(loss)):
        yield f"the loss is one of its own, {getattr(loss, '__name__', type(loss).__name__):.60}"


def _is_keras(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(_OURS)


def _is_registered(activation: Any) -> bool:
    """Whether it is the very function that Keras has under its name."""
    import keras  # noqa: PLC0415 - whoever has a model has it

    try:
        return keras.activations.get(getattr(activation, "__name__", "")) is activation
    except (ValueError, TypeError):
        return False
