"""ZIP archives that hold tables: only the tables are unpacked, under names of ours, within bounds."""

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from bakeoff.data._files import MAX_BYTES, clear_errors, require_size
from bakeoff.data._part import listed
from bakeoff.errors import DataError

__all__ = ["TABLE_ENDINGS", "train_and_test", "unpack_tables"]

TABLE_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz")

_CHUNK = 1 << 20
_ENCRYPTED = 0x1


def unpack_tables(path: Path, folder: Path) -> tuple[Path, Path | None]:
    """Unpack the training table of a ZIP, and the test table if it holds one.

    Parameters
    ----------
    path : Path
    folder : Path
        Where to unpack; the files there get the last part of their names in the archive.

    Raises
    ------
    DataError
        If it is no archive, holds a name that leads out of it, no table, or several that cannot be told apart.
    """
    try:
        with clear_errors(path), zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            problems = [problem for member in members if (problem := _name_problem(path, member))]
            if problems:
                raise DataError(problems)
            tables = _distinct([member for member in members if _is_table(member)])
            _require_tables(path, members, tables)
            train, test = train_and_test(path.name, [member.filename for member in tables])
            by_name = {member.filename: member for member in tables}
            return (
                _unpack(path, archive, by_name[train], folder / "train"),
                None if test is None else _unpack(path, archive, by_name[test], folder / "test"),
            )
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{path.name}: not a ZIP archive, or a damaged one ({error}). Fetch or pack it again."
        ) from error
    except (zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(
            f"{path.name}: cannot be unpacked ({error}). Pack it again with the usual compression."
        ) from error


def train_and_test(place: str, names: Sequence[str]) -> tuple[str, str | None]:
    """Tell the training table from the test table by their names.

    Parameters
    ----------
    place : str
        Where the names come from, for messages.
    names : sequence of str

    Examples
    --------
    >>> train_and_test("data.zip", ["a/sign_train.csv", "a/sign_test.csv"])
    ('a/sign_train.csv', 'a/sign_test.csv')
    >>> train_and_test("data.zip", ["flowers.csv"])
    ('flowers.csv', None)

    Raises
    ------
    DataError
        If there is no table, or several that the names do not tell apart.
    """
    if not names:
        raise DataError(
            f"{place}: holds no table. It must hold a CSV file, or two with 'train' and 'test' in their names."
        )
    train = [name for name in names if _says(name, "train")]
    test = [name for name in names if _says(name, "test") and name not in train]
    if len(names) == 1:
        return names[0], None
    if len(train) == 1 and len(test) <= 1 and len(train) + len(test) == len(names):
        return train[0], test[0] if test else None
    raise DataError(
        f"{place}: must hold one table, or one with 'train' and one with 'test' in its name; it holds {listed(names)}. "
        "Give the table's own file, and the other one with --test."
    )


def _require_tables(path: Path, members: Sequence[zipfile.ZipInfo], tables: Sequence[zipfile.ZipInfo]) -> None:
    pictures = [member for member in members if member.filename.lower().endswith((".png", ".jpg", ".jpeg"))]
    if pictures and not tables:
        raise DataError(
            f"{path.name}: of a ZIP only tables (CSV) are read; it holds none, and {len(pictures):,} pictures. Unpack "
            "it and give the folder, with one subfolder of pictures for each class."
        )


def _says(name: str, word: str) -> bool:
    return re.search(rf"(^|[^a-z]){word}(ing)?([^a-z]|$)", PurePosixPath(name).name.lower()) is not None


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
    return not member.is_dir() and not hidden and name.name.lower().endswith(TABLE_ENDINGS)


def _distinct(tables: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    # The archive of Sign Language MNIST holds each of its tables twice.
    return list({(table.CRC, table.file_size): table for table in reversed(tables)}.values())[::-1]


def _name_problem(path: Path, member: zipfile.ZipInfo) -> str | None:
    # zipfile has already cut the name at a NUL; the raw name is what the archive holds.
    name = member.orig_filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
        return (
            f"{path.name}: names in an archive must stay inside it; {member.orig_filename!r} leads out. "
            "Do not trust this archive."
        )
    if member.flag_bits & _ENCRYPTED and _is_table(member):
        return f"{path.name}: {member.filename!r} is encrypted. Unpack it yourself and give the table."
    return None


def _unpack(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Path:
    require_size(f"{path.name}: {member.filename}", member.file_size)
    folder.mkdir()
    target = folder / re.sub(r"[^\w.-]", "_", PurePosixPath(member.filename).name)
    written = 0
    with archive.open(member) as packed, target.open("wb") as file:
        while written <= MAX_BYTES and (piece := packed.read(_CHUNK)):
            file.write(piece)
            written += len(piece)
    require_size(f"{path.name}: {member.filename}", written)
    return target
