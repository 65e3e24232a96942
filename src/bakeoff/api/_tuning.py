"""Searching settings, from what a person gives to the report, and before a bake-off that asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bakeoff.api._notebook_progress import notebook_listener
from bakeoff.api._recipes import make_recipe, read_data, sort_contestants
from bakeoff.contest import ContestOptions, Listener
from bakeoff.data import Dataset
from bakeoff.errors import RecipeError
from bakeoff.recipe import Recipe
from bakeoff.report import TuningViews, write_html, write_report
from bakeoff.tune import Budget, TuningPlan, plan_tuning
from bakeoff.tune import Tuning as StoredTuning
from bakeoff.tune import run_tuning as run_stored
from bakeoff.types import ProgressCallback

__all__ = ["DEFAULT_FITS", "Tuning", "asks_for_tuning", "plan_of_tuning", "run_tuning", "run_tuning_plan", "tuned"]

DEFAULT_FITS = 40


class Tuning(TuningViews, StoredTuning):
    """One search: what was tried, and the best.

    Parameters
    ----------
    folder : Path
    """

    def report(self, form: str = "html") -> Path:
        """Write the report again, as ``html``, ``pdf`` or ``md``, and give its path."""
        return write_report(self.folder, form)

    def __repr__(self) -> str:
        return f"Tuning({str(self.folder)!r})"


def run_tuning(  # noqa: PLR0913 - everything that can be asked
    where: str | Path | Recipe,
    *,
    contestants: Sequence[str] | None = None,
    fits: int | None = None,
    seconds: float | None = None,
    spaces: Mapping[str, Mapping[str, Any]] | None = None,
    workspace: str | Path = ".",
    listen: Listener | None = None,
    retime: bool = False,
    on: str = "local",
    **changes: Any,
) -> Tuning:
    """Search the settings of every contestant on validation rows, with the same budget for each.

    Parameters
    ----------
    where : str, Path or Recipe
        A name of the catalog, a file, a folder, or a recipe.
    contestants : sequence of str, optional
        None: those of the recipe, or the usual line-up.
    fits : int, optional
        Candidates of each; 40 where no `seconds` are given.
    seconds : float, optional
        Of fitting, for each.
    spaces : mapping of a contestant's name to a space, optional
        A space maps a setting to a list of values, to ``{"low", "high", "log"}``, or to a distribution of SciPy.
        None: the usual space of each family.
    workspace : path
        Folder that keeps fits and searches.
    listen : callable, optional
        Is told what happens; None: in a notebook, its output shows it.
    retime : bool
        Fit and time even what the workspace has.
    on : str
        Where fits run: ``"local"``, ``"ray"`` or ``"ray://HOST:PORT"``.
    **changes
        As in `bakeoff.run`.

    Returns
    -------
    Tuning
        Its ``recipe_path`` is a recipe with what was found, ready for `bakeoff.run`.

    Raises
    ------
    InputError
        With every problem of the data, the recipe or the spaces.
    """
    families, outsiders = sort_contestants(contestants)
    if outsiders:
        raise RecipeError(f"only contestants that a recipe can name are tuned, not {', '.join(outsiders)}")
    recipe = make_recipe(where, contestants=families, **changes)
    budget = Budget(fits if fits is not None or seconds is not None else DEFAULT_FITS, seconds)
    options = ContestOptions(Path(workspace), retime=retime, on=on)
    listen = listen or notebook_listener()
    planned = plan_of_tuning(recipe, budget, spaces)
    return run_tuning_plan(planned, options if listen is None else replace(options, listen=listen))


def plan_of_tuning(
    recipe: Recipe,
    budget: Budget,
    spaces: Mapping[str, Mapping[str, Any]] | None = None,
    progress: ProgressCallback | None = None,
) -> TuningPlan:
    """Read the data and decide what is searched."""
    return plan_tuning(recipe, read_data(recipe.data, progress), budget, spaces)


def run_tuning_plan(planned: TuningPlan, options: ContestOptions) -> Tuning:
    """Run a planned search and write its report."""
    done = run_stored(planned, options)
    write_html(done.folder)
    return Tuning(done.folder)


def asks_for_tuning(recipe: Recipe) -> bool:
    """Whether any contestant is to be tuned first."""
    return any(entry.tune is not None for entry in recipe.contestants or ())


def tuned(recipe: Recipe, dataset: Dataset, options: ContestOptions) -> tuple[Recipe, Tuning]:
    """The recipe with the settings that were found for those that ask for it, and the search.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
    options : ContestOptions
    """
    asking = tuple(entry for entry in recipe.contestants or () if entry.tune is not None)
    part = recipe.model_copy(update={"contestants": asking, "claims": ()})
    tuning = run_tuning_plan(plan_tuning(part, dataset, Budget(DEFAULT_FITS)), options)
    found = {entry.name: entry for entry in tuning.recipe.contestants or ()}
    entries = tuple(found.get(entry.name, entry) for entry in recipe.contestants or ())
    return recipe.model_copy(update={"contestants": entries}), tuning
