"""From a run folder to the view model of its report."""

import re
from pathlib import Path

from bakeoff.report._format import count, is_number, moment, score, times
from bakeoff.report._run import read_run
from bakeoff.report._study_view import is_study_folder, study_view
from bakeoff.report._text import shown
from bakeoff.report._tuning_view import is_tuning_folder, tuning_view
from bakeoff.report._view import View
from bakeoff.report.sections import Context, sections_of

__all__ = ["view", "view_of"]


def view(run_folder: str | Path) -> View:
    """What a run's report says, as plain data.

    Parameters
    ----------
    run_folder : path
        What `bakeoff run` or `bakeoff study` left, see `docs/results.md`. Nothing else is read.

    Raises
    ------
    StoreError
        If it holds no results, cannot be read, or was written by a later release.
    """
    if is_study_folder(run_folder):
        return study_view(run_folder)
    if is_tuning_folder(run_folder):
        return tuning_view(run_folder)
    return view_of(Context(read_run(run_folder)))


def view_of(context: Context) -> View:
    """The same from a run that has been read."""
    results = context.run.results
    verdict, rest = _verdict(shown(results.get("verdict") or "This run came to no verdict.", 4000))
    return View(
        title=shown(results.get("name") or "Bake-off", 120),
        created=moment(results.get("created")),
        verdict=verdict,
        verdict_rest=rest,
        facts=_facts(context),
        sections=sections_of(context),
    )


def _verdict(text: str) -> tuple[str, str]:
    """The first sentence, and the rest."""
    first, *rest = re.split(r"(?<=[a-z0-9)%][.!?])\s+(?=[A-Z0-9])", text, maxsplit=1)
    return first, rest[0] if rest else ""


def _facts(context: Context) -> tuple[tuple[str, str], ...]:
    data, openings = context.run.part("data"), context.run.part("openings")
    facts = [("Rows, in folds" if context.has_folds else "Training rows", count(data.get("n_train")))]
    if data.get("n_test") and not context.has_folds:
        facts.append(("Test rows", count(data["n_test"])))
    facts.append(("Classes", count(data.get("n_classes"))))
    scored = [entry for entry in context.contestants if context.score(entry)]
    if scored:
        facts.append((f"Best {context.metric_name}", score(context.score(scored[0]).get("mean"))))
    facts.append(("Contestants", _entered(len(context.contestants), len(scored))))
    if is_number(openings.get("this_run")):
        facts.append(("Test labels", "sealed" if not openings["this_run"] else f"opened {times(openings['this_run'])}"))
    return tuple(facts)


def _entered(entered: int, scored: int) -> str:
    return count(entered) if entered == scored else f"{count(entered)} ({count(entered - scored)} without score)"
