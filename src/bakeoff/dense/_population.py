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
from numpy.typing import NDArray

from bakeoff.dense._compile import compiled
from bakeoff.dense._devices import placement_for, run_epoch_on_devices, streams_to_add, worth_their_memory
from bakeoff.dense._epoch import is_wide, run_epoch
from bakeoff.dense._memory import SCORING_ROWS
from bakeoff.dense._network import turned
from bakeoff.dense._plan import Batches, Layout, Member, epoch_batches, plan_streams, scoring_batches
from bakeoff.dense._predict import Network
from bakeoff.dense._scaling import Scale, Scaling, fit_scaling
from bakeoff.dense._snapshot import Keeper
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State, start
from bakeoff.dense._stopping import Plateau, Progress
from bakeoff.types import Checkpoints, Labels, Rows

__all__ = ["FittedMember", "FittedPopulation", "Task", "fit_population"]

EpochCallback = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a population is trained on, and the decisions between epochs.

    Parameters
    ----------
    rows : (n_samples, n_features)
    labels : (n_samples,) int32
        Class indices; -1 where sealed.
    scale : {"unit", "standard", "none"}
    pixel_max : int or None
    """

    rows: Rows
    labels: Labels
    scale: Scale = "none"
    pixel_max: int | None = None


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
    """

    network: Network
    history: Mapping[str, Sequence[float]]
    epochs: int
    reason: str | None = None


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
    """The state of the loop: what is on the device, and where each member stands."""

    def __init__(
        self, spec: TrainingSpec, task: Task, members: Sequence[Member], devices: Sequence[jax.Device]
    ) -> None:
        self.spec, self.task = spec, task
        self.devices = worth_their_memory(devices, task.rows.nbytes)
        self.streams = plan_streams(members)
        self.n_wanted = len(self.streams)
        # Batched products of wide networks are slower than one after the other on a processor, which any of them fills.
        self.is_one_by_one = devices[0].platform == "cpu" and is_wide(spec) and len(self.streams[0].members) == 1
        if not self.is_one_by_one:
            self.streams += [self.streams[-1]] * streams_to_add(self.n_wanted, len(self.devices))
        self.seconds_compile = 0.0
        self.started = time.perf_counter()
        scalings, self.layout, self.scored = self._lay_out()
        self.placement = placement_for(self.layout, self.devices)
        self.runs = self._runs(members, scalings)
        shape = (self.layout.streams, self.layout.members)
        in_order = [members[position] for stream in self.streams for position in stream.members]
        self.rates = Rates.stack([member.rates for member in in_order], shape, spec.network.dtype)
        # NumPy arrays of its own: what the device gets must not change under it.
        seeds = np.asarray([member.seed & 0xFFFFFFFF for member in in_order], np.uint32).reshape(shape)
        state = start(spec, seeds, self.rates)
        # Once for all epochs: what lies where it belongs is not moved again.
        self.state, self.rates, self.data, self.scored = self._placed(
            (state, self.rates, self._data(scalings), self.scored)
        )

    def _lay_out(self) -> tuple[list[Scaling], Layout, dict[str, Batches]]:
        task, streams = self.task, self.streams
        train_rows = [stream.train for stream in streams]
        train, shares_train = scoring_batches(train_rows, SCORING_ROWS)
        first = fit_scaling(task.scale, task.rows, streams[0].train, task.pixel_max)
        shares_scaling = shares_train or task.scale != "standard"
        scalings = [first] * len(streams)
        if not shares_scaling:
            scalings = [fit_scaling(task.scale, task.rows, rows, task.pixel_max) for rows in train_rows]
        scored = {} if self.spec.train_scores == "none" else {"train": train}
        validation, shares_validation = scoring_batches([stream.validation for stream in streams], SCORING_ROWS)
        if validation.counts.any():
            scored["validation"] = validation
        steps = {-(-len(rows) // self.spec.batch_size) for rows in train_rows}
        members = len(streams[0].members)
        layout = Layout(
            len(streams),
            members,
            len(steps) > 1,
            shares_scaling,
            shares_train,
            shares_validation,
            self.is_one_by_one,
        )
        return scalings, layout, scored

    def _data(self, scalings: list[Scaling]) -> Data:
        dtype = self.spec.network.dtype
        if self.layout.shares_scaling:
            scaling = jax.tree.map(lambda leaf: np.asarray(leaf, dtype), scalings[0])
        else:
            scaling = jax.tree.map(lambda *leaves: np.stack(leaves).astype(dtype), *scalings)
        # A sealed label becomes the first column: such a row is only predicted.
        columns = np.asarray(self.spec.class_columns, np.int32)[np.maximum(self.task.labels, 0)]
        distortion = None
        if self.spec.distortions:
            distortion = jax.tree.map(
                lambda *strengths: np.asarray(strengths, dtype), *[stream.distortion for stream in self.streams]
            )
        return Data(np.ascontiguousarray(self.task.rows), columns, scaling, distortion)

    def _placed(self, arguments: tuple[State, Rates, Data, dict[str, Batches]]) -> Any:
        if self.placement is None:
            return jax.device_put(arguments, self.devices[0])
        return self.placement.put(self.layout, arguments)

    def _runs(self, members: Sequence[Member], scalings: list[Scaling]) -> list[_Run]:
        runs: list[_Run | None] = [None] * len(members)
        for number, stream in enumerate(self.streams[: self.n_wanted]):
            for place, position in enumerate(stream.members):
                runs[position] = _Run(members[position], (number, place), scalings[number])
        return [run for run in runs if run is not None]

    def _call(self, function: Callable[..., Any], static: tuple[Any, ...], arguments: tuple[Any, ...]) -> Any:
        program, seconds = compiled(function, static, arguments, donate=0)
        self.seconds_compile += seconds
        return program(*arguments)

    def run(self, progress: EpochCallback, checkpoints: Checkpoints | None) -> FittedPopulation:
        """Train until every member has ended."""
        keeper = Keeper(self, checkpoints)
        epoch, news = keeper.begin()
        if news is not None:
            progress(news)
        while not all(run.is_done for run in self.runs):
            scores = self._epoch(epoch)
            epoch += 1
            told = [run for run in self.runs if not run.is_done]
            for run in told:
                self._follow(run, epoch, {name: float(values[run.place]) for name, values in scores.items()})
            if (news := keeper.end_epoch(epoch)) is not None:
                progress(news)
            progress(_told(told, epoch))
        fitted = [self._fitted(run) for run in self.runs]
        seconds = time.perf_counter() - self.started - self.seconds_compile
        return FittedPopulation(fitted, seconds, self.seconds_compile)

    def _epoch(self, epoch: int) -> dict[str, NDArray[Any]]:
        steps = epoch_batches(self.streams, epoch, self.spec.batch_size)
        arguments = self._placed((self.state, self.rates, self.data, {**self.scored, "epoch": steps}))
        if self.placement is None:
            self.state, scores = self._call(run_epoch, (self.spec, self.layout), arguments)
        else:
            static = (self.spec, self.layout, self.placement)
            self.state, scores = self._call(run_epoch_on_devices, static, arguments)
        return {name: np.asarray(values) for name, values in jax.device_get(scores).items()}

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
        pick = (self.state.scored, self.state.averages)
        parameters, averages = jax.tree.map(lambda leaf: np.array(leaf[run.place]), pick)
        run.kept = (turned(parameters), averages)
        run.epochs = epoch

    def _lower_on_plateau(self, run: _Run, seen: Progress, plateau: Plateau, scores: dict[str, float]) -> None:
        if not seen.improves(scores[seen.monitor]) and seen.waited >= plateau.patience:
            seen.waited = 0
            lowered = np.array(self.rates.learning_rate)
            lowered[run.place] = max(lowered[run.place] * plateau.factor, self.rates.minimum_learning_rate[run.place])
            self.rates = replace(self.rates, learning_rate=lowered)

    def _fitted(self, run: _Run) -> FittedMember:
        if run.kept is None:
            raise AssertionError("a member that ended has kept its weights")
        network = Network(self.spec.network, self.spec.class_columns, *run.kept, run.scaling)
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
