"""What a check reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Finding", "Severity"]

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader of the results should know.

    Parameters
    ----------
    code : str
        Stable, with a page of its own in ``docs/checks/``.
    severity : {"error", "warning", "note"}
        An error makes the result wrong, a warning may, a note explains it.
    title : str
        A few words.
    detail : str
        One or two sentences with the numbers in them.
    numbers : mapping of str to number
        The same numbers for programs.
    """

    code: str
    severity: Severity
    title: str
    detail: str
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)
