"""A study, from what a person gives to the report."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bakeoff.api._notebook_progress import notebook_listener
from bakeoff.api._recipes import make_recipe, read_data
from bakeoff.contest import ContestOptions, Listener, divide, facts_of
from bakeoff.errors import RecipeError
from bakeoff.recipe import Recipe
from bakeoff.report import StudyViews, write_html, write_report
from bakeoff.study import NOTEBOOK, Question, StudyPlan, make_base, notebook_questions, plan_study
from bakeoff.study import Study as StoredStudy
from bakeoff.study import run_study as run_stored
from bakeoff.types import ProgressCallback

__all__ = ["Study", "plan_of_study", "run_study", "run_study_plan"]


class Study(StudyViews, StoredStudy):
    """One study: its answers, tables and curves.

    Parameters
    ----------
    folder : Path
    """

    def report(self, form: str = "html") -> Path:
        """Write the report again, as ``html``, ``pdf`` or ``md``, and give its path."""
        return write_report(self.folder, form)

    def __repr__(self) -> str:
        return f"Study({str(self.folder)!r})"


def run_study(  # noqa: PLR0913 - everything that can be asked
    factor: str,
    where: str | Path | Recipe,
    *,
    by: str | None = None,
    levels: Sequence[str | float] | None = None,
    by_levels: Sequence[str | float] | None = None,
    base: str = "small",
    workspace: str | Path = ".",
    listen: Listener | None = None,
    retime: bool = False,
    on: str = "local",
    **changes: Any,
) -> Study:
    """Vary one thing, keep all else fixed, and answer what it does.

    Parameters
    ----------
    factor : str
        ``depth width batch-size optimizer learning-rate l2 dropout activation loss augmentation train-size split epochs
        seeds``, or ``notebook``: every question of a course notebook in one report.
    where : str, Path or Recipe
        A name of the catalog, a file, a folder, or a recipe; of a recipe the data and the protocol are used.
    by : str, optional
        A second factor to cross it with.
    levels, by_levels : sequence, optional
        None: those of the factor.
    base : str
        The network that is varied: ``small``, ``default``, or ``RECIPE.yaml:CONTESTANT``.
    workspace : path
        Folder that keeps fits and studies.
    listen : callable, optional
        Is told what happens; None: in a notebook, its output shows it.
    retime : bool
        Fit and time even what the workspace has.
    on : str
        Where fits run: ``"local"``, ``"ray"`` or ``"ray://HOST:PORT"``.
    **changes
        As in `bakeoff.run`: ``seeds`` (five or more), ``primary_metric``, ``validation``, ``test``, ``group``, ...

    Returns
    -------
    Study

    Raises
    ------
    InputError
        With every problem of the data, the factor or the levels.
    """
    recipe = make_recipe(where, **changes)
    planned = plan_of_study(recipe, Question(factor, levels, by, by_levels), base)
    options = ContestOptions(Path(workspace), retime=retime, on=on)
    listen = listen or notebook_listener()
    return run_study_plan(planned, options if listen is None else replace(options, listen=listen))


def plan_of_study(
    recipe: Recipe, question: Question, base: str = "small", progress: ProgressCallback | None = None
) -> StudyPlan:
    """Read the data and decide what is fitted.

    Parameters
    ----------
    recipe : Recipe
        Its data and protocol count.
    question : Question
        Its factor may be ``notebook``.
    base : str
    progress : callable, optional
        Is told how far reading is.
    """
    named = recipe.model_copy(update={"name": f"{recipe.name}-{question.factor}", "contestants": (), "claims": ()})
    dataset = read_data(recipe.data, progress)
    parts = divide(dataset, recipe.protocol)
    facts = facts_of(dataset, max(len(part.inner_train) for part in parts.divisions))
    questions: Sequence[Question] = [question]
    if question.factor == NOTEBOOK:
        if question != Question(NOTEBOOK):
            raise RecipeError("study notebook: its questions have their own levels")
        questions = notebook_questions(facts)
    return plan_study(named, dataset, make_base(base, facts), questions)


def run_study_plan(planned: StudyPlan, options: ContestOptions) -> Study:
    """Run a planned study and write its report."""
    done = run_stored(planned, options)
    write_html(done.folder)
    return Study(done.folder)
