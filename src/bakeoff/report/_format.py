"""Numbers as the report writes them: one rule a kind, and a dash where there is no number."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeGuard

from bakeoff.report._text import shown

__all__ = [
    "DASH",
    "count",
    "interval",
    "is_number",
    "milliseconds",
    "moment",
    "p_value",
    "percent",
    "plural",
    "points",
    "score",
    "seconds",
    "size",
    "spread",
    "times",
]

DASH = "–"


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value of ``results.json`` is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def score(value: float | None) -> str:
    """Four digits, as the published figures have them.

    Examples
    --------
    >>> score(0.84172), score(None)
    ('0.8417', '–')
    """
    return f"{value:.4f}" if value is not None and is_number(value) else DASH


def interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval.

    Examples
    --------
    >>> interval(0.8312, 0.8521)
    '0.8312 to 0.8521'
    """
    if not (is_number(low) and is_number(high)):
        return DASH
    return f"{score(low)} to {score(high)}"


def spread(value: float | None) -> str:
    """A standard deviation."""
    return f"± {value:.4f}" if value is not None and is_number(value) else DASH


def points(value: float | None, *, signed: bool = True) -> str:
    """A difference of scores in points: hundredths of the score.

    Examples
    --------
    >>> points(0.0123), points(-0.004), points(0.02, signed=False)
    ('+1.23', '−0.40', '2.00')
    """
    if value is None or not is_number(value):
        return DASH
    text = f"{100 * value:{'+' if signed else ''}.2f}"
    return text.replace("-", "−")


def percent(value: float | None, digits: int = 0) -> str:
    r"""A share; the space before the sign never ends a line.

    Examples
    --------
    >>> percent(0.956, 1)
    '95.6\xa0%'
    """
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%" if value is not None and is_number(value) else DASH


def count(value: float | None) -> str:
    """A whole number with its thousands apart.

    Examples
    --------
    >>> count(1501770)
    '1,501,770'
    """
    return f"{value:,.0f}" if value is not None and is_number(value) else DASH


def plural(number: int, noun: str, several: str | None = None) -> str:
    """A number with its noun.

    Examples
    --------
    >>> plural(1, "class", "classes"), plural(24, "class", "classes")
    ('1 class', '24 classes')
    """
    return f"{count(number)} {noun if number == 1 else several or noun + 's'}"


def times(number: float) -> str:
    """How often something happened.

    Examples
    --------
    >>> times(0), times(1), times(20)
    ('never', 'once', '20 times')
    """
    return {0: "never", 1: "once", 2: "twice"}.get(int(number), f"{count(number)} times")


def seconds(value: float | None) -> str:
    """A duration with the unit that suits it.

    Examples
    --------
    >>> seconds(0.0042), seconds(12.34), seconds(125), seconds(7260)
    ('4.2 ms', '12.3 s', '2 min 05 s', '2 h 01 min')
    """
    if value is None or not is_number(value):
        return DASH
    if value < 1:
        return milliseconds(1000 * value)
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def moment(value: object) -> str:
    """A time as ISO 8601 has it, for people.

    Examples
    --------
    >>> moment("2026-11-28T13:56:55+00:00")
    '28 November 2026, 13:56 UTC'
    """
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return shown(value or DASH, 40)
    return moment.astimezone(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")


def milliseconds(value: float | None) -> str:
    """A short duration, two digits that count.

    Examples
    --------
    >>> milliseconds(0.0321), milliseconds(41.7), milliseconds(0)
    ('0.032 ms', '42 ms', '0 ms')
    """
    if value is None or not is_number(value):
        return DASH
    if value == 0:
        return "0 ms"
    decimals = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(decimals, 6)}f} ms"


def size(n_bytes: float | None) -> str:
    """A number of bytes.

    Examples
    --------
    >>> size(812), size(6_200_000)
    ('812 B', '6.2 MB')
    """
    if n_bytes is None or not is_number(n_bytes):
        return DASH
    units: Sequence[tuple[float, str]] = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
    for unit, name in units:
        if n_bytes >= unit:
            return f"{n_bytes / unit:.1f} {name}"
    return f"{n_bytes:.0f} B"


def p_value(value: float | None) -> str:
    """A p-value, never printed as zero.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00002)
    ('0.031', '< 0.001')
    """
    if value is None or not is_number(value):
        return DASH
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
