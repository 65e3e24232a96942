"""The tables that `calibrate.py` prints and writes."""

import json
import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version

from calibration_cells import ASKED, BELOW, CELLS, MAIN, MORE, POWER, RARE

from bakeoff.testing.calibration import Cell, Tally

__all__ = ["Row", "as_json", "as_markdown", "as_text"]

LOWEST, HIGHEST, FALSE_WINNERS = 0.93, 0.97, 0.05
STANDARD_ERRORS = 3
LIBRARIES = ("bakeoff", "numpy", "scipy")
INTRODUCTION = """# Calibration

Simulated bake-offs with known truth: how often an interval holds it, and how often a false winner is named. `make
calibrate` makes this page; what is simulated is told in `src/bakeoff/testing/simulation.py` and
`benchmarks/calibration_cells.py`, and what the figures mean in [statistics.md](statistics.md). In per cent, with the
standard error of the simulation. A cell fails where 95 % intervals cover outside 93 to 97 %, or any false winner is
named in more than 5 %, by more than three standard errors. With rare classes more than 97 % is allowed: one row
there moves the score by points, and no interval can be right just 95 times in 100.
"""


@dataclass(frozen=True)
class Row:
    """One cell and what its simulations came to."""

    name: str
    tally: Tally
    seconds: float

    @classmethod
    def of(cls, name: str, pieces: Iterable[tuple[Tally, float]]) -> "Row":
        """All pieces of a cell together."""
        pieces = list(pieces)
        return cls(name, sum((tally for tally, _ in pieces), Tally()), sum(seconds for _, seconds in pieces))

    @property
    def cell(self) -> Cell:
        """What was simulated."""
        return CELLS[self.name]

    @cached_property
    def problems(self) -> list[str]:
        """Promises that were not kept."""
        tally = self.tally
        if self.name in BELOW:
            return [] if tally.refused == tally.draws else ["does not refuse"]
        if self.name not in {**MAIN, **MORE, **RARE}:
            return []
        procedures = tally.draws if max(self.cell.simulation.seeds_of) >= 5 else 0
        highest = 1.0 if self.name in RARE else HIGHEST
        checks = {
            "single interval": _inside(tally.estimate_covers, tally.draws, highest),
            "intervals of all pairs": _inside(tally.all_pairs_cover, tally.draws, highest),
            "false winners": tally.false_winner / tally.draws <= _with_allowance(FALSE_WINNERS, tally.draws, 1),
            "estimand": tally.procedure == procedures,
        }
        return [what for what, holds in checks.items() if not holds]

    @property
    def verdict(self) -> str:
        """Kept, or what was not."""
        return "**" + ", ".join(self.problems) + "**" if self.problems else "kept"

    def share(self, count: int, of: int | None = None) -> str:
        """In per cent with its standard error."""
        draws = self.tally.draws if of is None else of
        if not draws:
            return "-"
        share = count / draws
        return f"{100 * share:.1f} ± {100 * math.sqrt(share * (1 - share) / draws):.1f}"


def _with_allowance(limit: float, draws: int, sign: int) -> float:
    return limit + sign * STANDARD_ERRORS * math.sqrt(limit * (1 - limit) / draws)


def _inside(count: int, draws: int, highest: float) -> bool:
    return _with_allowance(LOWEST, draws, -1) <= count / draws <= _with_allowance(highest, draws, 1)


def _promises(rows: Sequence[Row]) -> list[list[str]]:
    head = ["bake-off", "about", "single interval", "all pairs", "false winner", "simulations", ""]
    return [
        head,
        *(
            [
                row.name,
                "procedures" if row.tally.procedure else "these fits",
                row.share(row.tally.estimate_covers),
                row.share(row.tally.all_pairs_cover),
                row.share(row.tally.false_winner),
                f"{row.tally.draws:,}",
                row.verdict,
            ]
            for row in rows
        ),
    ]


def _refusals(rows: Sequence[Row]) -> list[list[str]]:
    head = ["bake-off", "refused", "simulations", ""]
    lines = [[row.name, row.share(row.tally.refused), f"{row.tally.draws:,}", row.verdict] for row in rows]
    return [head, *lines]


def _powers(rows: Sequence[Row]) -> list[list[str]]:
    """One line a number of rows or groups, one column a true difference."""
    split = [(*row.name.rsplit(", ", 1), row) for row in rows]
    columns = list(dict.fromkeys(points for _, points, _ in split))
    lines: dict[str, dict[str, str]] = {}
    for line, points, row in split:
        lines.setdefault(line, {})[points] = row.share(row.tally.decided)
    return [["", *columns], *([line, *(found.get(points, "") for points in columns)] for line, found in lines.items())]


def _answers(rows: Sequence[Row]) -> list[list[str]]:
    head = ["pilot", "asked for more", "then decided", "pilots"]
    return [
        head,
        *(
            [
                row.name,
                row.share(row.tally.asked),
                row.share(row.tally.answered, row.tally.asked),
                f"{row.tally.draws:,}",
            ]
            for row in rows
        ),
    ]


SECTIONS = (
    ("Seeds, groups and contestants", MAIN, _promises),
    ("Other bake-offs", MORE, _promises),
    ("Rare classes: at least 93 %", RARE, _promises),
    ("Too few: it must refuse", BELOW, _refusals),
    ("Power: how often a true difference of macro F1 is decided", POWER, _powers),
    ("Does `groups_needed` tell the truth? With as many groups 80 % should be decided", ASKED, _answers),
)


def _sections(rows: Sequence[Row]) -> list[tuple[str, list[list[str]]]]:
    chosen = [(title, [row for row in rows if row.name in names], layout) for title, names, layout in SECTIONS]
    return [(title, layout(found)) for title, found, layout in chosen if found]


def as_text(rows: Sequence[Row]) -> str:
    """For the terminal."""
    parts = []
    for title, (head, *lines) in _sections(rows):
        widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
        table = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in (head, *lines)]
        parts.append("\n".join([title, "", *table]))
    return "\n\n".join([*parts, _summary(rows)]).replace("**", "")


def as_markdown(rows: Sequence[Row]) -> str:
    """For the documentation."""
    parts = [INTRODUCTION, _summary(rows)]
    for title, (head, *lines) in _sections(rows):
        table = [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines)]
        parts.append("\n".join([f"## {title}", "", *table]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _summary(rows: Sequence[Row]) -> str:
    judged = [row for row in rows if row.name in {**MAIN, **MORE, **RARE, **BELOW}]
    kept = sum(not row.problems for row in judged)
    about = _about()
    libraries = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    total, minutes = sum(row.tally.draws for row in rows), sum(row.seconds for row in rows) / 60
    return (
        f"{kept} of {len(judged)} cells with a promise keep it. {_furthest(rows)}{total:,} simulated bake-offs, "
        f"{minutes:.0f} minutes of one processor core. {about['date']}, {libraries}."
    )


def _furthest(rows: Sequence[Row]) -> str:
    """The worst figures without any allowance, for a reader who grants none."""
    promised = [row for row in rows if row.name in {**MAIN, **MORE}]
    if not promised:
        return ""
    covered = [(row, count) for row in promised for count in (row.tally.estimate_covers, row.tally.all_pairs_cover)]
    false = [(row, row.tally.false_winner) for row in promised]
    return (
        f"The furthest from it, rare classes apart: intervals that cover {_told(min(covered, key=_share))} and "
        f"{_told(max(covered, key=_share))}; false winners {_told(max(false, key=_share))}. "
    )


def _share(counted: tuple[Row, int]) -> float:
    return counted[1] / counted[0].tally.draws


def _told(counted: tuple[Row, int]) -> str:
    return f"{counted[0].share(counted[1])} ({counted[0].name})"


def _about() -> Mapping[str, object]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def as_json(rows: Sequence[Row]) -> str:
    """Counts of every cell, for whoever wants to plot them."""
    cells = [
        {"cell": row.name, **asdict(row.tally), "seconds": round(row.seconds, 1), "problems": row.problems}
        for row in rows
    ]
    return json.dumps({**_about(), "cells": cells}, indent=1) + "\n"
