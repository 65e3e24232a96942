"""Labels that were kept apart from their rows: by whoever set a task, or as the answer to it."""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bakeoff.data._assemble import checked_pixels, finite_rows
from bakeoff.data._columns import LABEL_NAMES
from bakeoff.data._copy_search import find_near_copies
from bakeoff.data._dataset import Dataset
from bakeoff.data._files import clear_errors, magic, source_of
from bakeoff.data._idx import read_idx
from bakeoff.data._kind import decide_form
from bakeoff.data._label_table import LabelFile, canonical_label, is_label_table, read_label_column
from bakeoff.data._labels import encode_groups, label_texts
from bakeoff.data._load import read_parts
from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part, listed, raise_if_any, shortened
from bakeoff.errors import DAMAGED_ARRAYS, DataError
from bakeoff.types import Groups

__all__ = ["read_label_file"]


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
    if first[:2] == b"\0\0" and first[3:4] == b"\1":
        _refuse_columns(path.name, label, group)
        read = LabelFile(path.name, [str(value) for value in read_idx(path, (1,)).tolist()])
    elif path.suffix.lower() == ".npz" and not _holds_rows(path):
        _refuse_columns(path.name, label, group)
        read = _labels_of_npz(path)
    elif path.suffix.lower() in {".csv", ".txt", ".tsv"} and is_label_table(path, label, group):
        read = read_label_column(path, label=label, group=group)
    else:
        if path.suffix.lower() == ".npz":
            _refuse_columns(path.name, label, None)  # --group may name an array
        read = _whole(path, label, group)
    return replace(read, sha256=source)


def _refuse_columns(name: str, label: str | None, group: str | None) -> None:
    """Refuse options that name a column where there is none."""
    for flag, value in (("--label", label), ("--group", group)):
        if value is not None:
            raise DataError(f"{name}: {flag} names a column, and this file has none. Leave it out, or give a table.")


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
    except DataError:
        raise  # it is a ValueError too
    except DAMAGED_ARRAYS as error:
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
    labels = [canonical_label(text) for text in texts if text is not None]
    return LabelFile(part.name, labels, _found_groups(part, labels) if groups is None else groups, part.X)


def _found_groups(part: Part, labels: Sequence[str]) -> Groups | None:
    """Groups of near-copies among the rows; None where no row has one."""
    form = decide_form(part, DataOptions())
    X, problems = finite_rows(part) if form.kind == "rows" else checked_pixels(part)
    raise_if_any(problems)
    names, y = np.unique(labels, return_inverse=True)
    dataset = Dataset(
        name=part.name,
        kind=form.kind,
        X_train=X,
        y_train=y.astype(np.int32),
        class_names=names.tolist(),
        image_shape=form.image_shape,
    )
    return find_near_copies(dataset).groups_train
