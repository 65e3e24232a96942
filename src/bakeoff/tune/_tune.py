"""Tuning a whole recipe: the same budget for everybody, and what was tried in a folder below ``runs/``."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
    Logged,
    Part,
    Parts,
    Plan,
    RunFolder,
    Said,
    SealedRows,
    StageFinished,
    examine,
    make_plan,
    workplace,
)
from bakeoff.data import Dataset
from bakeoff.errors import RecipeError, StoreError
from bakeoff.recipe import ContestantEntry, Recipe, dump_recipe, load_recipe
from bakeoff.store import RunRecord, Store, write_atomically
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
        path = self.folder / TUNING_JSON
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{path}: cannot be read: {error}") from None
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise StoreError(f"{path}: is not of schema {SCHEMA}, which this release of Bakeoff reads")
        return content

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
    plan = replace(plan, parts=_without_test(plan.parts))
    entries = {entry.name: entry for entry in plan.recipe.contestants or () if entry.family != "dummy"}
    strangers = sorted(set(spaces or {}) - set(entries))
    if strangers:
        raise RecipeError(f"a search space is given for {', '.join(strangers)}, who does not enter")
    searches = {}
    for name, entry in entries.items():
        own = entry.tune
        given = (spaces or {}).get(name, None if own is None else own.space)
        space = default_space(entry.family) if given is None else read_space(given, name)
        has_own = own is not None and (own.fits is not None or own.seconds is not None)
        wanted = Budget(own.fits, own.seconds) if own is not None and has_own else budget
        searches[name] = (_possible(space, plan), wanted)
    return TuningPlan(recipe, plan, searches)


def _without_test(parts: Parts) -> Parts:
    divisions = [Part(part.inner_train, None, part.inner_train, part.validation) for part in parts.divisions]
    return replace(parts, divisions=divisions)


def _possible(space: Space, plan: Plan) -> Space:
    """The space without numbers of components that the rows do not have."""
    most = min(plan.facts.n_features, *(len(part.inner_train) for part in plan.parts.divisions))
    pca = space.get("pca")
    if not isinstance(pca, Choices):
        return space
    fitting = tuple(value for value in pca.values if not isinstance(value, int) or value <= most)
    return {**space, "pca": Choices(fitting or (None,))}


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
    with Store(options.workspace) as store:
        folder = RunFolder(options.workspace, f"{planned.recipe.name}-tune")
        created = folder.created.isoformat(timespec="seconds")
        record = RunRecord(folder.path.name, created, recipe.name, dataset.sha256, "running", "")
        store.save_run(record)
        try:
            found = _search_all(planned, SealedRows(dataset, store, folder.path.name), folder, options)
            tuned = _tuned_recipe(planned, found)
            folder.write_text("recipe.yaml", dump_recipe(tuned))
            results = _results(planned, found, created, options)
            folder.write_json(TUNING_JSON, results)
            folder.write_table("candidates.csv", *_table(results))
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            # The disk may be the reason: what cannot be written down now must not hide it.
            with suppress(OSError, StoreError):
                folder.log(f"{status}: {error}")
                store.save_run(replace(record, status=status))
            raise
        tuning = Tuning(folder.path.resolve())
        status = "failed fits" if tuning.exit_status else "done"
        store.save_run(replace(record, status=status, verdict=results["sentence"]))
    return tuning


def _search_all(planned: TuningPlan, rows: SealedRows, folder: RunFolder, options: ContestOptions) -> dict[str, Found]:
    def say(event: Event) -> None:
        if isinstance(event, Said | Logged):
            folder.log(event.text)
        options.listen(event)

    given = {entry.name: entry.settings for entry in planned.recipe.contestants or ()}
    for sentence in (*planned.plan.dataset.decisions, *planned.plan.decisions):
        say(Said(sentence))
    with workplace(rows, planned.plan.threads, options, folder) as (rows_file, executor):
        environment: dict[str, Any] = executor.run(examine, True)
        folder.write_json("environment.json", environment)
        ended: list[StageFinished] = []

        def hear(event: Event) -> None:
            # A search ends once for people, however often it asks for fits.
            ended.append(event) if isinstance(event, StageFinished) else say(event)

        fitter = Fitter(planned.plan, rows, rows_file, FittingOptions(executor, hear, options.retime))
        found = {}
        for entry in planned.plan.contestants:
            name = entry.contestant.name
            if name in planned.searches:
                ended.clear()
                space, budget = planned.searches[name]
                found[name] = search(entry, given.get(name, {}), space, budget, (planned.plan, fitter))
                say(_together(name, ended))
    return found


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
            changes |= {"settings": {**own.settings, **one.best.settings}, "searched": len(one.candidates)}
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
                "fresh": {"values": list(one.fresh), "mean": fmean(one.fresh)} if one.fresh else None,
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
        "searches": searches,
    }


def _sentence(searches: Sequence[Mapping[str, Any]], metric: Metric) -> str:
    told = [
        f"{entry['name']} {entry['fresh']['mean']:.4f} after {entry['n_candidates']} candidates"
        for entry in sorted(searches, key=lambda entry: -(entry["fresh"] or {}).get("mean", 0.0))
        if entry["fresh"]
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
