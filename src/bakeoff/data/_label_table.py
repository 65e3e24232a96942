"""A table of labels without their rows: what somebody predicted, or the answers to a task."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._columns import LABEL_NAMES
from bakeoff.data._files import MAX_BYTES, clear_errors
from bakeoff.data._part import listed, raise_if_any, shortened, shown
from bakeoff.errors import DataError
from bakeoff.types import Groups, Rows

__all__ = ["LabelFile", "canonical_label", "is_label_table", "read_label_column"]

ANSWER_NAMES = (*LABEL_NAMES, "prediction", "predictions", "predicted", "answer")
ROW_NAMES = ("row", "id", "index", "imageid", "image_id", "rowid", "row_id")
FINGERPRINT_NAME = "fingerprint"

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")


@dataclass(frozen=True, eq=False)
class LabelFile:
    """Labels in the order of their rows.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    labels : sequence of str
        As `canonical_label` writes them.
    groups : (n,) int64 or None
        Rows with the same number come from one source.
    X : (n, n_features) or None
        The rows themselves, where the file holds them.
    fingerprints : (n,) uint64 or None
        What names the rows, where the file holds that instead.
    sha256 : str
        Of the file; empty for a folder.
    """

    name: str
    labels: Sequence[str]
    groups: Groups | None = None
    X: Rows | None = None
    fingerprints: NDArray[np.uint64] | None = None
    sha256: str = ""


def canonical_label(text: str) -> str:
    """A label as it is compared: without blanks around it, and whole numbers without a decimal point.

    Examples
    --------
    >>> canonical_label(" 7.0 "), canonical_label("07"), canonical_label("seven")
    ('7', '7', 'seven')
    """
    text = text.strip()
    return str(int(text.split(".")[0])) if _WHOLE.fullmatch(text) else text


def read_label_column(
    path: Path, *, label: str | None = None, group: str | None = None, most_bytes: int = MAX_BYTES
) -> LabelFile:
    """Read a table of labels without their rows.

    One column is enough, with a header or without. A column ``row`` (or ``id``, ``index``, ``ImageId``) that counts
    the rows from 0 or from 1 puts the labels in order.

    Parameters
    ----------
    path : Path
    label, group : str or None
        Names of columns.
    most_bytes : int
        A larger file is refused before it is read.

    Raises
    ------
    DataError
        If the columns cannot be told apart, a row has no label, or rows are missing or come twice.
    """
    lines = _lines(path, most_bytes)
    names = [cell.strip().lower() for cell in lines[0][1]]
    has_header = _is_header(names, label)
    columns = _columns(path.name, lines[0][1] if has_header else names, has_header, (label, group))
    lines = lines[int(has_header) :]
    raise_if_any(shortened(_of_other_length(path.name, lines, len(names), max(columns.values())), "such lines"))
    picked = {what: [cells[position].strip() for _, cells in lines] for what, position in columns.items()}
    empty = [number for (number, _), text in zip(lines, picked["label"], strict=True) if not text]
    raise_if_any(
        shortened([f"{path.name}, line {n}: every row needs a label; this one has none." for n in empty], "such lines")
    )
    if not lines:
        raise DataError(f"{path.name}: holds a header and no labels. Give a label for each test row.")
    order = _order(path.name, picked["row"]) if "row" in picked else np.arange(len(lines))
    groups = np.unique(picked["group"], return_inverse=True)[1][order].astype(np.int64) if "group" in picked else None
    fingerprints = _fingerprints(path.name, picked["fingerprint"])[order] if "fingerprint" in picked else None
    labels = [canonical_label(picked["label"][position]) for position in order]
    return LabelFile(path.name, labels, groups, None, fingerprints)


def _lines(path: Path, most_bytes: int) -> list[tuple[int, list[str]]]:
    """The lines that are not blank, with their numbers."""
    with clear_errors(path):
        n_bytes = path.stat().st_size
        if n_bytes > most_bytes:
            raise DataError(f"{path.name}: must have at most {most_bytes:,} bytes; it has {n_bytes:,}.")
        content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path.name}, line {line}: must be text in UTF-8; it holds the byte 0x{content[error.start]:02x}. "
            "Save it as UTF-8 (in Excel: CSV UTF-8)."
        ) from None
    if "\0" in text:
        raise DataError(f"{path.name}: must be a table of text; it holds binary data. Check what it is.")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, cells) for cells in reader if "".join(cells).strip()]
    except csv.Error as error:
        raise DataError(f"{path.name}, line {reader.line_num}: cannot be read ({error}). Check the quotes.") from None
    if not lines:
        raise DataError(f"{path.name}: the file is empty. Give a label for each test row.")
    return lines


def _of_other_length(
    name: str, lines: Sequence[tuple[int, Sequence[str]]], n_cells: int, last_needed: int
) -> list[str]:
    """Lines in which a cell is missing or left over: cut off, 'Washington, DC' would be 'Washington'."""
    return [
        f"{name}, line {number}: must have {n_cells} cell{'s' * (n_cells > 1)} as the first line has; it has "
        f"{len(cells)}. Correct it, and put a text that holds a comma in double quotes."
        for number, cells in lines
        if len(cells) <= last_needed or any(cell.strip() for cell in cells[n_cells:])
    ]


def _is_header(names: Sequence[str], label: str | None) -> bool:
    known = {*ANSWER_NAMES, *ROW_NAMES, FINGERPRINT_NAME, (label or "label").lower()}
    return any(name in known for name in names)


def is_label_table(path: Path, label: str | None, group: str | None) -> bool:
    """Whether a table holds labels and what goes with them, and no features."""
    with clear_errors(path), path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline(1 << 20)
    names = [name.strip().strip('"').lower() for name in re.split(r"[,;\t]", first)]
    beside = {*ANSWER_NAMES, *ROW_NAMES, FINGERPRINT_NAME, "group", (label or "").lower(), (group or "").lower()}
    return len(names) == 1 or set(names) <= beside


def _columns(name: str, names: Sequence[str], has_header: bool, asked: tuple[str | None, str | None]) -> dict[str, int]:
    """Positions of the columns by what they are for."""
    if not has_header:
        for flag, value in zip(("--label", "--group"), asked, strict=True):
            if value is not None:
                raise DataError(f"{name}: {flag} names a column, and its first line names none. Add a header.")
        if len(names) == 1:
            return {"label": 0}
        raise DataError(
            f"{name}: a table of several columns needs a header that names one of them label. Add the header."
        )
    lower = [cell.strip().lower() for cell in names]
    label, group = ((one or "").lower() for one in asked)
    wanted = {
        "label": (label,) if label else ANSWER_NAMES,
        "row": ROW_NAMES,
        "group": (group,) if group else ("group",),
        "fingerprint": (FINGERPRINT_NAME,),
    }
    found = {what: next((lower.index(one) for one in some if one in lower), None) for what, some in wanted.items()}
    if found["label"] is None:
        raise DataError(
            f"{name}: one column must be named {shown(label) if label else 'label or prediction'}; "
            f"it has {listed(map(shown, names))}. Rename one."
        )
    if group and found["group"] is None:
        raise DataError(f"{name}: has no column {shown(group)} for the groups; it has {listed(map(shown, names))}.")
    return {what: position for what, position in found.items() if position is not None}


def _order(name: str, numbers: Sequence[str]) -> NDArray[np.int64]:
    """Where each row of the test file stands in the table."""
    wrong = next((text for text in numbers if not re.fullmatch(r"\d{1,12}", text)), None)
    if wrong is not None:
        raise DataError(f"{name}: the column of row numbers must hold whole numbers; got {shown(wrong)}. Correct it.")
    rows = np.array(numbers, dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    if not np.array_equal(rows[order] - rows.min(), np.arange(len(rows))) or rows.min() > 1:
        raise DataError(
            f"{name}: the row numbers must count all rows, from 0 or from 1, each once; they go from {rows.min():,} to "
            f"{rows.max():,} over {len(np.unique(rows)):,} different numbers in {len(rows):,} rows. Correct them."
        )
    return order


def _fingerprints(name: str, texts: Sequence[str]) -> NDArray[np.uint64]:
    wrong = next((text for text in texts if not re.fullmatch(r"[0-9a-f]{16}", text)), None)
    if wrong is not None:
        raise DataError(
            f"{name}: a fingerprint must have 16 hexadecimal digits; got {shown(wrong)}. Leave the column out, or make "
            "the file again with `bakeoff split`."
        )
    return np.array([int(text, 16) for text in texts], dtype=np.uint64)
