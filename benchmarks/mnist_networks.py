"""Populations of networks on MNIST's training rows, as the scripts beside this file train them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import jax
import numpy as np

from bakeoff.data import find_near_copies, load, split_validation
from bakeoff.dense import DataShape, DenseSettings, FittedPopulation, Member, Task, fit_population
from bakeoff.types import RowIndices

__all__ = ["PLAIN", "Rows", "epoch_seconds", "train"]

PLAIN: Mapping[str, Any] = MappingProxyType(
    {
        "optimizer": "sgd",
        "schedule": "constant",
        "label_smoothing": 0.0,
        "dropout": 0.0,
        "augment": "none",
        "scale": "unit",
        "batch_size": 128,
    }
)
"""Settings of a course notebook's kind."""


@dataclass(frozen=True, eq=False)
class Rows:
    """MNIST's training rows, and how they are divided.

    Parameters
    ----------
    shape : DataShape
    X : (60000, 784) uint8
    y : (60000,) int32
    train, validation : positions
        80 % and 20 %, by class and by groups of near-copies, as a bake-off divides them.
    """

    shape: DataShape
    X: Any
    y: Any
    train: RowIndices
    validation: RowIndices

    @classmethod
    def load(cls) -> "Rows":
        """From BAKEOFF_DATA, the cache or the web."""
        dataset = find_near_copies(load("mnist"))
        learnt, validation = split_validation(dataset.y_train, dataset.groups_train, 0.2, dataset.sha256_train)
        shape = DataShape("images", len(learnt), 784, dataset.n_classes, 255, image_shape=(28, 28, 1))
        return cls(shape, dataset.X_train, dataset.y_train, learnt, validation)


def train(
    rows: Rows,
    candidates: Sequence[tuple[int, Mapping[str, Any]]],
    progress: Callable[[Mapping[str, Any]], None] | None = None,
    *,
    scored: bool = True,
    devices: Sequence[jax.Device] | None = None,
) -> FittedPopulation:
    """One population: a seed and settings for each; they may differ in what is data (rates, strengths), not in shape.

    Without `scored`, all training rows are learnt and nothing is scored but the running loss and accuracy.
    """
    shape = rows.shape if scored else replace(rows.shape, n_train=len(rows.y))
    own = [DenseSettings.read({"train_scores": "none", **settings}).resolve(shape) for _, settings in candidates]
    specs = {settings.spec(shape) for settings in own}
    if len(specs) != 1:
        raise ValueError("the candidates are not of one shape")
    learnt, validation = (rows.train, rows.validation) if scored else (np.arange(len(rows.y)), None)
    members = [
        Member(
            seed,
            learnt,
            validation,
            settings.epochs,
            settings.rates(settings.epochs, rows.y[learnt], rows.shape.n_classes),
            distortion=settings.distortion(),
        )
        for (seed, _), settings in zip(candidates, own, strict=True)
    ]
    return fit_population(specs.pop(), Task(rows.X, rows.y, own[0].scale, 255), members, progress, devices=devices)


def epoch_seconds(rows: Rows, settings: Mapping[str, Any], n_members: int, n_epochs: int = 3) -> tuple[float, float]:
    """Seconds of a warm epoch of all members together, the median of several, and of compilation.

    Members share their batches: one seed, other learning rates.
    """
    moments: list[float] = []
    candidates = [
        (0, {**settings, "epochs": n_epochs + 1, "learning_rate": 0.01 * (1 + place / n_members)})
        for place in range(n_members)
    ]
    fitted = train(rows, candidates, lambda _: moments.append(time.perf_counter()), scored=False)
    return float(np.median(np.diff(moments))), fitted.seconds_compile
