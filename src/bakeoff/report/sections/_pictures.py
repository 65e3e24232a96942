"""Images of the data as small PNG files, so that a page of many stays light."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from bakeoff.report._view import Cell, Picture
from bakeoff.types import Images

__all__ = ["gallery_pictures", "usable"]

_BUDGET_BYTES = 150_000  # of one gallery: a report holds a few of them


def gallery_pictures(
    images: Images, descriptions: Sequence[str], lines: Sequence[tuple[Cell, ...]]
) -> tuple[Picture, ...]:
    """Images with what is written below each; large ones are made smaller.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
    descriptions : sequence of str
        For those who cannot see them.
    lines : sequence of tuple of Cell
    """
    channels = images.shape[3] if images.ndim == 4 else 1
    longest = max(16, int((_BUDGET_BYTES / max(1, len(images)) / channels) ** 0.5))
    return tuple(
        _picture(image, longest, description, text)
        for image, description, text in zip(images, descriptions, lines, strict=True)
    )


def usable(images: object) -> bool:
    """Whether an array can be shown as pictures."""
    return (
        isinstance(images, np.ndarray)
        and images.dtype == np.uint8
        and (images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3))
        and all(images.shape)
    )


def _picture(image: Images, longest: int, description: str, lines: tuple[Cell, ...]) -> Picture:
    picture = Image.fromarray(np.ascontiguousarray(image))
    if max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    with BytesIO() as file:
        picture.save(file, format="PNG", optimize=True)
        return Picture(file.getvalue(), *picture.size, description, lines)
