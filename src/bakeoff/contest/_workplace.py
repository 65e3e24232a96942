"""Where fits run and what they share: the rows as a file, a child process, a look at the machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from bakeoff import machine
from bakeoff.contest._events import Listener
from bakeoff.contest._folder import RunFolder
from bakeoff.contest._seal import SealedRows
from bakeoff.errors import StoreError
from bakeoff.executors import FitExecutor, LocalExecutor
from bakeoff.types import ProgressCallback

__all__ = ["ContestOptions", "examine", "is_running", "workplace"]

_ROWS_FOLDERS = "artifacts/.rows-*"


def _ignore(_event: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class ContestOptions:
    """How a contest is run; nothing here changes its results.

    Parameters
    ----------
    workspace : Path
    listen : callable
        Is told what happens.
    retime : bool
        Fit and time even what the store has.
    command : str
        What repeats the run, for the report; empty: the run's own recipe.
    executor : FitExecutor or None
        Where fits run; None: a child process of this machine.
    checkpoint_seconds : float
        A fit that takes longer leaves a checkpoint, from which the same command goes on after a break.
    """

    workspace: Path = field(default_factory=Path)
    listen: Listener = _ignore
    retime: bool = False
    command: str = ""
    executor: FitExecutor | None = None
    checkpoint_seconds: float = 60.0


@contextmanager
def workplace(
    rows: SealedRows, threads: int, options: ContestOptions, folder: RunFolder
) -> Iterator[tuple[Path, FitExecutor]]:
    """The file of all rows and the executor of the fits, for as long as they run.

    Parameters
    ----------
    rows : SealedRows
    threads : int
        Of an executor that is made here.
    options : ContestOptions
    folder : RunFolder
        Whose log gets what a child process writes.
    """
    with _rows_file(options.workspace, rows) as rows_file:
        if options.executor is not None:
            yield rows_file, options.executor
            return
        with LocalExecutor(threads=threads, output=lambda text: folder.log(text.rstrip("\n"))) as executor:
            yield rows_file, executor


def examine(has_networks: bool, _progress: ProgressCallback) -> dict[str, Any]:
    """Look at the machine from where the fits will run, and refuse where its compiled code gives wrong answers."""
    if has_networks:
        machine.ensure_self_test()
    return machine.describe()


@contextmanager
def _rows_file(workspace: Path, rows: SealedRows) -> Iterator[Path]:
    """All rows as a file that the other process maps into its memory, for as long as the fits run."""
    for left_behind in workspace.glob(_ROWS_FOLDERS):
        if not _is_in_use(left_behind):
            shutil.rmtree(left_behind, ignore_errors=True)  # a killed process could not take it away
    folder = workspace / "artifacts" / f".rows-{os.getpid()}-{uuid4().hex}"
    path = folder / "X.npy"
    try:
        try:
            folder.mkdir(parents=True)
            np.save(path, rows.values(), allow_pickle=False)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
        yield path.resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_running(workspace: Path) -> bool:
    """Whether any process fits in this workspace now."""
    return any(_is_in_use(folder) for folder in workspace.glob(_ROWS_FOLDERS))


def _is_in_use(folder: Path) -> bool:
    """Whether the process that a folder of rows is named after lives."""
    if os.name == "nt":  # there, asking whether a process lives would end it
        return True
    try:
        os.kill(int(folder.name.split("-")[1]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True  # somebody else's, and alive
    return True
