"""What ``import bakeoff`` offers, and what the commands are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bakeoff.audit import Finding, check_data, harm_sentence
from bakeoff.contest import (
    Assignment,
    ContestOptions,
    Listener,
    Plan,
    Prediction,
    Run,
    Scoreboard,
    ScoreOptions,
    copies_pictures,
    data_pictures,
    describe_plan,
    label_pictures,
    make_assignment,
    make_plan,
    predict,
    probe_dataset,
    run_contest,
    score_submissions,
)
from bakeoff.contestants import Contestant, wrap
from bakeoff.data import DataOptions, Dataset, card, find_near_copies, load, safe_name
from bakeoff.errors import AuditRefused, RecipeError
from bakeoff.executors import LocalExecutor
from bakeoff.recipe import DataEntry, Recipe, is_reserved_name, load_recipe, validate_recipe
from bakeoff.report import draw_data_pictures, write_html
from bakeoff.types import ProgressCallback

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
    "score",
    "split",
]

_RECIPE_ENDINGS = (".yaml", ".yml", ".json")
_DATA_FIELDS = frozenset(DataEntry.model_fields) - {"source"}
_PROTOCOL_FIELDS = frozenset(
    (
        "validation",
        "holdout_fraction",
        "n_folds",
        "probes",
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
    options = ContestOptions(Path(workspace), retime=retime)
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
        recipe = validate_recipe({"name": _name_of(where), "data": {"source": str(where)}})
    given = {key: value for key, value in changes.items() if value is not None}
    if not given:
        return recipe
    _refuse_unknown(given)
    document = recipe.model_dump(mode="json", by_alias=True)
    if "contestants" in given:
        document["contestants"] = _chosen(given.pop("contestants"), document["contestants"] or ())
        names = {entry["name"] for entry in document["contestants"] if isinstance(entry, Mapping)}
        # A claim of somebody who does not enter has nothing to be checked against.
        document["claims"] = [claim for claim in document["claims"] if claim["contestant"] in names]
    for key, value in given.items():
        section, field = _place(key)
        (document if section is None else document[section])[field] = _plain(value)
    for key in {"seeds", "time_limit_seconds"} & set(given):
        for entry in document["contestants"] or ():
            if isinstance(entry, dict):
                entry[key] = None  # what was asked for counts for every contestant
    return validate_recipe(document)


def _name_of(where: str | Path) -> str:
    """The name that the data set will have, or one beside it where Windows keeps that for a device."""
    name = safe_name(Path(where).resolve().name)
    return f"{name}-data" if is_reserved_name(name) else name


def _chosen(wanted: Sequence[Any], known: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Contestants by name: those of the recipe with their settings, others as families."""
    by_name = {entry["name"]: entry for entry in known}
    return [by_name.get(item, item) if isinstance(item, str) else item for item in wanted]


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


def _sort_contestants(
    given: Sequence[Any] | Mapping[str, Any] | None,
) -> tuple[list[Any] | None, dict[str, Contestant]]:
    """What a recipe can name, and what only Python can hand over."""
    if given is None:
        return None, {}
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Mapping):
        given = _named(given)
    families: list[Any] = []
    outsiders: dict[str, Contestant] = {}
    for name, value in given.items():
        if isinstance(value, str):
            families.append({"name": name, "family": value} if name != value else name)
        elif isinstance(value, Mapping):
            families.append({"name": name, **value})
        else:
            outsiders[name] = wrap(name, value)
    _refuse_names([*given])
    return families, outsiders


def _named(given: Sequence[Any]) -> dict[str, Any]:
    """A list as a mapping: families by their own name, classifiers by their class, numbered where it comes twice."""
    named: dict[str, Any] = {}
    for item in given:
        if isinstance(item, Mapping):
            name = str(item.get("name", item.get("family", "")))
        else:
            name = item if isinstance(item, str) else type(item).__name__.strip("_")
        numbers = (f"{name}-{number}" for number in range(2, len(given) + 2))
        taken = {known.casefold() for known in named}
        named[name if name.casefold() not in taken else next(n for n in numbers if n.casefold() not in taken)] = item
    return named


def _refuse_names(names: Sequence[str]) -> None:
    """The rules of a recipe hold for the names of contestants that no recipe holds."""
    entries = [{"name": name, "family": "dummy"} for name in names]
    validate_recipe({"name": "names", "data": {"source": "digits"}, "contestants": entries})


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
    dataset = load(recipe.data.source, _data_options(recipe.data), progress)
    return make_plan(recipe, find_near_copies(dataset, progress), outsiders)


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
    ignore : sequence of str
        Codes of findings to leave out.
    """

    dataset: Dataset
    card: Mapping[str, Any]
    ignore: Sequence[str] = ()

    @property
    def found(self) -> Sequence[Finding]:
        """What the checks say, errors first."""
        return check_data(self.card, self.ignore)

    @property
    def harm(self) -> str | None:
        """What groups of near-copies do to a score, in one sentence; None where it was not measured."""
        return harm_sentence(self.card)

    def probed(self, listen: Listener = lambda _event: None) -> "Audit":
        """The same with what has to be trained for: the harm of groups, unlike parts, labels to look at.

        Parameters
        ----------
        listen : callable
            Is told what happens; see `bakeoff.contest.Event`.

        Raises
        ------
        DeviceError
            If compiled code gives wrong answers on this machine.
        """
        with LocalExecutor() as executor:
            probes = probe_dataset(self.dataset, executor, listen)
        return replace(self, card={**self.card, "probes": probes})

    def to_json(self) -> str:
        """Card and findings as JSON."""
        findings = [asdict(finding) for finding in self.found]
        return json.dumps({"data": self.card, "findings": findings}, indent=1, ensure_ascii=False)

    def write_pictures(self, folder: Path) -> Sequence[Path]:
        """Draw random rows with labels, the class histogram, one image a class, and what there is to look at.

        That is one photograph with its near-copies, and the labels that a network doubts.

        Returns
        -------
        sequence of Path
            Of the pictures; plain rows have the histogram alone.
        """
        pictures = {
            **data_pictures(self.dataset),
            **copies_pictures(self.dataset),
            **label_pictures(self.dataset, self.card["probes"]["labels"]),
        }
        return draw_data_pictures(folder, self.card, pictures)

    def refuse_errors(self) -> None:
        """Raise `AuditRefused` if a finding is an error."""
        _refuse(f"{finding.code} {finding.title}" for finding in self.found if finding.severity == "error")


def audit_data(
    where: str | Path, *, probes: bool = True, progress: ProgressCallback | None = None, **options: Any
) -> Audit:
    """Look at data before anything is compared on them.

    Parameters
    ----------
    where : str or Path
        As for `run`; of a recipe, its data.
    probes : bool
        Also train a few small models: what near-copies do to a score, whether test rows are unlike training rows,
        which labels to look at.
    progress : callable, optional
        Is told how far reading, downloading and the search for near-copies are; see `bakeoff.data.load`.
    **options
        ``test``, ``label``, ``group``, ``image_shape``, ``rows``, ``class_names``, ``ignore``.

    Raises
    ------
    InputError
    """
    recipe = make_recipe(where, **options)
    dataset = load(recipe.data.source, _data_options(recipe.data), progress)
    dataset = find_near_copies(dataset, progress)
    nothing = {"harm": None, "unlike": None, "labels": None}
    audit = Audit(dataset, {**card(dataset), "probes": nothing}, recipe.ignore)
    return audit.probed() if probes else audit


# Assignments ---------------------------------------------------------------------------------------------------


def split(where: str | Path, folder: str | Path, *, test_fraction: float = 0.2, **options: Any) -> Assignment:
    """Make an assignment: rows to hand out, and the labels of the test rows to keep.

    Parameters
    ----------
    where : str or Path
        As for `run`.
    folder : path
        Gets ``train.csv``, ``test.csv`` (without labels) and ``labels.csv``.
    test_fraction : float
        How much to set aside where the data has no test rows of its own.
    **options
        ``test``, ``label``, ``group``, ``image_shape``, ``rows``, ``class_names``.

    Raises
    ------
    InputError
    """
    recipe = make_recipe(where, **options)
    dataset = find_near_copies(load(recipe.data.source, _data_options(recipe.data)))
    return make_assignment(dataset, Path(folder), test_fraction)


def score(
    runs: str | Path | Sequence[str | Path], labels: str | Path, *, workspace: str | Path = ".", **options: Any
) -> Scoreboard:
    """Score runs whose test rows came without labels, by labels that were kept elsewhere.

    Each submission is one opening of the labels, on record in `workspace` before anything is compared.

    Parameters
    ----------
    runs : path or sequence of paths
        Folders or names of runs, CSV files with a predicted label for each test row, or folders of all these.
    labels : path
        The labels in the order of the test rows, or the whole test file.
    workspace : path
    **options
        ``metric``, ``label``, ``group``, ``margin``, ``confidence``; see `bakeoff.contest.ScoreOptions`.

    Returns
    -------
    Scoreboard

    Raises
    ------
    InputError
    """
    paths = [runs] if isinstance(runs, str | Path) else list(runs)
    return score_submissions(paths, labels, ScoreOptions(Path(workspace), **options))
