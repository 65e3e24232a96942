"""Where submissions lie: the runs and tables that a class handed in."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bakeoff.errors import InputError

__all__ = ["find_submissions"]

_TABLES = (".csv", ".tsv", ".txt")
_MOST_DEPTH = 3


def find_submissions(paths: Sequence[Path]) -> dict[str, Path]:
    """Everything that was handed in, by a name for the table.

    A folder with ``results.json`` is a run. In any other folder each table is a submission, and so is each folder: the
    runs that lie somewhere in it, or else its tables.

    Raises
    ------
    InputError
        If a path does not exist or nothing is there.
    """
    found: list[tuple[str, Path]] = []
    for path in paths:
        if _is_run(path) or path.is_file():
            found.append((path.stem if path.is_file() else path.resolve().name, path))
        elif path.is_dir():
            inside = [(name, each) for child in _children(path) for name, each in _handed_in(child)]
            if not inside:
                raise InputError(f"{path}: holds no submissions: folders of runs, or CSV files of predicted labels")
            found += inside
        else:
            raise InputError(f"{path}: there is no such run, file or folder. Check the name")
    names = [name for name, _ in found]
    return {name if names.count(name) == 1 else str(path): path for name, path in found}


def _handed_in(child: Path) -> Iterator[tuple[str, Path]]:
    if child.is_file():
        if child.suffix.lower() in _TABLES:
            yield child.stem, child
        return
    runs = list(_runs_in(child, _MOST_DEPTH))
    tables = [path for path in _children(child) if path.is_file() and path.suffix.lower() in _TABLES]
    if len(runs) == 1:
        yield child.name, runs[0]
    elif runs:
        yield from ((f"{child.name}/{run.name}", run) for run in runs)
    elif tables:
        yield from ((child.name if len(tables) == 1 else f"{child.name}/{path.stem}", path) for path in tables)
    else:
        yield child.name, child  # it counts, and reading it says what is missing


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


def _children(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_symlink())
