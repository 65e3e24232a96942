"""IDX files, the form in which MNIST and its relatives come.

A magic number (two zero bytes, a type code, the number of axes), the length of each axis as a big-endian 32-bit
number, then the values. Only unsigned bytes (type code 8) are read.
"""

import math
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._files import chunks, clear_errors, is_gzip, require_memory, source_of
from bakeoff.data._part import Part
from bakeoff.errors import DataError

__all__ = ["is_idx", "read_idx", "read_idx_pair", "test_images_beside"]

_UNSIGNED_BYTES = 0x08
_GZIP_GAIN = 1032  # deflate cannot shrink by more
_MAPPED_BYTES = 1 << 28


def is_idx(first_bytes: bytes) -> bool:
    """Whether a file that begins so can be an IDX file."""
    return len(first_bytes) >= 4 and first_bytes[:2] == b"\0\0" and 1 <= first_bytes[3] <= 4


def read_idx(path: Path, n_axes: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read one IDX file, gzipped or not.

    Parameters
    ----------
    path : Path
    n_axes : tuple of int
        How many axes it may have.

    Raises
    ------
    DataError
        If the magic number is wrong, or the sizes it states are not what the file holds. Nothing is allocated for
        sizes that the file cannot hold.

    Notes
    -----
    From 256 MiB on, a file that is not gzipped is mapped: its rows take memory only while they are looked at.
    """
    pieces = chunks(path)
    head = bytearray()
    _fill(head, pieces, 4)
    if len(head) < 4:
        raise DataError(
            f"{path.name}: an IDX file begins with 4 bytes that say its form; it has {len(head)}. Fetch it again."
        )
    if head[:2] != b"\0\0" or head[2] != _UNSIGNED_BYTES or head[3] not in n_axes:
        axes = " or ".join(map(str, n_axes))
        raise DataError(
            f"{path.name}: an IDX file of {axes} axes of bytes begins with 0000080{n_axes[0]} (hexadecimal); this one "
            f"begins with {bytes(head[:4]).hex()}. Check that it is the right file."
        )
    start = 4 + 4 * head[3]
    _fill(head, pieces, start)
    if len(head) < start:
        raise DataError(f"{path.name}: the file ends within its header. Fetch it again.")
    shape = struct.unpack(f">{head[3]}I", head[4:start])
    n_bytes = math.prod(shape)
    _require_plausible(path, shape, n_bytes + start)
    if n_bytes >= _MAPPED_BYTES and not is_gzip(path):
        return _mapped(path, start, shape)
    _fill(head, pieces, start + n_bytes + 1)
    _require_length(path, shape, len(head) - start)
    return np.frombuffer(head, dtype=np.uint8, offset=start).reshape(shape)


def _mapped(path: Path, start: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    with clear_errors(path):
        _require_length(path, shape, path.stat().st_size - start)
        return np.asarray(np.memmap(path, np.uint8, "r", start, shape))


def _require_length(path: Path, shape: tuple[int, ...], n_held: int) -> None:
    n_bytes = math.prod(shape)
    if n_held != n_bytes:
        got = "more" if n_held > n_bytes else f"only {n_held:,}"
        raise DataError(
            f"{path.name}: its header says {' x '.join(map(str, shape))} = {n_bytes:,} bytes of data; it holds {got}. "
            "The file is cut off or damaged: fetch it again."
        )


def read_idx_pair(images: Path) -> Part:
    """Read an images file and the labels file beside it.

    Raises
    ------
    DataError
        If there is no labels file by the convention of names, or the two do not belong together.
    """
    if "images" not in images.name:
        raise DataError(
            f"{images.name}: give the IDX file with the images (its name holds 'images'); "
            "the labels are found beside it."
        )
    labels = _beside(images, "images", "labels")
    if labels is None:
        wanted = re.sub("idx3", "idx1", images.name.replace("images", "labels"))
        raise DataError(
            f"{images.name}: its labels are expected beside it in {wanted} (or with .gz); there is no such file."
        )
    pixels, y = read_idx(images, (3, 4)), read_idx(labels, (1,))
    if len(pixels) != len(y):
        raise DataError(
            f"{images.name}: holds {len(pixels):,} images, and {labels.name} holds {len(y):,} labels. Both must agree."
        )
    if pixels.ndim == 4 and pixels.shape[3] not in (1, 3):
        raise DataError(
            f"{images.name}: the fourth axis must be 1 (grey) or 3 (colour) channels; it is {pixels.shape[3]}."
        )
    if not pixels.size:
        raise DataError(
            f"{images.name}: holds no pixels ({' x '.join(map(str, pixels.shape))}). Give a file with images."
        )
    height, width, channels = (*pixels.shape[1:], 1)[:3]
    return Part(
        name=images.name,
        X=pixels.reshape(len(pixels), -1),
        labels=y.astype(np.int64),
        locate=lambda row: f"image {row + 1}",
        column=lambda feature: f"pixel {feature + 1}",
        image_shape=(height, width, channels),
        sources=(source_of(images), source_of(labels)),
    )


def test_images_beside(images: Path) -> Path | None:
    """The test images that lie beside training images by the convention of names, if they are there."""
    if "train" not in images.name:
        return None
    return _beside(images, "train", "t10k") or _beside(images, "train", "test")


def _fill(head: bytearray, pieces: Iterator[bytes], wanted: int) -> None:
    while len(head) < wanted and (piece := next(pieces, None)) is not None:
        head += piece


def _require_plausible(path: Path, shape: tuple[int, ...], n_bytes: int) -> None:
    if n_bytes < _MAPPED_BYTES or is_gzip(path):
        require_memory(path.name, n_bytes)
    with clear_errors(path):
        on_disk = path.stat().st_size
    most = on_disk * _GZIP_GAIN if is_gzip(path) else on_disk
    if n_bytes > most:
        raise DataError(
            f"{path.name}: its header says {' x '.join(map(str, shape))} values, {n_bytes:,} bytes in all; "
            f"the file has {on_disk:,} bytes on disk and cannot hold them. It is cut off or damaged: fetch it again."
        )


def _beside(path: Path, old: str, new: str) -> Path | None:
    name = path.name.replace(old, new)
    if old == "images":
        name = name.replace("idx3", "idx1").replace("idx4", "idx1")
    plain = name.removesuffix(".gz")
    for candidate in (name, plain, plain + ".gz"):
        if (found := path.with_name(candidate)).is_file() and found != path:
            return found
    return None
