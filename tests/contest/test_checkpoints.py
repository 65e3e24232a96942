"""A long fit that was killed goes on from its checkpoint, and gives what it would have given without the kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.contest import Event, JobProgress, Said
from bakeoff.contest._checkpoints import checkpoint_of, event_of
from bakeoff.store import Store
from bakeoff.testing import CentroidContestant, make_blurs
from bakeoff.types import Snapshot

SCRIPT = """
import sys
from pathlib import Path

from bakeoff.contest import ContestOptions, Said, make_plan, run_contest
from bakeoff.contestants import make_contestant
from bakeoff.recipe import Recipe
from bakeoff.testing import make_blurs

def listen(event):
    if isinstance(event, Said):
        print(event.text, flush=True)

settings = {"hidden_layer_sizes": [24], "epochs": 600, "batch_size": 32, "learning_rate": 0.0005, "dropout": 0.2,
            "early_stopping": False, "augment": "none"}
net = make_contestant("net", "dense", settings)
protocol = {"seeds": 2, "probes": False, "threads": 1, "validation": "none"}
recipe = Recipe.model_validate({"name": "test", "data": {"source": "blurs"}, "protocol": protocol, "contestants": []})
plan = make_plan(recipe, make_blurs(), {"net": net})
run_contest(plan, ContestOptions(workspace=Path(sys.argv[1]), listen=listen, checkpoint_seconds=0.05))
"""


def start(workspace: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(workspace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_to_its_end(workspace: Path) -> str:
    process = start(workspace)
    said, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return said


def checkpoints(workspace: Path) -> list[Path]:
    return sorted((workspace / "artifacts" / "checkpoints").glob("*.safetensors"))


def left_by(workspace: Path) -> dict[str, Any]:
    """What a run says of rows, and what it keeps of its models and of their history."""
    (folder,) = (path.parent for path in (workspace / "runs").glob("test-*/results.json"))
    left: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".npz" and name.startswith("predictions"):
            with np.load(path) as archive:
                left |= {f"{name} {key}": array.tobytes() for key, array in archive.items()}
        elif path.is_file() and name.startswith(("models", "history")):
            left[name] = path.read_bytes()
    return left


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.reliability
def test_after_a_kill_a_fit_goes_on_from_its_checkpoint_and_ends_bit_for_bit_the_same(tmp_path: Path) -> None:
    process = start(tmp_path / "killed")
    deadline, written = time.monotonic() + 200, set()
    while time.monotonic() < deadline and len(written) < 2 and process.poll() is None:
        time.sleep(0.01)
        written |= {path.stat().st_mtime_ns for path in checkpoints(tmp_path / "killed")}
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    with Store(tmp_path / "killed", read_only=True) as store:
        (run,) = store.runs()
        assert run.status == "running"
    assert len(checkpoints(tmp_path / "killed")) == 1

    said = run_to_its_end(tmp_path / "killed")
    (line,) = (line for line in said.splitlines() if "from its checkpoint" in line)
    assert line.startswith("net: goes on after epoch ")
    assert 1 < int(line.split("epoch ")[1].split()[0]) < 600
    assert not checkpoints(tmp_path / "killed")

    assert "checkpoint" not in run_to_its_end(tmp_path / "whole")
    killed, whole = left_by(tmp_path / "killed"), left_by(tmp_path / "whole")
    assert any(name.startswith("history") for name in whole)
    assert any(name.startswith("models") for name in whole)
    assert any("test_probabilities" in name for name in whole)
    assert killed == whole


def test_a_checkpoint_is_of_one_job_and_one_version(workspace: Path) -> None:
    with Store(workspace) as store:

        def path_of(keys: list[str], **changes: Any) -> Path:
            file = checkpoint_of(store, CentroidContestant("c", **changes), keys, 0.0)
            assert file is not None
            file.save(Snapshot({"w": np.ones(1)}, {}))
            return checkpoints(workspace)[-1]

        path_of(["a", "b"])
        path_of(["b", "a"])
        assert len(checkpoints(workspace)) == 2
        path_of(["a", "b"])
        assert len(checkpoints(workspace)) == 2
        path_of(["a", "b"], version="2")
        assert len(checkpoints(workspace)) == 1  # those of the other version have gone
        assert checkpoint_of(store, CentroidContestant("c"), None, 0.0) is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"checkpoint": "used", "epoch": 3, "epochs": 9},
            "net: goes on after epoch 3 of 9, from its checkpoint.",
        ),
        (
            {"checkpoint": "ignored", "reason": "it is damaged: no header"},
            "net: its checkpoint is not used, it is damaged: no header. Training begins anew.",
        ),
        ({"checkpoint": "not written", "reason": "no space"}, "net: goes on without checkpoints: no space."),
    ],
)
def test_news_of_checkpoints_are_sentences(values: dict[str, Any], sentence: str) -> None:
    assert event_of("net", 1, values) == Said(sentence)


class Slow(CentroidContestant):
    """Leaves a checkpoint, says what is left of it, and stops at its limit the first time."""

    def fit(self, job: Any, progress: Any) -> Any:
        assert job.checkpoints is not None
        found = job.checkpoints.load(10_000)
        progress({"epoch": 0 if found is None else found.facts["epoch"], "epochs": 9})
        if found is None:
            time.sleep(0.3)
            job.checkpoints.save(Snapshot({"w": np.ones(1)}, {"epoch": 4}))
            time.sleep(0.8)
            progress({"epoch": 5, "epochs": 9})
        return super().fit(job, progress)


def test_a_limit_counts_what_was_spent_before_and_a_longer_one_goes_on(plan_of: Any, run: Any, workspace: Path) -> None:
    dataset, slow = make_blurs(), Slow("slow")
    events: list[Event] = []
    done = run(plan_of(dataset, [slow], time_limit_seconds=1), events)
    entry = done.contestant("slow")
    assert (entry["status"], entry["reason"]) == (
        "timed out",
        "stopped after its limit of 1 s; --time-limit changes it",
    )
    assert len(checkpoints(workspace)) == 1
    # A limit that was spent before is not given again.
    done = run(plan_of(dataset, [slow], time_limit_seconds=0.25))
    assert done.contestant("slow")["reason"] == "stopped after its limit of 0.25 s; --time-limit changes it"
    done = run(plan_of(dataset, [slow], time_limit_seconds=60), events)
    assert done.contestant("slow")["status"] == "ok"
    told = [event for event in events if isinstance(event, JobProgress) and event.contestant == "slow"]
    # Timed out on validation rows; gone on there, and fitted on all rows.
    assert [event.values["epoch"] for event in told] == [0, 4, 0, 5]
    assert not checkpoints(workspace)
