"""Tuning a whole recipe: the same budget for everybody, and what was tried in a folder below ``runs/``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.contest import (
    ContestOptions,
    Event,
    Fitter,
    FittingOptions,
    Plan,
    PlannedContestant,
    Recorded,
    Said,
    StageFinished,
    Work,
    examine,
    make_plan,
    read_of_schema,
    recorded,
    workplace,
)
from bakeoff.contestants import make_contestant, names_code
from bakeoff.data import Dataset
from bakeoff.errors import RecipeError, SettingsError
from bakeoff.recipe import ContestantEntry, Recipe, dump_recipe, load_recipe
from bakeoff.store import write_atomically
from bakeoff.tune._search import Budget, Found, search
from bakeoff.tune._space import Choices, Space, default_space, optuna_module, read_space
from bakeoff.types import Metric

__all__ = ["TUNING_JSON", "Tuning", "TuningPlan", "keep_tuning", "plan_tuning", "run_tuning"]

SCHEMA = 1
TUNING_JSON = "tuning.json"


@dataclass(frozen=True, slots=True, eq=False)
class TuningPlan:
    """A search for each contestant, decided.

    Parameters
    ----------
    recipe : Recipe
        As it was given.
    plan : Plan
        Of the bake-off, without test rows.
    searches : mapping of a contestant's name to (Space, Budget)
        Of those that are tuned.
    """

    recipe: Recipe
    plan: Plan
    searches: Mapping[str, tuple[Space, Budget]]


@dataclass(frozen=True)
class Tuning:
    """A finished search, as its folder tells it.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @cached_property
    def results(self) -> Mapping[str, Any]:
        """What ``tuning.json`` holds; see ``docs/tuning.md``."""
        return read_of_schema(self.folder / TUNING_JSON, SCHEMA)

    @property
    def best(self) -> Mapping[str, Mapping[str, Any]]:
        """The settings that were found, by contestant."""
        return {entry["name"]: entry["best"]["settings"] for entry in self.results["searches"] if entry["best"]}

    @property
    def recipe_path(self) -> Path:
        """The recipe with the settings that were found, ready to be run."""
        return self.folder / "recipe.yaml"

    @property
    def recipe(self) -> Recipe:
        """The same, read."""
        return load_recipe(self.recipe_path)

    @property
    def exit_status(self) -> int:
        """0, or 1 where a contestant has no settings that could be fitted."""
        return 0 if all(entry["best"] for entry in self.results["searches"]) else 1


def plan_tuning(
    recipe: Recipe, dataset: Dataset, budget: Budget, spaces: Mapping[str, Mapping[str, Any]] | None = None
) -> TuningPlan:
    """Decide what is searched.

    Parameters
    ----------
    recipe : Recipe
        Its contestants, or the usual line-up, are all tuned; those with a ``tune`` of their own as it says.
    dataset : Dataset
    budget : Budget
        Of every contestant that has none of its own.
    spaces : mapping of a contestant's name to a space, optional
        Instead of the usual ones; distributions of SciPy are welcome.

    Raises
    ------
    RecipeError
        If the protocol keeps no validation rows, or a space is of nobody.
    SettingsError
        If a space is written wrongly, or there is none for a family.
    """
    optuna_module()
    if isinstance(recipe.protocol.validation, str):
        raise RecipeError(
            f"protocol.validation: {recipe.protocol.validation!r} leaves a search no rows; give a fraction"
        )
    if recipe.protocol.primary_metric == "log_loss":
        raise RecipeError(
            "protocol.primary_metric: a search looks at f1_macro, accuracy or f1_weighted. Got 'log_loss'"
        )
    plan = make_plan(recipe, dataset)
    plan = replace(plan, parts=plan.parts.without_test())
    entries = {entry.name: entry for entry in plan.recipe.contestants or () if entry.family != "dummy"}
    strangers = sorted(set(spaces or {}) - set(entries))
    if strangers:
        raise RecipeError(f"a search space is given for {', '.join(strangers)}, who does not enter")
    searches = {}
    for name, entry in entries.items():
        own = entry.tune
        given = (spaces or {}).get(name, None if own is None else own.space)
        space = _usual_space(entry.family, plan) if given is None else _own_space(given, entry, plan)
        has_own = own is not None and (own.fits is not None or own.seconds is not None)
        wanted = Budget(own.fits, own.seconds) if own is not None and has_own else budget
        searches[name] = (space, wanted)
    if not searches:
        raise RecipeError("nobody is left to tune: name a contestant that has settings")
    return TuningPlan(recipe, plan, searches)


def _usual_space(family: str, plan: Plan) -> Space:
    """The space of a family, without numbers of components that the rows do not have."""
    space = default_space(family)
    most = min(plan.facts.n_features, *(len(part.inner_train) for part in plan.parts.divisions))
    pca = space.get("pca")
    if not isinstance(pca, Choices):
        return space
    fitting = tuple(value for value in pca.values if not isinstance(value, int) or value <= most)
    return {**space, "pca": Choices(fitting or (None,))}


_NOT_SEARCHED = ("augment", "early_stopping", "engine", "ensemble_size", "monitor", "random_state", "scale", "schedule")
"""What changes how a contestant is fitted and not only with which numbers. Enter twice instead, one of each."""


def _own_space(given: Mapping[str, Any], entry: ContestantEntry, plan: Plan) -> Space:
    """A space that was given, each of its settings tried on the contestant.

    Raises
    ------
    SettingsError
        If a setting is unknown, cannot be used with these data, or is none that can be searched.
    """
    space = read_space(given, entry.name)
    fixed = [name for name in space if name in _NOT_SEARCHED and not (name == "augment" and entry.family == "dense")]
    problems = [f"tune: {name} of {entry.name} cannot be searched; let it enter twice, with either" for name in fixed]
    if names_code(entry.family):
        problems.append(f"tune: {entry.name} is built by code of your own, which has its settings")
    for name, dimension in space.items():
        for value in dimension.examples():
            try:
                make_contestant(entry.name, entry.family, {**entry.settings, name: value}).resolve(plan.facts)
            except SettingsError as error:
                problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise SettingsError(problems)
    return space


def run_tuning(planned: TuningPlan, options: ContestOptions) -> Tuning:
    """Run every search. The test rows, if there are any, stay sealed.

    Fits that the workspace has are not run again, so the same command after an interruption goes on where it was.

    Raises
    ------
    StoreError
        If the workspace cannot be written to.
    DeviceError
        If compiled code gives wrong answers on this machine.
    """
    recipe, dataset = planned.plan.recipe, planned.plan.dataset
    with recorded(f"{planned.recipe.name}-tune", recipe.name, dataset, options) as frame:
        found = _search_all(planned, frame, options)
        frame.folder.write_text("recipe.yaml", dump_recipe(_tuned_recipe(planned, found)))
        results = _results(planned, found, frame.created, options)
        frame.folder.write_json(TUNING_JSON, results)
        frame.folder.write_table("candidates.csv", *_table(results))
        tuning = Tuning(frame.folder.path.resolve())
        frame.end(results["sentence"], has_failed_fits=tuning.exit_status != 0)
    return tuning


def _search_all(planned: TuningPlan, frame: Recorded, options: ContestOptions) -> dict[str, Found]:
    folder, rows, say = frame.folder, frame.rows, frame.listen
    given = {entry.name: entry.settings for entry in planned.recipe.contestants or ()}
    for sentence in (*planned.plan.dataset.decisions, *planned.plan.decisions):
        say(Said(sentence))
    with workplace(rows.dataset, planned.plan.threads, options, folder) as (rows_file, executor):
        has_networks = any(entry.contestant.trains_populations for entry in planned.plan.contestants)
        environment = {**executor.prepare(examine, has_networks), "place": executor.place}
        folder.write_json("environment.json", environment)
        ended: dict[str, list[StageFinished]] = {name: [] for name in planned.searches}

        def hear(event: Event) -> None:
            # A search ends once for people, however often it asks for fits.
            ended[event.contestant].append(event) if isinstance(event, StageFinished) else say(event)

        fitting = FittingOptions(executor, hear, options.retime, options.checkpoint_seconds)
        fitter = Fitter(planned.plan, rows, rows_file, fitting)

        def searched(entry: PlannedContestant) -> Work[Found]:
            name = entry.contestant.name
            space, budget = planned.searches[name]
            found = yield from search(entry, given.get(name, {}), space, budget, (planned.plan, fitter))
            say(_together(name, ended[name]))
            return found

        entries = [entry for entry in planned.plan.contestants if entry.contestant.name in planned.searches]
        found = fitter.conduct([searched(entry) for entry in entries])
    return {entry.contestant.name: one for entry, one in zip(entries, found, strict=True)}


def _together(name: str, ended: Sequence[StageFinished]) -> StageFinished:
    return StageFinished(
        name,
        "tune",
        sum(event.n_fits for event in ended),
        sum(event.n_reused for event in ended),
        sum(event.n_failed for event in ended),
        next((event.reason for event in ended if event.reason), None),
        sum(event.seconds for event in ended),
    )


def _tuned_recipe(planned: TuningPlan, found: Mapping[str, Found]) -> Recipe:
    """The recipe with what was found in the place of what was searched."""
    given = {entry.name: entry for entry in planned.recipe.contestants or ()}
    entries = []
    for entry in planned.plan.recipe.contestants or ():
        own = given.get(entry.name, ContestantEntry(name=entry.name, family=entry.family))
        one = found.get(entry.name)
        changes: dict[str, Any] = {"tune": None}
        if one is not None and one.best is not None:
            changes |= {
                "settings": {**own.settings, **one.best.settings},
                "searched": sum(each.score is not None for each in one.candidates),
            }
        entries.append(own.model_copy(update=changes))
    return planned.recipe.model_copy(update={"contestants": tuple(entries)})


def _results(planned: TuningPlan, found: Mapping[str, Found], created: str, options: ContestOptions) -> dict[str, Any]:
    protocol = planned.recipe.protocol
    searches = []
    for name, one in found.items():
        space, budget = planned.searches[name]
        family = next(entry.contestant.family for entry in planned.plan.contestants if entry.contestant.name == name)
        searches.append(
            {
                "name": name,
                "family": family,
                "budget": budget.as_json(),
                "space": {key: dimension.as_json() for key, dimension in space.items()},
                "n_candidates": len(one.candidates),
                "n_stopped_early": sum(each.status == "stopped early" for each in one.candidates),
                "n_failed": sum(each.score is None for each in one.candidates),
                "seconds": one.seconds,
                "best": None if one.best is None else asdict(one.best),
                "as_it_was": one.candidates[0].score if one.candidates else None,
                "fresh": _mean(one.fresh),
                "fresh_before": _mean(one.fresh_before),
                "candidates": [asdict(each) for each in one.candidates],
            }
        )
    budgets = {json.dumps(entry["budget"]) for entry in searches}
    return {
        "schema": SCHEMA,
        "name": planned.recipe.name,
        "created": created,
        "command": options.command,
        "metric": protocol.primary_metric,
        "seeds": list(protocol.seeds),
        "equal_budgets": len(budgets) <= 1,
        "sentence": _sentence(searches, protocol.primary_metric),
        "caution": _CAUTIONS["folds" if planned.plan.parts.test == "folds" else "apart"],
        "searches": searches,
    }


_CAUTIONS = {
    "apart": "These rows chose the settings, so these scores flatter them; the test rows, which stay sealed, will not.",
    "folds": (
        "These rows chose the settings, and a bake-off in folds scores the same rows: its scores will flatter them "
        "too. Rows kept apart (--test, or bakeoff split) would not."
    ),
}


def _mean(values: Sequence[float]) -> dict[str, Any] | None:
    return {"values": list(values), "mean": fmean(values)} if values else None


def _sentence(searches: Sequence[Mapping[str, Any]], metric: Metric) -> str:
    def score(entry: Mapping[str, Any]) -> float:
        return float((entry["fresh"] or {}).get("mean", entry["best"]["score"]))

    ranked = sorted((entry for entry in searches if entry["best"]), key=score, reverse=True)
    told = [
        f"{entry['name']} {score(entry):.4f}{'' if entry['fresh'] else ' (no seed matters)'} after "
        f"{entry['n_candidates']} candidates"
        for entry in ranked
    ]
    listed = "; ".join(told) or "none has a score"
    return f"{METRIC_NAMES[metric]} on validation rows, with seeds that nothing was chosen by: {listed}."


def _table(results: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    """A line for each candidate, for spreadsheets."""
    header = ["contestant", "candidate", "score", "share_of_epochs", "seconds", "status", "reason", "settings"]
    lines: list[list[object]] = [
        [
            entry["name"],
            each["number"],
            each["score"],
            each["share"],
            each["seconds"],
            each["status"],
            each["reason"],
            json.dumps(each["settings"]),
        ]
        for entry in results["searches"]
        for each in entry["candidates"]
    ]
    return header, lines


def keep_tuning(run_folder: Path, tuning_folder: Path) -> None:
    """Copy what a search found into the folder of the run that it was made for.

    Raises
    ------
    StoreError
        If it cannot be read or written.
    """
    results = Tuning(tuning_folder).results
    write_atomically(run_folder / TUNING_JSON, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
