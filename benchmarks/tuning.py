"""`bakeoff tune` beside Keras Tuner and Optuna: the same rows, the same space, the same seconds.

Everybody searches the settings of a dense network of 20 epochs on the same training and validation rows: Bakeoff with
its populations (and nothing compiled before), Keras Tuner with Hyperband, Optuna with TPE, one Keras model a trial and
its median pruner. The others get the seconds that Bakeoff took in fact. Whatever is found is judged alike: fitted on
the training rows with fresh seeds by `DenseClassifier`, and scored on test rows. Differences are of equal rows,
drawn anew for each of five searches, with Student's interval, 95 %; not inferior: its lower limit is above -0.5 points.

Ends with status 1 where that is missed, or where fewer trials were finished than twice the others'.

Usage: python benchmarks/tuning.py [--seconds 60] [--seeds 5] [--sets digits mnist sign-mnist] [--write docs/tuning.md]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from race.racers import Racer
from scipy import stats
from sklearn.model_selection import train_test_split

import bakeoff
from bakeoff.api import make_recipe
from bakeoff.contest import ContestOptions
from bakeoff.data import load
from bakeoff.estimator import DenseClassifier
from bakeoff.recipe import ContestantEntry
from bakeoff.tune import Budget

MARGIN = 0.5  # points
MARKS = ("<!-- measured -->", "<!-- /measured -->")
PEERS = {"keras-tuner": "Keras Tuner", "optuna": "Optuna, a trial at a time"}
N_TRAIN = 10_000
FIXED = {
    "optimizer": "adamw", "schedule": "constant", "warmup_epochs": 0.0, "augment": "none", "epochs": 20,
    "scale": "standard",
}  # fmt: skip
SPACE = {
    "hidden_layer_sizes": [[128], [256], [128, 64], [256, 128], [512, 256]],
    "learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
    "weight_decay": {"low": 1e-3, "high": 0.3, "log": True},
    "dropout": {"low": 0.0, "high": 0.5},
    "label_smoothing": {"low": 0.0, "high": 0.1},
    "batch_size": [32, 64, 128],
}
N_JUDGES = {"digits": 10}  # seeds of the fits that judge what was found, elsewhere 3: there are 540 test rows


def rows_of(name: str, seed: int) -> dict[str, Any]:
    """Training rows drawn anew for each seed, and test rows."""
    dataset = load(name)
    X, y, X_test, y_test = dataset.X_train, dataset.y_train, dataset.X_test, dataset.y_test
    if X_test is None:
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
    elif len(X) > N_TRAIN:
        X, _, y, _ = train_test_split(X, y, train_size=N_TRAIN, stratify=y, random_state=seed)
    return {"X_train": X, "y_train": y, "X_test": X_test, "y_test": y_test}


def search_with_bakeoff(path: Path, workspace: Path, seconds: float) -> tuple[dict[str, Any], Any]:
    """What it found, and the validation rows that it looked at."""
    recipe = make_recipe(path, primary_metric="accuracy", validation=0.2, seeds=1, probes=False)
    entry = ContestantEntry(name="dense", family="dense", settings=FIXED)
    recipe = recipe.model_copy(update={"contestants": (entry,)})
    planned = bakeoff.api.plan_of_tuning(recipe, Budget(seconds=seconds), {"dense": SPACE})
    tuning = bakeoff.api.run_tuning_plan(planned, ContestOptions(workspace))
    (one,) = tuning.results["searches"]
    n_trials = sum(each["score"] is not None for each in one["candidates"])
    found = {"settings": one["best"]["settings"], "trials": n_trials, "seconds": one["seconds"]}
    return found, planned.plan.parts.divisions[0].validation


def search_with(peer: str, path: Path, seconds: float, seed: int) -> dict[str, Any]:
    racer = Racer(PEERS[peer], "search_worker.py", "keras-search", {"KERAS_BACKEND": "tensorflow"})
    command = racer.command(peer, str(path), str(seconds), str(seed))
    done = subprocess.run(command, env=racer.environ(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def judged(name: str, settings: Mapping[str, Any], rows: Mapping[str, Any], learnt: Any) -> float:
    """Accuracy on test rows, the mean of fresh seeds."""
    own = {**FIXED, **settings}
    X, y = rows["X_train"][learnt], rows["y_train"][learnt]
    scores = [
        DenseClassifier(random_state=101 + judge, **own).fit(X, y).score(rows["X_test"], rows["y_test"])
        for judge in range(N_JUDGES.get(name, 3))
    ]
    return fmean(scores)


def measure(name: str, seed: int, seconds: float) -> dict[str, dict[str, Any]]:
    rows = rows_of(name, seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BAKEOFF_CACHE"] = folder  # nothing that was compiled before
        path = Path(folder) / "rows.npz"
        np.savez(path, **rows)
        ours, validation = search_with_bakeoff(path, Path(folder), seconds)
        held = np.zeros(len(rows["X_train"]), bool)
        held[validation] = True
        np.savez(path, validation=held, **rows)
        found = {"bakeoff": ours}
        found |= {peer: search_with(peer, path, ours["seconds"], seed) for peer in PEERS}
    for one in found.values():
        one["score"] = judged(name, one["settings"], rows, ~held)
        print(name, seed, one, file=sys.stderr, flush=True)
    return found


def line(name: str, peer: str, runs: list[dict[str, dict[str, Any]]]) -> tuple[str, bool]:
    """A row of the table, and whether anything is missed."""
    differences = [100 * (run["bakeoff"]["score"] - run[peer]["score"]) for run in runs]
    mean = fmean(differences)
    reach = 0.0
    if len(runs) > 1:
        reach = float(stats.t.ppf(0.975, len(runs) - 1) * np.std(differences, ddof=1) / np.sqrt(len(runs)))
    trials = [fmean(run[who]["trials"] for run in runs) for who in ("bakeoff", peer)]
    scores = [fmean(run[who]["score"] for run in runs) for who in ("bakeoff", peer)]
    seconds = [fmean(run[who]["seconds"] for run in runs) for who in ("bakeoff", peer)]
    row = (
        f"| {name} | {PEERS[peer]} | {seconds[0]:.0f} and {seconds[1]:.0f} s | {trials[0]:.0f} and {trials[1]:.0f} "
        f"| {trials[0] / trials[1]:.1f} | {scores[0]:.4f} and {scores[1]:.4f} "
        f"| {mean:+.2f} ({mean - reach:+.2f} to {mean + reach:+.2f}) |"
    )
    return row, mean - reach < -MARGIN or trials[0] < 2 * trials[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tuning")
    parser.add_argument("--sets", nargs="+", default=["digits", "mnist", "sign-mnist"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the table between the page's marks")
    options = parser.parse_args()
    head = "| data | beside | seconds | trials | times as many | accuracy on test rows | difference, points (95 %) |"
    table = [head, "|---|---|---:|---:|---:|---:|---:|"]
    is_missed = False
    for name in options.sets:
        runs = [measure(name, seed, options.seconds) for seed in range(options.seeds)]
        for peer in PEERS:
            row, missed = line(name, peer, runs)
            is_missed |= missed
            table.append(row)
            print(row, flush=True)
    if options.write:
        page = options.write.read_text()
        before, rest = page.split(MARKS[0])
        text = "\n".join(table)
        options.write.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
