"""Distorting the images of a batch, on the device, inside the step.

Written for one stream: all its members see the same distorted images. Pixels keep their range; what comes into an image
from outside is the nearest pixel of its edge.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._distortion import Distortion

__all__ = ["Image", "distort", "distorted_copies"]

_GRID_PIXELS = 4  # the elastic field is drawn on every fourth pixel
_GEOMETRIC = frozenset({"shift", "rotation", "scale", "shear", "elastic"})
_N_AMOUNTS = 12  # random numbers a row: one for every amount below
_COPIED_ROWS = 4096  # at once, by `distorted_copies`


class Image(NamedTuple):
    """The form of a flattened image: ``height * width * channels`` numbers from 0 to `pixel_max`, channels last."""

    height: int
    width: int
    channels: int
    pixel_max: int


def distort(x: jax.Array, key: jax.Array, strength: Distortion, image: Image, kinds: tuple[str, ...]) -> jax.Array:
    """Every row distorted by amounts of its own.

    Parameters
    ----------
    x : (rows, features)
        Pixels as floats.
    key : PRNG key
        Of this stream and this step. What happens to a row does not depend on the number of rows after it.
    strength : Distortion
        Scalars.
    image : Image
    kinds : tuple of str
        The strengths that may be above zero; what nobody uses is not computed.

    Returns
    -------
    (rows, features)

    Examples
    --------
    >>> import jax
    >>> x = jax.numpy.arange(9.0)[None, :]
    >>> distort(x, jax.random.key(0), Distortion(shift=0.0), Image(3, 3, 1, 8), ("shift",)).tolist() == x.tolist()
    True
    """
    amounts = jax.random.uniform(key, (x.shape[0], _N_AMOUNTS), x.dtype, -1.0, 1.0).T
    if _GEOMETRIC.intersection(kinds):
        x = _warped(x, _sources(key, amounts, strength, image, kinds), image)
    if {"brightness", "contrast"}.intersection(kinds):
        factor = _spread(amounts[7], strength.contrast)[:, None]
        mean = jnp.mean(x, axis=1, keepdims=True)
        x = (x - mean) * factor + mean + (amounts[8] * strength.brightness * image.pixel_max)[:, None]
    if "noise" in kinds:
        x = x + _bell(jax.random.fold_in(key, 1), x.shape, x.dtype) * (strength.noise * image.pixel_max)
    if "erase" in kinds:
        x = _erased(x, amounts[9:12], jax.random.fold_in(key, 2), strength, image)
    if {"brightness", "contrast", "noise"}.intersection(kinds):
        x = jnp.clip(x, 0.0, float(image.pixel_max))
    return x


def distorted_copies(
    rows: NDArray[Any], image: Image, distortion: Distortion, copies: int, seed: int = 0
) -> NDArray[Any]:
    """Images distorted as in training, rounded to what pixels may be: the same ones for the same seed.

    Parameters
    ----------
    rows : (rows, features)
        Whole numbers from 0 to ``image.pixel_max``.
    image : Image
    distortion : Distortion
        One float each.
    copies : int
        How many of each row.
    seed : int

    Returns
    -------
    (copies, rows, features) of the type of `rows`

    Examples
    --------
    >>> rows = np.arange(9, dtype=np.uint8)[None, :]
    >>> distorted_copies(rows, Image(3, 3, 1, 8), Distortion(shift=0.3), copies=2).shape
    (2, 1, 9)
    """
    strength = jax.tree.map(np.float32, distortion)
    changed = np.empty((copies * len(rows), rows.shape[1]), rows.dtype)
    size = min(_COPIED_ROWS, len(changed))
    starts = range(0, len(changed), size)
    for start, key in zip(starts, jax.random.split(jax.random.key(seed), len(starts)), strict=True):
        # The last part is filled up with first rows: one form, one program.
        x = jnp.asarray(rows[np.arange(start, start + size) % len(rows)], jnp.float32)
        new = np.asarray(_distorted(x, key, strength, image, distortion.kinds()))
        part = changed[start : start + size]
        part[:] = new[: len(part)].round().clip(0, image.pixel_max)
    return changed.reshape(copies, *rows.shape)


_distorted = jax.jit(distort, static_argnums=(3, 4))


def _spread(amount: jax.Array, strength: jax.Array) -> jax.Array:
    """A factor between ``1 / (1 + strength)`` and ``1 + strength``, as often below 1 as above."""
    return jnp.exp(amount * jnp.log1p(strength))


def _sources(
    key: jax.Array, amounts: jax.Array, strength: Distortion, image: Image, kinds: tuple[str, ...]
) -> tuple[jax.Array, jax.Array]:
    """Where each pixel of the result comes from: vertical and horizontal places, each (rows, height * width)."""
    dtype = amounts.dtype
    height, width = image.height, image.width
    centre = (height - 1) / 2, (width - 1) / 2
    down = np.repeat(np.arange(height) - centre[0], width)
    across = np.tile(np.arange(width) - centre[1], height)
    y, x = jnp.asarray(down, dtype)[None, :], jnp.asarray(across, dtype)[None, :]
    angle = amounts[0] * (strength.rotation * (np.pi / 180))
    cosine, sine = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
    tall, wide = (_spread(amounts[place], strength.scale)[:, None] for place in (1, 2))
    slope = (amounts[3] * strength.shear)[:, None]
    to_y, to_x = (amounts[4] * strength.shift * height)[:, None], (amounts[5] * strength.shift * width)[:, None]
    # First sheared, then scaled, then turned, then moved.
    sheared = x + slope * y
    from_y = cosine * tall * y - sine * wide * sheared + (to_y + centre[0])
    from_x = sine * tall * y + cosine * wide * sheared + (to_x + centre[1])
    if "elastic" in kinds:
        field = _smooth_field(jax.random.fold_in(key, 3), amounts.shape[1], image, dtype)
        size = strength.elastic * min(height, width)
        from_y, from_x = from_y + size * field[0], from_x + size * field[1]
    return from_y, from_x


def _smooth_field(key: jax.Array, rows: int, image: Image, dtype: jnp.dtype) -> jax.Array:
    """Two smooth random fields of variance 1, (2, rows, height * width)."""
    between = [_weights(side) for side in (image.height, image.width)]
    weights = np.kron(*between)  # (height * width, grid points)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    noise = jax.random.normal(key, (rows, 2, weights.shape[1]), dtype)
    field: jax.Array = noise.reshape(2 * rows, -1) @ jnp.asarray(weights.T, dtype)
    return field.reshape(rows, 2, -1).swapaxes(0, 1)


def _weights(side: int) -> NDArray[np.float64]:
    """What each grid point gives to each pixel of a line, (side, points): a bell as wide as the grid."""
    points = np.arange(-_GRID_PIXELS, side + _GRID_PIXELS, _GRID_PIXELS)
    apart = (np.arange(side)[:, None] - points[None, :]) / _GRID_PIXELS
    return np.asarray(np.exp(-(apart**2) / 2))


def _warped(x: jax.Array, sources: tuple[jax.Array, jax.Array], image: Image) -> jax.Array:
    """Pixels taken from between the four around each source, in proportion."""
    (y, below), (x_, right) = (
        _whole_and_rest(source, side) for source, side in zip(sources, (image.height, image.width), strict=True)
    )
    # Without the barrier the places are computed again for each of the four.
    place: jax.Array = jax.lax.optimization_barrier(y * image.width + x_)  # type: ignore[no-untyped-call]
    pixels = x.reshape(x.shape[0], -1, image.channels)
    right_step, below_step = min(1, image.width - 1), min(1, image.height - 1) * image.width

    def at(step: int) -> jax.Array:
        return jnp.take_along_axis(pixels, (place + step)[:, :, None], axis=1, mode="promise_in_bounds")

    right, below = right[:, :, None], below[:, :, None]
    above_line = at(0) * (1 - right) + at(right_step) * right
    below_line = at(below_step) * (1 - right) + at(below_step + right_step) * right
    return (above_line * (1 - below) + below_line * below).reshape(x.shape)


def _whole_and_rest(source: jax.Array, side: int) -> tuple[jax.Array, jax.Array]:
    source = jnp.clip(source, 0.0, side - 1.0)
    whole = jnp.minimum(source.astype(jnp.int32), max(side - 2, 0))
    return whole, source - whole.astype(source.dtype)


def _bell(key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype) -> jax.Array:
    """Nearly normal numbers of variance 1: sums of four random bytes, of which one word has four."""
    quarters = jax.lax.bitcast_convert_type(jax.random.bits(key, shape, jnp.uint32), jnp.uint8)
    total = jnp.sum(quarters.astype(jnp.int32), axis=-1, dtype=jnp.int32).astype(dtype)
    deviation = float(np.sqrt(4 * (256**2 - 1) / 12))
    bell: jax.Array = (total - 4 * 127.5) / deviation
    return bell


def _erased(x: jax.Array, amounts: jax.Array, key: jax.Array, strength: Distortion, image: Image) -> jax.Array:
    """A rectangle of every image painted over with its mean."""
    sizes = jnp.abs(amounts[:2]) * strength.erase
    corner = jax.random.uniform(key, (x.shape[0], 2), x.dtype).T * (1 - sizes)

    def inside(side: int, place: int) -> jax.Array:
        middle = (jnp.arange(side, dtype=x.dtype)[None, :] + 0.5) / side
        start, end = corner[place][:, None], (corner[place] + sizes[place])[:, None]
        covered: jax.Array = (middle >= start) & (middle < end)
        return covered

    hidden = inside(image.height, 0)[:, :, None, None] & inside(image.width, 1)[:, None, :, None]
    pixels = x.reshape(-1, image.height, image.width, image.channels)
    mean = jnp.mean(pixels, axis=(1, 2), keepdims=True)
    return jnp.where(hidden, mean, pixels).reshape(x.shape)
