"""Published figures beside what was measured, on the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bakeoff.cli._options import printable

__all__ = ["print_claims"]

_ANSWERS = {True: ("yes", "green"), False: ("no", "red"), None: ("cannot be said", "yellow")}
_NAMES = {"f1_macro": "macro F1", "f1_weighted": "weighted F1", "log_loss": "log loss", "f1": "F1"}


def print_claims(out: Console, claims: Sequence[Mapping[str, Any]], sentences: Sequence[str]) -> None:
    """Print what the figures amount to, a table, and the reason for each answer.

    Parameters
    ----------
    out : rich console
    claims : sequence of mapping
        As in ``results.json``.
    sentences : sequence of str
    """
    for sentence in sentences:
        out.print(Text(printable(sentence)))
    out.print()
    table = Table(box=None, pad_edge=False)
    for heading in ("", "contestant", "figure", "published", "measured", "one more run", "agrees"):
        table.add_column(heading, justify="right" if heading in {"published", "measured"} else "left")
    for number, claim in enumerate(claims, 1):
        low, high = claim["low"], claim["high"]
        table.add_row(
            str(number),
            Text(printable(claim["contestant"])),
            _figure_name(claim),
            f"{claim['published']:.{claim['digits']}f}",
            "–" if claim["measured"] is None else f"{claim['measured']:.4f}",
            "–" if low is None else f"{low:.4f} to {high:.4f}",
            Text(*_ANSWERS[claim["agrees"]]),
        )
    out.print(table)
    out.print()
    reasons = Table.grid(padding=(0, 2))
    for number, claim in enumerate(claims, 1):
        reasons.add_row(str(number), Text(printable(claim["explanation"])))
    out.print(reasons)


def _figure_name(claim: Mapping[str, Any]) -> str:
    name = _NAMES.get(claim["metric"], claim["metric"])
    return name if claim["on"] == "test" else f"{claim['on']} {name}"
