"""One measurement of several racers, in turns, so that a busy moment of the machine meets them all."""

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jobs import Job
from racers import RACERS, Racer

from bakeoff.machine import bandwidth, bfloat16_in_hardware, matmul_rate

__all__ = ["FROM_CACHE", "Heat", "Outcome", "run_heat"]

FROM_CACHE = ", from the cache"


@dataclass(frozen=True)
class Heat:
    """What is measured.

    Parameters
    ----------
    name : str
    kind : {"epoch", "fit", "process", "compile"}
        A warm epoch; the whole training, from the first call in a new process on; a whole process, from its start to
        the saved model; Bakeoff's compilation alone, with an empty cache and in the next process.
    job : Job
    racers : sequence of str
    rounds : int
        Times that each racer's turn comes.
    epochs : int
        In a turn, with kind ``"epoch"``.
    """

    name: str
    kind: Literal["epoch", "fit", "process", "compile"]
    job: Job
    racers: Sequence[str]
    rounds: int
    epochs: int = 3


@dataclass
class Outcome:
    """What one racer showed."""

    seconds: list[float] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Seconds."""
        return float(np.median(self.seconds))


class _Worker:
    def __init__(self, racer: Racer, folder: Path, job: Job) -> None:
        self.process = subprocess.Popen(
            racer.command(str(folder), job.to_json()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors.txt").open("ab"),
            text=True,
            env=racer.environ(),
        )
        self.folder = folder
        self.versions = self._answer()["versions"]

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended: {(self.folder / 'errors.txt').read_text()[-3000:]}")
        return json.loads(line)

    def order(self, **order: Any) -> dict[str, Any]:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)


def _machine_rates() -> dict[str, float]:
    """What this machine shows at this moment: operations a second of square products, bytes a second."""
    names = ["float32", "bfloat16"] if bfloat16_in_hardware() else ["float32"]
    # Not what the process remembers: a busy moment meets the machine's rates as it meets the racers.
    return {name: matmul_rate.__wrapped__(name) for name in names} | {"bandwidth": bandwidth.__wrapped__()}


def run_heat(heat: Heat, folder: Path, rates: list[dict[str, float]]) -> dict[str, Outcome]:
    """Every racer's outcome.

    Parameters
    ----------
    heat : Heat
    folder : Path
        With the rows.
    rates : list
        Gets the machine's rates, once a round.
    """
    if heat.kind == "compile":
        return _compilations(heat, folder)
    outcomes = {name: Outcome() for name in heat.racers}
    if heat.kind == "epoch":
        with ExitStack() as stack:
            workers = {name: stack.enter_context(_Worker(RACERS[name], folder, heat.job)) for name in heat.racers}
            for _ in range(heat.rounds):
                rates.append(_machine_rates())
                for name, worker in workers.items():
                    outcomes[name].seconds += worker.order(do="epochs", n=heat.epochs)["seconds"]
                    outcomes[name].versions = worker.versions
        return outcomes
    for _ in range(heat.rounds):
        for name, outcome in outcomes.items():
            (_one_fit if heat.kind == "fit" else _one_process)(RACERS[name], folder, heat.job, outcome)
    return outcomes


def _compilations(heat: Heat, folder: Path) -> dict[str, Outcome]:
    """Seconds of compilation: in a process whose cache is empty, and in the one after it."""
    outcomes = {f"{name}{which}": Outcome() for name in heat.racers for which in ("", FROM_CACHE)}
    for _ in range(heat.rounds):
        for name in heat.racers:
            with tempfile.TemporaryDirectory() as cache:
                racer = replace(RACERS[name], variables={**RACERS[name].variables, "BAKEOFF_CACHE": cache})
                for which in ("", FROM_CACHE):
                    with _Worker(racer, folder, heat.job) as worker:
                        outcome = outcomes[f"{name}{which}"]
                        outcome.seconds += worker.order(do="compile")["seconds"]
                        outcome.versions = worker.versions
    return outcomes


def _one_fit(racer: Racer, folder: Path, job: Job, outcome: Outcome) -> None:
    with _Worker(racer, folder, job) as worker:
        answer = worker.order(do="fit")
        outcome.seconds += answer["seconds"]
        outcome.scores.append(answer["scores"])
        outcome.versions = worker.versions


def _one_process(racer: Racer, folder: Path, job: Job, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory() as models:
        command = racer.command(str(folder), job.to_json(), "--whole", str(Path(models) / "model"))
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=racer.environ(), check=False)
        outcome.seconds.append(time.perf_counter() - started)
        if done.returncode:
            raise RuntimeError(f"{racer.name} ended with {done.returncode}: {done.stderr[-3000:]}")
        outcome.peak_mib.append(json.loads(done.stdout)["peak_mib"])
        if not any(Path(models).iterdir()):
            raise RuntimeError(f"{racer.name} saved no model")
