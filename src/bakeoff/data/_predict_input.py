"""New images and rows to predict, in the form that a data set has."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from bakeoff.data._assemble import checked_pixels, finite_rows
from bakeoff.data._columns import LABEL_NAMES, Roles
from bakeoff.data._csv import read_csv
from bakeoff.data._files import clear_errors, require_memory
from bakeoff.data._part import listed, raise_if_any, shortened, shown
from bakeoff.data._pictures import PICTURE_ENDINGS, natural_order, open_picture, to_array
from bakeoff.errors import DataError
from bakeoff.types import Rows

__all__ = ["ReadRows", "of_range", "read_images", "read_picture", "read_rows"]

_ORIENTATION = 0x0112  # how a camera was held, in Exif
_OVERSAMPLED = 8  # times as many pixels a side as are needed, before the filter makes them fewer


class ReadRows(NamedTuple):
    """Rows to predict.

    Parameters
    ----------
    rows : (n, n_features)
    names : sequence of str
        What to call each row: a path, or a line of a file.
    notes : sequence of str
        What was changed to make them fit, one sentence each.
    """

    rows: Rows
    names: Sequence[str]
    notes: Sequence[str]


def read_images(paths: Sequence[str], shape: tuple[int, int, int], pixel_max: int = 255) -> ReadRows:
    """Read PNG and JPEG files, and all of them in folders, as rows of a data set of images.

    Pictures of another shape, such as photographs, are turned as their camera was held, cropped to the middle, and
    resized with antialiasing; colour becomes grey where the data set is grey, and 0..255 is scaled to 0..`pixel_max`;
    each of these is said in the notes.

    Parameters
    ----------
    paths : sequence of str
    shape : (height, width, channels)
    pixel_max : int

    Returns
    -------
    ReadRows
        With rows (n, height * width * channels) ``uint8``.

    Raises
    ------
    DataError
        If a file cannot be read (all of them are listed), or there is none.
    """
    files = _pictures_in(paths)
    height, width, channels = shape
    require_memory("the pictures", len(files) * height * width * channels)
    pixels = np.empty((len(files), height, width, channels), dtype=np.uint8)
    problems: list[str] = []
    changed = _Changed([], [], [], [])
    for i, path in enumerate(files):
        try:
            with open_picture(path, str(path), at_least=(_OVERSAMPLED * height, _OVERSAMPLED * width)) as picture:
                pixels[i] = _fitted(picture, path.name, shape, changed)
        except DataError as error:
            problems += error.problems
    raise_if_any(shortened(problems, "pictures with problems"))
    notes = _notes(changed, f"{height}x{width}", pixel_max)
    return ReadRows(of_range(pixels, pixel_max).reshape(len(files), -1), [str(path) for path in files], notes)


def read_picture(content: bytes, name: str, shape: tuple[int, int, int], pixel_max: int = 255) -> ReadRows:
    """The same of one picture that is no file: the bytes of a PNG or JPEG.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    height, width, _ = shape
    changed = _Changed([], [], [], [])
    with open_picture(content, name, at_least=(_OVERSAMPLED * height, _OVERSAMPLED * width)) as picture:
        pixels = of_range(_fitted(picture, name, shape, changed), pixel_max)
    return ReadRows(pixels.reshape(1, -1), [name], _notes(changed, f"{height}x{width}", pixel_max))


def of_range(pixels: Rows, pixel_max: int) -> Rows:
    """Pixels of 0..255 as ones of 0..`pixel_max`."""
    return pixels if pixel_max == 255 else np.rint(pixels * np.float32(pixel_max / 255)).astype(np.uint8)


def read_rows(
    path: str, n_features: int, feature_names: Sequence[str] | None = None, pixel_max: int | None = None
) -> ReadRows:
    """Read the rows of a table to predict them.

    Columns are found by their names where the data set has names and the table has them too, else by their order. A
    label column is left out.

    Parameters
    ----------
    path : str
        CSV or CSV.GZ.
    n_features : int
    feature_names : sequence of str or None
    pixel_max : int or None
        The largest pixel value where the data set holds images: rows come as ``uint8``. None: as ``float32``.

    Raises
    ------
    DataError
        If columns are missing, or cells are no numbers.
    """
    notes: list[str] = []
    part = read_csv(Path(path), _roles_for(path, n_features, feature_names, notes))
    rows, problems = finite_rows(part) if pixel_max is None else checked_pixels(part, pixel_max, or_rows="")
    raise_if_any([*part.problems, *problems])
    return ReadRows(rows, [f"{part.name}, {part.locate(row)}" for row in range(len(rows))], notes)


def _roles_for(
    path: str, n_features: int, feature_names: Sequence[str] | None, notes: list[str]
) -> Callable[[Sequence[str], bool], Roles]:
    def choose(names: Sequence[str], named: bool) -> Roles:
        if named and feature_names is not None and set(feature_names) <= set(names):
            left_out = [name for name in names if name not in feature_names]
            if left_out:
                notes.append(f"Columns that are no features are left out: {listed(map(shown, left_out))}.")
            return Roles(None, None, None, tuple(names.index(name) for name in feature_names))
        if named and feature_names is not None:
            missing = [name for name in feature_names if name not in names]
            raise DataError(
                f"{path}: must have the {n_features} columns that the model was trained on; missing: "
                f"{listed(map(shown, missing))}. Add them."
            )
        label = next((i for i, name in enumerate(names) if named and name.lower() in LABEL_NAMES), None)
        features = tuple(i for i in range(len(names)) if i != label)
        if len(features) != n_features:
            raise DataError(
                f"{path}: must have the {n_features} columns that the model was trained on; it has "
                f"{len(features)} beside a label. Give rows of the same form."
            )
        return Roles(None, None, None, features)

    return choose


def _pictures_in(paths: Sequence[str]) -> list[Path]:
    files: list[Path] = []
    problems: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            with clear_errors(path):
                inside = [file for file in path.rglob("*") if file.suffix.lower() in PICTURE_ENDINGS and file.is_file()]
            files += sorted(inside, key=lambda file: [natural_order(Path(piece)) for piece in file.parts])
            problems += [] if inside else [f"{path}: holds no PNG or JPEG. Give pictures or a folder with pictures."]
        elif path.exists():
            files.append(path)
        else:
            problems.append(f"{path}: there is no such file or folder. Check the name.")
    raise_if_any(problems)
    if not files:
        raise DataError("no picture was given. Give PNG or JPEG files, or folders with them.")
    return files


class _Changed(NamedTuple):
    """Names of pictures, by what was done to them."""

    turned: list[str]
    cropped: list[str]
    resized: list[str]
    made_grey: list[str]


def _fitted(picture: Image.Image, name: str, shape: tuple[int, int, int], changed: _Changed) -> Rows:
    """A decoded picture as (height, width, channels) pixels, and what was done to it noted down."""
    height, width, channels = shape
    if _is_turned(picture):
        picture = ImageOps.exif_transpose(picture)
        changed.turned.append(name)
    if channels == 1 and picture.mode in ("RGB", "RGBA", "P", "CMYK", "YCbCr"):
        changed.made_grey.append(name)
    array = to_array(picture, channels)
    if array.shape[:2] == (height, width):
        return array
    changed.resized.append(f"{name} ({array.shape[0]}x{array.shape[1]})")
    middle = _middle(array, height, width)
    if middle.shape != array.shape:
        changed.cropped.append(name)
    return _resized(middle, height, width)


def _is_turned(picture: Image.Image) -> bool:
    """Whether the camera says that it was not held upright; what it says may be damaged."""
    try:
        return picture.getexif().get(_ORIENTATION, 1) in range(2, 9)
    except (SyntaxError, ValueError, OSError, struct.error, KeyError, TypeError):
        return False


def _middle(array: Rows, height: int, width: int) -> Rows:
    """The largest part in the middle with the sides in proportion; a pixel more or less is not cropped."""
    own_height, own_width = array.shape[:2]
    high, wide = min(own_height, own_width * height / width), min(own_width, own_height * width / height)
    if own_height - high < 1 and own_width - wide < 1:
        return array
    high, wide = max(1, round(high)), max(1, round(wide))
    top, left = (own_height - high) // 2, (own_width - wide) // 2
    return array[top : top + high, left : left + wide]


def _resized(array: Rows, height: int, width: int) -> Rows:
    flat = array[..., 0] if array.shape[2] == 1 else array
    # The box of a reducing filter grows with the scale in Pillow, so that shrinking averages instead of skipping.
    small = Image.fromarray(np.ascontiguousarray(flat)).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.uint8).reshape(height, width, array.shape[2])


def _notes(changed: _Changed, size: str, pixel_max: int) -> list[str]:
    done = (
        ("Turned as the camera was held", changed.turned),
        ("Cropped to the middle, to keep its proportions", changed.cropped),
        (f"Resized to {size} (height x width) with antialiasing", changed.resized),
        ("Turned from colour into grey", changed.made_grey),
    )
    notes = [f"{what}: {listed(names)}." for what, names in done if names]
    if pixel_max != 255:
        notes.append(f"Brightness is scaled from 0..255 to 0..{pixel_max}, as the model was trained.")
    return notes
