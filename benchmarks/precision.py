"""Does bfloat16 cost accuracy? Paired seeds on MNIST's validation rows.

Every seed trains twice from the same start, on the same batches of the same distorted images, in float32 and in
bfloat16. The difference of accuracies is bfloat16 less float32, in points; its limits are Student's over seeds, of 95 %
each. Not inferior: the lower limit is above -0.3 points. Ends with status 1 where a network is inferior.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/precision.py [--seeds 20] [--epochs 20] [--networks 256-128 ...]
       [--write FILE.json]
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
from mnist_networks import Rows, train
from scipy import stats

MARGIN = 0.3  # points


def paired(rows: Rows, layers: list[int], n_seeds: int, epochs: int) -> dict[str, Any]:
    accuracies, seconds = {}, {}
    for precision in ("float32", "bfloat16"):
        settings = {"hidden_layer_sizes": layers, "epochs": epochs, "precision": precision}
        began = time.perf_counter()
        fitted = train(rows, [(seed, settings) for seed in range(n_seeds)])
        seconds[precision] = time.perf_counter() - began - fitted.seconds_compile
        accuracies[precision] = np.array([member.history["val_accuracy"][-1] for member in fitted.members])
    differences = 100 * (accuracies["bfloat16"] - accuracies["float32"])
    mean, error = float(differences.mean()), float(stats.sem(differences))
    reach = float(stats.t.ppf(0.95, n_seeds - 1)) * error
    return {
        "layers": layers,
        "seeds": n_seeds,
        "epochs": epochs,
        "device": str(jax.devices()[0]),
        "accuracy": {name: float(values.mean()) for name, values in accuracies.items()},
        "seconds": seconds,
        "difference": mean,
        "low": mean - reach,
        "high": mean + reach,
        "is_not_inferior": mean - reach > -MARGIN,
        "differences": differences.tolist(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="precision")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--networks", nargs="+", default=["256-128", "1024-512-256-128-64"], metavar="UNITS-UNITS")
    parser.add_argument("--write", type=Path, metavar="FILE", help="everything as JSON")
    options = parser.parse_args()
    rows, found = Rows.load(), []
    for network in options.networks:
        one = paired(rows, [int(units) for units in network.split("-")], options.seeds, options.epochs)
        found.append(one)
        print(
            f"{network}: float32 {100 * one['accuracy']['float32']:.2f} %, bfloat16 less float32 "
            f"{one['difference']:+.3f} points ({one['low']:+.3f} to {one['high']:+.3f}, {options.seeds} seeds), "
            f"{one['seconds']['float32'] / one['seconds']['bfloat16']:.2f} times as fast; "
            f"{'not inferior' if one['is_not_inferior'] else 'INFERIOR'} by {MARGIN}",
            flush=True,
        )
        if options.write:
            options.write.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if all(one["is_not_inferior"] for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
