"""Tables of text: read by Polars with the narrowest types, and line by line only to explain what is wrong."""

import contextlib
import csv
import io
import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from bakeoff.data._columns import Roles
from bakeoff.data._files import clear_errors, require_memory, require_size, source_of, unzipped
from bakeoff.data._frame import UNREADABLE, part_of_frame
from bakeoff.data._part import Part, grouped
from bakeoff.data._text import require_closed_quotes, require_table, require_utf8
from bakeoff.errors import DataError

__all__ = ["read_csv"]

_SNIFFED_LINES = 12
_BYTES_OF_TEXT = 16  # of a cell that Polars holds as text
_LONGEST_LINE = 1 << 25  # bytes; a line of 224x224 pixels in colour has under a million

_Schema = dict[str, pl.DataType | type[pl.DataType]]

ChooseRoles = Callable[[Sequence[str], bool], Roles]
"""Names of the columns, and whether they come from the file, to their roles."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a file is written.

    Parameters
    ----------
    names : sequence of str
    header_lines : int
        0 where the first line holds numbers already.
    separator : str
    narrow : sequence of bool
        Which columns hold nothing but whole numbers 0..255 in the first lines.
    line_bytes : float
        Mean length of the first lines.
    """

    names: Sequence[str]
    header_lines: int
    separator: str
    narrow: Sequence[bool]
    line_bytes: float


def read_csv(path: Path, choose_roles: ChooseRoles) -> Part:
    """Read a table of text, gzipped or not.

    Parameters
    ----------
    path : Path
    choose_roles : callable
        Decides from the columns' names what they are for.

    Raises
    ------
    DataError
        If there is no table in the file. Wrong cells are listed in the part's `problems`.
    """
    with tempfile.TemporaryDirectory(prefix="bakeoff-") as folder, ThreadPoolExecutor(1) as pool:
        hashed = pool.submit(source_of, path)
        plain = unzipped(path, Path(folder))
        with clear_errors(path):
            require_size(path.name, plain.stat().st_size)
        layout = _layout(plain, path.name)
        _require_room(plain, path.name, layout)
        roles = choose_roles(layout.names, layout.header_lines > 0)
        part = _part(plain, path.name, layout, roles)
    if not layout.header_lines:
        headless = "The first line holds numbers only: the table has no header."
        part = replace(part, feature_names=None, decisions=[headless, *part.decisions])
    return replace(part, sources=(hashed.result(),))


def _part(path: Path, name: str, layout: _Layout, roles: Roles) -> Part:
    frame, lines, problems = _frame(path, name, layout, roles)
    if not frame.height and not problems:
        raise DataError(f"{name}: the table has a header and no rows. Give a file with at least two rows a class.")

    def locate(row: int) -> str:
        return f"line {row + 1 + layout.header_lines if lines is None else lines[row]}"

    part = part_of_frame(name, frame, roles, layout.names, locate)
    return replace(part, problems=[*problems, *part.problems])


def _layout(path: Path, name: str) -> _Layout:
    with clear_errors(path), path.open("rb") as file:
        head = b"".join(file.readline(_LONGEST_LINE) for _ in range(_SNIFFED_LINES))
    require_table(head, name)
    text = head.decode("utf-8-sig")
    if not text.strip():
        raise DataError(f"{name}: the file is empty. Give a file with labelled rows.")
    first = text.splitlines()[0]
    separator = max(",;\t|", key=first.count)
    numbered = list(_records(io.StringIO(text, newline=""), name, separator))
    if len(numbered) == 1 and "\n" in text.rstrip():
        require_closed_quotes(path, name, separator)
    names = [cell.strip() for cell in numbered[0][1]]
    header_lines = numbered[1][0] - 1 if len(numbered) > 1 else max(text.count("\n"), 1)
    sample = [record for _, record in numbered[1:_SNIFFED_LINES]]
    if _is_data(names):
        header_lines, sample = 0, [numbered[0][1], *sample]
        names = [f"column_{i + 1}" for i in range(len(names))]
    narrow = [all(len(row) > i and _is_byte(row[i]) for row in sample) for i in range(len(names))]
    return _Layout(names, header_lines, separator, narrow, _line_bytes(head, header_lines))


def _line_bytes(head: bytes, header_lines: int) -> float:
    lengths = [len(line) for line in head.splitlines(keepends=True)][header_lines:]
    return sum(lengths) / len(lengths) if lengths else float(len(head))


def _require_room(path: Path, name: str, layout: _Layout, cell_bytes: int | None = None) -> None:
    """Refuse a table whose cells would take too much memory before any of it is taken."""
    with clear_errors(path):
        n_lines = path.stat().st_size / layout.line_bytes
    require_memory(name, int(n_lines * sum(cell_bytes or (1 if narrow else 4) for narrow in layout.narrow)))


def _is_data(cells: Sequence[str]) -> bool:
    """Whether a first line holds numbers; 0, 1, 2, ... are names that pandas gives to columns without any."""
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return False
    counted = len(numbers) > 1 and (np.diff(numbers) == 1).all() and numbers[0] in (0, 1)
    return not counted


def _is_byte(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) <= 3 and int(cell) <= 255


def _frame(path: Path, name: str, layout: _Layout, roles: Roles) -> tuple[pl.DataFrame, list[int] | None, list[str]]:
    """The table, the line of each row (None: rows are lines), and what is wrong with its structure."""
    features = set(roles.features)
    wide: _Schema = {f"c{i}": pl.Float32 if i in features else pl.String for i in range(len(layout.names))}
    narrow: _Schema = {f"c{i}": pl.UInt8 if layout.narrow[i] else wide[f"c{i}"] for i in range(len(layout.names))}
    frame = _typed(path, layout, (narrow, wide))
    # Polars fills a short or a blank line up with nulls: the last column shows whether there can be one.
    if frame is not None and not frame.to_series(-1).null_count() and not frame.to_series(0).null_count():
        texts = (series for series in frame if series.dtype == pl.String)
        if not any(series.str.contains("\n", literal=True).any() for series in texts):
            return frame, None, []
    if frame is None:
        require_utf8(path, name)
        require_closed_quotes(path, name, layout.separator)
    structure = _structure(path, name, layout)
    problems = structure.problems()
    if problems:
        require_closed_quotes(path, name, layout.separator)
    if frame is None:
        _require_room(path, f"{name}: some cells are no numbers, and to find them", layout, _BYTES_OF_TEXT)
    try:
        if frame is None:
            frame = _polars(path, layout, dict.fromkeys(wide, pl.String), strict=False)
        if any(structure.blank):
            frame = frame.filter(~pl.Series(structure.blank))
    except UNREADABLE as error:
        reason = str(error).splitlines()[0]
        unread = [f"{name}: the table cannot be read ({reason}). Check quotes and separators."]
        raise DataError(problems or unread) from error
    if len(structure.lines) != frame.height:
        raise DataError(
            [*problems, f"{name}: a quote is opened and not closed, so that lines run together. Check the quotes."]
        )
    if problems:
        frame = _filled(frame, structure, features)
    return frame, structure.lines, problems


def _filled(frame: pl.DataFrame, structure: "_Structure", features: set[int]) -> pl.DataFrame:
    """Fill up the lines that are too short: they have a problem of their own, and no missing values besides."""
    wrong = pl.lit(pl.Series([length != structure.width for length in structure.lengths]))
    return frame.with_columns(
        pl.when(wrong)
        .then(pl.col(column).fill_null("0" if dtype == pl.String else 0))
        .otherwise(pl.col(column))
        .alias(column)
        for i, (column, dtype) in enumerate(frame.schema.items())
        if i in features
    )


def _typed(path: Path, layout: _Layout, schemas: Sequence[_Schema]) -> pl.DataFrame | None:
    """The table by the first schema that it fits, or None."""
    for schema in schemas:
        with contextlib.suppress(*UNREADABLE):
            return _polars(path, layout, schema, strict=True)
    return None


def _polars(path: Path, layout: _Layout, schema: _Schema, strict: bool) -> pl.DataFrame:
    return pl.read_csv(
        path,
        has_header=False,
        skip_lines=layout.header_lines,
        schema=schema,
        separator=layout.separator,
        truncate_ragged_lines=not strict,
        glob=False,
    )


@dataclass(frozen=True, slots=True)
class _Structure:
    """Lines and lengths of a table's records; `blank` has an entry for blank lines too."""

    name: str
    width: int
    lines: list[int]
    lengths: list[int]
    blank: list[bool]

    def problems(self) -> list[str]:
        rule = f"a line must have {self.width} cells, as the first has; got {{}}. Complete the line or remove it."
        return grouped(
            (
                (f"{self.name}, line {line}", rule.format(length))
                for line, length in zip(self.lines, self.lengths, strict=True)
                if length != self.width
            ),
            "line",
        )


def _structure(path: Path, name: str, layout: _Layout) -> _Structure:
    """Go through the records one by one."""
    structure = _Structure(name, len(layout.names), [], [], [])
    with clear_errors(path), path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for line, record in itertools.islice(
            _records(file, name, layout.separator), int(layout.header_lines > 0), None
        ):
            structure.blank.append(not "".join(record).strip() and len(record) < 2)
            if not structure.blank[-1]:
                structure.lines.append(line)
                structure.lengths.append(len(record))
    return structure


def _records(file: io.TextIOBase, name: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, delimiter=separator)
    line = 1
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        reason = "a cell is too long" if "field limit" in str(error) else error
        raise DataError(f"{name}, line {line}: cannot be read ({reason}). Check quotes and separators.") from error
