"""The contest: fit everything, open the test labels once, compare, and leave all of it in the run's folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from bakeoff import machine
from bakeoff.contest._events import Listener, Logged, Said
from bakeoff.contest._fits import Fit, Fitter
from bakeoff.contest._folder import RunFolder
from bakeoff.contest._plan import Plan
from bakeoff.contest._results import make_results
from bakeoff.contest._run import Run
from bakeoff.contest._seal import SealedRows
from bakeoff.contest._write import write_run
from bakeoff.errors import StoreError
from bakeoff.executors import FitExecutor, LocalExecutor
from bakeoff.recipe import dump_recipe
from bakeoff.store import RunRecord, Store

__all__ = ["ContestOptions", "run_contest"]


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
        What repeats the run, for the report.
    executor : FitExecutor or None
        Where fits run; None: a child process of this machine.
    """

    workspace: Path = field(default_factory=Path)
    listen: Listener = _ignore
    retime: bool = False
    command: str = ""
    executor: FitExecutor | None = None


def run_contest(plan: Plan, options: ContestOptions) -> Run:
    """Run a planned bake-off.

    Fits that the workspace has are not run again, so the same command after an interruption goes on where it was.

    Returns
    -------
    Run
        Its folder has everything but the report.

    Raises
    ------
    StoreError
        If the workspace cannot be written to.
    DeviceError
        If compiled code gives wrong answers on this machine.
    """
    machine.ensure_self_test()
    folder = RunFolder(options.workspace, plan.recipe.name)

    def say(event: Any) -> None:
        if isinstance(event, Said | Logged):
            folder.log(event.text)
        options.listen(event)

    with Store(options.workspace) as store:
        record = RunRecord(
            folder.path.name,
            folder.created.isoformat(timespec="seconds"),
            plan.recipe.name,
            plan.dataset.sha256,
            "running",
            "",
        )
        store.save_run(record)
        rows = SealedRows(plan.dataset, store, folder.path.name)
        try:
            fits = _fit_everything(plan, rows, folder, options, say)
            outcome = make_results(plan, rows, fits, record.created, options.command)
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            folder.log(f"{status}: {error}")
            store.save_run(_with(record, status, ""))
            raise
        write_run(plan, folder, fits, outcome)
        failed = any(entry["status"] != "ok" for entry in outcome.results["contestants"])
        store.save_run(_with(record, "failed fits" if failed else "done", outcome.results["verdict"]))
    folder.point_latest()
    return Run(folder.path.resolve())


def _with(record: RunRecord, status: str, verdict: str) -> RunRecord:
    return RunRecord(record.folder, record.created, record.name, record.data_sha256, status, verdict)


def _fit_everything(
    plan: Plan, rows: SealedRows, folder: RunFolder, options: ContestOptions, say: Listener
) -> dict[str, list[Fit]]:
    folder.write_text("recipe.yaml", dump_recipe(plan.recipe))
    for sentence in (*plan.dataset.decisions, *plan.decisions):
        say(Said(sentence))
    with _rows_file(options.workspace, rows) as rows_file, _executor(plan, options, folder) as executor:
        fitter = Fitter(plan, rows, rows_file, executor, say, options.retime)
        return {planned.contestant.name: fitter.fit_all(planned) for planned in plan.contestants}


@contextmanager
def _executor(plan: Plan, options: ContestOptions, folder: RunFolder) -> Iterator[FitExecutor]:
    if options.executor is not None:
        yield options.executor
        return
    with LocalExecutor(threads=plan.threads, output=lambda text: folder.log(text.rstrip("\n"))) as executor:
        yield executor


@contextmanager
def _rows_file(workspace: Path, rows: SealedRows) -> Iterator[Path]:
    """All rows as a file that the other process maps into its memory, for as long as the fits run."""
    folder = workspace / "artifacts" / f".rows-{uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        path = folder / "X.npy"
        np.save(path, rows.values(), allow_pickle=False)
        yield path.resolve()
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
