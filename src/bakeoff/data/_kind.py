"""Images or plain rows: by the format, by what was declared, or by measuring whether neighbours correlate."""

import math
from dataclasses import dataclass

import numpy as np

from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part
from bakeoff.errors import DataError
from bakeoff.types import Kind, Rows

__all__ = ["Form", "decide_form", "neighbour_correlation", "pixel_maximum"]

_FEWEST_PIXELS = 64
_SAMPLED_ROWS = 500
_CORRELATED = 0.15
_ABOVE_DISTANT = 0.1
_MOSTLY = 0.99


@dataclass(frozen=True, slots=True)
class Form:
    """What the rows are.

    Parameters
    ----------
    kind : {"images", "rows"}
    image_shape : (height, width, channels) or None
    decision : str
        What was decided and why, in a sentence.
    """

    kind: Kind
    image_shape: tuple[int, int, int] | None
    decision: str


def decide_form(train: Part, options: DataOptions) -> Form:
    """Decide what the training rows are.

    Raises
    ------
    DataError
        If the declared shape does not fit the number of columns.
    """
    n_features = int(train.X.shape[1])
    if options.rows and options.image_shape is not None:
        raise DataError(
            "--rows and --image-shape exclude each other: the rows are images or they are not. Give one of them."
        )
    if options.rows:
        return Form("rows", None, f"Plain rows of {n_features} numbers: --rows says so.")
    if options.image_shape is not None:
        shape = _declared_shape(train, options.image_shape, n_features)
        return Form("images", shape, f"Images of {_text(shape)}: --image-shape says so.")
    if train.image_shape is not None:
        return Form(
            "images", train.image_shape, f"Images of {_text(train.image_shape)}: the format says so; --rows overrides."
        )
    return _measured(train.X, n_features)


def pixel_maximum(highest: int) -> int:
    """The largest value that a pixel can have, from the highest value found.

    255, or what images of fewer levels have: a power of two where it is reached (digits go from 0 to 16), else one
    less.

    Examples
    --------
    >>> [pixel_maximum(highest) for highest in (1, 13, 15, 16, 100, 200, 255)]
    [1, 15, 15, 16, 127, 255, 255]
    """
    if highest > 128:
        return 255
    highest = max(highest, 1)
    power = 1 << (highest - 1).bit_length()
    return power if power == highest else power - 1


def neighbour_correlation(X: Rows, side: int) -> tuple[float, float, float]:
    """How much neighbours of square grey images correlate over the rows, pooled over all pairs.

    Parameters
    ----------
    X : (n, side * side)
    side : int

    Returns
    -------
    right, down, distant : float
        With the pixel to the right, with the pixel below, and with the one half a row away. In images both neighbours
        correlate more than the distant one; in a smooth curve of as many points the one below (a whole row away) does
        not; in rows with one common cause all three are alike.
    """
    centred = X.astype(np.float32) - X.mean(axis=0, dtype=np.float32)
    in_row = (np.arange(side * side - 1) + 1) % side != 0

    def correlation(a: Rows, b: Rows) -> float:
        scale = math.sqrt(np.einsum("ij,ij", a, a) * np.einsum("ij,ij", b, b))
        return float(np.einsum("ij,ij", a, b)) / scale if scale else 0.0

    half = side // 2
    return (
        correlation(centred[:, :-1][:, in_row], centred[:, 1:][:, in_row]),
        correlation(centred[:, :-side], centred[:, side:]),
        correlation(centred[:, :-half], centred[:, half:]),
    )


def _declared_shape(train: Part, declared: tuple[int, ...], n_features: int) -> tuple[int, int, int]:
    height, width = declared[:2]
    channels = declared[2] if len(declared) == 3 else n_features // max(height * width, 1)
    if min(declared) > 0 and height * width * channels == n_features and channels in (1, 3):
        return height, width, channels
    text = "x".join(map(str, declared))
    raise DataError(
        f"{train.name}: --image-shape {text} needs {math.prod(declared)} columns (or three times as many, in colour); "
        f"there are {n_features} beside the label. Give the shape that the columns have."
    )


def _measured(X: Rows, n_features: int) -> Form:
    side = math.isqrt(n_features)
    plain = f"Plain rows of {n_features} numbers"
    if n_features < _FEWEST_PIXELS or side * side != n_features:
        return Form(
            "rows", None, f"{plain}: images need at least 64 columns, a square number; --image-shape overrides."
        )
    sample = X[:: max(1, len(X) // _SAMPLED_ROWS)]
    valid = _pixels(sample)
    if valid.mean() < _MOSTLY:
        share = 100 * (1 - valid.mean())
        return Form(
            "rows",
            None,
            f"{plain}: {share:.0f} % of the values are no whole numbers from 0 to 255; --image-shape overrides.",
        )
    right, down, distant = neighbour_correlation(np.where(valid, sample, 0), side)
    measured = f"correlation with the pixel to the right {right:.2f}, below {down:.2f}, half a row away {distant:.2f}"
    if min(right, down) < _CORRELATED or min(right, down) < distant + _ABOVE_DISTANT:
        return Form(
            "rows", None, f"{plain}: neighbours do not correlate as in images ({measured}); --image-shape overrides."
        )
    shape = (side, side, 1)
    return Form(
        "images",
        shape,
        f"Images of {_text(shape)}: whole numbers whose neighbours correlate ({measured}); --rows overrides.",
    )


def _pixels(X: Rows) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if X.dtype == np.uint8:
        return np.ones(X.shape, dtype=np.bool_)
    return np.asarray((X >= 0) & (X <= 255) & (np.floor(X) == X))


def _text(shape: tuple[int, int, int]) -> str:
    return f"{shape[0]}x{shape[1]} pixels" + (" in colour" if shape[2] == 3 else "")
