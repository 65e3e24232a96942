"""A whole population trained together: the loop over epochs, seen from the host.

The loop hands one program to the device an epoch and reads back a few numbers a member. What is decided between
epochs (stopping, plateaus, members that end) is decided here.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np

from bakeoff.dense._plan import Member
from bakeoff.dense._predict import Network
from bakeoff.dense._scaling import Scaling
from bakeoff.dense._snapshot import Keeper
from bakeoff.dense._spec import TrainingSpec
from bakeoff.dense._stopping import Plateau, Progress
from bakeoff.dense._trainer import Task, Trainer
from bakeoff.types import Checkpoints

__all__ = ["EpochCallback", "FittedMember", "FittedPopulation", "fit_population"]

EpochCallback = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, eq=False)
class FittedMember:
    """One trained network.

    Parameters
    ----------
    network : Network
    history : mapping of Keras' keys to one number an epoch
    epochs : int
        The best epoch where early stopping was on, else all of them.
    reason : str or None
        Why training ended before its time; None where nothing went wrong.
    seconds_fit, seconds_compile : float
        Its share of what training its population took, and all of what compiling took: alone it would have paid that.
    """

    network: Network
    history: Mapping[str, Sequence[float]]
    epochs: int
    reason: str | None = None
    seconds_fit: float = 0.0
    seconds_compile: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class FittedPopulation:
    """All members, in the order that they were given, and the clock of the whole.

    Parameters
    ----------
    members : sequence of FittedMember
    seconds_fit : float
        Training and scoring, without compilation.
    seconds_compile : float
    """

    members: Sequence[FittedMember]
    seconds_fit: float
    seconds_compile: float


@dataclass(slots=True, eq=False)
class _Run:
    """One member on its way."""

    member: Member
    place: tuple[int, int]
    scaling: Scaling
    history: dict[str, list[float]] = field(default_factory=dict)
    kept: tuple[Any, Any] | None = None
    epochs: int = 0
    reason: str | None = None
    is_done: bool = False
    stopping: Progress | None = None
    plateau: Progress | None = None

    def __post_init__(self) -> None:
        if self.member.early_stopping is not None:
            self.stopping = Progress(self.member.early_stopping.monitor, self.member.early_stopping.min_delta)
        if self.member.plateau is not None:
            self.plateau = Progress(self.member.plateau.monitor, self.member.plateau.min_delta)


def fit_population(
    spec: TrainingSpec,
    task: Task,
    members: Sequence[Member],
    progress: EpochCallback | None = None,
    *,
    checkpoints: Checkpoints | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> FittedPopulation:
    """Train every member, all in one program.

    Parameters
    ----------
    spec : TrainingSpec
    task : Task
    members : sequence of Member
        They may differ in seed, rows, epochs and rates.
    progress : callable, optional
        Is told after every epoch: ``{"epoch", "epochs", "loss", "validation"}``, means over the members that still
        train. Of a checkpoint it is told ``{"checkpoint": "used", "epoch", "epochs"}`` before the first epoch that
        follows it, and ``{"checkpoint": "ignored" or "not written", "reason"}``.
    checkpoints : Checkpoints, optional
        Where training goes on from, if there is anything, and what is given its snapshots. It ends as it would have
        without a break, bit for bit on the same machine, and its clock counts both parts.
    devices : sequence of jax.Device, optional
        The members are divided over them; None: over all that there are. With one, a population is not divided.

    Returns
    -------
    FittedPopulation

    Examples
    --------
    >>> import numpy as np
    >>> from bakeoff.dense import Member, NetworkSpec, Task, TrainingSpec, fit_population
    >>> rows = np.repeat(np.eye(2, dtype=np.float32), 8, axis=0)
    >>> labels = np.repeat(np.arange(2, dtype=np.int32), 8)
    >>> spec = TrainingSpec(NetworkSpec(2, (4,), 2), class_columns=(0, 1), batch_size=4)
    >>> member = Member(seed=0, train=np.arange(16), validation=None, epochs=3)
    >>> population = fit_population(spec, Task(rows, labels), [member])
    >>> len(population.members[0].history["loss"])
    3
    """
    with jax.enable_x64(spec.network.precision == "float64"):
        training = _Training(spec, task, members, jax.devices() if devices is None else devices)
        return training.run(progress or _ignore, checkpoints)


class _Training:
    """The loop over epochs: where each member stands."""

    def __init__(
        self, spec: TrainingSpec, task: Task, members: Sequence[Member], devices: Sequence[jax.Device]
    ) -> None:
        self.started = time.perf_counter()
        self.trainer = trainer = Trainer(spec, task, members, devices)
        self.runs = [
            _Run(member, place, trainer.scalings[place[0]])
            for member, place in zip(members, trainer.places, strict=True)
        ]

    def run(self, progress: EpochCallback, checkpoints: Checkpoints | None) -> FittedPopulation:
        """Train until every member has ended."""
        keeper = Keeper(self, checkpoints)
        epoch, news = keeper.begin()
        if news is not None:
            progress(news)
        while not all(run.is_done for run in self.runs):
            scores = self.trainer.epoch(epoch)
            epoch += 1
            told = [run for run in self.runs if not run.is_done]
            for run in told:
                self._follow(run, epoch, {name: float(values[run.place]) for name, values in scores.items()})
            if (news := keeper.end_epoch(epoch)) is not None:
                progress(news)
            progress(_told(told, epoch))
        fitted = [self._fitted(run) for run in self.runs]
        seconds_compile = self.trainer.seconds_compile
        seconds = time.perf_counter() - self.started - seconds_compile
        share = seconds / len(fitted)
        members = [replace(member, seconds_fit=share, seconds_compile=seconds_compile) for member in fitted]
        return FittedPopulation(members, seconds, seconds_compile)

    def _follow(self, run: _Run, epoch: int, scores: dict[str, float]) -> None:
        """Take a member's scores of an epoch, and decide how it goes on."""
        for name, value in scores.items():
            if run.member.validation is not None or not name.startswith("val_"):
                run.history.setdefault(name, []).append(value)
        if not math.isfinite(scores["loss"]):
            run.reason = f"the loss became {scores['loss']} in epoch {epoch}; lower the learning rate"
            self._keep(run, epoch)
            run.is_done = True
            return
        is_last = epoch >= run.member.epochs
        if run.stopping is not None and run.member.early_stopping is not None:
            if run.stopping.improves(scores[run.stopping.monitor]):
                self._keep(run, epoch)
            is_last = is_last or run.stopping.waited >= run.member.early_stopping.patience
        elif is_last:
            self._keep(run, epoch)
        if run.plateau is not None and run.member.plateau is not None:
            self._lower_on_plateau(run, run.plateau, run.member.plateau, scores)
        run.is_done = is_last

    def _keep(self, run: _Run, epoch: int) -> None:
        """Copy a member's weights: what the device goes on computing for it is not looked at."""
        run.kept = self.trainer.weights(run.place)
        run.epochs = epoch

    def _lower_on_plateau(self, run: _Run, seen: Progress, plateau: Plateau, scores: dict[str, float]) -> None:
        if not seen.improves(scores[seen.monitor]) and seen.waited >= plateau.patience:
            seen.waited = 0
            rates = self.trainer.rates
            lowered = np.array(rates.learning_rate)
            lowered[run.place] = max(lowered[run.place] * plateau.factor, rates.minimum_learning_rate[run.place])
            self.trainer.rates = replace(rates, learning_rate=lowered)

    def _fitted(self, run: _Run) -> FittedMember:
        if run.kept is None:
            raise AssertionError("a member that ended has kept its weights")
        spec = self.trainer.spec
        network = Network(spec.network, spec.class_columns, *run.kept, run.scaling)
        return FittedMember(network, run.history, run.epochs, run.reason)


def _ignore(_news: Mapping[str, Any]) -> None:
    """Nobody listens."""


def _told(runs: Sequence[_Run], epoch: int) -> dict[str, Any]:
    news: dict[str, Any] = {
        "epoch": epoch,
        "epochs": max(run.member.epochs for run in runs),
        "loss": float(np.mean([run.history["loss"][-1] for run in runs])),
    }
    validation = [run.history["val_accuracy"][-1] for run in runs if "val_accuracy" in run.history]
    return news | ({"validation": float(np.mean(validation))} if validation else {})
