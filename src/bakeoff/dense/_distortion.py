"""How strongly images are distorted in training: names, presets, and what a user may write."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import jax

__all__ = ["DISTORTION_LIMITS", "NO_DISTORTION", "PRESETS", "Distortion", "Preset", "distortion_of"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Distortion:
    """Strengths, each a float for one member and an array (streams,) for a population. 0 changes nothing.

    Every image is distorted anew in every step, by amounts drawn evenly from minus to plus the strength.

    Parameters
    ----------
    shift : float
        Share of height and of width.
    rotation : float
        Degrees.
    scale : float
        Height and width, each by a factor of its own, from ``1 / (1 + scale)`` to ``1 + scale``.
    shear : float
        Pixels sideways a pixel down.
    elastic : float
        Root mean square of a smooth random displacement, as a share of the shorter side [1]_.
    brightness : float
        Share of the pixels' range, added.
    contrast : float
        Deviations from an image's mean are multiplied by ``1 / (1 + contrast)`` to ``1 + contrast``.
    noise : float
        Standard deviation, as a share of the pixels' range.
    erase : float
        Longest side of a rectangle that is painted over with the image's mean, as a share of height and of width.

    References
    ----------
    .. [1] Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
       analysis", 2003. Their field is smoothed white noise; ours is drawn on a grid of every fourth pixel, with the
       same smoothing between.
    """

    shift: Any = 0.0
    rotation: Any = 0.0
    scale: Any = 0.0
    shear: Any = 0.0
    elastic: Any = 0.0
    brightness: Any = 0.0
    contrast: Any = 0.0
    noise: Any = 0.0
    erase: Any = 0.0

    def kinds(self) -> tuple[str, ...]:
        """Names of the strengths above zero."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) > 0)

    def as_mapping(self) -> dict[str, float]:
        """Every strength as plain JSON data."""
        return asdict(self)


Preset: TypeAlias = Literal["none", "affine", "elastic", "photo"]

NO_DISTORTION = Distortion()

PRESETS: Mapping[str, Distortion] = MappingProxyType(
    {
        "none": NO_DISTORTION,
        # Chosen on grouped validation rows, 256-128 network, dropout 0: MNIST 98.3 -> 99.05 %, Sign Language MNIST
        # 80 -> 95 % (standardised rows). Stronger ones help the second more.
        "affine": Distortion(shift=0.06, rotation=10.0, scale=0.1, shear=0.08),
        "elastic": Distortion(shift=0.05, rotation=8.0, scale=0.1, shear=0.05, elastic=0.03),
        "photo": Distortion(
            shift=0.06, rotation=10.0, scale=0.1, shear=0.08, brightness=0.1, contrast=0.2, noise=0.02, erase=0.25
        ),
    }
)
"""Strengths by a name."""

DISTORTION_LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "shift": 0.5,
        "rotation": 180.0,
        "scale": 1.0,
        "shear": 1.0,
        "elastic": 0.5,
        "brightness": 1.0,
        "contrast": 4.0,
        "noise": 1.0,
        "erase": 1.0,
    }
)
"""The largest strength of each."""


def distortion_of(setting: str | Mapping[str, float]) -> Distortion:
    """The strengths that a setting means: the name of a preset, or strengths by name, the others 0.

    Examples
    --------
    >>> distortion_of({"shift": 0.1}).kinds()
    ('shift',)
    """
    return PRESETS[setting] if isinstance(setting, str) else Distortion(**setting)


if set(PRESETS) != set(get_args(Preset)) or set(DISTORTION_LIMITS) != {item.name for item in fields(Distortion)}:
    raise AssertionError("the names of distortions and presets stand in more than one place, and must agree")
