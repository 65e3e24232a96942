"""A recipe from what a person gives: a name, a file, a folder or a recipe, with changes."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bakeoff.contestants import Contestant, names_code, wrap
from bakeoff.data import DataOptions, Dataset, find_near_copies, load, safe_name
from bakeoff.errors import RecipeError
from bakeoff.recipe import DataEntry, Protocol, Recipe, is_reserved_name, load_recipe, name_of_family, validate_recipe
from bakeoff.types import ProgressCallback

__all__ = ["DATA_OPTIONS", "make_recipe", "read_data", "refuse_others", "sort_contestants"]

_RECIPE_ENDINGS = (".yaml", ".yml", ".json")
DATA_OPTIONS = tuple(field for field in DataEntry.model_fields if field != "source")
"""How to read data: what every function that takes data takes."""

_PROTOCOL_FIELDS = frozenset(Protocol.model_fields) - {"test"}


def make_recipe(where: str | Path | Recipe, *, code: bool = False, **changes: Any) -> Recipe:
    """A recipe from a recipe file, or from a name, file or folder with data, with changes.

    Parameters
    ----------
    where : str, Path or Recipe
    code : bool
        Whether a recipe file may name contestants that run code of their own (``keras:FILE.py:FUNCTION``). Those that
        are named among the changes may.
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
    if not code:
        _refuse_code(recipe, changes.get("contestants"))
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


def _refuse_code(recipe: Recipe, wanted: Sequence[Any] | None) -> None:
    """Reading a recipe runs nothing that its reader has not asked for.

    Raises
    ------
    RecipeError
    """
    running = [entry for entry in recipe.contestants or () if names_code(entry.family)]
    problems = [
        f"contestant {entry.name} runs code, {entry.family!r:.200}: look at it, and allow it with --code "
        "(from Python: code=True)"
        for entry in running
        if wanted is None or entry.name in wanted
    ]
    if problems:
        raise RecipeError(problems)


def _name_of(where: str | Path) -> str:
    """The name that the data set will have, or one beside it where Windows keeps that for a device."""
    name = safe_name(Path(where).resolve().name)
    return f"{name}-data" if is_reserved_name(name) else name


def _chosen(wanted: Sequence[Any], known: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Contestants by name: those of the recipe with their settings, others as families."""
    by_name = {entry["name"]: entry for entry in known}
    return [by_name.get(item, item) if isinstance(item, str) else item for item in wanted]


def refuse_others(function: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse options that a function would take and do nothing with.

    Raises
    ------
    RecipeError
        Naming every option that is none of the known ones.
    """
    problems = []
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            problems.append(f"{key}: unknown option{f' of {function}' if function else ''}; {hint}")
    if problems:
        raise RecipeError(problems)


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    others = ("test_rows", "name", "description", "contestants", "claims", "ignore")
    refuse_others("", given, (*DATA_OPTIONS, *_PROTOCOL_FIELDS, *others))


def _place(key: str) -> tuple[str | None, str]:
    if key == "test_rows":
        return "protocol", "test"
    if key in DATA_OPTIONS:
        return "data", key
    if key in _PROTOCOL_FIELDS:
        return "protocol", key
    return None, key


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value


def sort_contestants(
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
        name = name_of_family(name)
        numbers = (f"{name}-{number}" for number in range(2, len(given) + 2))
        taken = {known.casefold() for known in named}
        named[name if name.casefold() not in taken else next(n for n in numbers if n.casefold() not in taken)] = item
    return named


def _refuse_names(names: Sequence[str]) -> None:
    """The rules of a recipe hold for the names of contestants that no recipe holds."""
    entries = [{"name": name, "family": "dummy"} for name in names]
    validate_recipe({"name": "names", "data": {"source": "digits"}, "contestants": entries})


def read_data(data: DataEntry, progress: ProgressCallback | None = None) -> Dataset:
    """Read the data that a recipe names, and find what in them belongs together.

    Raises
    ------
    InputError
    """
    options = DataOptions(
        label=data.label,
        group=data.group,
        image_shape=data.image_shape,
        rows=data.rows,
        class_names=data.class_names,
        test=data.test,
    )
    return find_near_copies(load(data.source, options, progress), progress, data.moved_copies)
