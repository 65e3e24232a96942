"""What ``import bakeoff`` offers, and what the commands are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bakeoff.audit import Finding, check_data
from bakeoff.contest import (
    ContestOptions,
    Listener,
    Plan,
    Prediction,
    Run,
    data_pictures,
    make_plan,
    n_divisions,
    predict,
    run_contest,
)
from bakeoff.contestants import Contestant, wrap
from bakeoff.data import DataOptions, Dataset, card, load
from bakeoff.errors import AuditRefused, RecipeError
from bakeoff.recipe import DataEntry, Recipe, dump_recipe, load_recipe, parse_recipe
from bakeoff.report import draw_data_pictures, write_html

__all__ = [
    "Audit",
    "Prediction",
    "audit_data",
    "describe_plan",
    "make_recipe",
    "plan",
    "predict",
    "refuse_errors",
    "run",
    "run_plan",
]

_RECIPE_ENDINGS = (".yaml", ".yml", ".json")
_DATA_FIELDS = frozenset(DataEntry.model_fields) - {"source"}
_PROTOCOL_FIELDS = frozenset(
    (
        "validation",
        "holdout_fraction",
        "n_folds",
        "refit",
        "seeds",
        "primary_metric",
        "margin",
        "confidence",
        "threads",
        "time_limit_seconds",
    )
)


# Run -----------------------------------------------------------------------------------------------------------


def run(
    where: str | Path | Recipe,
    *,
    contestants: Sequence[Any] | Mapping[str, Any] | None = None,
    workspace: str | Path = ".",
    listen: Listener | None = None,
    retime: bool = False,
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
        Is told what happens; see `bakeoff.contest.Event`.
    retime : bool
        Fit and time even what the workspace has.
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
    families, outsiders = _sort_contestants(contestants)
    recipe = make_recipe(where, contestants=families, **changes)
    options = ContestOptions(Path(workspace), retime=retime, command=f"bakeoff run {where}")
    return run_plan(plan(recipe, outsiders), options if listen is None else replace(options, listen=listen))


def make_recipe(where: str | Path | Recipe, **changes: Any) -> Recipe:
    """A recipe from a recipe file, or from a name, file or folder with data, with changes.

    Parameters
    ----------
    where : str, Path or Recipe
    **changes
        Fields of ``data`` and ``protocol``, and ``name``, ``contestants``, ``ignore``. ``test`` names the test file
        (the protocol's own ``test`` is ``test_rows`` here).

    Raises
    ------
    RecipeError
    """
    if isinstance(where, Recipe):
        recipe = where
    elif str(where).lower().endswith(_RECIPE_ENDINGS):
        recipe = load_recipe(Path(where))
    else:
        recipe = Recipe(name=_name_from(str(where)), data=DataEntry(source=str(where)))
    given = {key: value for key, value in changes.items() if value is not None}
    if not given:
        return recipe
    _refuse_unknown(given)
    document = json.loads(recipe.model_dump_json(by_alias=True))
    for key, value in given.items():
        section, field = _place(key)
        (document if section is None else document[section])[field] = _plain(value)
    if "seeds" in given and recipe.contestants is not None and "contestants" not in given:
        for entry in document["contestants"]:
            entry["seeds"] = None  # the seeds that were asked for count for every contestant
    return parse_recipe(json.dumps(document))


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    known = [*_DATA_FIELDS, *_PROTOCOL_FIELDS, "test_rows", "name", "description", "contestants", "claims", "ignore"]
    problems = []
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            problems.append(f"{key}: unknown option; {hint}")
    if problems:
        raise RecipeError(problems)


def _place(key: str) -> tuple[str | None, str]:
    if key == "test_rows":
        return "protocol", "test"
    if key in _DATA_FIELDS:
        return "data", key
    if key in _PROTOCOL_FIELDS:
        return "protocol", key
    return None, key


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value


def _name_from(where: str) -> str:
    """``data/sign_mnist_train.csv.gz`` gives ``sign_mnist_train``."""
    stem = Path(where).name or Path(where).resolve().name
    for ending in (".gz", ".csv", ".zip", ".parquet", ".npz", "-ubyte"):
        stem = stem.removesuffix(ending)
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "-" for char in stem)
    return safe.strip("-_")[:40] or "bakeoff"


def _sort_contestants(
    given: Sequence[Any] | Mapping[str, Any] | None,
) -> tuple[list[Any] | None, dict[str, Contestant]]:
    """What a recipe can name, and what only Python can hand over."""
    if given is None:
        return None, {}
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Mapping):
        named = [item for item in given if isinstance(item, str | Mapping)]
        others = {type(item).__name__: wrap(type(item).__name__, item) for item in given if item not in named}
        return (named or None), others
    families: list[Any] = []
    outsiders: dict[str, Contestant] = {}
    for name, value in given.items():
        if isinstance(value, str):
            families.append({"name": name, "family": value})
        elif isinstance(value, Mapping):
            families.append({"name": name, **value})
        else:
            outsiders[name] = wrap(name, value)
    return families or None, outsiders


def plan(recipe: Recipe, outsiders: Mapping[str, Contestant] | None = None) -> Plan:
    """Read the data and decide everything that the recipe leaves open.

    Raises
    ------
    InputError
    """
    return make_plan(recipe, load(recipe.data.source, _data_options(recipe.data)), outsiders)


def _data_options(data: DataEntry) -> DataOptions:
    return DataOptions(
        label=data.label,
        group=data.group,
        image_shape=data.image_shape,
        rows=data.rows,
        class_names=data.class_names,
        test=data.test,
    )


def run_plan(plan: Plan, options: ContestOptions) -> Run:
    """Run a plan and write its report."""
    run = run_contest(plan, options)
    write_html(run.folder)
    return run


def describe_plan(plan: Plan) -> str:
    """The resolved recipe as YAML, with what would run as comments below it: a recipe file, ready to edit."""
    lines = [f"What would run: {plan.n_fits} fits, about {_about(plan.estimate_seconds)} on {plan.threads} threads."]
    for planned in plan.contestants:
        seeds = f"{len(planned.seeds)} seed{'s' if len(planned.seeds) > 1 else ''}"
        stages = " and ".join(_stage_words(plan, stage) for stage in planned.stages)
        lines.append(
            f"  {planned.contestant.name}: {seeds}, {stages}; about {_about(planned.estimate_seconds)}, "
            f"a fit at most {planned.time_limit_seconds:g} s"
        )
    lines += [*plan.dataset.decisions, *plan.decisions]
    return dump_recipe(plan.recipe) + "".join(f"# {line}\n" for text in lines for line in text.splitlines())


def _stage_words(plan: Plan, stage: str) -> str:
    n_folds = n_divisions(plan.parts, stage)
    folds = f" of {n_folds} folds" if len(plan.parts.divisions) > 1 else ""
    return f"chosen on validation rows{folds}" if stage == "validation" else f"fitted on all training rows{folds}"


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def refuse_errors(run: Run) -> None:
    """The gate of ``--strict``.

    Raises
    ------
    AuditRefused
        If a finding is an error.
    """
    _refuse(f"{finding['code']} {finding['title']}" for finding in run.results["findings"] if _is_error(finding))


def _is_error(finding: Mapping[str, Any]) -> bool:
    return bool(finding["severity"] == "error")


def _refuse(errors: Any) -> None:
    listed = "; ".join(errors)
    if listed:
        raise AuditRefused(f"--strict refuses: {listed}")


# Audit ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Audit:
    """The data card of a data set and what the checks say of it.

    Parameters
    ----------
    dataset : Dataset
    card : mapping
        The ``data`` part of ``results.json``.
    found : sequence of Finding
    """

    dataset: Dataset
    card: Mapping[str, Any]
    found: Sequence[Finding]

    def to_json(self) -> str:
        """Card and findings as JSON."""
        findings = [asdict(finding) for finding in self.found]
        return json.dumps({"data": self.card, "findings": findings}, indent=1, ensure_ascii=False)

    def write_pictures(self, folder: Path) -> Sequence[Path]:
        """Draw random rows with labels, the class histogram, and one image a class.

        Returns
        -------
        sequence of Path
            Of the pictures; plain rows have the histogram alone.
        """
        return draw_data_pictures(folder, self.card, data_pictures(self.dataset))

    def refuse_errors(self) -> None:
        """Raise `AuditRefused` if a finding is an error."""
        _refuse(f"{finding.code} {finding.title}" for finding in self.found if finding.severity == "error")


def audit_data(where: str | Path, **options: Any) -> Audit:
    """Look at data before anything is trained.

    Parameters
    ----------
    where : str or Path
        As for `run`; of a recipe, its data.
    **options
        ``test``, ``label``, ``group``, ``image_shape``, ``rows``, ``class_names``.

    Raises
    ------
    InputError
    """
    recipe = make_recipe(where, **options)
    dataset = load(recipe.data.source, _data_options(recipe.data))
    about = card(dataset)
    return Audit(dataset, about, check_data(about))
