"""A dense network as files: weights in safetensors, everything else in JSON. Reading them runs no code."""

import json
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bakeoff.contestants._kept import MODEL_JSON, MODEL_TENSORS
from bakeoff.dense import Layers, Network, NetworkSpec, Scaling, n_parameters
from bakeoff.errors import DataError

__all__ = ["read_network", "write_network"]

_MOST_PARAMETERS = 500_000_000
_MOST_JSON_BYTES = 4_000_000
_HEADER_BYTES = 1_000_000

_Width = Field(ge=1, le=65_536)


class _Description(BaseModel):
    """What `model.json` may say."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: str = Field(pattern="^bakeoff-dense$")
    version: int = Field(ge=1, le=1)
    n_features: int = Field(ge=1, le=10_000_000)
    hidden_layer_sizes: list[int] = Field(max_length=64)
    n_outputs: int = _Width
    activation: str = Field(pattern="^(relu|tanh|sigmoid|gelu|elu|silu|leaky_relu|linear)$")
    output_activation: str = Field(pattern="^(softmax|sigmoid|tanh|linear)$")
    batch_normalization: bool
    precision: str = Field(pattern="^(float32|bfloat16|float64)$")
    is_logistic: bool = False
    class_columns: list[int] = Field(min_length=1, max_length=65_536)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if any(not 1 <= width <= 65_536 for width in self.hidden_layer_sizes):
            raise ValueError("hidden_layer_sizes must lie in 1..65536")
        columns = self.class_columns
        if len(set(columns)) != len(columns) or not all(0 <= column < self.n_outputs for column in columns):
            raise ValueError("class_columns must be different columns of the output")
        if self.is_logistic and self.n_outputs != 2:
            raise ValueError("a logistic output has two columns")
        if n_parameters(self.spec()) > _MOST_PARAMETERS:
            raise ValueError(f"more than {_MOST_PARAMETERS} parameters")
        return self

    def spec(self) -> NetworkSpec:
        return NetworkSpec(
            n_features=self.n_features,
            hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            n_outputs=self.n_outputs,
            activation=self.activation,  # type: ignore[arg-type]
            output_activation=self.output_activation,  # type: ignore[arg-type]
            batch_normalization=self.batch_normalization,
            precision=self.precision,  # type: ignore[arg-type]
            is_logistic=self.is_logistic,
        )


def write_network(network: Network) -> dict[str, bytes]:
    """A network as the bytes of its two files."""
    from safetensors.numpy import save  # noqa: PLC0415

    spec = network.spec
    description = {
        "format": "bakeoff-dense",
        "version": 1,
        "n_features": spec.n_features,
        "hidden_layer_sizes": list(spec.hidden_layer_sizes),
        "n_outputs": spec.n_outputs,
        "activation": spec.activation,
        "output_activation": spec.output_activation,
        "batch_normalization": spec.batch_normalization,
        "precision": spec.precision,
        "is_logistic": spec.is_logistic,
        "class_columns": list(network.class_columns),
    }
    tensors = {
        f"layers.{number}.{name}": np.ascontiguousarray(array)
        for number, both in enumerate(zip(network.parameters, network.averages, strict=True))
        for layer in both
        for name, array in layer.items()
    }
    for name in ("factor", "offset", "fill"):
        array = getattr(network.scaling, name)
        if array is not None:
            tensors[f"scaling.{name}"] = np.array(array, np.float64, order="C")
    return {MODEL_TENSORS: save(tensors), MODEL_JSON: json.dumps(description, indent=1).encode()}


def read_network(files: Mapping[str, bytes]) -> Network:
    """The network that `write_network` wrote.

    Raises
    ------
    DataError
        If a file is missing, too large, or says anything that this release does not know.
    """
    missing = [f"{name} is missing from the model" for name in (MODEL_TENSORS, MODEL_JSON) if name not in files]
    if missing:
        raise DataError(missing)
    description = _description(files[MODEL_JSON])
    spec = description.spec()
    expected = _shapes(spec)
    n_numbers = sum(int(np.prod(shape)) for shape in expected.values()) + 3 * spec.n_features
    if len(files[MODEL_TENSORS]) > 8 * n_numbers + _HEADER_BYTES:
        raise DataError(f"{MODEL_TENSORS} is larger than its network: {len(files[MODEL_TENSORS])} bytes")
    tensors = _tensors(files[MODEL_TENSORS])
    problems = [
        f"{MODEL_TENSORS}: {name} must have the shape {shape}. Got {tensors[name].shape if name in tensors else None}."
        for name, shape in expected.items()
        if name not in tensors or tensors[name].shape != shape
    ]
    scalings = {name: tensors.pop(f"scaling.{name}", None) for name in ("factor", "offset", "fill")}
    problems += [
        f"{MODEL_TENSORS}: scaling.{name} must have the shape {(spec.n_features,)}. Got {array.shape}."
        for name, array in scalings.items()
        if array is not None and array.shape not in ((), (spec.n_features,))
    ]
    problems += [f"{MODEL_TENSORS}: unknown array {name!r:.100}" for name in tensors if name not in expected]
    problems += [f"{MODEL_TENSORS}: {name!r:.100} is not float" for name, a in tensors.items() if a.dtype.kind != "f"]
    if problems:
        raise DataError(problems)
    parameters = _layers(tensors, spec, ("w", "b", "scale", "offset"))
    averages = _layers(tensors, spec, ("mean", "variance"))
    return Network(spec, tuple(description.class_columns), parameters, averages, Scaling(**scalings))


def _description(content: bytes) -> _Description:
    if len(content) > _MOST_JSON_BYTES:
        raise DataError(f"{MODEL_JSON} must have at most {_MOST_JSON_BYTES} bytes. Got {len(content)}.")
    try:
        return _Description.model_validate_json(content)
    except ValidationError as error:
        lines = [f"{'.'.join(str(key) for key in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise DataError([f"{MODEL_JSON}: {line}" for line in lines]) from None


def _tensors(content: bytes) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    try:
        tensors: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, KeyError, ValueError) as error:
        raise DataError(f"{MODEL_TENSORS} is not a safetensors file: {error}") from None
    return tensors


def _shapes(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (inputs, units) in enumerate(spec.layer_sizes):
        shapes[f"layers.{number}.w"] = (inputs, units)
        shapes[f"layers.{number}.b"] = (units,)
        if spec.batch_normalization and number < len(spec.hidden_layer_sizes):
            shapes |= {f"layers.{number}.{name}": (units,) for name in ("scale", "offset", "mean", "variance")}
    return shapes


def _layers(tensors: Mapping[str, NDArray[Any]], spec: NetworkSpec, names: tuple[str, ...]) -> Layers:
    return [
        {name: tensors[key] for name in names if (key := f"layers.{number}.{name}") in tensors}  # type: ignore[misc]
        for number in range(len(spec.layer_sizes))
    ]
