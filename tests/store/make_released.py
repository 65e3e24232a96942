"""Makes the workspace that a release leaves, to be kept in `tests/store/released` for good.

To be run once for every schema, with the release that brought it, and never again.

Usage: python tests/store/make_released.py
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from bakeoff import api
from bakeoff.contest import ContestOptions
from bakeoff.executors import InlineExecutor
from bakeoff.store import Store
from bakeoff.store._schema import SCHEMA_VERSION
from bakeoff.testing import make_blurs

RELEASED = Path(__file__).parent / "released"
NOT_KEPT = ("report.html", "figures", "pictures.npz", "history", "log.txt", "environment.json")


def main() -> int:
    target = RELEASED / f"schema-{SCHEMA_VERSION}"
    if target.exists():
        print(f"{target} is there; it is what a release left, and stays as it is")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = make_blurs(120, 40)
        np.savez(folder / "blurs.npz", X_train=dataset.X_train, y_train=dataset.y_train,
                 X_test=dataset.X_test, y_test=dataset.y_test)  # fmt: skip
        os.chdir(folder)  # no path of this machine belongs into what is kept
        small = {"epochs": 5, "hidden_layer_sizes": [6]}
        recipe = api.make_recipe(
            "blurs.npz", contestants=("dense:plain", "bayes", "knn"), seeds=2, threads=1, probes=False, name="released",
        )  # fmt: skip
        entries = [
            entry.model_copy(update={"settings": small}) if entry.family == "dense:plain" else entry
            for entry in recipe.contestants or ()
        ]
        plan = api.plan(recipe.model_copy(update={"contestants": tuple(entries)}))
        with InlineExecutor() as executor:
            run = api.run_plan(plan, ContestOptions(folder, executor=executor, command="bakeoff run blurs.npz"))
        for unneeded in NOT_KEPT:
            path = run.folder / unneeded
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
        with Store(folder) as store:
            keys = [row[0] for row in store._connection.execute("SELECT key FROM fits ORDER BY key")]
            fits = {key: store.find_fit(key) for key in keys}
            store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            expected = {
                "fits": {key: hash_of(record.arrays) for key, record in fits.items()},
                "openings": [[each.purpose, each.times, each.n_rows] for each in store.all_openings()],
                "runs": [[each.name, each.status, each.verdict] for each in store.runs()],
            }
        (folder / "expected.json").write_text(json.dumps(expected, indent=1))
        target.mkdir(parents=True)
        for each in ("bakeoff.sqlite", "artifacts", "runs", "expected.json", "blurs.npz"):
            source = folder / each
            if source.is_dir():
                shutil.copytree(source, target / each, symlinks=False, ignore=shutil.ignore_patterns("latest", ".*"))
            else:
                shutil.copy(source, target / each)
    print(f"{target}: {sum(path.stat().st_size for path in target.rglob('*')):,} bytes")
    return 0


def hash_of(arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode() + array.tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
