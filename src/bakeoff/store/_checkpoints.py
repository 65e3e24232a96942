"""Checkpoints of long fits: one file a job, whole or not there, trusted only if its checksum and its job are right.

A file is safetensors: its header holds, beside the arrays' forms, the numbers of the snapshot as JSON, the name of the
job, and a checksum over all of it. Reading one runs no code.
"""

import json
import math
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import DataError
from bakeoff.store._files import write_atomically
from bakeoff.types import Snapshot

__all__ = ["CheckpointFile", "remove_stale_checkpoints"]

_FORMAT = "bakeoff-checkpoint-1"
_SHARE = 0.02
"""Of the time of training that writing may take."""
_LARGEST_HEADER = 100_000_000  # the limit of safetensors itself
_SUFFIX = ".safetensors"
_KEPT_SECONDS = 30 * 24 * 3600.0
_UNFINISHED_SECONDS = 24 * 3600.0


class CheckpointFile:
    """The checkpoint of one job; what `bakeoff.types.Checkpoints` asks for. It can be sent to another process.

    Parameters
    ----------
    folder : Path
    name : str
        Of the job: everything that determines it, hashed.
    interval_seconds : float
        The first is due after so much time, and each next one after as much again, or after so much that writing
        takes about 2 % of the time.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = CheckpointFile(Path(folder), "00ff", interval_seconds=0.0)
    ...     file.load(1000)
    ...     file.save(Snapshot({"weights": np.ones(2)}, {"epoch": 3}))
    ...     CheckpointFile(Path(folder), "00ff").load(1000).facts
    {'epoch': 3}
    """

    def __init__(self, folder: Path, name: str, interval_seconds: float = 60.0) -> None:
        self._path, self._name = folder / f"{name}{_SUFFIX}", name
        self._interval_seconds = interval_seconds
        self._spent_before = 0.0
        self._begun = self._last = time.monotonic()
        self._wait = interval_seconds
        self._due_since = 0.0

    def load(self, most_bytes: int) -> Snapshot | None:
        """The snapshot of the file, or None where there is no file; the clock begins here.

        Raises
        ------
        DataError
            If it is damaged, larger than any of this job, or of another job.
        """
        self._begun = self._last = time.monotonic()
        try:
            size = self._path.stat().st_size
            if size > most_bytes:
                raise DataError(f"it is too large: {size:,} bytes, at most {most_bytes:,} are expected")
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"it cannot be read: {error.strerror or error}") from None
        snapshot, self._spent_before = _unpacked(content, self._name)
        return snapshot

    def is_due(self) -> bool:
        """Whether enough time has passed since the last one."""
        self._due_since = time.monotonic()
        return self._due_since - self._last >= self._wait

    def save(self, snapshot: Snapshot) -> None:
        """Write the file anew, atomically.

        Raises
        ------
        StoreError
            If the disk is full or the folder cannot be written to.
        """
        spent = self._spent_before + time.monotonic() - self._begun
        write_atomically(self._path, _packed(snapshot, self._name, spent))
        self._last = time.monotonic()
        # What taking the snapshot took is part of its price.
        self._wait = max(self._interval_seconds, (self._last - self._due_since) / _SHARE)

    def spent_seconds(self) -> float:
        """What the job had taken when the file was written, all its processes together; 0 where there is none."""
        try:
            with self._path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                metadata = _metadata(file.read(length) if length <= _LARGEST_HEADER else b"", self._name)
            return _spent_seconds(metadata)
        except (OSError, struct.error, DataError):
            return 0.0  # whether it can be used is found out, and said, where it is loaded

    def remove(self) -> None:
        """Take the file away, and what a kill while writing left beside it."""
        with suppress(OSError):  # what cannot be taken away is taken away once it is stale
            self._path.unlink(missing_ok=True)
            for unfinished in self._path.parent.glob(f".{self._path.name}.*.tmp"):
                unfinished.unlink(missing_ok=True)


def remove_stale_checkpoints(folder: Path, family: str, version: str) -> None:
    """Take away checkpoints that no run will go on from.

    Parameters
    ----------
    folder : Path
        Its files are named ``<family>-<version>-<job>``.
    family, version : str
        Checkpoints of this family and any other version are stale, those of a month ago, and files that a kill while
        writing left a day ago.
    """
    now = time.time()
    with suppress(OSError):
        for path in folder.iterdir():
            name = path.name.removeprefix(".")
            is_ours = path.suffix == _SUFFIX or (path.suffix == ".tmp" and path.name.startswith("."))
            is_other = name.startswith(f"{family}-") and not name.startswith(f"{family}-{version}-")
            most_seconds = _KEPT_SECONDS if path.suffix == _SUFFIX else _UNFINISHED_SECONDS
            if is_ours and (is_other or now - path.stat().st_mtime > most_seconds):
                path.unlink(missing_ok=True)


def _packed(snapshot: Snapshot, name: str, spent_seconds: float) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415

    arrays = {key: np.asarray(array, order="C") for key, array in snapshot.arrays.items()}
    metadata = {
        "format": _FORMAT,
        "job": name,
        "spent_seconds": repr(spent_seconds),
        "facts": json.dumps(dict(snapshot.facts), allow_nan=False),
    }
    content: bytes = save(arrays, metadata | {"sha256": _checksum(arrays, metadata)})
    return content


def _unpacked(content: bytes, name: str) -> tuple[Snapshot, float]:
    """The snapshot of a file's bytes, and the seconds that the job had taken."""
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    try:
        arrays: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"it is damaged: {' '.join(str(error).split()):.200}") from None
    (length,) = struct.unpack("<Q", content[:8])
    metadata = dict(_metadata(content[8 : 8 + length], name))
    checksum = metadata.pop("sha256", None)
    if checksum != _checksum(arrays, metadata):
        raise DataError("it is damaged: its checksum is wrong")
    facts = json.loads(metadata["facts"])  # as it was written, says the checksum
    return Snapshot(arrays, facts), _spent_seconds(metadata)


def _spent_seconds(metadata: Mapping[str, str]) -> float:
    try:
        spent = float(metadata["spent_seconds"])
    except (KeyError, ValueError):
        spent = math.nan
    if not (math.isfinite(spent) and spent >= 0):
        raise DataError("it is damaged: it does not say how long its job has taken")
    return spent


def _metadata(header: bytes, name: str) -> Mapping[str, str]:
    """What the header of a file of this job says."""
    try:
        metadata = json.loads(header)["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError("it is damaged: its header is no JSON of a checkpoint") from None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise DataError("it is damaged: its header is no JSON of a checkpoint")
    if metadata.get("format") != _FORMAT or "facts" not in metadata:
        raise DataError(f"it has the format {metadata.get('format')!r:.100}, {_FORMAT!r} is expected")
    if metadata.get("job") != name:
        raise DataError("it is of another job")
    return metadata


def _checksum(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> str:
    digest = sha256(json.dumps(dict(metadata), sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(np.ascontiguousarray(array).data if array.size else b"")
    return digest.hexdigest()
