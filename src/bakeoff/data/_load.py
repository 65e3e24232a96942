"""One entrance for all data: a name of the catalog, a file or a folder."""

import difflib
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bakeoff.data._archive import TABLE_ENDINGS, train_and_test, unpack_tables
from bakeoff.data._assemble import assemble
from bakeoff.data._catalog import CATALOG, locate
from bakeoff.data._columns import Roles, test_roles, train_roles
from bakeoff.data._csv import read_csv
from bakeoff.data._dataset import Dataset, Source
from bakeoff.data._files import clear_errors, is_gzip, magic, safe_name
from bakeoff.data._idx import is_idx, read_idx_pair, test_images_beside
from bakeoff.data._npz import read_npz
from bakeoff.data._options import DataOptions
from bakeoff.data._parquet import read_parquet
from bakeoff.data._part import Part, listed
from bakeoff.data._pictures import class_folders, read_folder
from bakeoff.errors import DataError
from bakeoff.types import ProgressCallback

__all__ = ["catalog_names", "load", "read_parts"]

Parts = tuple[Part, Part | None]


def catalog_names() -> tuple[str, ...]:
    """The data sets that have a name.

    Examples
    --------
    >>> catalog_names()
    ('digits', 'mnist', 'fashion-mnist', 'kmnist', 'sign-mnist')
    """
    return ("digits", *CATALOG)


def load(
    where: str | os.PathLike[str], options: DataOptions | None = None, progress: ProgressCallback | None = None
) -> Dataset:
    """Read a data set, whatever form it comes in.

    Parameters
    ----------
    where : str or path
        A name of the catalog (`catalog_names`), a file (CSV, CSV.GZ, ZIP with them, Parquet, NPZ, IDX, IDX.GZ), or a
        folder: one subfolder of PNG and JPEG files a class, ``train`` and ``test`` with such subfolders, IDX files,
        or tables.
    options : DataOptions or None
    progress : callable or None
        Is told ``{"stage": "reading" or "downloading", "name", "done", "total"}`` now and then.

    Returns
    -------
    Dataset
        What was decided about the files is in its `decisions`.

    Raises
    ------
    DataError
        If anything is wrong with the files; every problem has its line.
    DownloadError
        If a named set is nowhere to be had.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.kind, digits.X_train.shape, digits.image_shape, digits.pixel_max
    ('images', (1797, 64), (8, 8, 1), 16)
    """
    options = options or DataOptions()
    name = os.fspath(where)
    if name in catalog_names():
        return _named_set(name, options, progress)
    path = Path(where)
    with clear_errors(path):
        if not path.exists():
            raise DataError(_nothing_there(name))
    train, test = read_parts(path, options, progress)
    if options.test is not None:
        test = _second(Path(options.test), path, train, test, (options, progress))
    return assemble(safe_name(path.resolve().name), train, test, options)


def read_parts(path: Path, options: DataOptions, progress: ProgressCallback | None = None) -> Parts:
    """The rows of a file or folder as they come, and the test rows that it holds or that lie beside it."""
    return _folder(path, options, progress) if path.is_dir() else _file(path, options)


def _named_set(name: str, options: DataOptions, progress: ProgressCallback | None) -> Dataset:
    if options.test is not None:
        raise DataError(
            f"--test: the named set {name!r} is read as it is, without a second file. Give its files instead."
        )
    if name == "digits":
        return assemble(name, _digits(), None, _without_columns(name, options))
    entry = CATALOG[name]
    located = locate(name, entry, progress)
    if options.class_names is None:
        options = replace(options, class_names=entry.class_names)
    if len(entry.files) == 4:
        parts: Parts = read_idx_pair(located.paths[0]), read_idx_pair(located.paths[2])
        options = _without_columns(name, options)
    else:
        parts = _tables(located.paths[0], located.paths[1], options)
    dataset = assemble(name, *parts, options)
    return replace(dataset, decisions=[*dataset.decisions, *located.decisions])


def _digits() -> Part:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes a second, and only this set needs it

    digits = load_digits()
    pixels = digits.data.astype(np.uint8)
    return Part(
        name="digits",
        X=pixels,
        labels=digits.target.astype(np.int64),
        locate=lambda row: f"image {row + 1}",
        column=lambda feature: f"pixel {feature + 1}",
        image_shape=(8, 8, 1),
        sources=[Source("scikit-learn: load_digits", hashlib.sha256(pixels.tobytes()).hexdigest(), pixels.nbytes)],
    )


def _file(path: Path, options: DataOptions) -> Parts:
    first, name = magic(path), path.name.lower()
    if not first:
        raise DataError(f"{path.name}: the file is empty. Give a file with labelled rows.")
    if name.endswith(".npz"):
        return read_npz(path, options)
    if name.endswith(".zip") or first.startswith(b"PK"):
        return _zip(path, options)
    if _looks_like_idx(path, first):
        _without_columns(path.name, options)
        beside = test_images_beside(path) if options.test is None else None
        return read_idx_pair(path), None if beside is None else read_idx_pair(beside)
    if first.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        raise DataError(
            f"{path.name}: one picture is no data set. Give a folder with one subfolder of pictures for each class."
        )
    return _tables(path, None, options)


def _looks_like_idx(path: Path, first: bytes) -> bool:
    if "ubyte" in path.name or path.suffix == ".idx":
        return True
    return not is_gzip(path) and is_idx(first)


def _zip(path: Path, options: DataOptions) -> Parts:
    with tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
        train, test = unpack_tables(path, Path(folder))
        return _tables(train, test, options)


def _tables(train: Path, test: Path | None, options: DataOptions) -> Parts:
    part = _table(train, lambda names, _named: train_roles(train.name, names, options))
    return part, None if test is None else _test_table(test, part)


def _test_table(path: Path, train: Part) -> Part:
    return _table(path, lambda names, named: test_roles(path.name, names, train, named))


def _table(path: Path, choose_roles: Callable[[Sequence[str], bool], Roles]) -> Part:
    if path.name.lower().endswith((".parquet", ".pq")) or magic(path).startswith(b"PAR1"):
        return read_parquet(path, choose_roles)
    if path.name.lower().endswith(".gz") and not is_gzip(path):
        raise DataError(f"{path.name}: its name says gzip, its content does not. Rename it, or fetch it again.")
    return read_csv(path, choose_roles)


def _folder(path: Path, options: DataOptions, progress: ProgressCallback | None) -> Parts:
    by_name = {folder.name.lower(): folder for folder in class_folders(path)}
    if {"train", "test"} <= set(by_name) and class_folders(by_name["train"]):
        train = read_folder(by_name["train"], options, progress)
        return train, read_folder(by_name["test"], options, progress, like=train)
    if by_name:
        return read_folder(path, options, progress), None
    with clear_errors(path):
        files = sorted(file for file in path.iterdir() if file.is_file())
    images = [file for file in files if "images" in file.name and "ubyte" in file.name]
    if train_images := next((file for file in images if "train" in file.name), images[0] if images else None):
        return _file(train_images, options)
    tables = {file.name: file for file in files if file.name.lower().endswith((*TABLE_ENDINGS, ".parquet"))}
    if not tables:
        raise DataError(
            f"{path}: holds no subfolders of pictures (one for each class), tables or IDX files. Check the folder."
        )
    train_name, test_name = train_and_test(str(path), list(tables))
    return _tables(tables[train_name], None if test_name is None else tables[test_name], options)


def _second(
    second: Path, first: Path, train: Part, test: Part | None, how: tuple[DataOptions, ProgressCallback | None]
) -> Part:
    """The test rows from their own file or folder."""
    options, progress = how
    if test is not None:
        raise DataError(
            f"{first}: holds test rows already, and --test names others. Leave --test out, or give the training file."
        )
    if train.splits is not None:
        raise DataError(f"{train.name}: has a column 'split' and --test names a second file. Use one of the two.")
    if second.is_dir():
        if class_folders(second) and train.pixel_max is not None:
            return read_folder(second, options, progress, like=train)
        parts = _folder(second, options, progress)
    elif train.feature_names is not None or train.label_name is not None:
        with tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
            is_zip = magic(second).startswith(b"PK")
            return _test_table(unpack_tables(second, Path(folder))[0] if is_zip else second, train)
    else:
        parts = _file(second, options)
    if parts[1] is not None:
        raise DataError(
            f"{second}: holds training and test rows; --test needs one of them. Give the part with the test rows."
        )
    return parts[0]


def _without_columns(name: str, options: DataOptions) -> DataOptions:
    """Refuse options that name a column where there is none."""
    for flag, value in (("--group", options.group), ("--label", options.label)):
        if value is not None:
            raise DataError(
                f"{name}: {flag} names a column, and these images have none. Leave it out, or give a table."
            )
    return options


def _nothing_there(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), catalog_names(), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    known = listed(catalog_names())
    return f"{name}: there is no such file or folder, and no data set of that name; {hint}The names are: {known}."
