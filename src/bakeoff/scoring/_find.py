"""Where submissions lie: the runs and tables that a class handed in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bakeoff.errors import InputError
from bakeoff.scoring._text import encodable

__all__ = ["HandedIn", "find_submissions"]

_TABLES = (".csv", ".tsv", ".txt")
_MOST_DEPTH = 3


@dataclass(frozen=True)
class HandedIn:
    """What one student handed in.

    Parameters
    ----------
    name : str
        For the table.
    path : Path
        A run's folder, or a file of predicted labels.
    problem : str
        Why it cannot be read; empty where it may be tried.
    """

    name: str
    path: Path
    problem: str = ""


def find_submissions(paths: Sequence[Path]) -> list[HandedIn]:
    """Everything that was handed in, one submission a student.

    A folder with ``results.json`` is a run. In any other folder each table is a submission, and so is each folder: the
    run that lies somewhere in it, or else its table. A folder with several runs is none: whoever may hand in five and
    be judged by the best has chosen on the test rows.

    Raises
    ------
    InputError
        If a path does not exist or nothing is there.
    """
    found: list[HandedIn] = []
    for path in paths:
        if path.is_file() or _is_run(path):
            found.append(HandedIn(path.stem if path.is_file() else path.resolve().name, path))
        elif path.is_dir():
            inside = [each for child in _children_of(path) for each in _handed_in(child)]
            if not inside:
                raise InputError(f"{path}: holds no submissions: folders of runs, or CSV files of predicted labels")
            found += inside
        else:
            raise InputError(f"{path}: there is no such run, file or folder. Check the name")
    return _named_apart(found)


def _named_apart(found: Sequence[HandedIn]) -> list[HandedIn]:
    """Each once, under a name that can be written and that no other has."""
    once = {each.path.absolute(): replace(each, name=encodable(each.name)) for each in found}
    shared = {name for name, count in Counter(each.name for each in once.values()).items() if count > 1}
    named: dict[str, HandedIn] = {}
    for each in once.values():
        name = encodable(str(each.path)) if each.name in shared else each.name
        while name in named:
            name += "'"
        named[name] = replace(each, name=name)
    return list(named.values())


def _handed_in(child: Path) -> Iterator[HandedIn]:
    """The submission of one student; none for a file that is no table."""
    try:
        if child.is_file():
            if child.suffix.lower() in _TABLES:
                yield HandedIn(child.stem, child)
            return
        runs = list(_runs_in(child, _MOST_DEPTH))
        tables = [path for path in _children(child) if path.is_file() and path.suffix.lower() in _TABLES]
    except OSError as error:
        yield HandedIn(child.name, child, f"cannot be read ({error.strerror or error})")
        return
    several = runs if len(runs) > 1 else tables if not runs and len(tables) > 1 else []
    if several:
        what = "runs" if runs else "tables"
        yield HandedIn(child.name, child, f"holds {len(several)} {what}: hand in one, such as {several[-1].name}")
    else:
        yield HandedIn(
            child.name, next(iter(runs or tables), child)
        )  # reading a folder without any says what is missing


def _runs_in(folder: Path, depth: int) -> Iterator[Path]:
    if _is_run(folder):
        yield folder
    elif depth:
        for child in _children(folder):
            if child.is_dir():
                yield from _runs_in(child, depth - 1)


def _is_run(path: Path) -> bool:
    """Whether it is a run's folder, finished or not."""
    return (path / "results.json").is_file() or ((path / "log.txt").is_file() and (path / "recipe.yaml").is_file())


def _children_of(folder: Path) -> list[Path]:
    """What lies in the folder that was named.

    Raises
    ------
    InputError
        If it cannot be listed.
    """
    try:
        return _children(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror or error}). Check its permissions") from None


def _children(folder: Path) -> list[Path]:
    """Plain files and folders: no links, and no pipes, which whoever opens them waits at for ever."""
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and not path.is_symlink() and (path.is_file() or path.is_dir())
    )
