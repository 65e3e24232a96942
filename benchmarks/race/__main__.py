"""Bakeoff's engine beside what people use instead, in one interleaved run on this machine.

Usage: python benchmarks/race [--quick] [--only NAME ...] [--write]

Sets every peer up in an environment of its own (``.peers``, minutes the first time), trains the same networks on the
same rows with each, and prints medians, spreads, ratios and time over this machine's floor. ``--write`` puts them into
benchmarks/RESULTS.md and benchmarks/RESULTS.json. Needs MNIST and Sign Language MNIST (BAKEOFF_DATA, or downloads).
"""

import argparse
import tempfile
from pathlib import Path

from heats import Heat, run_heat
from jobs import B1, B2, SMALL, A
from rows import write_rows
from tables import Results, as_markdown, as_text, save

from bakeoff.machine import bfloat16_in_hardware

TF, KERAS_JAX, EAGER, COMPILED, MLP = (
    "Keras on TensorFlow",
    "Keras on JAX",
    "PyTorch, eager",
    "PyTorch, compiled",
    "scikit-learn MLPClassifier",
)
HERE = Path(__file__).resolve().parent


def heats(quick: bool) -> list[Heat]:
    """What is measured; the quick form leaves out the slowest peers and has fewer turns."""
    half = ["Bakeoff, bfloat16"] if bfloat16_in_hardware() else []
    peers = [TF, KERAS_JAX] if quick else [TF, KERAS_JAX, EAGER, COMPILED, MLP]
    turns = 1 if quick else 5
    return [
        Heat("B1, warm epoch", "epoch", B1, ["Bakeoff", "Bakeoff, 32 sharing batches", *peers], turns + 1, epochs=6),
        Heat("B1, 20 epochs, whole process", "process", B1, ["Bakeoff", *(peers[:1] if quick else peers)], turns),
        Heat("B2, warm epoch", "epoch", B2, ["Bakeoff", *half, *peers], turns, epochs=2),
        Heat("A with exact F1, 5 epochs", "fit", A, ["Bakeoff", *half, TF], 1 if quick else 3),
        Heat("784-16-10, warm epoch", "epoch", SMALL, ["Bakeoff", "Bakeoff, 256 sharing batches"], turns + 1),
        Heat("B1, compilation", "compile", B1, ["Bakeoff"], turns),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="race")
    parser.add_argument("--quick", action="store_true", help="minutes instead of half an hour")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="heats whose name starts so")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md and RESULTS.json")
    options = parser.parse_args()
    results = Results(quick=options.quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder)
        for heat in heats(options.quick):
            if not options.only or any(heat.name.startswith(start) for start in options.only):
                rates: list[dict[str, float]] = []
                results.add(heat, run_heat(heat, folder, rates), rates)
                print(as_text(results, heat.name), flush=True)
                if options.write:
                    save(results, HERE.parent)
    print(as_markdown(results).split("## Targets")[-1])


if __name__ == "__main__":
    main()
