"""The engine on the first device that JAX finds: right or not, and how fast beside what the device can do.

Known answers; losses beside the processor's; seconds of an epoch a network, against the number of members, and how
large a part of it the device's floor is. MNIST, batches of 128 rows, members share their batches. Made for a GPU or a
TPU, runs anywhere.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/accelerator.py [--members 1 16 64 256] [--write FILE.json]
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np
from mnist_networks import PLAIN, Rows, epoch_seconds, train

from bakeoff.machine import bandwidth, describe, floor_seconds, matmul_rate, resolve_precision, self_test

PRECISIONS: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
NETWORKS: Mapping[str, tuple[Mapping[str, Any], int]] = {
    "32-16": (PLAIN, 256),
    "1024-512-256-128-64": (PLAIN, 32),
    "256-128, the default": ({"batch_size": 128}, 64),
}
"""Settings beside the layers, and the most members."""


def layers_of(name: str) -> list[int]:
    return [int(units) for units in name.split(",", maxsplit=1)[0].split("-")]


def agreement(rows: Rows) -> list[dict[str, Any]]:
    """Losses and validation scores of three epochs here and on the processor, from equal starts."""
    found = []
    for precision, network in (("float64", "32-16"), ("float32", "32-16"), ("float32", "1024-512-256-128-64")):
        settings = {**PLAIN, "hidden_layer_sizes": layers_of(network), "precision": precision, "epochs": 3}
        candidates = [(seed, settings) for seed in range(2)]
        here = train(rows, candidates)
        there = train(rows, candidates, devices=jax.devices("cpu"))
        differences = {
            name: max(
                float(np.max(np.abs(np.subtract(a.history[name], b.history[name])) / np.abs(b.history[name])))
                for a, b in zip(here.members, there.members, strict=True)
            )
            for name in ("loss", "val_loss", "val_accuracy")
        }
        found.append({"network": network, "precision": precision, **differences})
        print(f"{precision} {network}: relative differences from the processor {differences}", flush=True)
    return found


def throughput(rows: Rows, counts: Sequence[int]) -> list[dict[str, Any]]:
    found = []
    for name, (settings, most) in NETWORKS.items():
        layers = layers_of(name)
        for precision, n_members in itertools.product(PRECISIONS, [count for count in counts if count <= most]):
            own = {**settings, "hidden_layer_sizes": layers, "precision": precision}
            seconds, compilation = epoch_seconds(rows, own, n_members)
            floor = floor_seconds((784, *layers, 10), 128, len(rows.y), precision, n_members)
            each = seconds / n_members
            found.append(
                {
                    "network": name,
                    "precision": precision,
                    "members": n_members,
                    "seconds": each,
                    "images_per_second": len(rows.y) / each,
                    "fraction_of_floor": floor / seconds,
                    "seconds_compile": compilation,
                }
            )
            print(
                f"{name:22} {precision:8} {n_members:4} members: {each * 1e3:9.3f} ms a network and epoch, "
                f"{len(rows.y) / each / 1e6:8.2f} million images a second, {floor / seconds:6.3f} of the floor",
                flush=True,
            )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="accelerator")
    parser.add_argument("--members", type=int, nargs="+", default=[1, 16, 64, 256], metavar="N")
    parser.add_argument("--write", type=Path, metavar="FILE", help="everything as JSON")
    options = parser.parse_args()
    started = time.perf_counter()
    answers = self_test()
    for answer in answers:
        print(f"{'right' if answer.passed else 'WRONG'}: {answer.name}: {answer.detail}", flush=True)
    rates = {name: matmul_rate(name) for name in PRECISIONS} | {"bandwidth": bandwidth()}
    print(f"{jax.devices()}; {rates}; trains in {resolve_precision()}", flush=True)
    rows = Rows.load()
    found = {
        "machine": describe(),
        "rates": rates,
        "precision": resolve_precision(),
        "agreement": agreement(rows),
        "throughput": throughput(rows, options.members),
        "seconds": time.perf_counter() - started,
    }
    if options.write:
        options.write.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if all(answer.passed for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
