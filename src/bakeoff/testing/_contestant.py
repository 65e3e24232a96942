"""A contestant that is quick, honest and easy to break."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from bakeoff.contestants import Facts, Fitted, Job, MemberPlan, Predictions, Seconds, SummaryRow
from bakeoff.errors import FitError, SettingsError
from bakeoff.types import ProgressCallback, Rows

__all__ = ["CentroidContestant"]


Misbehaviour: TypeAlias = Literal[
    "no", "raises", "raises on seed 1", "diverges on seed 1", "predicts no numbers", "sleeps", "dies"
]


@dataclass(frozen=True)
class CentroidContestant:
    """Says the class whose mean row is nearest; a seed shakes the means a little.

    Parameters
    ----------
    name : str
    is_random : bool
    trains_populations : bool
    shake : float
        Standard deviation of what a seed adds to the means.
    misbehaves : {"no", "raises", "raises on seed 1", "diverges on seed 1", "predicts no numbers", "sleeps", "dies"}
        What goes wrong in `fit`.
    epochs : int or None
        Write a history of so many epochs.
    version : str
        Part of every fit's name.

    Examples
    --------
    >>> CentroidContestant("centroid").resolve(Facts("rows", 10, 2, 2))
    {'shake': 0.0, 'epochs': None}
    """

    name: str
    is_random: bool = False
    trains_populations: bool = False
    shake: float = 0.0
    misbehaves: Misbehaviour = "no"
    epochs: int | None = None
    version: str = "1"
    chooses_on_validation: bool = False

    family = "centroid"
    member_settings: ClassVar[frozenset[str]] = frozenset()

    @property
    def watches_validation(self) -> bool:
        """Whether there is a history to write down."""
        return self.epochs is not None

    def resolve(self, facts: Facts) -> Mapping[str, Any]:
        """Its two settings."""
        if facts.n_classes > 1000:
            raise SettingsError(f"{self.name}: at most 1000 classes. Got {facts.n_classes}.")
        settings: dict[str, Any] = {"shake": self.shake, "epochs": self.epochs}
        return settings

    def fingerprint(self) -> Mapping[str, str]:
        """A version that tests can change."""
        return {"centroid": self.version}

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:  # noqa: ARG002
        """As if a member of a population took a MiB."""
        return max(1, memory_bytes // 2**20) if self.trains_populations else 1

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:
        """Next to nothing."""
        return 1e-9 * facts.n_train * n_members

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted | FitError]:
        """Means of the classes."""
        self._misbehave(job)
        return [
            FitError("the loss became nan in epoch 1")
            if self.misbehaves == "diverges on seed 1" and member.seed == 1
            else self._fit_one(job, member, progress)
            for member in job.members
        ]

    def _misbehave(self, job: Job) -> None:
        if self.misbehaves == "raises" or (self.misbehaves == "raises on seed 1" and job.members[0].seed == 1):
            raise FitError("the means met a wall")
        if self.misbehaves == "sleeps":
            time.sleep(600)
        if self.misbehaves == "dies":
            os.kill(os.getpid(), signal.SIGKILL)

    def _fit_one(self, job: Job, member: MemberPlan, progress: ProgressCallback) -> Fitted:
        started = time.perf_counter()
        y = job.y[member.train]
        if y.min() < 0:
            raise FitError("a sealed label was to be trained on")
        X = np.asarray(job.X[member.train], dtype=np.float32)
        means = np.stack([X[y == label].mean(axis=0) for label in range(job.facts.n_classes)])
        if self.misbehaves == "predicts no numbers":
            means[:] = np.nan
        means += np.random.default_rng(member.seed).normal(0, self.shake, means.shape).astype(np.float32)
        epochs = member.epochs or self.epochs
        history = {"loss": [1 / (1 + epoch) for epoch in range(epochs or 0)]} if epochs else {}
        if epochs:
            progress({"epoch": epochs, "epochs": epochs, "loss": history["loss"][-1], "seed": member.seed})
        fitted = time.perf_counter()
        predictions = {part: _predict(means, job.X[rows]) for part, rows in member.predict.items()}
        return Fitted(
            predictions=predictions,
            seconds=Seconds(fitted - started, 0.0, time.perf_counter() - fitted, 0.01),
            history=history,
            epochs=epochs,
            model_files={"means.bin": means.astype("<f4").tobytes()} if member.keep_model else {},
            summary=[SummaryRow("means", f"{means.shape}", means.size)],
            n_parameters=means.size,
        )

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:
        """From the stored means."""
        means = np.frombuffer(model_files["means.bin"], dtype="<f4").reshape(facts.n_classes, -1)
        return _predict(means, X)


def _predict(means: Rows, X: Rows) -> Predictions:
    distances = -2 * np.asarray(X, dtype=np.float32) @ means.T + (means**2).sum(axis=1)
    closeness = np.exp(-(distances - distances.min(axis=1, keepdims=True)) / np.abs(distances).max())
    probabilities = (closeness / closeness.sum(axis=1, keepdims=True)).astype(np.float32)
    return Predictions(distances.argmin(axis=1).astype(np.int32), probabilities)
