"""Are 95 % intervals right 95 times in 100, and is a false winner named at most 5 times? By simulation, cell by cell.

Usage: python benchmarks/calibrate.py [--simulations 5000] [--cells PATTERN ...] [--keep FOLDER] [--processes N]

Finished pieces are kept in FOLDER and not done again: the same command goes on where it was stopped. Prints a table
and, with --write, puts it into docs/calibration.md and docs/calibration.json. Ends with status 1 where a cell fails.
"""

import os

# Before NumPy is imported: every process is one thread.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatch
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from calibration_cells import ASKED, CELLS, POWER, SECTIONS
from calibration_pieces import DRAWS, Pieces, missing
from calibration_table import Row, as_json, as_markdown, as_text

from bakeoff.testing.calibration import Cell, Tally, measure

DOCS = Path(__file__).parents[1] / "docs"
FEWER = 1000
"""Simulations for the power curve, which has no limit to keep."""


def main() -> int:
    arguments = _arguments()
    cells = _chosen(arguments.cells)
    if not cells:
        print(f"No cell's name is like {' or '.join(arguments.cells)}. They are:", *_full_names().values(), sep="\n  ")
        return 2
    simulations = {
        name: min(arguments.simulations, FEWER) if name in POWER or name in ASKED else arguments.simulations
        for name in cells
    }
    pieces = Pieces(arguments.keep)
    _run(cells, simulations, pieces, arguments.processes, arguments.minutes)
    rows = [Row.of(name, [*pieces.read(name, cell).values()]) for name, cell in cells.items()]
    rows = [row for row in rows if row.tally.draws]
    print(as_text(rows))
    if arguments.write:
        (DOCS / "calibration.md").write_text(as_markdown(rows))
        (DOCS / "calibration.json").write_text(as_json(rows))
    return int(any(row.problems for row in rows))


def _full_names() -> dict[str, str]:
    """Every cell's name behind that of its section."""
    return {name: f"{section}: {name}" for section, cells in SECTIONS.items() for name in cells}


def _chosen(patterns: Sequence[str]) -> dict[str, Cell]:
    return {name: CELLS[name] for name, full in _full_names().items() if any(fnmatch(full, p) for p in patterns)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=5000, help="bake-offs a cell")
    like = "only cells with names like 'main: *8 contestants*'"
    parser.add_argument("--cells", nargs="+", default=["*"], metavar="PATTERN", help=like)
    parser.add_argument(
        "--keep", type=Path, default=Path("build/calibration"), metavar="FOLDER", help="finished pieces"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no piece after so many minutes")
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md and docs/calibration.json")
    return parser.parse_args()


def _run(
    cells: Mapping[str, Cell], simulations: Mapping[str, int], pieces: Pieces, n_processes: int, minutes: float
) -> None:
    """Do all pieces that are missing, in several processes."""
    start, total = time.monotonic(), len(list(missing(cells, pieces, simulations)))
    if not total or not n_processes:
        return
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_piece, *piece): piece for piece in missing(cells, pieces, simulations)}
        for count, finished in enumerate(as_completed(waiting), 1):
            name, number, _ = waiting[finished]
            if finished.cancelled():
                continue
            tally, seconds = finished.result()
            pieces.write(name, cells[name], number, tally, seconds)
            passed = time.monotonic() - start
            if passed > 60 * minutes:
                pool.shutdown(wait=False, cancel_futures=True)
            print(f"\r{count} of {total} pieces, {passed / 60:.1f} minutes", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _piece(name: str, number: int, draws: int) -> tuple[Tally, float]:
    """One piece, in a process of its own."""
    start = time.process_time()
    tally = measure(_cell(name), name, range(number * DRAWS, number * DRAWS + draws))
    return tally, time.process_time() - start


@cache
def _cell(name: str) -> Cell:
    return CELLS[name]


if __name__ == "__main__":
    raise SystemExit(main())
