"""What every reader hands on: the rows of one file, not yet interpreted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._dataset import Source
from bakeoff.errors import DataError
from bakeoff.types import RowIndices, Rows

__all__ = ["Part", "Values", "cell_problems", "listed", "raise_if_any", "shortened", "shown"]

Values: TypeAlias = NDArray[Any]
"""(n,), whole numbers, floats (NaN: missing) or objects (text; None: missing)."""

_SHOWN_LINES = 20
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, eq=False)
class Part:
    """The training rows or the test rows (or both, told apart by `splits`) as they came from their file.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    X : (n, n_features) uint8 or float32
        NaN marks a missing value.
    labels : (n,) values or None
    locate : callable
        The place of a row in its file: ``"line 7"``, ``"cat/3.png"``.
    column : callable
        The place of a feature: ``"column 'pixel7'"``.
    groups, splits : (n,) values or None
    feature_names : sequence of str or None
    label_name, group_name : str or None
    image_shape : (height, width, channels) or None
        Set where the format itself says that these are images.
    pixel_max : int or None
        Set where the format fixes the range of a pixel.
    sources : sequence of Source
    problems, decisions : sequence of str
        Found while reading.
    """

    name: str
    X: Rows
    labels: Values | None
    locate: Callable[[int], str]
    column: Callable[[int], str]
    groups: Values | None = None
    splits: Values | None = None
    feature_names: Sequence[str] | None = None
    label_name: str | None = None
    group_name: str | None = None
    image_shape: tuple[int, int, int] | None = None
    pixel_max: int | None = None
    sources: Sequence[Source] = ()
    problems: Sequence[str] = ()
    decisions: Sequence[str] = ()

    def take(self, rows: RowIndices) -> "Part":
        """Some of the rows, each still known by its place in the file."""
        return replace(
            self,
            X=self.X[rows],
            labels=None if self.labels is None else self.labels[rows],
            groups=None if self.groups is None else self.groups[rows],
            splits=None,
            locate=lambda row: self.locate(int(rows[row])),
        )


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line, with nothing that a terminal would obey."""
    if isinstance(value, np.generic):
        value = value.item()
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def listed(things: Iterable[object], limit: int = 5) -> str:
    """A few things as text, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    names = [str(thing) for thing in things]
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"


def shortened(lines: Sequence[str], what: str) -> list[str]:
    """The first lines, and one that says how many more of this kind there are."""
    if len(lines) <= _SHOWN_LINES:
        return list(lines)
    return [*lines[:_SHOWN_LINES], f"... and {len(lines) - _SHOWN_LINES:,} more {what}."]


def cell_problems(part: Part, wrong: NDArray[np.bool_], rule: str) -> list[str]:
    """One line for each feature column with wrong cells.

    Parameters
    ----------
    part : Part
    wrong : (n, n_features) bool
    rule : str
        What a cell must be, and what to do; ``{got}`` stands for what came.
    """
    lines = []
    for feature in np.flatnonzero(wrong.any(axis=0)):
        rows = np.flatnonzero(wrong[:, feature])
        value = part.X[rows[0], feature]
        got = "nothing" if np.isnan(value) else f"{value:.7g}"
        more = f" (and in {len(rows) - 1:,} more rows of this column)" if len(rows) > 1 else ""
        place = f"{part.name}, {part.locate(int(rows[0]))}, {part.column(int(feature))}"
        lines.append(f"{place}: {rule.format(got=got + more)}")
    return shortened(lines, "columns with such cells")


def raise_if_any(problems: Sequence[str]) -> None:
    """Raise all problems together.

    Raises
    ------
    DataError
    """
    if problems:
        raise DataError(problems)
