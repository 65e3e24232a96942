"""Killed anywhere, nothing is lost: the same command goes on, and ends as it would have without.

The short form kills each command a few times; ``make kills KILLS=200`` many times.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.store import Store
from bakeoff.testing import make_blurs

KILLS = int(os.environ.get("BAKEOFF_KILLS", "20"))

COMMANDS = {
    "run": ("--contestants", "dense,svc,forest", "--seeds", "3", "--no-probes"),
    "study": ("--levels", "4,8,16"),
    "tune": ("--contestants", "dense,knn", "--fits", "8", "--seeds", "2"),
}

pytestmark = pytest.mark.reliability


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of small images."""
    dataset = make_blurs(240)
    folder = tmp_path_factory.mktemp("data")
    path = folder / "blurs.npz"
    np.savez(path, X=dataset.X_train, y=dataset.y_train)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that all processes share: a kill may come while one is being written there, too."""
    return tmp_path_factory.mktemp("cache")


def started(command: str, data: Path, workspace: Path, cache: Path) -> subprocess.Popen[bytes]:
    what = ["study", "width"] if command == "study" else [command]
    workspace.mkdir(exist_ok=True)
    with (workspace / "output.txt").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "bakeoff", *what, str(data), *COMMANDS[command], "--threads", "1", "-q"],
            cwd=workspace,
            env={**os.environ, "BAKEOFF_CACHE": str(cache)},
            stdout=output,
            stderr=output,
        )


def finished(command: str, data: Path, workspace: Path, cache: Path) -> float:
    """Run to the end; seconds."""
    begun = time.monotonic()
    process = started(command, data, workspace, cache)
    assert process.wait(600) == 0, (workspace / "output.txt").read_text()
    return time.monotonic() - begun


def outcome(command: str, workspace: Path) -> Any:
    """What the last folder says, without names, dates and times, and all predictions."""
    folder = max(folder for folder in (workspace / "runs").iterdir() if (folder / FILES[command]).exists())
    results = json.loads((folder / FILES[command]).read_text())
    arrays = {}
    for path in sorted(folder.glob("predictions/*.npz")):
        with np.load(path) as archive:
            arrays |= {f"{path.name}/{name}": archive[name].tobytes() for name in archive.files}
    return timeless(results), arrays


FILES = {"run": "results.json", "study": "study.json", "tune": "tuning.json"}
NOT_COMPARED = {
    # Times, and what tells of them; some findings are of times.
    "seconds", "created", "command", "sentence", "openings", "folder", "predict_one_ms", "load",
    "findings",
    "reused", "bytes", "n_bytes",  # a model file names objects by where they lay in memory
}  # fmt: skip


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: timeless(each) for name, each in value.items() if name not in NOT_COMPARED}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def fits_in(workspace: Path) -> dict[str, bytes]:
    """Every finished fit that the store can give: its key, and what it predicted."""
    if not (workspace / "bakeoff.sqlite").exists():
        return {}
    with Store(workspace) as store:
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        keys = [row[0] for row in store._connection.execute("SELECT key FROM fits")]
        found = {}
        for key in keys:
            record = store.find_fit(key)
            assert record is not None, f"{key} is in the store, and cannot be read"
            found[key] = b"".join(np.ascontiguousarray(record.arrays[name]).tobytes() for name in sorted(record.arrays))
        return found


@pytest.mark.parametrize("command", COMMANDS)
def test_killed_again_and_again_it_ends_as_it_would_have(command: str, data: Path, cache: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    seconds = finished(command, data, whole, cache)
    chance = random.Random(command)
    known: dict[str, bytes] = {}
    n_kills = max(1, round(KILLS / len(COMMANDS)))
    for _ in range(n_kills):
        process = started(command, data, killed, cache)
        try:
            process.wait(chance.uniform(0.0, 1.1 * seconds))
            continue  # it was over before
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        now = fits_in(killed)
        lost = {key for key in known if now.get(key) != known[key]}
        assert not lost
        known = now
    finished(command, data, killed, cache)
    assert outcome(command, killed) == outcome(command, whole)
    assert fits_in(killed).keys() == fits_in(whole).keys()
    assert not list((killed / "artifacts").glob(".rows-*"))
