"""Published figures beside what was measured, on the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bakeoff.cli._options import printable
from bakeoff.compare import METRIC_NAMES

__all__ = ["print_claims"]

_ANSWERS = {True: ("yes", "green"), False: ("no", "red"), None: ("cannot be said", "yellow")}
_NONE = "–"
_MOST_DIGITS = 12


def print_claims(out: Console, claims: Sequence[Mapping[str, Any]], sentences: Sequence[str]) -> None:
    """Print what the figures amount to, a table, and the reason for each answer.

    Parameters
    ----------
    out : rich console
    claims : sequence of mapping
        As in ``results.json`` or ``claims.json``, which come from someone's disk: nothing in them is obeyed.
    sentences : sequence of str
    """
    for sentence in sentences:
        out.print(_text(sentence))
    out.print()
    table = Table(box=None, pad_edge=False)
    for heading in ("", "contestant", "figure", "published", "measured", "one more run", "agrees"):
        table.add_column(heading, justify="right" if heading in {"published", "measured"} else "left")
    for number, claim in enumerate(claims, 1):
        table.add_row(str(number), *_cells(claim))
    out.print(table)
    out.print()
    reasons = Table.grid(padding=(0, 2))
    for number, claim in enumerate(claims, 1):
        reasons.add_row(str(number), _text(claim.get("explanation") or _NONE))
    out.print(reasons)


def _cells(claim: Mapping[str, Any]) -> tuple[Text, ...]:
    low, high = _decimals(claim.get("low"), 4), _decimals(claim.get("high"), 4)
    agrees = claim.get("agrees")
    return (
        _text(claim.get("contestant")),
        _text(_figure_name(claim)),
        _text(_decimals(claim.get("published"), claim.get("digits"))),
        _text(_decimals(claim.get("measured"), 4)),
        _text(_NONE if _NONE in (low, high) else f"{low} to {high}"),
        Text(*_ANSWERS[agrees if isinstance(agrees, bool) else None]),
    )


def _text(words: object) -> Text:
    """What may come from a file: no control character and no markup of it acts."""
    return Text(printable(str(words)))


def _decimals(value: object, digits: object) -> str:
    if not isinstance(value, int | float):
        return _NONE
    return f"{value:.{min(max(digits, 0), _MOST_DIGITS) if isinstance(digits, int) else 4}f}"


def _figure_name(claim: Mapping[str, Any]) -> str:
    metric, rows = str(claim.get("metric")), claim.get("on") or "test"
    name = {**METRIC_NAMES, "f1": "F1"}.get(metric, metric)
    return name if rows == "test" else f"{rows} {name}"
