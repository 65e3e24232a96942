"""Rules that a setting keeps, each able to say itself in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol

__all__ = ["Boolean", "Choice", "Constraint", "Either", "Nothing", "Number", "NumberList", "Strengths", "WholeNumber"]


class Constraint(Protocol):
    """One rule."""

    def accepts(self, value: Any) -> bool:
        """Whether a value keeps the rule."""
        ...

    def plain(self, value: Any) -> Any:
        """An accepted value as plain JSON data."""
        ...

    def __str__(self) -> str:
        """The rule in words, to follow "must be"."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A real number in an interval written as in mathematics: ``"[0, inf)"``."""

    interval: str

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
            return False
        number = float(value)
        low, high = (float(end) for end in self.interval[1:-1].split(","))
        above = number >= low if self.interval[0] == "[" else number > low
        return above and (number <= high if self.interval[-1] == "]" else number < high)

    def plain(self, value: Any) -> float:
        return float(value)

    def __str__(self) -> str:
        return f"a float in the range {self.interval}"


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """An integer in a closed interval."""

    low: int
    high: int

    def accepts(self, value: Any) -> bool:
        return isinstance(value, Integral) and not isinstance(value, bool) and self.low <= int(value) <= self.high

    def plain(self, value: Any) -> int:
        return int(value)

    def __str__(self) -> str:
        return f"an int in the range [{self.low}, {self.high}]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.words

    def plain(self, value: Any) -> str:
        return str(value)

    def __str__(self) -> str:
        words = [repr(word) for word in self.words]
        return words[0] if len(words) == 1 else f"one of {', '.join(words[:-1])} or {words[-1]}"


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or False."""

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)

    def plain(self, value: Any) -> bool:
        return bool(value)

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True, slots=True)
class Nothing:
    """None: decided from the data."""

    def accepts(self, value: Any) -> bool:
        return value is None

    def plain(self, value: Any) -> None:
        del value

    def __str__(self) -> str:
        return "None"


@dataclass(frozen=True, slots=True)
class NumberList:
    """A list, each item keeping a rule."""

    item: Constraint
    longest: int

    def accepts(self, value: Any) -> bool:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or len(value) > self.longest:
            return False
        return all(self.item.accepts(each) for each in value)

    def plain(self, value: Any) -> list[Any]:
        return [self.item.plain(each) for each in value]

    def __str__(self) -> str:
        return f"a list of at most {self.longest}, each {self.item}"


@dataclass(frozen=True, slots=True)
class Strengths:
    """Some of several names, each with a number from 0 to the largest that its name allows."""

    largest: Mapping[str, float]

    def accepts(self, value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            name in self.largest and Number(f"[0, {self.largest[name]}]").accepts(each) for name, each in value.items()
        )

    def plain(self, value: Any) -> dict[str, float]:
        return {str(name): float(each) for name, each in value.items()}

    def listed(self) -> str:
        """The names, each with its range."""
        return ", ".join(f"{name} (0 to {largest:g})" for name, largest in self.largest.items())

    def __str__(self) -> str:
        return f"a mapping of {self.listed()}"


@dataclass(frozen=True, slots=True)
class Either:
    """One rule or another."""

    rules: tuple[Constraint, ...]

    def accepts(self, value: Any) -> bool:
        return any(rule.accepts(value) for rule in self.rules)

    def plain(self, value: Any) -> Any:
        return next(rule.plain(value) for rule in self.rules if rule.accepts(value))

    def __str__(self) -> str:
        return " or ".join(str(rule) for rule in self.rules)
