"""The course notebooks' training cells with Keras on TensorFlow, and with one line changed to Bakeoff's engine.

Each is run in a process of its own, the two in turns. Seconds are those of the line, compilation included; beside them
what the imports of the cells before took. Prints a table in Markdown: medians, their ratio, and the scores of the last
turn of both. Ends with status 1 where A is less than 2 times, or B1 less than 5 times as fast.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/race/notebooks.py [--turns 3] [--only A B1 B2]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from racers import Racer
from rows import write_rows

NOTEBOOKS = {
    "A": "A, Sign Language MNIST, 5 epochs, F1 of both sets after each",
    "B1": "B1, MNIST, 32-16, 20 epochs",
    "B2": "B2, MNIST, 1024-512-256-128-64, 20 epochs",
}
RACER = Racer("Keras", "notebook_cells.py", "keras-bakeoff", {"KERAS_BACKEND": "tensorflow"})
AT_LEAST = {"A": 2.0, "B1": 5.0}
SIDES = ("keras", "bakeoff")


def run_once(folder: Path, name: str, side: str) -> dict[str, Any]:
    done = subprocess.run(
        RACER.command(str(folder), name, side), env=RACER.environ(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name} with {side} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def median_of(turns: list[dict[str, Any]], key: str) -> float:
    return statistics.median(turn[key] for turn in turns)


def ratio_of(turns: dict[str, list[dict[str, Any]]]) -> float:
    return median_of(turns["keras"], "seconds") / median_of(turns["bakeoff"], "seconds")


def line_of(name: str, turns: dict[str, list[dict[str, Any]]]) -> str:
    times = [f"{median_of(turns[side], 'seconds'):.1f} ({median_of(turns[side], 'imported'):.1f})" for side in SIDES]
    scores = []
    for side in SIDES:
        last = turns[side][-1]
        f1 = f", macro F1 {last['last']['val_f1']:.4f}" if "val_f1" in last["last"] else ""
        scores.append(f"{last['test']['accuracy']:.4f}{f1}")
    return f"| {' | '.join([NOTEBOOKS[name], *times, f'{ratio_of(turns):.1f}', *scores])} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="notebooks")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(NOTEBOOKS), default=list(NOTEBOOKS))
    options = parser.parse_args()
    lines = [
        "| notebook | Keras, s (imports) | changed, s (imports) | times as fast | test, Keras | test, changed |",
        "|---|---:|---:|---:|---|---|",
    ]
    is_missed = False
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_rows(folder)
        for name in options.only:
            turns: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
            for _ in range(options.turns):
                for side in SIDES:
                    turns[side].append(run_once(folder, name, side))
            lines.append(line_of(name, turns))
            print(lines[-1], flush=True)
            is_missed |= ratio_of(turns) < AT_LEAST.get(name, 0.0)
    print("\n".join(lines))
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
