"""A whole bake-off, from what a person gives to the report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bakeoff.api._gate import refuse
from bakeoff.api._notebook_progress import notebook_listener
from bakeoff.api._recipes import make_recipe, read_data, sort_contestants
from bakeoff.api._run import Run
from bakeoff.api._tuning import Tuning, asks_for_tuning, tuned
from bakeoff.contest import ContestOptions, Listener, Plan, make_plan, run_contest
from bakeoff.contest import Run as StoredRun
from bakeoff.contestants import Contestant
from bakeoff.data import Dataset
from bakeoff.recipe import Recipe, load_recipe
from bakeoff.report import write_html
from bakeoff.study import keep_learning_curve
from bakeoff.tune import keep_tuning
from bakeoff.types import ProgressCallback

__all__ = ["plan", "plan_again", "refuse_errors", "run", "run_plan", "run_tuned"]


def run(  # noqa: PLR0913 - everything that can be asked
    where: str | Path | Recipe,
    *,
    contestants: Sequence[Any] | Mapping[str, Any] | None = None,
    workspace: str | Path = ".",
    listen: Listener | None = None,
    retime: bool = False,
    on: str = "local",
    code: bool = False,
    **changes: Any,
) -> Run:
    """Train, compare and explain: the whole job.

    Parameters
    ----------
    where : str, Path or Recipe
        A name of the catalog, a file, a folder, or a recipe.
    contestants : sequence or mapping, optional
        Families by name (``["dense", "svc"]``); or name to family, to a mapping with ``family`` and ``settings``, or
        to any scikit-learn classifier of your own. None: a line-up that follows from the size of the data.
    workspace : path
        Folder that keeps fits, runs and openings.
    listen : callable, optional
        Is told what happens; see `bakeoff.contest.Event`. None: in a notebook, its output shows it.
    retime : bool
        Fit and time even what the workspace has.
    on : str
        Where fits run: ``"local"``, ``"ray"`` or ``"ray://HOST:PORT"``.
    code : bool
        Whether a recipe file may name contestants that run code of their own.
    **changes
        Any field of a recipe's ``data`` or ``protocol``: ``test``, ``label``, ``group``, ``image_shape``,
        ``seeds``, ``validation``, ``primary_metric``, ``time_limit_seconds``, ...; and ``name``, ``ignore``.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        With every problem of the data, the recipe or the settings.
    """
    families, outsiders = sort_contestants(contestants)
    recipe = make_recipe(where, contestants=families, code=code, **changes)
    options = ContestOptions(Path(workspace), retime=retime, on=on)
    listen = listen or notebook_listener()
    options = options if listen is None else replace(options, listen=listen)
    if not asks_for_tuning(recipe):
        return run_plan(plan(recipe, outsiders), options)
    return run_tuned(recipe, read_data(recipe.data), options, outsiders)


def plan(
    recipe: Recipe,
    outsiders: Mapping[str, Contestant] | None = None,
    progress: ProgressCallback | None = None,
) -> Plan:
    """Read the data and decide everything that the recipe leaves open.

    Parameters
    ----------
    recipe : Recipe
    outsiders : mapping of name to Contestant, optional
        Contestants that a recipe cannot name.
    progress : callable, optional
        Is told how far reading or downloading is; see `bakeoff.data.load`.

    Raises
    ------
    InputError
    """
    return make_plan(recipe, read_data(recipe.data, progress), outsiders)


def plan_again(run: StoredRun) -> Plan:
    """The plan of a finished run, made from its own recipe."""
    return plan(load_recipe(run.folder / "recipe.yaml"))


def run_tuned(
    recipe: Recipe, dataset: Dataset, options: ContestOptions, outsiders: Mapping[str, Contestant] | None = None
) -> Run:
    """Search the settings of those contestants that ask for it, and run the bake-off with what was found."""
    found, tuning = tuned(recipe, dataset, options)
    return run_plan(make_plan(found, dataset, outsiders), options, tuning)


def run_plan(plan: Plan, options: ContestOptions, tuning: Tuning | None = None) -> Run:
    """Run a plan and write its report, with the search before it where there was one."""
    run = run_contest(plan, options)
    if tuning is not None:
        keep_tuning(run.folder, tuning.folder)
    keep_learning_curve(run.folder, options.workspace, plan.dataset.sha256_train)
    write_html(run.folder)
    return Run(run.folder)


def refuse_errors(run: Run) -> None:
    """The gate of ``--strict``.

    Raises
    ------
    AuditRefused
        If a finding is an error.
    """
    findings = run.results["findings"]
    refuse(f"{finding['code']} {finding['title']}" for finding in findings if finding["severity"] == "error")
