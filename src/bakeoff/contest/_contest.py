"""The contest: fit everything, open the test labels once, compare, and leave all of it in the run's folder."""

from collections.abc import Mapping
from typing import Any

from bakeoff.audit import harm_sentence, no_probes
from bakeoff.contest._events import Listener, Said
from bakeoff.contest._fits import Fitter
from bakeoff.contest._job import FittingOptions
from bakeoff.contest._plan import Plan
from bakeoff.contest._probes import probe_contest
from bakeoff.contest._recorded import Recorded, recorded
from bakeoff.contest._results import make_results
from bakeoff.contest._run import Run
from bakeoff.contest._seal import SealedRows
from bakeoff.contest._workplace import ContestOptions, examine, workplace
from bakeoff.contest._write import write_run
from bakeoff.data import card
from bakeoff.executors import FitExecutor, SharedFile
from bakeoff.recipe import dump_recipe

__all__ = ["run_contest"]


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
    with recorded(plan.recipe.name, plan.recipe.name, plan.dataset, options) as frame:
        results = _hold(plan, frame, options)
        failed = any(entry["status"] != "ok" for entry in results["contestants"])
        frame.end(results["verdict"], has_failed_fits=failed)
    frame.folder.point_latest()
    return Run(frame.folder.path.resolve())


def _hold(plan: Plan, frame: Recorded, options: ContestOptions) -> Mapping[str, Any]:
    """Fit, judge and write; gives what ``results.json`` holds."""
    folder, rows, say = frame.folder, frame.rows, frame.listen
    folder.write_text("recipe.yaml", dump_recipe(plan.recipe))
    for sentence in (*plan.dataset.decisions, *plan.decisions):
        say(Said(sentence))
    with workplace(rows.dataset, plan.threads, options, folder) as (rows_file, executor):
        has_networks = plan.recipe.protocol.probes or any(
            planned.contestant.family.startswith("dense") for planned in plan.contestants
        )
        environment = {**executor.prepare(examine, has_networks), "place": executor.place}
        probes = _probe(plan, rows, rows_file, executor, say)
        fitting = FittingOptions(executor, say, options.retime, options.checkpoint_seconds)
        fitter = Fitter(plan, rows, rows_file, fitting)
        fits = fitter.fit_all(plan.contestants)
    command = options.command or f"bakeoff run {folder.path / 'recipe.yaml'}"
    outcome = make_results(plan, rows, fits, probes, frame.created, command)
    write_run(plan, folder, fits, outcome, environment)
    return outcome.results


def _probe(
    plan: Plan, rows: SealedRows, rows_file: SharedFile, executor: FitExecutor, say: Listener
) -> Mapping[str, Any]:
    """What the audit trains for, and the sentence on what near-copies do to a score."""
    if not plan.recipe.protocol.probes:
        return no_probes()
    probes = probe_contest(plan, rows_file, executor, say, rows.store)
    sentence = harm_sentence({**card(plan.dataset), "probes": probes})
    if sentence:
        say(Said(sentence))
    return probes
