"""A Polars frame as a `Part`: features to one array, other columns to values, wrong cells to messages."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl

from bakeoff.data._columns import Roles
from bakeoff.data._files import require_memory
from bakeoff.data._part import Part, Values, shortened, shown
from bakeoff.types import RowIndices, Rows

__all__ = ["MISSING", "UNREADABLE", "part_of_frame", "values_of"]

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What Polars raises on a table that it cannot read; the second is no `Exception`."""

MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-nan", "<na>", "#n/a")
"""What stands for a missing number in a table of text, in small letters."""


_SHOWN_COLUMNS = 3

_Texts: TypeAlias = dict[tuple[int, int], str]
"""Row and feature to what the file says there."""


def part_of_frame(
    name: str, frame: pl.DataFrame, roles: Roles, names: Sequence[str], locate: Callable[[int], str]
) -> Part:
    """Take a frame apart by the roles of its columns.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    frame : (n, n_columns) frame
    roles : Roles
    names : sequence of str
        The columns' names as the user knows them.
    locate : callable
        The place of a row in its file.
    """

    def column(feature: int) -> str:
        return f"column {shown(names[roles.features[feature]])}"

    columns = frame.get_columns()
    others = [columns[i].name for i in set(range(frame.width)) - set(roles.features)]
    ordered = list(roles.features) == sorted(roles.features)
    chosen = frame.drop(others) if ordered else frame.select(columns[i].name for i in roles.features)
    X, problems, texts = _features(name, chosen, locate, column)

    def values(position: int | None) -> Values | None:
        return None if position is None else values_of(frame.to_series(position))

    return Part(
        name=name,
        X=X,
        labels=values(roles.label),
        groups=values(roles.group),
        splits=values(roles.split),
        locate=locate,
        column=column,
        feature_names=[names[i] for i in roles.features],
        label_name=None if roles.label is None else names[roles.label],
        group_name=None if roles.group is None else names[roles.group],
        problems=problems,
        decisions=roles.decisions,
        text=lambda row, feature: texts.get((row, feature)),
    )


def values_of(series: pl.Series) -> Values:
    """A column of labels or groups: whole numbers, floats (NaN: missing), or text (None: missing)."""
    if series.dtype.is_integer() and not series.null_count():
        return series.cast(pl.Int64).to_numpy()
    if series.dtype.is_numeric():
        return series.cast(pl.Float64).to_numpy()
    values = np.empty(len(series), dtype=object)
    values[:] = series.cast(pl.String).to_list()
    return values


def _features(
    name: str, frame: pl.DataFrame, locate: Callable[[int], str], column: Callable[[int], str]
) -> tuple[Rows, list[str], _Texts]:
    """The numbers, columns that hold none, and what the file says in the first cells that hold none."""
    if all(dtype == pl.UInt8 for dtype in frame.dtypes) and not any(series.null_count() for series in frame):
        return np.ascontiguousarray(frame.to_numpy(order="c")), [], {}
    require_memory(name, 4 * frame.height * frame.width)
    X = np.empty((frame.height, frame.width), dtype=np.float32)
    problems: list[str] = []
    texts: _Texts = {}
    words: list[tuple[int, RowIndices]] = []
    for feature, series in enumerate(frame):
        numbers = _numbers(series)
        if numbers is None:
            rule = f"features must be numbers; it holds {series.dtype}. Leave it out."
            problems.append(f"{name}, {column(feature)}: {rule}")
            continue
        X[:, feature] = numbers.fill_null(float("nan")).to_numpy()
        if series.dtype == pl.String:
            rows = _text_rows(series, numbers)
            X[rows, feature] = 0  # has its own line below, and must not be listed again as a missing value
            words += [(feature, rows)] if len(rows) else []
        texts |= {(row, feature): text for row, text in _unread_texts(series, X[:, feature])}
    return (
        X,
        [*shortened(problems, "columns without numbers"), *_text_problems(name, frame, words, locate, column)],
        texts,
    )


def _unread_texts(series: pl.Series, numbers: Rows) -> Iterator[tuple[int, str]]:
    """What the first missing and the first infinite cell of a column say; an empty one says nothing."""
    for wrong in (np.isnan(numbers), np.isinf(numbers)):
        if not wrong.any():
            continue
        row = int(wrong.argmax())
        value = series[row]
        if value is None or isinstance(value, str):
            yield row, (value or "").strip()


def _numbers(series: pl.Series) -> pl.Series | None:
    """The column as float32, null where a cell is missing or no number; None if it cannot hold numbers."""
    if series.dtype == pl.String:
        return series.str.strip_chars().cast(pl.Float32, strict=False)
    if series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null):
        return series.cast(pl.Float32)
    return None


def _text_rows(series: pl.Series, numbers: pl.Series) -> RowIndices:
    """Rows whose cell holds text that neither is a number nor stands for a missing one."""
    unread = numbers.is_null() & series.is_not_null()
    if not unread.any():
        return np.empty(0, dtype=np.int64)
    text = unread & ~series.str.strip_chars().str.to_lowercase().is_in(MISSING)
    return np.flatnonzero(text.to_numpy())


def _text_problems(
    name: str,
    frame: pl.DataFrame,
    words: Sequence[tuple[int, RowIndices]],
    locate: Callable[[int], str],
    column: Callable[[int], str],
) -> list[str]:
    """One line for each column with text; where there are many, one for all."""
    if len(words) <= _SHOWN_COLUMNS:
        more = [
            f" (and text in {len(rows) - 1:,} more row{'s' * (len(rows) > 2)} of this column)" * (len(rows) > 1)
            for _, rows in words
        ]
    else:
        n_cells = sum(len(rows) for _, rows in words) - 1
        words = words[:1]
        more = [f" (and text in {n_cells:,} more cells, in several columns)"]
    return [
        f"{name}, {locate(int(rows[0]))}, {column(feature)}: a feature must be a number; got "
        f"{shown(frame.to_series(feature)[int(rows[0])])}{tail}. Write it as a number, leave the cell empty if it is "
        "missing, or leave the column out."
        for (feature, rows), tail in zip(words, more, strict=True)
    ]
