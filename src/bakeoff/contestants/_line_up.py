"""Who enters when the user names nobody, and how long one fit may take."""

import math

from bakeoff.contestants._families import FAMILIES
from bakeoff.contestants._protocol import Facts
from bakeoff.contestants._registry import families, make_contestant

__all__ = ["default_line_up", "default_time_limit_seconds"]

_LONGEST_FIT_SECONDS = 120.0
_SHORTEST_LIMIT_SECONDS = 120
_LONGEST_LIMIT_SECONDS = 3600


def default_line_up(facts: Facts) -> list[tuple[str, str]]:
    """Families for these data, each with the reason in words.

    The dense network and the floor always enter; every other family whose fit is expected to end within two minutes
    on two cores.
    """
    line_up = [("dense", families()["dense"])]
    for family in FAMILIES:
        seconds = make_contestant(family, family).estimate_seconds(facts, 1)
        if family == "dummy" or seconds <= _LONGEST_FIT_SECONDS:
            line_up.append((family, f"{families()[family]}; {_about(seconds)} a fit"))
    return line_up


def default_time_limit_seconds(facts: Facts) -> float:
    """Ten times what the slowest fit of the default line-up is expected to take, from two minutes to an hour."""
    expected = [make_contestant(family, family).estimate_seconds(facts, 1) for family, _ in default_line_up(facts)]
    limit = 60 * math.ceil(10 * max(expected) / 60)
    return float(min(max(limit, _SHORTEST_LIMIT_SECONDS), _LONGEST_LIMIT_SECONDS))


def _about(seconds: float) -> str:
    """A rough time in words.

    Examples
    --------
    >>> _about(0.2), _about(17.3), _about(95)
    ('under a second', 'about 20 s', 'about 100 s')
    """
    if seconds < 1:
        return "under a second"
    digits = 10 ** math.floor(math.log10(seconds))
    return f"about {math.ceil(seconds / digits) * digits:g} s"
