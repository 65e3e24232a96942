"""PNG and JPEG files: one picture decoded within bounds, and a folder with one subfolder a class."""

import contextlib
import hashlib
import math
import struct
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from bakeoff.data._dataset import Source
from bakeoff.data._files import clear_errors, require_memory, source_of
from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part, grouped, listed, shortened
from bakeoff.errors import DataError
from bakeoff.types import Images, ProgressCallback

__all__ = ["MAX_PIXELS", "PICTURE_ENDINGS", "class_folders", "natural_order", "open_picture", "read_folder", "to_array"]

MAX_PIXELS = 4096 * 4096
"""A picture with more pixels is not decoded."""

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg")

_TOLD_EVERY = 500  # pictures
_TOO_LARGE = "{name}: a picture may have at most {limit:,} pixels; this one has {got}. Make it smaller."
_GREY_MODES = ("1", "L", "LA")
_DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
# what Pillow raises for damaged files, by its documentation and its decoders


@contextmanager
def open_picture(
    path: Path | bytes, name: str, decode: bool = True, at_least: tuple[int, int] | None = None
) -> Iterator[Image.Image]:
    """Open a PNG or JPEG.

    Parameters
    ----------
    path : Path or bytes
        A file, or what is in one.
    name : str
        What to call it in messages.
    decode : bool
        Whether to decode its pixels too; without, only its header is looked at.
    at_least : (height, width) or None
        Pixels that will be needed: a photograph (JPEG) is decoded at a half, a quarter or an eighth of its size where
        that leaves as many, so that a large one is no burden. None: as it is.

    Raises
    ------
    DataError
        If it is broken, of another format, has more than `MAX_PIXELS` pixels, or more than 8 bits a channel.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", UserWarning)  # of what a camera wrote beside the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            file: BinaryIO = BytesIO(path) if isinstance(path, bytes) else path.open("rb")
            picture = stack.enter_context(Image.open(stack.enter_context(file), formats=("PNG", "JPEG")))
            if at_least is not None:
                picture.draft(None, (at_least[1], at_least[0]))
            _require_modest(picture, name)
            if decode:
                picture.load()
        except DataError:
            raise  # it is a ValueError too, and would be wrapped below
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise DataError(_TOO_LARGE.format(name=name, limit=MAX_PIXELS, got="far more")) from error
        except (FileNotFoundError, PermissionError) as error:
            raise DataError(f"{name}: cannot be opened ({error.strerror}). Check its name and permissions.") from error
        except UnidentifiedImageError as error:
            raise DataError(
                f"{name}: a broken picture, or no PNG or JPEG at all. Replace it or leave it out."
            ) from error
        except _BROKEN as error:
            raise DataError(f"{name}: a broken picture ({error}). Replace it or leave it out.") from error
        yield picture


def to_array(picture: Image.Image, channels: int) -> Images:
    """A decoded picture as (height, width, channels) ``uint8``; what is transparent lies on white."""
    if "transparency" in picture.info or picture.mode in ("LA", "PA", "RGBA"):
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    pixels = np.asarray(picture.convert("L" if channels == 1 else "RGB"), dtype=np.uint8)
    return pixels.reshape(picture.height, picture.width, channels)


def class_folders(folder: Path) -> list[Path]:
    """The subfolders that stand for classes, in natural order; hidden ones are not."""
    with clear_errors(folder):
        return sorted((f for f in folder.iterdir() if f.is_dir() and f.name[0] not in "._"), key=natural_order)


def natural_order(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which ``2.png`` comes before ``10.png``."""
    pieces: list[str] = []
    for character in path.name:
        if pieces and pieces[-1].isdecimal() == character.isdecimal():
            pieces[-1] += character
        else:
            pieces.append(character)
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces)


def read_folder(
    folder: Path, options: DataOptions, progress: ProgressCallback | None = None, like: Part | None = None
) -> Part:
    """Read a folder with one subfolder of PNG and JPEG files for each class.

    All pictures must have the same size; they are grey if all of them are, else in colour.

    Parameters
    ----------
    folder : Path
    options : DataOptions
    progress : callable or None
    like : Part or None
        The training pictures, whose shape test pictures must have.

    Raises
    ------
    DataError
        Listing every picture that cannot be used.
    """
    for flag, value in (("--group", options.group), ("--label", options.label)):
        if value is not None:
            raise DataError(f"{folder}: {flag} names a column, and a folder of pictures has none. Leave it out.")
    paths, labels, others = _files_of(folder)
    names = [f"{path.parent.name}/{path.name}" for path in paths]
    problems, sizes, modes = _survey(paths, names)
    shape, rule = _shape(sizes, modes, options.image_shape, like)
    must = f"all pictures must have one size, {shape[0]}x{shape[1]} (height x width) {rule}; this one is"
    other_sizes = [(name, (h, w)) for name, (h, w) in sizes.items() if (h, w) != shape[:2]]
    problems += grouped(
        ((name, f"{must} {h}x{w}. Resize it or leave it out.") for name, (h, w) in other_sizes), "picture"
    )
    if not problems:
        pixels, problems = _decoded(paths, names, shape, progress)
    if problems:
        raise DataError(shortened([f"{folder.name}/{problem}" for problem in problems], "pictures with problems"))
    decisions = [_colour_sentence(shape[2], modes)]
    if others:
        decisions.append(f"Left out, since they are no PNG or JPEG directly in a class folder: {listed(others)}.")
    values = np.empty(len(labels), dtype=object)
    values[:] = labels
    return Part(
        name=folder.name,
        X=pixels.reshape(len(paths), -1),
        labels=values,
        locate=lambda row: names[row],
        column=lambda feature: f"pixel {feature + 1}",
        image_shape=shape,
        pixel_max=255,
        sources=_sources(folder, paths, names),
        decisions=decisions,
    )


def _files_of(folder: Path) -> tuple[list[Path], list[str], list[str]]:
    paths: list[Path] = []
    labels: list[str] = []
    with clear_errors(folder):
        others = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    empty: list[str] = []
    for class_folder in class_folders(folder):
        with clear_errors(class_folder):
            inside = [path for path in class_folder.iterdir() if path.name[0] != "."]
            files = sorted((path for path in inside if path.is_file()), key=natural_order)
            others += [f"{class_folder.name}/{path.name}" for path in inside if not path.is_file()]
        pictures = [file for file in files if file.suffix.lower() in PICTURE_ENDINGS]
        others += [f"{class_folder.name}/{file.name}" for file in files if file not in set(pictures)]
        if not pictures:
            empty.append(class_folder.name)
        paths += pictures
        labels += [class_folder.name] * len(pictures)
    if not paths:
        raise DataError(
            f"{folder}: holds no pictures. Give a folder with one subfolder of PNG or JPEG files for each class."
        )
    if empty:
        raise DataError(
            f"{folder}: every subfolder is a class and needs pictures; none in: {listed(empty)}. Remove the empty ones."
        )
    return paths, labels, others


def _shape(
    sizes: dict[str, tuple[int, int]], modes: dict[str, str], declared: tuple[int, ...] | None, like: Part | None
) -> tuple[tuple[int, int, int], str]:
    """The shape that all pictures must have, and where it comes from in words."""
    if like is not None and like.image_shape is not None:
        return like.image_shape, "as the training pictures have"
    channels = 3 if any(mode not in _GREY_MODES for mode in modes.values()) else 1
    if declared is not None:
        return (declared[0], declared[1], declared[2] if len(declared) == 3 else channels), "as --image-shape says"
    (height, width), count = Counter(sizes.values()).most_common(1)[0] if sizes else ((1, 1), 0)
    return (height, width, channels), f"as {count:,} of {len(sizes):,} have"


def _decoded(
    paths: Sequence[Path], names: Sequence[str], shape: tuple[int, int, int], progress: ProgressCallback | None
) -> tuple[NDArray[np.uint8], list[str]]:
    require_memory("the pictures", len(paths) * math.prod(shape))
    pixels = np.empty((len(paths), *shape), dtype=np.uint8)
    problems: list[str] = []
    for i, (path, name) in enumerate(zip(paths, names, strict=True)):
        try:
            with open_picture(path, name) as picture:
                pixels[i] = to_array(picture, shape[2])
        except DataError as error:
            problems += error.problems
        if progress is not None and i % _TOLD_EVERY == 0:
            progress({"stage": "reading", "name": name, "done": i, "total": len(paths)})
    return pixels, problems


def _survey(
    paths: Sequence[Path], names: Sequence[str]
) -> tuple[list[str], dict[str, tuple[int, int]], dict[str, str]]:
    """Sizes and modes of all pictures from their headers, before memory is taken for their pixels."""
    problems: list[str] = []
    sizes: dict[str, tuple[int, int]] = {}
    modes: dict[str, str] = {}
    for path, name in zip(paths, names, strict=True):
        try:
            with open_picture(path, name, decode=False) as picture:
                sizes[name], modes[name] = (picture.height, picture.width), picture.mode
        except DataError as error:
            problems += error.problems
    return problems, sizes, modes


def _require_modest(picture: Image.Image, name: str) -> None:
    n_pixels = picture.width * picture.height
    if n_pixels > MAX_PIXELS:
        raise DataError(_TOO_LARGE.format(name=name, limit=MAX_PIXELS, got=f"{n_pixels:,}"))
    if picture.mode in _DEEP_MODES:
        raise DataError(
            f"{name}: a pixel must have 8 bits a channel; this picture has more ({picture.mode}). Save it with 8 bits."
        )


def _colour_sentence(channels: int, modes: dict[str, str]) -> str:
    n_grey = sum(mode in _GREY_MODES for mode in modes.values())
    if channels == 1:
        converted = f" ({len(modes) - n_grey} in colour are converted)" if n_grey < len(modes) else ""
        return f"Grey pictures: one number a pixel{converted}."
    converted = f" ({n_grey} grey ones get three equal channels)" if n_grey else ""
    return f"Pictures in colour: three numbers a pixel{converted}."


def _sources(folder: Path, paths: Sequence[Path], names: Sequence[str]) -> list[Source]:
    """One source for the folder: the hash of its files' names and hashes."""
    digest, n_bytes = hashlib.sha256(), 0
    for path, name in zip(paths, names, strict=True):
        source = source_of(path)
        digest.update(f"{source.sha256}  {name}\n".encode())
        n_bytes += source.n_bytes
    return [Source(folder.name, digest.hexdigest(), n_bytes)]
