"""What every reader hands on: the rows of one file, not yet interpreted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._dataset import Source
from bakeoff.errors import DataError
from bakeoff.types import RowIndices, Rows

__all__ = ["Part", "Values", "cell_problems", "grouped", "listed", "raise_if_any", "shortened", "shown"]

Values: TypeAlias = NDArray[Any]
"""(n,), whole numbers, floats (NaN: missing) or objects (text; None: missing)."""

_SHOWN_LINES = 20
_SHOWN_COLUMNS = 3
_SHOWN_CHARACTERS = 40


def _not_known(_row: int, _feature: int) -> str | None:
    return None


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
    text : callable
        What the file says in a cell whose number does not tell it any more (NaN, inf); None where that is not known.
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
    text: Callable[[int, int], str | None] = _not_known

    def take(self, rows: RowIndices) -> "Part":
        """Some of the rows, each still known by its place in the file."""
        return replace(
            self,
            X=self.X[rows],
            labels=None if self.labels is None else self.labels[rows],
            groups=None if self.groups is None else self.groups[rows],
            splits=None,
            locate=lambda row: self.locate(int(rows[row])),
            text=lambda row, feature: self.text(int(rows[row]), feature),
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


def grouped(problems: Iterable[tuple[str, str]], noun: str) -> list[str]:
    """One line for each rule that is broken: the first place, and how many more there are.

    Parameters
    ----------
    problems : iterable of (place, rule)
    noun : str
        What a place is.

    Examples
    --------
    >>> grouped([("a.csv, line 3", "too long."), ("a.csv, line 7", "too long.")], "line")
    ['a.csv, line 3 (and 1 more line): too long.']
    """
    places: dict[str, list[str]] = {}
    for place, rule in problems:
        places.setdefault(rule, []).append(place)
    return [f"{found[0]}{_and_more(len(found) - 1, noun)}: {rule}" for rule, found in places.items()]


def _and_more(count: int, noun: str) -> str:
    return f" (and {count:,} more {noun}{'s' * (count > 1)})" if count else ""


def _more_rows(count: int) -> str:
    return f" (and in {count:,} more row{'s' * (count > 1)} of this column)" if count else ""


def cell_problems(part: Part, wrong: NDArray[np.bool_], rule: str) -> list[str]:
    """One line for each feature column with wrong cells; for many columns, one for each kind of wrong cell.

    Parameters
    ----------
    part : Part
    wrong : (n, n_features) bool
    rule : str
        What a cell must be, and what to do; ``{got}`` stands for what came.
    """
    by_kind: dict[str, list[tuple[int, RowIndices]]] = {}
    for feature in np.flatnonzero(wrong.any(axis=0)).tolist():
        rows = np.flatnonzero(wrong[:, feature])
        value = part.X[rows[0], feature]
        kind = "missing" if np.isnan(value) else "infinite" if np.isinf(value) else "number"
        by_kind.setdefault(kind, []).append((feature, rows))
    lines = []
    for columns in by_kind.values():
        if len(columns) > _SHOWN_COLUMNS:
            n_cells = sum(len(rows) for _, rows in columns) - 1
            more = f" (and {n_cells:,} more wrong cells, in {len(columns):,} columns)"
            lines.append(_cell_problem(part, columns[0], rule, more))
        else:
            lines += [_cell_problem(part, one, rule, _more_rows(len(one[1]) - 1)) for one in columns]
    return lines


def _cell_problem(part: Part, cells: tuple[int, RowIndices], rule: str, more: str) -> str:
    feature, row = cells[0], int(cells[1][0])
    place = f"{part.name}, {part.locate(row)}, {part.column(feature)}"
    return f"{place}: {rule.format(got=_cell_words(part, row, feature) + more)}"


def _cell_words(part: Part, row: int, feature: int) -> str:
    """What a cell holds, as its file has it where that is known."""
    value, text = part.X[row, feature], part.text(row, feature)
    if text is not None:
        return shown(text) if text else "an empty cell"
    if np.isinf(value):
        return f"{value}, or a number beyond 3.4e+38"
    return "NaN" if np.isnan(value) else f"{value:.7g}"


def raise_if_any(problems: Sequence[str]) -> None:
    """Raise all problems together.

    Raises
    ------
    DataError
    """
    if problems:
        raise DataError(problems)
