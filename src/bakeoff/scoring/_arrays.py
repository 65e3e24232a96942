"""Arrays from an ``.npz`` file of a stranger: nothing is run, and no memory is taken that was not agreed to."""

import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import DataError

__all__ = ["Form", "measure_arrays", "plain_file", "read_arrays"]

_MOST_BYTES = 1 << 32
_MOST_DIRECTORY_BYTES = 1 << 16  # some hundred members; each becomes an object in memory before any can be looked at
_END_OF_ARCHIVE = struct.Struct("<4s4H2LH")
_LOCATOR_BYTES = 20

Form = tuple[str, tuple[int, ...]]
"""Letters of the kinds of numbers that are allowed, and the longest each axis may be; the first must be just that."""


def plain_file(path: Path, most_bytes: int) -> Path:
    """The path, if it is a file that may be read.

    Raises
    ------
    DataError
        If it is missing, is a link, a pipe or a folder, or is larger than anything that Bakeoff writes there.
    """
    if path.is_symlink() or not path.is_file():
        raise DataError(f"{path.name}: must be a plain file; there is none of that name")
    n_bytes = path.stat().st_size
    if n_bytes > most_bytes:
        raise DataError(f"{path.name}: must have at most {most_bytes:,} bytes; it has {n_bytes:,}")
    return path


def measure_arrays(path: Path, forms: Mapping[str, Form]) -> int:
    """How many bytes the wanted arrays would take; their headers alone are read.

    Raises
    ------
    DataError
        If the file is no archive, or an array is of another form than agreed.
    """
    with _wanted(path, forms) as (archive, members):
        return sum(_measured(archive, member, name, forms[name]) for name, member in members.items())


def read_arrays(path: Path, forms: Mapping[str, Form]) -> dict[str, NDArray[Any]]:
    """Those of the wanted arrays that the file has.

    Parameters
    ----------
    path : Path
    forms : mapping of name to form
        What each array may be; others are left in the file.

    Raises
    ------
    DataError
        If the file is no archive, or an array is of another form than agreed.
    """
    with _wanted(path, forms) as (archive, members):
        return {name: _read(archive, member, name, forms[name]) for name, member in members.items()}


@contextmanager
def _wanted(path: Path, forms: Mapping[str, Form]) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """The archive with those of its members that are wanted; whatever is wrong with them becomes one line."""
    plain_file(path, _MOST_BYTES)
    try:
        _require_small_directory(path)
        with zipfile.ZipFile(path) as archive:
            known = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            yield archive, {name: known[name] for name in forms if name in known}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path.name}: is damaged ({error})") from None
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, MemoryError) as error:
        if isinstance(error, DataError):
            raise DataError(f"{path.name}: {error}") from None
        raise DataError(f"{path.name}: holds an array that cannot be read ({error})") from None


def _require_small_directory(path: Path) -> None:
    """Refuse an archive of a million members before they are listed: NumPy writes a handful, and no comment."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _END_OF_ARCHIVE.size - _LOCATOR_BYTES, 0))
        end = file.read()
    if len(end) < _END_OF_ARCHIVE.size:
        raise zipfile.BadZipFile("it is cut off")
    signature, *_, directory_bytes, _, _ = _END_OF_ARCHIVE.unpack(end[-_END_OF_ARCHIVE.size :])
    if signature != b"PK\5\6" or end.startswith(b"PK\6\7") or directory_bytes > _MOST_DIRECTORY_BYTES:
        raise zipfile.BadZipFile("it does not end as an archive of NumPy does")


def _measured(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, form: Form) -> int:
    """Bytes of one array, after its header was held against the form."""
    kinds, lengths = form
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
    if dtype.hasobject or dtype.kind not in kinds or dtype.itemsize > 8:
        raise DataError(f"{name} must hold {'numbers' if 'f' in kinds else 'whole numbers'}; it holds {dtype}")
    if len(shape) != len(lengths) or shape[0] != lengths[0] or any(n > m for n, m in zip(shape, lengths, strict=True)):
        wanted = f"{lengths[0]:,} rows" + (f" and at most {lengths[1]:,} columns" if len(lengths) > 1 else "")
        raise DataError(f"{name} must have {wanted}; its shape is {shape}")
    return prod(shape) * int(dtype.itemsize)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, form: Form) -> NDArray[Any]:
    _measured(archive, member, name, form)
    with archive.open(member) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
