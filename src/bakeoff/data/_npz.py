"""NumPy archives: ``X_train, y_train, X_test, y_test`` or ``X, y``; never anything that could run code."""

import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._files import clear_errors, require_size, source_of
from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part, Values, listed
from bakeoff.errors import DataError

__all__ = ["read_npz"]

_ALLOWED = {"X": "buif", "y": "buifU"}  # NumPy's letters: truth values, whole numbers, floats, text


def read_npz(path: Path, options: DataOptions) -> tuple[Part, Part | None]:
    """Read the training part, and the test part if there is one.

    Raises
    ------
    DataError
        If the file is no NPZ, lacks ``X`` and ``y``, holds Python objects, or its arrays do not belong together.
    """
    source = source_of(path)
    arrays = _arrays(path, options.group)
    keys = {key.lower(): key for key in arrays}
    suffix = "_train" if "x_train" in keys else ""
    if not {f"x{suffix}", f"y{suffix}"} <= set(keys):
        raise DataError(
            f"{path.name}: must hold X_train and y_train (and X_test, y_test), or X and y; it holds {listed(arrays)}. "
            "Save it again with these names."
        )
    train = _part(path, arrays, suffix, options.group)
    test = _part(path, arrays, "_test", options.group) if "x_test" in keys else None
    decisions = (f"Training rows are the array {keys[f'x{suffix}']}.",)
    return replace(train, sources=(source,), decisions=decisions), test


def _part(path: Path, arrays: Mapping[str, NDArray[Any]], suffix: str, group: str | None) -> Part:
    keys = {key.lower(): key for key in arrays}
    key = keys[f"x{suffix}"]
    X, labels = arrays[key], arrays.get(keys.get(f"y{suffix}", ""))
    groups = _one_axis(path, group + suffix, arrays[group + suffix]) if group and group + suffix in arrays else None
    if group and suffix != "_test" and groups is None:
        raise DataError(
            f"{path.name}: --group must name an array; there is no {group + suffix!r}: it holds {listed(arrays)}."
        )
    if X.ndim not in (2, 3, 4) or (X.ndim == 4 and X.shape[3] not in (1, 3)) or not X.size:
        raise DataError(
            f"{path.name}: {key} must be (rows, features), (images, height, width) or (images, height, width, 1 or 3); "
            f"it is {X.shape}. Reshape it."
        )
    if labels is not None:
        labels = _one_axis(path, keys[f"y{suffix}"], labels)
    for name, other in (("labels", labels), ("groups", groups)):
        if other is not None and len(other) != len(X):
            raise DataError(f"{path.name}: {key} has {len(X):,} rows and its {name} {len(other):,}. Both must agree.")
    shape = (*X.shape[1:], 1)[:3] if X.ndim > 2 else None
    flat = X.reshape(len(X), -1)
    return Part(
        name=path.name,
        X=flat if flat.dtype == np.uint8 else flat.astype(np.float32),
        labels=labels,
        groups=groups,
        locate=lambda row: f"{key}[{row}]",
        column=lambda feature: f"feature {feature} (both counted from 0)",
        group_name=group,
        image_shape=(shape[0], shape[1], shape[2]) if shape else None,
    )


def _one_axis(path: Path, key: str, values: NDArray[Any]) -> Values:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        advice = " One-hot labels become indices with argmax(axis=1)." if values.ndim == 2 else ""
        raise DataError(f"{path.name}: {key} must have one axis, a value a row; it is {values.shape}.{advice}")
    if values.dtype.kind in "bui":
        return values.astype(np.int64)
    return values.astype(np.float64) if values.dtype.kind == "f" else values.astype(object)


def _arrays(path: Path, group: str | None) -> dict[str, NDArray[Any]]:
    wanted = {"x", "y", "x_train", "y_train", "x_test", "y_test"}
    arrays: dict[str, NDArray[Any]] = {}
    problems: list[str] = []
    try:
        with clear_errors(path), zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                key = member.filename.removesuffix(".npy")
                if key.lower() not in wanted and (
                    group is None or key not in {group, f"{group}_train", f"{group}_test"}
                ):
                    continue
                problem = _header_problem(path, archive, member)
                if problem:
                    problems.append(problem)
                else:
                    with archive.open(member) as file:
                        arrays[key] = np.lib.format.read_array(file, allow_pickle=False)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name}: not an NPZ archive ({error}). Write it with numpy.savez.") from error
    except (ValueError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path.name}: cannot be read ({error}). Write it again with numpy.savez.") from error
    if problems:
        raise DataError(problems)
    return arrays


def _header_problem(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str | None:
    """What is wrong with an array, seen from its header before memory is taken for it."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        key, start = member.filename.removesuffix(".npy"), file.tell()
    role = "y" if not key.lower().startswith("x") else "X"
    if dtype.hasobject:
        return (
            f"{path.name}: {key} holds Python objects, which are never read (they could run code). "
            "Save it as numbers or text."
        )
    if dtype.kind not in _ALLOWED[role]:
        wanted = "numbers" if role == "X" else "numbers or text"
        return f"{path.name}: {key} must hold {wanted}; it holds {dtype}. Convert it."
    n_bytes = math.prod(shape) * dtype.itemsize
    require_size(f"{path.name}: {key}", n_bytes)
    if n_bytes + start != member.file_size:
        return (
            f"{path.name}: {key} says it has {shape} values of {dtype}, {n_bytes:,} bytes; there are "
            f"{member.file_size - start:,}. Write it again with numpy.savez."
        )
    return None
