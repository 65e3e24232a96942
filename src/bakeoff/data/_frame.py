"""A Polars frame as a `Part`: features to one array, other columns to values, wrong cells to messages."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from bakeoff.data._columns import Roles
from bakeoff.data._files import require_size
from bakeoff.data._part import Part, Values, shortened, shown
from bakeoff.types import RowIndices, Rows

__all__ = ["MISSING", "part_of_frame", "values_of"]

MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-nan", "<na>", "#n/a")
"""What stands for a missing number in a table of text, in small letters."""


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
    X, problems = _features(name, chosen, locate, column)

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
) -> tuple[Rows, list[str]]:
    if all(dtype == pl.UInt8 for dtype in frame.dtypes) and not any(series.null_count() for series in frame):
        return np.ascontiguousarray(frame.to_numpy(order="c")), []
    require_size(name, 4 * frame.height * frame.width)
    X = np.empty((frame.height, frame.width), dtype=np.float32)
    problems = []
    for feature, series in enumerate(frame):
        numbers = _numbers(series)
        if numbers is None:
            problems.append(
                f"{name}, {column(feature)}: features must be numbers; it holds {series.dtype}. Leave it out."
            )
            continue
        X[:, feature] = numbers.fill_null(float("nan")).to_numpy()
        if series.dtype == pl.String:
            rows = _text_rows(series, numbers)
            X[rows, feature] = 0  # has its own line below, and must not be listed again as a missing value
            if len(rows):
                problems.append(_text_problem(name, series, rows, locate, column(feature)))
    return X, shortened(problems, "columns with such cells")


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


def _text_problem(name: str, series: pl.Series, rows: RowIndices, locate: Callable[[int], str], column: str) -> str:
    first = int(rows[0])
    more = f" (and text in {len(rows) - 1:,} more rows of this column)" if len(rows) > 1 else ""
    return (
        f"{name}, {locate(first)}, {column}: a feature must be a number; got {shown(series[first])}{more}. "
        "Write it as a number, leave the cell empty if it is missing, or leave the column out."
    )
