"""Drawings made like the digits of MNIST: that is what networks on strokes have seen."""

import numpy as np
from PIL import Image

from bakeoff.data._pictures import open_picture, to_array
from bakeoff.data._predict_input import ReadRows, of_range
from bakeoff.types import Rows

__all__ = ["INK", "INK_BOX", "read_drawing"]

INK_BOX = 20 / 28
"""Share of a side that MNIST's digits take up."""
INK = 16
"""Brightness of 0..255 above which a pixel is drawn on."""


def read_drawing(content: bytes, shape: tuple[int, int, int], pixel_max: int = 255, box: float = INK_BOX) -> ReadRows:
    """A drawing, white on black, fitted into the middle box by its longer side, its centre of mass in the middle.

    Parameters
    ----------
    content : bytes
        Of a PNG or JPEG.
    shape : (height, width, channels)
        Of the images that the models know.
    pixel_max : int
    box : float
        Share of a side that the drawing's longer side gets.

    Returns
    -------
    ReadRows
        One row; where nothing is drawn, all black.

    Raises
    ------
    DataError
        If it is no picture.
    """
    height, width, channels = shape
    with open_picture(content, "drawing") as picture:
        ink = to_array(picture, 1)[..., 0]
    rows, columns = np.flatnonzero((ink > INK).any(axis=1)), np.flatnonzero((ink > INK).any(axis=0))
    canvas = np.zeros((height, width), np.uint8)
    if len(rows):
        _put(canvas, ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], box)
    pixels = of_range(np.repeat(canvas[..., None], channels, axis=2), pixel_max)
    return ReadRows(
        pixels.reshape(1, -1), ["drawing"], ["Moved into the middle, and made as large as what the models know."]
    )


def _put(canvas: Rows, ink: Rows, box: float) -> None:
    """Ink onto the canvas, as large as the box and as much in the middle as it can be."""
    sides = canvas.shape
    times = min(box * side / own for side, own in zip(sides, ink.shape, strict=True))
    height, width = (max(1, round(own * times)) for own in ink.shape)
    small = np.asarray(Image.fromarray(np.ascontiguousarray(ink)).resize((width, height), Image.Resampling.LANCZOS))
    weights = small.astype(np.float64)
    mass = max(weights.sum(), 1.0)
    places = []
    for axis, side in enumerate(sides):
        middle = float(weights.sum(axis=1 - axis) @ np.arange(small.shape[axis])) / mass
        places.append(int(np.clip(round((side - 1) / 2 - middle), 0, side - small.shape[axis])))
    top, left = places
    canvas[top : top + height, left : left + width] = small
