"""Who races: each library in an environment of its own, made once and kept in ``.peers`` of the checkout."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["RACERS", "Racer"]

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent.parent / ".peers"


@dataclass(frozen=True)
class Racer:
    """One way to train a network.

    Parameters
    ----------
    name : str
    worker : str
        File of `workers`.
    environment : str or None
        Name of a list of requirements in `peers`; None: the project's own environment.
    variables : mapping
        Environment variables of the worker.
    n_networks : int
        Seconds are those of one of so many.
    """

    name: str
    worker: str
    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    n_networks: int = 1

    @property
    def is_ours(self) -> bool:
        """Whether it is Bakeoff."""
        return self.environment is None

    def python(self) -> Path:
        """The interpreter, after making the environment where it is missing or its requirements have changed."""
        if self.environment is None:
            return Path(sys.executable)
        folder, required = ENVIRONMENTS / self.environment, HERE / "peers" / f"{self.environment}.txt"
        python, stamp = folder / "bin" / "python", folder / "installed.txt"
        if not stamp.exists() or stamp.read_text() != required.read_text():
            print(f"setting up {self.environment} in {folder}", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", required], check=True)
            stamp.write_text(required.read_text())
        return python

    def command(self, *arguments: str) -> list[str]:
        """The worker's command line."""
        return [str(self.python()), str(HERE / "workers" / self.worker), *arguments]

    def environ(self) -> dict[str, str]:
        """The worker's environment."""
        return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **self.variables}


RACERS = {
    racer.name: racer
    for racer in (
        Racer("Bakeoff", "bakeoff_worker.py"),
        Racer("Bakeoff, bfloat16", "bakeoff_worker.py", variables={"BAKEOFF_PRECISION": "bfloat16"}),
        Racer("Bakeoff, 32 sharing batches", "bakeoff_worker.py", variables={"BAKEOFF_MEMBERS": "32"}, n_networks=32),
        Racer(
            "Bakeoff, 256 sharing batches", "bakeoff_worker.py", variables={"BAKEOFF_MEMBERS": "256"}, n_networks=256
        ),
        Racer("Keras on TensorFlow", "keras_worker.py", "keras-tensorflow", {"KERAS_BACKEND": "tensorflow"}),
        Racer("Keras on JAX", "keras_worker.py", "keras-jax", {"KERAS_BACKEND": "jax"}),
        Racer("PyTorch, eager", "torch_worker.py", "torch"),
        Racer("PyTorch, compiled", "torch_worker.py", "torch", {"TORCH_COMPILE": "1"}),
        Racer("scikit-learn MLPClassifier", "sklearn_worker.py", "scikit-learn"),
    )
}
