"""Networks out of ``.keras`` files, without Keras: a whitelist of layers, sizes known before anything is unpacked."""

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.dense import Layers, Network, n_parameters
from bakeoff.errors import DataError, InteropError, MissingExtraError
from bakeoff.interop._keras_layers import KerasNetwork, network_of

__all__ = ["read_keras_file"]

_MOST_CONFIG_BYTES = 4_000_000
_MOST_PARAMETERS = 100_000_000
_MOST_OTHER_BYTES = 50_000_000  # of the weights' file beside the numbers themselves
_COPIES = 4  # the weights, and what an optimizer remembers of them
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
_ORDER: Mapping[str, tuple[str, ...]] = {
    "Dense": ("w", "b"),
    "BatchNormalization": ("scale", "offset", "mean", "variance"),
}
"""What a layer's variables are, in the order that they are kept in."""


def read_keras_file(path: Path) -> Network:
    """The network that a ``.keras`` file holds.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InteropError
        With every layer that the engine does not have.
    DataError
        If the file is no ``.keras`` file, or larger than its layers need.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = _config(archive, path)
            network = network_of(config, trains=False)
            if n_parameters(network.spec) > _MOST_PARAMETERS:
                raise DataError(f"{path.name}: more than {_MOST_PARAMETERS:,} parameters.")
            most = _COPIES * 4 * n_parameters(network.spec) + _MOST_OTHER_BYTES
            content = _member(archive, path, _WEIGHTS, most)
    except (DataError, InteropError):
        raise  # they are ValueErrors too
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path.name} is not a .keras file: {reason}") from None
    arrays = _arrays(content, path, _expected(config, network))
    parameters: Layers = [{} for _ in network.dense]
    averages: Layers = [{} for _ in network.dense]
    for (number, name), array in arrays.items():
        (averages if name in ("mean", "variance") else parameters)[number][name] = array  # type: ignore[assignment]
    return Network(network.spec, tuple(range(network.spec.n_outputs)), parameters, averages, network.scaling)


def _member(archive: zipfile.ZipFile, path: Path, name: str, most: int) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise DataError(f"{path.name} is not a .keras file: it has no {name}.") from None
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{path.name}: {name} is packed in a way that Keras does not use.")
    if info.file_size > most:
        raise DataError(f"{path.name}: {name} must have at most {most:,} bytes. Got {info.file_size:,}.")
    with archive.open(info) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise DataError(f"{path.name}: {name} must have at most {most:,} bytes. It has more.")
    return content


def _config(archive: zipfile.ZipFile, path: Path) -> Mapping[str, Any]:
    text = _member(archive, path, _CONFIG, _MOST_CONFIG_BYTES)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"{path.name}: {_CONFIG} is not JSON.") from None
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict) or content.get("class_name") not in ("Sequential", "Functional", "Model"):
        raise InteropError("the model must be a Sequential or a functional model of Keras' own layers.")
    return config


def _expected(config: Mapping[str, Any], network: KerasNetwork) -> dict[tuple[int, str], tuple[str, tuple[int, ...]]]:
    """Where each array lies in the weights' file, and its shape."""
    expected: dict[tuple[int, str], tuple[str, tuple[int, ...]]] = {}
    counts: Counter[str] = Counter()
    numbers = {name: number for number, name in enumerate(network.dense)}
    numbers |= {name: number for number, name in enumerate(network.normalization) if name}
    sizes = network.spec.layer_sizes
    for layer in config["layers"]:
        kind = layer["class_name"]
        place = _snake_case(kind)
        folder = f"{place}_{counts[place]}" if counts[place] else place
        counts[place] += 1
        if kind not in _ORDER:
            continue
        number = numbers[str(layer["config"].get("name"))]
        names = _ORDER[kind] if kind != "Dense" or network.spec.has_biases[number] else ("w",)
        for position, name in enumerate(names):
            shape = sizes[number] if name == "w" else sizes[number][1:]
            expected[number, name] = (f"{folder}/vars/{position}", shape)
    return expected


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _arrays(
    content: bytes, path: Path, expected: Mapping[tuple[int, str], tuple[str, tuple[int, ...]]]
) -> dict[tuple[int, str], NDArray[np.float32]]:
    try:
        import h5py  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("a .keras file", "keras") from None
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return dict(_read(file, path, expected, h5py))
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise DataError(f"{path.name}: {_WEIGHTS} cannot be read: {' '.join(str(error).split())[:200]}") from None


def _read(
    file: Any, path: Path, expected: Mapping[tuple[int, str], tuple[str, tuple[int, ...]]], h5py: Any
) -> Iterator[tuple[tuple[int, str], NDArray[np.float32]]]:
    container = next((name for name in _CONTAINERS if _is_plain(file, name, h5py.Group, h5py)), None)
    if container is None:
        raise DataError(f"{path.name}: {_WEIGHTS} has no layers.")
    for key, (place, shape) in expected.items():
        whole = f"{container}/{place}"
        if not _is_plain(file, whole, h5py.Dataset, h5py):
            raise DataError(f"{path.name}: {_WEIGHTS} has no {place}.")
        found = file[whole]
        # Nothing that is unpacked, or lies in another file.
        is_simple = found.chunks is None and not found.external and not found.is_virtual
        if found.shape != shape or found.dtype.kind != "f" or not is_simple:
            raise DataError(
                f"{path.name}: {_WEIGHTS}: {place} must be an array of floats of the shape {shape}. Got {found.shape}."
            )
        yield key, np.asarray(found[()], np.float32)


def _is_plain(file: Any, place: str, kind: type, h5py: Any) -> bool:
    """Whether something of this kind lies there, reached without links that lead elsewhere."""
    at = ""
    for part in place.split("/"):
        at = f"{at}/{part}"
        if not isinstance(file.get(at, getlink=True), h5py.HardLink):
            return False
    return isinstance(file.get(place), kind)
