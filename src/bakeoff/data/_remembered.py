"""The answers of past searches, kept in the cache folder and checked when read."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._download import cache_folder
from bakeoff.errors import DAMAGED_ARRAYS

__all__ = ["recall", "remember"]

Arrays = Mapping[str, NDArray[Any]]


def recall(key: str) -> dict[str, NDArray[Any]] | None:
    """The arrays kept under a key; None where there are none, or where the file is damaged."""
    try:
        # Opened here, since NumPy leaves a file open that it cannot read.
        with _path(key).open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
    except DAMAGED_ARRAYS:
        return None
    checksum = arrays.pop("checksum", None)
    return arrays if checksum is not None and str(checksum) == _checksum(key, arrays) else None


def remember(key: str, arrays: Arrays) -> None:
    """Keep arrays under a key. Where the folder cannot be written nothing is kept: the next search takes as long."""
    path = _path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    except OSError:
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, allow_pickle=False, **{**arrays, "checksum": np.array(_checksum(key, arrays))})
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)


def _path(key: str) -> Path:
    return cache_folder() / "near-copies" / f"{key}.npz"


def _checksum(key: str, arrays: Arrays) -> str:
    digest = hashlib.sha256(key.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}{array.dtype.str}{array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
