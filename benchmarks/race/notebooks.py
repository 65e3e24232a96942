"""The course notebooks' training cells with Keras on TensorFlow, and with one line changed to Bakeoff's engine.

Each is run in a process of its own, the two in turns. Seconds are those of the line: compilation, and loading the
engine, included. Prints a table in Markdown: medians, their ratio, and the scores of the last turn of both.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/race/notebooks.py [--turns 3] [--only A B1 B2]
"""

import argparse
import json
import statistics
import subprocess
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
SIDES = ("keras", "bakeoff")


def run_once(folder: Path, name: str, side: str) -> dict[str, Any]:
    done = subprocess.run(
        RACER.command(str(folder), name, side), env=RACER.environ(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name} with {side} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def line_of(name: str, turns: dict[str, list[dict[str, Any]]]) -> str:
    seconds = {side: statistics.median(turn["seconds"] for turn in turns[side]) for side in SIDES}
    ratio = seconds["keras"] / seconds["bakeoff"]
    shown = []
    for side in SIDES:
        last = turns[side][-1]
        f1 = f", macro F1 {last['last']['val_f1']:.4f}" if "val_f1" in last["last"] else ""
        shown.append(f"{last['test']['accuracy']:.4f}{f1}")
    return (
        f"| {NOTEBOOKS[name]} | {seconds['keras']:.1f} | {seconds['bakeoff']:.1f} | {ratio:.1f} | {' | '.join(shown)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="notebooks")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(NOTEBOOKS), default=list(NOTEBOOKS))
    options = parser.parse_args()
    lines = [
        "| notebook | Keras, s | one line changed, s | times as fast | test accuracy, Keras | with the line changed |",
        "|---|---:|---:|---:|---|---|",
    ]
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
    print("\n".join(lines))


if __name__ == "__main__":
    main()
