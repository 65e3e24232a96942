"""Files as bytes: opened with clear errors, hashed, unzipped within bounds."""

import errno
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bakeoff.data._dataset import Source
from bakeoff.errors import DataError

__all__ = [
    "MAX_BYTES",
    "chunks",
    "clear_errors",
    "is_gzip",
    "magic",
    "require_memory",
    "require_size",
    "safe_name",
    "source_of",
    "unzipped",
]

MAX_BYTES = 8 * 2**30
"""Nothing larger than this, once decoded, is read into memory."""

_ENDINGS = re.compile(r"(\.(csv|tsv|txt|parquet|pq|npz|zip|gz|idx)|-ubyte)+$", re.IGNORECASE)
_CHUNK = 1 << 20
_UNZIPPED_CHUNK = 1 << 23
_GZIP_WINDOW = 31  # zlib's code for: a gzip header and its checksum are expected


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a file into one line for the user."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file or folder. Check the name.") from error
    except PermissionError as error:
        raise DataError(
            f"{path}: no permission to read it. Change its permissions, or copy it to a folder of yours."
        ) from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: a file is expected here, and this is a folder.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            place = error.filename or "the folder for temporary files"
            raise DataError(
                f"{path}: no space left to unpack it in {place}. Free some, or set TMPDIR to a larger disk."
            ) from error
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error


def magic(path: Path) -> bytes:
    """The first eight bytes of a file."""
    with clear_errors(path), path.open("rb") as file:
        return file.read(8)


def is_gzip(path: Path) -> bool:
    """Whether the bytes say gzip, whatever the name says."""
    return magic(path).startswith(b"\x1f\x8b")


def source_of(path: Path) -> Source:
    """Name, hash and size of a file as it lies on disk."""
    with clear_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Source(path.name, digest.hexdigest(), file.tell())


def require_size(name: str, n_bytes: int) -> None:
    """Refuse a file or an archive's member before it is read or unpacked.

    Raises
    ------
    DataError
        If it is larger than `MAX_BYTES`.
    """
    _require_at_most(MAX_BYTES, name, n_bytes)


def require_memory(name: str, n_bytes: int) -> None:
    """Refuse data before memory is taken for it.

    Raises
    ------
    DataError
        If it would be larger than `MAX_BYTES`, or than the memory of this machine.
    """
    _require_at_most(min(MAX_BYTES, _memory_bytes()), name, n_bytes)


def _require_at_most(most: int, name: str, n_bytes: int) -> None:
    if n_bytes > most:
        raise DataError(
            f"{name}: at most {most:,} bytes are read into memory, and this would take {n_bytes:,}. "
            "Use fewer rows or smaller images."
        )


@cache
def _memory_bytes() -> int:
    """The memory of this machine; without a limit where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return MAX_BYTES


def chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, unzipped if it is gzip, a few megabytes at a time.

    Raises
    ------
    DataError
        If the file cannot be read, is a broken or cut gzip file, or is larger than `MAX_BYTES` unzipped.
    """
    done = 0
    for piece in _gunzip(path) if is_gzip(path) else _plain(path):
        done += len(piece)
        require_size(path.name, done)
        yield piece


def unzipped(path: Path, folder: Path) -> Path:
    """The file itself, or its unzipped copy in `folder` if it is gzip."""
    if not is_gzip(path):
        return path
    target = folder / (path.name.removesuffix(".gz") + ".unzipped")
    with clear_errors(path), target.open("wb") as file:
        for piece in chunks(path):
            file.write(piece)
    return target


def safe_name(text: str) -> str:
    """Make of a file's name a short one, of letters, digits, _ and - alone.

    Examples
    --------
    >>> safe_name("my data (2).csv.gz"), safe_name("train-images-idx3-ubyte"), safe_name("字")
    ('my-data-2', 'train-images-idx3', 'data')
    """
    stem = _ENDINGS.sub("", text)
    return re.sub(r"[^A-Za-z0-9_]+", "-", stem).strip("-_")[:40].rstrip("-_") or "data"


def _plain(path: Path) -> Iterator[bytes]:
    with clear_errors(path), path.open("rb") as file:
        while piece := file.read(_UNZIPPED_CHUNK):
            yield piece


def _gunzip(path: Path) -> Iterator[bytes]:
    # The gzip module of Python 3.11 reads 8 KiB at a time; asking zlib for large pieces takes half its time.
    decoder = zlib.decompressobj(_GZIP_WINDOW)
    with clear_errors(path), path.open("rb") as file:
        while raw := file.read(_CHUNK):
            while raw:
                if decoder.eof:  # a gzip file may hold several members; zeros after the last one are padding
                    raw = raw.lstrip(b"\0")
                    if not raw:
                        break
                    decoder = zlib.decompressobj(_GZIP_WINDOW)
                try:
                    piece = decoder.decompress(raw, _UNZIPPED_CHUNK)
                except zlib.error as error:
                    raise DataError(f"{path.name}: not a sound gzip file ({error}). Fetch or pack it again.") from error
                if piece:
                    yield piece
                raw = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        while not decoder.eof and (piece := decoder.decompress(b"", _UNZIPPED_CHUNK)):
            yield piece
    if not decoder.eof:
        raise DataError(f"{path.name}: the gzip file is cut off before its end. Fetch or pack it again.")
