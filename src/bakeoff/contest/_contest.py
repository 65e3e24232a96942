"""The contest: fit everything, open the test labels once, compare, and leave all of it in the run's folder."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from bakeoff import machine
from bakeoff.audit import harm_sentence, no_probes
from bakeoff.contest._events import Event, Listener, Logged, Said
from bakeoff.contest._fits import Fitter, FittingOptions
from bakeoff.contest._folder import RunFolder
from bakeoff.contest._plan import Plan
from bakeoff.contest._probes import probe_contest
from bakeoff.contest._results import make_results
from bakeoff.contest._run import Run
from bakeoff.contest._seal import SealedRows
from bakeoff.contest._write import write_run
from bakeoff.data import card
from bakeoff.errors import StoreError
from bakeoff.executors import FitExecutor, LocalExecutor
from bakeoff.recipe import dump_recipe
from bakeoff.store import RunRecord, Store
from bakeoff.types import ProgressCallback

__all__ = ["ContestOptions", "is_running", "run_contest"]

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


def run_contest(plan: Plan, options: ContestOptions) -> Run:
    """Run a planned bake-off.

    Fits that the workspace has are not run again, and long ones leave checkpoints, so the same command after an
    interruption goes on where it was.

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
    with Store(options.workspace) as store:
        folder = RunFolder(options.workspace, plan.recipe.name)
        record = RunRecord(
            folder.path.name,
            folder.created.isoformat(timespec="seconds"),
            plan.recipe.name,
            plan.dataset.sha256,
            "running",
            "",
        )
        store.save_run(record)
        try:
            results = _hold(plan, SealedRows(plan.dataset, store, folder.path.name), folder, options)
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            # The disk may be the reason: what cannot be written down now must not hide it.
            with suppress(OSError, StoreError):
                folder.log(f"{status}: {error}")
                store.save_run(replace(record, status=status))
            raise
        failed = any(entry["status"] != "ok" for entry in results["contestants"])
        store.save_run(replace(record, status="failed fits" if failed else "done", verdict=results["verdict"]))
    folder.point_latest()
    return Run(folder.path.resolve())


def _hold(plan: Plan, rows: SealedRows, folder: RunFolder, options: ContestOptions) -> Mapping[str, Any]:
    """Fit, judge and write; gives what ``results.json`` holds."""

    def say(event: Event) -> None:
        if isinstance(event, Said | Logged):
            folder.log(event.text)
        options.listen(event)

    folder.write_text("recipe.yaml", dump_recipe(plan.recipe))
    for sentence in (*plan.dataset.decisions, *plan.decisions):
        say(Said(sentence))
    with _rows_file(options.workspace, rows) as rows_file, _executor(plan, options, folder) as executor:
        has_networks = plan.recipe.protocol.probes or any(
            planned.contestant.family.startswith("dense") for planned in plan.contestants
        )
        environment = executor.run(_examine, has_networks)
        probes = _probe(plan, rows, rows_file, executor, say)
        fitting = FittingOptions(executor, say, options.retime, options.checkpoint_seconds)
        fitter = Fitter(plan, rows, rows_file, fitting)
        fits = {planned.contestant.name: fitter.fit_all(planned) for planned in plan.contestants}
    command = options.command or f"bakeoff run {folder.path / 'recipe.yaml'}"
    created = folder.created.isoformat(timespec="seconds")
    outcome = make_results(plan, rows, fits, probes, created, command)
    write_run(plan, folder, fits, outcome, environment)
    return outcome.results


def _probe(plan: Plan, rows: SealedRows, rows_file: Path, executor: FitExecutor, say: Listener) -> Mapping[str, Any]:
    """What the audit trains for, and the sentence on what near-copies do to a score."""
    if not plan.recipe.protocol.probes:
        return no_probes()
    probes = probe_contest(plan, rows_file, executor, say, rows.store)
    sentence = harm_sentence({**card(plan.dataset), "probes": probes})
    if sentence:
        say(Said(sentence))
    return probes


def _examine(has_networks: bool, _progress: ProgressCallback) -> dict[str, Any]:
    """Look at the machine from where the fits will run, and refuse where its compiled code gives wrong answers."""
    if has_networks:
        machine.ensure_self_test()
    return machine.describe()


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
