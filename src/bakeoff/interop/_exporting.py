"""Models that a run kept, in the forms of other libraries, and what a written file says of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.contestants import MODEL_SKOPS, Facts, Predictions, kept_networks, kept_pipeline, predict_with
from bakeoff.dense import Network, Predictor
from bakeoff.errors import InteropError
from bakeoff.interop._keras_models import to_keras
from bakeoff.interop._onnx import run_onnx, to_onnx
from bakeoff.interop._safetensors import from_safetensors, to_safetensors
from bakeoff.types import Rows

__all__ = ["FORMATS", "Model", "ask_file", "convert", "formats_of"]

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "keras": "a Keras model",
        "onnx": "a graph for ONNX Runtime and everything else that reads ONNX",
        "safetensors": "a dense network's arrays, with its description in the header",
        "skops": "a scikit-learn pipeline",
    }
)


@dataclass(frozen=True, eq=False)
class Model:
    """A kept model.

    Parameters
    ----------
    files : mapping of file name to bytes
        As a fit left them.
    facts : Facts
    class_names : sequence of str
    kind : {"probabilities", "scores"}
        What it gives beside labels.
    """

    files: Mapping[str, bytes]
    facts: Facts
    class_names: Sequence[str]
    kind: str

    @cached_property
    def networks(self) -> list[Network]:
        """Of a dense network one, of an ensemble all, else none."""
        return kept_networks(self.files)


def formats_of(model: Model) -> tuple[str, ...]:
    """The forms that a model has."""
    if model.networks:
        return ("keras", "onnx", "safetensors") if len(model.networks) == 1 else ("keras", "onnx")
    return ("onnx", "skops") if MODEL_SKOPS in model.files else ()


def convert(model: Model, form: str) -> bytes:
    """A model as the bytes of one file.

    Parameters
    ----------
    model : Model
    form : str
        One of `FORMATS`.

    Raises
    ------
    InteropError
        If this model has no such form.
    """
    known = formats_of(model)
    if form not in known:
        others = f"it can be exported to {' or '.join(known)}" if known else "it has no other form either"
        raise InteropError(f"this model has no {form} form; {others}.")
    networks = model.networks
    if form == "onnx":
        return to_onnx(networks or kept_pipeline(model.files), model.class_names, model.kind)
    if form == "safetensors":
        return to_safetensors(model.files, model.class_names)
    if form == "skops":
        return model.files[MODEL_SKOPS]
    return _keras_file(networks)


def ask_file(model: Model, form: str, path: Path, rows: Rows) -> Predictions:
    """What a written file says of rows, in the form of the run's own predictions.

    Parameters
    ----------
    model : Model
        What the file was made from.
    form : str
    path : Path
    rows : (n, n_features)
        As they were read: unscaled.
    """
    ask: Mapping[str, Callable[[Model, Path, Rows], Predictions]] = {
        "keras": _ask_keras,
        "onnx": _ask_onnx,
        "safetensors": _ask_safetensors,
        "skops": _ask_skops,
    }
    return ask[form](model, path, rows)


def _keras_file(networks: Sequence[Network]) -> bytes:
    import tempfile  # noqa: PLC0415 - only here

    made = to_keras(networks[0]) if len(networks) == 1 else _average(networks)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        made.save(path)
        return path.read_bytes()


def _average(networks: Sequence[Network]) -> Any:
    import keras  # noqa: PLC0415 - to_keras has said what is missing

    parts = [to_keras(network) for network in networks]
    for number, part in enumerate(parts, start=1):
        part.name = f"network_{number}"
    rows = keras.Input((networks[0].spec.n_features,))
    return keras.Model(rows, keras.layers.Average()([part(rows) for part in parts]))


def _ask_keras(model: Model, path: Path, rows: Rows) -> Predictions:
    import keras  # noqa: PLC0415

    network = model.networks[0]
    outputs = np.asarray(keras.saving.load_model(path, compile=False).predict(rows, verbose=0), np.float32)
    if network.spec.is_logistic:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    predictor = Predictor(network)
    return _said(model, predictor.labels(outputs), predictor.of_classes(outputs))


def _ask_onnx(model: Model, path: Path, rows: Rows) -> Predictions:
    labels, values = run_onnx(path.read_bytes(), rows)
    return _said(model, labels, values)


def _ask_safetensors(model: Model, path: Path, rows: Rows) -> Predictions:
    return predict_with(from_safetensors(path.read_bytes()), rows, model.facts)


def _ask_skops(model: Model, path: Path, rows: Rows) -> Predictions:
    return predict_with({**model.files, MODEL_SKOPS: path.read_bytes()}, rows, model.facts)


def _said(model: Model, labels: NDArray[Any], values: NDArray[np.float32]) -> Predictions:
    return Predictions(labels.astype(np.int32), **{model.kind: values})
