"""Recipes as text: YAML and JSON in, YAML out, every problem in one line."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bakeoff.errors import RecipeError
from bakeoff.recipe._problems import problem_lines
from bakeoff.recipe._recipe import SCHEMA, DataEntry, Recipe

__all__ = ["dump_recipe", "load_recipe", "parse_recipe", "validate_recipe"]

_LARGEST_RECIPE = 1 << 20


class _Loader(yaml.SafeLoader):
    """Safe YAML, read as version 1.2 reads it: ``no`` and ``on`` are text, ``1e-3`` is a number.

    Aliases are refused, since a few lines of them can stand for gigabytes; so is a key that comes twice, of which
    PyYAML would silently take the last.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise RecipeError(f"line {mark.line + 1}: aliases (*name) are not read in recipes; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise RecipeError(f"line {key.start_mark.line + 1}: a key must be a single word")
            if key.value in seen:
                raise RecipeError(f"line {key.start_mark.line + 1}: the key {key.value!r} comes twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep=True)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that a reader of YAML 1.1 or 1.2 could take for something else."""


_NUMBERS_AND_TRUTHS = (
    ("bool", r"true|false|True|False|TRUE|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", "-+.0123456789"),
)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Dumper.yaml_implicit_resolvers = {k: list(v) for k, v in yaml.SafeDumper.yaml_implicit_resolvers.items()}
for _tag, _pattern, _first in _NUMBERS_AND_TRUTHS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))

_BREAKS_A_LINE = re.compile("[\x85\u2028\u2029\ufeff]")
"""Characters that YAML readers take for line ends or drop where they stand unescaped."""


def parse_recipe(text: str) -> Recipe:
    """Read a recipe from YAML or JSON text.

    Raises
    ------
    RecipeError
        With one line for every problem: unknown keys with the nearest known one, values out of range, a schema of a
        later release.

    Examples
    --------
    >>> parse_recipe("{name: first, data: {source: digits}, protocol: {seeds: 3}}").protocol.seeds
    (0, 1, 2)
    """
    if len(text) > _LARGEST_RECIPE:
        raise RecipeError(f"a recipe has at most {_LARGEST_RECIPE:,} characters. Got {len(text):,}")
    try:
        # The loader is a SafeLoader: it builds plain data only.
        document = yaml.load(text, _Loader)  # noqa: S506
    except RecipeError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise RecipeError(f"{where}not YAML: {getattr(error, 'problem', None) or _why(error)}") from None
    return validate_recipe(document)


def validate_recipe(document: Any) -> Recipe:
    """A recipe from plain data, as YAML or JSON give it.

    Raises
    ------
    RecipeError
        As for `parse_recipe`.

    Examples
    --------
    >>> validate_recipe({"name": "first", "data": {"source": "digits"}}).name
    'first'
    """
    if not isinstance(document, dict):
        raise RecipeError("a recipe is a mapping with the keys name, data, contestants, ...; this file holds none")
    schema = document.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        raise RecipeError(
            f"schema: this recipe has schema {schema}; this release of Bakeoff reads up to {SCHEMA}. "
            "Install a newer Bakeoff"
        )
    try:
        return Recipe.model_validate(document)
    except ValidationError as error:
        raise RecipeError(problem_lines(error)) from None


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file; relative paths in it start at the file's own folder.

    Raises
    ------
    RecipeError
        Each line begins with the file's name.
    """
    try:
        if path.stat().st_size > _LARGEST_RECIPE:
            raise RecipeError(f"a recipe has at most {_LARGEST_RECIPE:,} bytes. Got {path.stat().st_size:,}")
        recipe = parse_recipe(path.read_text(encoding="utf-8"))
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {problem}" for problem in error.problems) from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path.name}: a recipe is UTF-8 text; this file is not") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None
    return recipe.model_copy(update={"data": _paths_from(path.parent, recipe.data)})


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML text that `parse_recipe` reads back to an equal recipe."""
    document = _without_none(json.loads(recipe.model_dump_json(by_alias=True)))
    is_harmless = not _BREAKS_A_LINE.search(json.dumps(document, ensure_ascii=False))
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=is_harmless, width=100)
    return text


def _without_none(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was not given. A contestant's settings and search space stay whole: there, null is a value."""

    def prune(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: v if k in ("settings", "space") else prune(v) for k, v in value.items() if v is not None}
        return [prune(item) for item in value] if isinstance(value, list) else value

    return {key: prune(value) for key, value in document.items() if value is not None}


def _paths_from(folder: Path, data: DataEntry) -> DataEntry:
    """A name that exists beside the recipe is a path; any other is left for the catalog."""

    def beside(name: str | None) -> str | None:
        return str(folder / name) if name is not None and (folder / name).exists() else name

    return data.model_copy(update={"source": beside(data.source), "test": beside(data.test)})


def _why(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
