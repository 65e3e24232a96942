"""Labels that were kept apart from their rows: by whoever set a task, or as the answer to it."""

import csv
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._columns import LABEL_NAMES
from bakeoff.data._files import MAX_BYTES, clear_errors, magic, source_of
from bakeoff.data._idx import read_idx
from bakeoff.data._labels import encode_groups, label_texts
from bakeoff.data._load import read_parts
from bakeoff.data._options import DataOptions
from bakeoff.data._part import listed, raise_if_any, shortened, shown
from bakeoff.errors import DataError
from bakeoff.types import Groups, Rows

__all__ = ["LabelFile", "canonical_label", "read_label_column", "read_label_file"]

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


def read_label_file(path: Path, label: str | None = None, group: str | None = None) -> LabelFile:
    """Read labels, with or without the rows that they belong to.

    Parameters
    ----------
    path : Path
        A table with a label column and, if it likes, the columns ``row``, ``group`` and ``fingerprint``; a text file
        with a label a line; an NPZ file with ``y_test`` or ``y``; an IDX file of labels; or the whole test file, in
        any form that `load` reads.
    label, group : str or None
        Names of columns.

    Raises
    ------
    DataError
        If there are no labels in it, or a row has none.
    """
    with clear_errors(path):
        if path.is_file() and not path.stat().st_size:
            raise DataError(f"{path.name}: the file is empty. Give a file with a label for each test row.")
        source = "" if path.is_dir() else source_of(path).sha256
    first = b"" if path.is_dir() else magic(path)
    if first[:2] == b"\0\0" and first[3] == 1:
        read = LabelFile(path.name, [str(value) for value in read_idx(path, (1,)).tolist()])
    elif path.suffix.lower() == ".npz" and not _holds_rows(path):
        read = _labels_of_npz(path)
    elif path.suffix.lower() in {".csv", ".txt", ".tsv"} and _is_small(path, label, group):
        read = read_label_column(path, label=label, group=group)
    else:
        read = _whole(path, label, group)
    return replace(read, sha256=source)


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
    short = [number for number, cells in lines if len(cells) <= max(columns.values())]
    raise_if_any(
        shortened([f"{path.name}, line {n}: must have {len(names)} cells. Complete the line." for n in short], "lines")
    )
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
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    if "\0" in text:
        raise DataError(f"{path.name}: must be a table of text; it holds binary data. Check what it is.")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=separator)
    try:
        lines = [(reader.line_num, cells) for cells in reader if "".join(cells).strip()]
    except csv.Error as error:
        raise DataError(f"{path.name}, line {reader.line_num}: cannot be read ({error}). Check the quotes.") from None
    if not lines:
        raise DataError(f"{path.name}: the file is empty. Give a label for each test row.")
    return lines


def _is_header(names: Sequence[str], label: str | None) -> bool:
    known = {*ANSWER_NAMES, *ROW_NAMES, FINGERPRINT_NAME, (label or "label").lower()}
    return any(name in known for name in names)


def _is_small(path: Path, label: str | None, group: str | None) -> bool:
    """Whether a table holds labels and what goes with them, and no features."""
    with clear_errors(path), path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline(1 << 20)
    names = [name.strip().strip('"').lower() for name in re.split(r"[,;\t]", first)]
    beside = {*ANSWER_NAMES, *ROW_NAMES, FINGERPRINT_NAME, "group", (label or "").lower(), (group or "").lower()}
    return len(names) == 1 or set(names) <= beside


def _columns(name: str, names: Sequence[str], has_header: bool, asked: tuple[str | None, str | None]) -> dict[str, int]:
    """Positions of the columns by what they are for."""
    if not has_header:
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


def _holds_rows(path: Path) -> bool:
    try:
        with clear_errors(path), zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy").lower() for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name}: not an NPZ archive ({error}). Write it with numpy.savez.") from None
    return bool(names & {"x", "x_test", "x_train"})


def _labels_of_npz(path: Path) -> LabelFile:
    """Labels alone: an array of the name y_test, y, labels or label."""
    try:
        with clear_errors(path), np.load(path, allow_pickle=False) as archive:
            keys = {key.lower(): key for key in archive.files}
            key = next((keys[name] for name in ("y_test", "y", "labels", "label") if name in keys), None)
            if key is None:
                raise DataError(f"{path.name}: must hold y_test, y or labels; it holds {listed(archive.files)}.")
            values = archive[key]
            groups = archive[keys["groups"]] if "groups" in keys else None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name}: cannot be read ({error}). Write it again with numpy.savez.") from None
    if values.ndim != 1 or values.dtype.kind not in "biufU" or not len(values):
        raise DataError(
            f"{path.name}: {key} must have one axis, a label a row; it is {values.shape} of {values.dtype}. Convert it."
        )
    if groups is not None and groups.shape != values.shape:
        raise DataError(f"{path.name}: groups must be as many as {key}, {len(values):,}; it is {groups.shape}.")
    numbers = None if groups is None else np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return LabelFile(path.name, [canonical_label(str(value)) for value in values.tolist()], numbers)


def _whole(path: Path, label: str | None, group: str | None) -> LabelFile:
    """Rows and labels together; of a file that holds both parts, the test part."""
    train, test = read_parts(path, DataOptions(label=label, group=group))
    part = train if test is None else test
    named = train.label_name
    if (
        named is not None
        and label is None
        and not re.fullmatch(r"column_\d+", named)
        and named.lower() not in LABEL_NAMES
    ):
        raise DataError(
            f"{path.name}: has no column that is called label. Say with --label which one holds the labels."
        )
    texts = label_texts(part)
    missing = [row for row, text in enumerate(texts) if text is None]
    problems = [f"{part.name}, {part.locate(row)}: every row needs a label; this one has none." for row in missing]
    if not texts:
        problems = [f"{part.name}: holds no labels. Give the file that does."]
    raise_if_any([*part.problems, *shortened(problems, "rows without a label")])
    groups, _, group_problems = encode_groups(part, None)
    raise_if_any(group_problems)
    return LabelFile(part.name, [canonical_label(text) for text in texts if text is not None], groups, part.X)
