"""What is wrong with a recipe, in words: one line a problem, whatever the library that finds it calls it."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from bakeoff.recipe._recipe import Claim, ContestantEntry, DataEntry, Protocol, Recipe

__all__ = ["problem_lines"]

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "": Recipe,
    "data": DataEntry,
    "protocol": Protocol,
    "contestants": ContestantEntry,
    "claims": Claim,
}
_RULES = {
    "string_type": "must be text; a number needs quotes",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of a usual size",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list, as [a, b]",
    "list_type": "must be a list, as [a, b]",
    "dict_type": "must be a mapping, as {{key: value}}",
    "mapping_type": "must be a mapping, as {{key: value}}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}
"""By the types of errors of Pydantic 2; the braces hold what its context gives."""


def problem_lines(error: ValidationError) -> list[str]:
    """One line for each problem: the key, the rule, what came.

    Parameters
    ----------
    error : pydantic.ValidationError
    """
    problems: Sequence[Mapping[str, Any]] = error.errors(include_url=False)
    return [_line(problem) for problem in problems if not _says_nothing_new(problem, problems)]


def _says_nothing_new(problem: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> bool:
    """A list that lost its invalid entries is also called too short."""
    depth = len(problem["loc"])
    return problem["type"] == "too_short" and any(
        other is not problem and other["loc"][:depth] == problem["loc"] for other in problems
    )


def _line(problem: Mapping[str, Any]) -> str:
    location = [str(part) for part in problem["loc"] if part != "[key]"]
    where = ".".join(location) or "recipe"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key{_nearest_key(location)}"
    if problem["type"] == "missing":
        return f"{where}: is required and missing"
    if problem["type"] == "value_error":  # ours, and in our words
        return f"{where}: {problem['ctx']['error']}"
    if location != [*map(str, problem["loc"])]:
        return f"{where}: a key must be text; put it in quotes"
    return f"{where}: {_rule(problem, location)}. Got {_short(problem['input'])}{_nearest_value(problem)}"


def _rule(problem: Mapping[str, Any], location: Sequence[str]) -> str:
    section = _SECTIONS.get(location[0]) if location else Recipe
    if problem["type"] in {"model_type", "model_attributes_type"} and section is not None:
        return f"must be a mapping with the keys {', '.join(_keys(section))}"
    rule = _RULES.get(problem["type"], "has a form that is not understood")
    return rule.format_map(problem.get("ctx", {})).replace("at least 1 entries", "at least one entry")


def _nearest_value(problem: Mapping[str, Any]) -> str:
    if problem["type"] != "literal_error" or not isinstance(problem["input"], str):
        return ""
    options = problem["ctx"]["expected"].replace(" or ", ", ").split(", ")
    match = difflib.get_close_matches(problem["input"], [option.strip("'") for option in options], n=1)
    return f"; did you mean {match[0]!r}?" if match else ""


def _nearest_key(location: Sequence[str]) -> str:
    known = _keys(_SECTIONS.get(location[0] if len(location) > 1 else "", Recipe))
    match = difflib.get_close_matches(location[-1], known, n=1)
    return f"; did you mean {match[0]!r}?" if match else f"; known keys are {', '.join(known)}"


def _keys(section: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
