"""Where fits run and what they share: the rows as a file, a child process, a look at the machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bakeoff import machine
from bakeoff.contest._events import Listener
from bakeoff.contest._folder import RunFolder
from bakeoff.contest._rows_file import write_rows
from bakeoff.data import Dataset
from bakeoff.errors import StoreError
from bakeoff.executors import FitExecutor, SharedFile, executor_at, is_in_use, owned_folder
from bakeoff.types import ProgressCallback

__all__ = ["ContestOptions", "examine", "is_running", "workplace"]

_PARENT, _ROWS = "artifacts", ".rows"


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
    on : str
        Where fits run: ``"local"``, a child process of this machine, ``"ray"`` or ``"ray://HOST:PORT"``.
    executor : FitExecutor or None
        Instead of `on`: an executor that is there, and stays open.
    checkpoint_seconds : float
        A fit that takes longer leaves a checkpoint, from which the same command goes on after a break.
    """

    workspace: Path = field(default_factory=Path)
    listen: Listener = _ignore
    retime: bool = False
    command: str = ""
    on: str = "local"
    executor: FitExecutor | None = None
    checkpoint_seconds: float = 60.0


@contextmanager
def workplace(
    dataset: Dataset, threads: int, options: ContestOptions, folder: RunFolder
) -> Iterator[tuple[SharedFile, FitExecutor]]:
    """The file of all rows and the executor of the fits, for as long as they run.

    Parameters
    ----------
    dataset : Dataset
    threads : int
        Of an executor that is made here.
    options : ContestOptions
    folder : RunFolder
        Whose log gets what a child process writes.
    """
    with _rows_file(options.workspace, dataset) as path:
        if options.executor is not None:
            yield options.executor.share(path), options.executor
            return
        with executor_at(options.on, threads, lambda text: folder.log(text.rstrip("\n"))) as executor:
            yield executor.share(path), executor


def examine(has_networks: bool, _progress: ProgressCallback) -> dict[str, Any]:
    """Look at the machine from where the fits will run, and refuse where its compiled code gives wrong answers."""
    if has_networks:
        machine.ensure_self_test()
    return machine.describe()


@contextmanager
def _rows_file(workspace: Path, dataset: Dataset) -> Iterator[Path]:
    """All rows as a file that other processes map into their memory, for as long as the fits run."""
    folder = (workspace / _PARENT).resolve()
    with ExitStack() as stack:
        try:
            path = stack.enter_context(owned_folder(folder, _ROWS)) / "X.npy"
            write_rows(path, dataset)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
        yield path


def is_running(workspace: Path) -> bool:
    """Whether any process fits in this workspace now."""
    return any(is_in_use(folder, _ROWS) for folder in (workspace / _PARENT).glob(f"{_ROWS}-*"))
