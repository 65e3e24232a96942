"""Results of `calibrate.py` as they come in: one small JSON file a piece, so that a long run can be done in pieces.

A piece is `DRAWS` simulated bake-offs of one cell, always the same ones for the same number of a piece. Pieces of other
machines are merged by copying their files into the folder. A piece counts only if its cell is still the same and the
code of `bakeoff.compare` and of the simulation has not changed, comments and docstrings apart.
"""

import ast
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

import bakeoff.compare
import bakeoff.testing.calibration
import bakeoff.testing.simulation
from bakeoff.testing.calibration import Cell, Tally

__all__ = ["Pieces", "missing"]

DRAWS = 250
UNDER_TEST = (
    "_clusters",
    "_contributions",
    "_estimates",
    "_options",
    "_pairs",
    "_randomisation",
    "_scores",
    "_seeds",
    "_table",
    "_unseen",
    "_variance",
)


@dataclass(frozen=True)
class Pieces:
    """A folder of pieces."""

    folder: Path

    def write(self, name: str, cell: Cell, number: int, tally: Tally, seconds: float) -> None:
        """Keep one piece; the file appears whole or not at all."""
        folder = self.folder / slug(name)
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "cell": name,
            "identity": identity(cell),
            "piece": number,
            "seconds": seconds,
            "tally": asdict(tally),
        }
        temporary = folder / f".{number:04}.{os.getpid()}"
        temporary.write_text(json.dumps(content))
        temporary.replace(folder / f"{number:04}-{tally.draws:03}.json")

    def read(self, name: str, cell: Cell) -> dict[int, tuple[Tally, float]]:
        """Tally and seconds of each piece of a cell, by number; the larger one where there are two of a number."""
        found: dict[int, tuple[Tally, float]] = {}
        for path in sorted((self.folder / slug(name)).glob("[0-9]*.json")):
            content = json.loads(path.read_text())
            if content["identity"] == identity(cell):
                found[content["piece"]] = (Tally(**content["tally"]), content["seconds"])
        return found


def missing(
    cells: Mapping[str, Cell], pieces: Pieces, simulations: Mapping[str, int]
) -> Iterator[tuple[str, int, int]]:
    """Cell, number of the piece and draws in it, of all that is not there: first pieces of all cells first."""
    done = {name: pieces.read(name, cell) for name, cell in cells.items()}
    for number in range(-(-max(simulations.values(), default=0) // DRAWS)):
        for name in cells:
            draws = min(DRAWS, simulations[name] - number * DRAWS)
            if draws > 0 and (number not in done[name] or done[name][number][0].draws < draws):
                yield name, number, draws


def slug(name: str) -> str:
    """A cell's name as a folder's."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())


def identity(cell: Cell) -> str:
    """What a piece's figures depend on."""
    described = json.dumps(asdict(cell), sort_keys=True, default=_plain)
    return sha256(f"{described} {code()}".encode()).hexdigest()[:16]


@cache
def code() -> str:
    """Fingerprint of the code under test, without its comments and docstrings."""
    paths = [Path(str(bakeoff.compare.__file__)).with_name(f"{name}.py") for name in UNDER_TEST]
    paths += [Path(str(module.__file__)) for module in (bakeoff.testing.calibration, bakeoff.testing.simulation)]
    return sha256("".join(map(_without_docstrings, paths)).encode()).hexdigest()[:16]


def _without_docstrings(path: Path) -> str:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body: Sequence[ast.stmt] = getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body[0].value = ast.Constant("")
    return ast.dump(tree)


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
