"""A population on its devices: one call trains an epoch, whoever decides what happens between epochs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._compile import compiled
from bakeoff.dense._devices import placement_for, run_epoch_on_devices, streams_to_add, worth_their_memory
from bakeoff.dense._epoch import epoch_scores, pays_by_twos, run_epoch, run_steps
from bakeoff.dense._exact import Scores, exact_sums
from bakeoff.dense._mapping import is_wide
from bakeoff.dense._memory import SCORING_ROWS
from bakeoff.dense._network import Layers, turned
from bakeoff.dense._optimizers import slots
from bakeoff.dense._plan import Batches, Layout, Member, Start, Stream, epoch_batches, plan_streams, scoring_batches
from bakeoff.dense._scaling import Scale, Scaling, fit_scaling
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State, start
from bakeoff.dense._streaming import are_streamed, blocks_of
from bakeoff.types import Labels, Rows

__all__ = ["Task", "Trainer"]


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
    sample_weights : (n_samples,) or None
        What the loss of each row is multiplied by in training; means are still taken over the number of rows, as in
        Keras.
    scaling : Scaling or None
        Instead of one found on the training rows.
    """

    rows: Rows
    labels: Labels
    scale: Scale = "none"
    pixel_max: int | None = None
    sample_weights: NDArray[np.floating[Any]] | None = None
    scaling: Scaling | None = None


class Trainer:
    """What a population has on its devices.

    Parameters
    ----------
    spec : TrainingSpec
    task : Task
    members : sequence of Member
    devices : sequence of jax.Device

    Attributes
    ----------
    state : State
        (streams, members of a stream, ...), of the last epoch's end.
    rates : Rates
        The same axes. Other numbers may be put here between epochs.
    places : list of (stream, member of it)
        Where each of `members` lies.
    scalings : list of Scaling
        Of each stream.
    seconds_compile : float
        So far.
    """

    def __init__(
        self, spec: TrainingSpec, task: Task, members: Sequence[Member], devices: Sequence[jax.Device]
    ) -> None:
        self.spec, self.task = spec, task
        self.devices = worth_their_memory(devices, task.rows.nbytes)
        self._is_streamed = are_streamed(devices[0], task.rows.nbytes)
        if self._is_streamed:
            self.devices = self.devices[:1]
        self._streams = plan_streams(members)
        self._epochs = max(member.epochs for member in members)
        self.places = _places(self._streams, len(members))
        # Batched products of wide networks are slower than one after the other on a processor, which any of them fills.
        self._is_one_by_one = devices[0].platform == "cpu" and is_wide(spec) and len(self._streams[0].members) == 1
        if not self._is_one_by_one:
            self._streams += [self._streams[-1]] * streams_to_add(len(self._streams), len(self.devices))
        self.seconds_compile = 0.0
        self._last_block: Any = None
        self.scalings, self.layout, scored = self._lay_out()
        self.placement = placement_for(self.layout, self.devices)
        shape = (self.layout.streams, self.layout.members)
        in_order = [members[position] for stream in self._streams for position in stream.members]
        rates = Rates.stack([member.rates for member in in_order], shape, spec.network.dtype)
        # NumPy arrays of its own: what the device gets must not change under it.
        seeds = np.asarray([member.seed & 0xFFFFFFFF for member in in_order], np.uint32).reshape(shape)
        state = start(spec, seeds, rates, [member.start for member in in_order])
        # Once for all epochs: what lies where it belongs is not moved again.
        self.state: State
        self.rates: Rates
        if self._is_streamed:
            self._data, self._scored = self._data_of_rows(), scored
            self.state, self.rates = jax.device_put((state, rates), self.devices[0])
        else:
            self.state, self.rates, self._data, self._scored = self._placed(
                (state, rates, self._data_of_rows(), scored)
            )

    def _lay_out(self) -> tuple[list[Scaling], Layout, dict[str, Batches]]:
        task, streams = self.task, self._streams
        train_rows = [stream.train for stream in streams]
        train, shares_train = scoring_batches(train_rows, SCORING_ROWS)
        first = task.scaling or fit_scaling(task.scale, task.rows, streams[0].train, task.pixel_max)
        shares_scaling = shares_train or task.scale != "standard" or task.scaling is not None
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
            self._is_one_by_one,
            pays_by_twos(self.spec, max(steps), self._epochs, members * len(streams)),
        )
        return scalings, layout, scored

    def _data_of_rows(self) -> Data:
        dtype = self.spec.network.dtype
        if self.layout.shares_scaling:
            scaling = jax.tree.map(lambda leaf: np.asarray(leaf, dtype), self.scalings[0])
        else:
            scaling = jax.tree.map(lambda *leaves: np.stack(leaves).astype(dtype), *self.scalings)
        # A sealed label becomes the first column: such a row is only predicted.
        columns = np.asarray(self.spec.class_columns, np.int32)[np.maximum(self.task.labels, 0)]
        distortion = None
        if self.spec.distortions:
            distortion = jax.tree.map(
                lambda *strengths: np.asarray(strengths, dtype), *[stream.distortion for stream in self._streams]
            )
        weights = self.task.sample_weights
        weights = None if weights is None else np.asarray(weights, dtype)
        return Data(np.ascontiguousarray(self.task.rows), columns, scaling, distortion, weights)

    def _placed(self, arguments: tuple[State, Rates, Data, dict[str, Batches]]) -> Any:
        if self.placement is None:
            return jax.device_put(arguments, self.devices[0])
        return self.placement.put(self.layout, arguments)

    def _call(self, function: Callable[..., Any], static: tuple[Any, ...], arguments: tuple[Any, ...]) -> Any:
        # Functions that change the state take its memory.
        program, seconds = compiled(function, static, arguments, donate=0 if function in _CHANGES_STATE else None)
        self.seconds_compile += seconds
        return program(*arguments)

    def epoch(self, number: int) -> dict[str, NDArray[Any]]:
        """Train one epoch.

        Parameters
        ----------
        number : int
            From 0: with the seed it determines the order of the rows.

        Returns
        -------
        mapping of Keras' keys to arrays (streams, members of a stream)
        """
        steps = epoch_batches(self._streams, number, self.spec.batch_size)
        if self._is_streamed:
            return self._on_host(self._streamed_epoch(steps))
        arguments = self._placed((self.state, self.rates, self._data, {**self._scored, "epoch": steps}))
        if self.placement is None:
            self.state, scores = self._call(run_epoch, (self.spec, self.layout), arguments)
        else:
            static = (self.spec, self.layout, self.placement)
            self.state, scores = self._call(run_epoch_on_devices, static, arguments)
        return self._on_host(scores)

    @staticmethod
    def _on_host(scores: Scores) -> dict[str, NDArray[Any]]:
        return {name: np.asarray(values) for name, values in jax.device_get(scores).items()}

    def _streamed_epoch(self, steps: Batches) -> Scores:
        """While the device works on a block, the rows of the next are gathered; never more than two are in memory."""
        parts = [self._of_block(run_steps, data, {"epoch": own}) for data, own in blocks_of(self._data, steps)]
        exact: dict[str, Any] = {}
        for name, rows in self._scored.items():
            counted = [self._of_block(exact_sums, data, {name: own})[name] for data, own in blocks_of(self._data, rows)]
            exact[name] = jax.tree.map(_added, *counted)
        steps_per_epoch = np.count_nonzero(steps.counts, axis=0).astype(self.spec.network.dtype)
        arguments = (self.state, self.rates, steps_per_epoch, jax.tree.map(_added, *parts), exact)
        scores: Scores = self._call(epoch_scores, (self.spec,), arguments)
        return scores

    def _of_block(self, function: Callable[..., Any], data: Data, batches: dict[str, Batches]) -> Any:
        """What a block counted, perhaps not yet there."""
        arguments = jax.device_put((self.state, self.rates, data, batches), self.devices[0])
        counted = self._call(function, (self.spec, self.layout), arguments)
        if function is run_steps:
            self.state, counted = counted
        jax.block_until_ready(self._last_block)  # type: ignore[no-untyped-call]
        self._last_block = counted
        return counted

    def weights(self, place: tuple[int, int]) -> tuple[Layers, Layers]:
        """Copies of the parameters that predict, and of the averages of batch normalisation, of one member."""
        parameters, averages = jax.tree.map(_picked(place), (self.state.scored, self.state.averages))
        return turned(parameters), averages

    def start_of(self, place: tuple[int, int]) -> Start:
        """Copies of all that one member's training goes on from."""
        own: State = jax.tree.map(_picked(place), replace(self.state, key=None))
        remembered = {name: turned(value) for name, value in slots(own.moments).items() if name != "steps"}
        ema = None if own.ema is None else turned(own.ema)
        return Start(turned(own.parameters), own.averages, remembered, int(own.step), ema)

    def go_on_from(self, place: tuple[int, int], given: Start) -> None:
        """Let one member go on from other weights; the next epoch begins there."""
        fresh = start(
            self.spec,
            np.zeros((1, 1), np.uint32),
            jax.tree.map(lambda leaf: np.asarray(leaf)[place][None, None], self.rates),
            [given],
        )

        def put(old: Any, new: Any) -> Any:
            changed = np.array(old)
            changed[place] = np.asarray(new)[0, 0]
            return changed

        # The key follows from the seed, which stays.
        own = replace(self.state, key=None)
        changed = jax.tree.map(put, own, replace(fresh, key=None))
        self.state = replace(changed, key=self.state.key)


_CHANGES_STATE = (run_epoch, run_steps, run_epoch_on_devices)


def _added(*parts: Any) -> NDArray[Any]:
    """The sum of a few arrays of a device, on the host: no program is compiled for it."""
    total: NDArray[Any] = np.sum([np.asarray(part) for part in parts], axis=0)
    return total


def _picked(place: tuple[int, int]) -> Callable[[Any], NDArray[Any]]:
    """What copies one member's part of an array: on the host, where no program is compiled for it."""
    return lambda leaf: np.array(np.asarray(leaf)[place])


def _places(streams: Sequence[Stream], n_members: int) -> list[tuple[int, int]]:
    places = [(0, 0)] * n_members
    for number, stream in enumerate(streams):
        for place, position in enumerate(stream.members):
            places[position] = (number, place)
    return places
