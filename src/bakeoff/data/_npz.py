"""NumPy archives: ``X_train, y_train, X_test, y_test`` or ``X, y``; never anything that could run code."""

import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._files import clear_errors, magic, require_memory, source_of
from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part, Values, listed, raise_if_any
from bakeoff.errors import DAMAGED_ARRAYS, DataError

__all__ = ["read_npz"]

_WANTED = {"x", "y", "x_train", "y_train", "x_test", "y_test"}
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
    """The arrays that are wanted, after all their headers were found to be sound and to belong together."""
    _require_archive(path)
    try:
        with clear_errors(path), zipfile.ZipFile(path) as archive:
            headers = [_header(archive, member) for member in archive.infolist() if _is_wanted(member, group)]
            raise_if_any(
                [*(problem for header in headers if (problem := header.problem(path))), *_unlike(path, headers)]
            )
            arrays = {}
            for header in headers:
                with archive.open(header.member) as file:
                    arrays[header.key] = np.lib.format.read_array(file, allow_pickle=False)
            return arrays
    except DataError:
        raise  # it is a ValueError too, and would be wrapped below
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{path.name}: the NPZ archive is cut off or damaged. Fetch it again, or write it with numpy.savez."
        ) from error
    except DAMAGED_ARRAYS as error:
        raise DataError(
            f"{path.name}: holds an array that is no NumPy array or is damaged. Write it again with numpy.savez."
        ) from error


def _require_archive(path: Path) -> None:
    first = magic(path)
    if first.startswith(b"\x93NUMPY"):
        raise DataError(
            f"{path.name}: is a single NumPy array, not an NPZ archive. Save X and y together with numpy.savez."
        )
    if not first.startswith(b"PK"):
        raise DataError(f"{path.name}: is not an NPZ archive, whatever its name says. Write it with numpy.savez.")


def _is_wanted(member: zipfile.ZipInfo, group: str | None) -> bool:
    key = member.filename.removesuffix(".npy")
    groups = set() if group is None else {group, f"{group}_train", f"{group}_test"}
    return key.lower() in _WANTED or key in groups


@dataclass(frozen=True, slots=True)
class _Header:
    """What an array says of itself, before memory is taken for it."""

    member: zipfile.ZipInfo
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int

    def problem(self, path: Path) -> str | None:
        """What is wrong with this array alone."""
        place = f"{path.name}: {self.key}"
        if self.dtype.hasobject:
            return (
                f"{place} holds Python objects, which are never read (they could run code). Save it as numbers or text."
            )
        role = "X" if self.key.lower().startswith("x") else "y"
        if self.dtype.kind not in _ALLOWED[role]:
            wanted = "numbers" if role == "X" else "numbers or text"
            return f"{place} must hold {wanted}; it holds {self.dtype}. Convert it."
        n_bytes = math.prod(self.shape) * self.dtype.itemsize
        require_memory(place, n_bytes)
        if n_bytes + self.start != self.member.file_size:
            return (
                f"{place} says it has {self.shape} values of {self.dtype}, {n_bytes:,} bytes; there are "
                f"{self.member.file_size - self.start:,}. Write it again with numpy.savez."
            )
        return None


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> _Header:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        return _Header(member, member.filename.removesuffix(".npy"), shape, dtype, file.tell())


def _unlike(path: Path, headers: Sequence[_Header]) -> Iterator[str]:
    """Labels and groups that are not as many as their rows."""
    by_key = {header.key.lower(): header for header in headers if header.shape}
    for suffix in ("", "_train", "_test"):
        X = by_key.get(f"x{suffix}")
        for key, other in by_key.items():
            if (
                X is None
                or other is X
                or not key.endswith(suffix)
                or (not suffix and key.endswith(("_train", "_test")))
            ):
                continue
            if other.shape[0] != X.shape[0]:
                yield (
                    f"{path.name}: {X.key} has {X.shape[0]:,} rows and {other.key} {other.shape[0]:,}. "
                    "Both must have as many."
                )
