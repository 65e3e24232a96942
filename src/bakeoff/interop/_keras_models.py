"""Whole Keras models: what the engine makes of them, and what Keras makes of the engine's networks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.contestants import import_keras
from bakeoff.dense import Network
from bakeoff.errors import InteropError
from bakeoff.estimator import DenseClassifier
from bakeoff.interop._keras_file import read_keras_file
from bakeoff.interop._keras_layers import network_of
from bakeoff.interop._keras_own import foreign_layers
from bakeoff.interop._keras_weights import read_weights, write_weights

__all__ = ["from_keras", "network_from_keras", "to_keras"]


def network_from_keras(model: Any) -> Network:
    """The engine's network of a Keras model, with its weights.

    Parameters
    ----------
    model : keras.Model, or path of a ``.keras`` file
        A file is read without Keras: nothing in it is run.

    Raises
    ------
    InteropError
        With every layer, or setting of a layer, that the engine does not have.
    DataError
        If a file cannot be read.
    """
    if isinstance(model, str | Path):
        return read_keras_file(Path(model))
    if not getattr(model, "built", False):
        raise InteropError("the model has no weights yet: it must be built.")
    if foreign := list(foreign_layers(model)):
        raise InteropError(foreign)
    try:
        config = model.get_config()
    except NotImplementedError:
        raise InteropError("the model must be a Sequential or a functional model of Keras' own layers.") from None
    found = network_of(config, model.input_shape[1:], trains=False)
    columns = tuple(range(found.spec.n_outputs))
    return Network(found.spec, columns, *read_weights(model, found), found.scaling)


def from_keras(model: Any, classes: Sequence[Any] | None = None) -> DenseClassifier:
    """A fitted `DenseClassifier` that predicts what a Keras model predicts.

    Parameters
    ----------
    model : keras.Model, or path of a ``.keras`` file
    classes : sequence, optional
        The class of each output; None: 0, 1, 2, ...

    Returns
    -------
    DenseClassifier
        Fitted. Its parameters say what the model's layers are; how it was trained is not in the layers, so fitting it
        again is training with this estimator's defaults.

    Raises
    ------
    InteropError
        With everything that the engine, or the estimator, does not have.
    DataError
        If a file cannot be read.
    """
    network = network_from_keras(model)
    spec = network.spec
    if classes is not None and len(classes) != spec.n_outputs:
        raise InteropError(f"classes must name the {spec.n_outputs} outputs of the model. Got {len(classes)}.")
    return DenseClassifier.from_network(network, range(spec.n_outputs) if classes is None else classes)


def to_keras(model: DenseClassifier | Network) -> Any:
    """A Keras model that predicts what a network of the engine predicts.

    Parameters
    ----------
    model : fitted DenseClassifier or Network

    Returns
    -------
    keras.Sequential
        Built, not compiled. Its inputs are the rows as they were: pixels are scaled inside. Columns of the output are
        those of the network, of a logistic output the second class's alone; missing values are not replaced.

    Examples
    --------
    >>> import os
    >>> os.environ.setdefault("KERAS_BACKEND", "jax")  # doctest: +ELLIPSIS
    '...'
    >>> import bakeoff, numpy as np
    >>> X, y = np.eye(4).repeat(8, axis=0), np.arange(4).repeat(8)
    >>> ours = bakeoff.DenseClassifier((8,), epochs=2, random_state=0).fit(X, y)
    >>> theirs = to_keras(ours)
    >>> bool(np.allclose(theirs.predict(X, verbose=0), ours.predict_proba(X), atol=1e-5))
    True
    """
    network = model if isinstance(model, Network) else model.network_
    keras = import_keras()
    made = keras.Sequential(_layers(keras, network))
    write_weights(made, network_of(made.get_config()), network.parameters, network.averages)
    return made


def _layers(keras: Any, network: Network) -> list[Any]:
    spec, scaling = network.spec, network.scaling
    layers = [keras.Input((spec.n_features,))]
    if scaling.factor is not None or scaling.offset is not None:
        factor = 1.0 if scaling.factor is None else np.asarray(scaling.factor, np.float64).tolist()
        offset = 0.0 if scaling.offset is None else np.asarray(scaling.offset, np.float64).tolist()
        layers.append(keras.layers.Rescaling(factor, offset))
    for hidden in spec.hidden_layers:
        is_late = hidden.normalization == "before"
        own = "linear" if is_late else hidden.activation
        layers.append(keras.layers.Dense(hidden.units, activation=own, use_bias=hidden.has_bias))
        if hidden.normalization != "none":
            layers.append(
                keras.layers.BatchNormalization(
                    momentum=spec.normalization_momentum, epsilon=spec.normalization_epsilon
                )
            )
        if is_late:
            layers.append(keras.layers.Activation(hidden.activation))
    last = {"activation": spec.output_activation, "use_bias": spec.has_biases[-1]}
    return [*layers, keras.layers.Dense(spec.layer_sizes[-1][1], **last)]
