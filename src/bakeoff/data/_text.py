"""Whether a file is a table of text at all: its encoding, its line ends, its quotes."""

import csv
from pathlib import Path

from bakeoff.data._files import clear_errors
from bakeoff.data._part import shown
from bakeoff.errors import DataError

__all__ = ["require_closed_quotes", "require_table", "require_utf8"]

_SAVE_AS = "Save it as UTF-8 (Excel: CSV UTF-8)"
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def require_table(head: bytes, name: str) -> None:
    """Refuse what begins as no table of text does.

    Parameters
    ----------
    head : bytes
        The first lines, whole.
    name : str
        The file's name, for messages.

    Raises
    ------
    DataError
    """
    if not head.strip():
        raise DataError(f"{name}: the file is empty. Give a table with a header and rows.")
    if head.startswith(_MARKS_OF_UTF_16) or _is_half_zeros(head):
        raise DataError(f"{name}: a table must be UTF-8 text; this one is UTF-16. {_SAVE_AS}.")
    if head.startswith(b"\x93NUMPY"):
        raise DataError(
            f"{name}: a single NumPy array has no labels beside it. Save X and y together with numpy.savez and give "
            "the .npz file."
        )
    if b"\0" in head:
        raise DataError(f"{name}: a table of text is expected; this file holds binary data. Check what it is.")
    if b"\n" not in head and b"\r" in head:
        raise DataError(f"{name}: lines must end with a line feed; these end with a carriage return. Save it again.")
    lines = head.split(b"\n")
    if not lines[0].strip():
        raise DataError(f"{name}, line 1: must hold the names of the columns; it is blank. Remove it.")
    for number, line in enumerate(lines, 1):
        _require_utf8_line(line, number, name)


def require_utf8(path: Path, name: str) -> None:
    """Go through a whole file for its first line that is not UTF-8.

    Raises
    ------
    DataError
    """
    with clear_errors(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            _require_utf8_line(line, number, name)


def require_closed_quotes(path: Path, name: str, separator: str) -> None:
    """Refuse a table in which a quote is opened and not closed: all that follows would be one cell.

    Raises
    ------
    DataError
        With the line where the record begins.
    """
    line = 1
    with clear_errors(path), path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        try:
            for _ in reader:
                line = reader.line_num + 1
        except csv.Error as error:
            # Other faults of quoting are found where the table is read.
            if "unexpected end of data" in str(error) or "field limit" in str(error):
                raise DataError(
                    f"{name}, line {line}: a quote is opened and not closed, so that the lines after it run together. "
                    "Close the quote or remove it."
                ) from error


def _is_half_zeros(head: bytes) -> bool:
    """Whether every other byte is zero, as in UTF-16 text without a mark."""
    halves = (head[0::2], head[1::2])
    return len(head) > 3 and any(half.count(0) > 0.9 * len(half) for half in halves) and not all(map(_zeros, halves))


def _zeros(half: bytes) -> bool:
    return half.count(0) > 0.5 * len(half)


def _require_utf8_line(line: bytes, number: int, name: str) -> None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        # Every byte means something in Latin-1, so it is shown as that, and not claimed to be.
        around = line[max(error.start - 10, 0) : error.start + 10].decode("latin-1")
        raise DataError(
            f"{name}, line {number}: a table must be UTF-8 text; this line is not. In Latin-1 it reads "
            f"{shown(around)}. {_SAVE_AS}."
        ) from error
