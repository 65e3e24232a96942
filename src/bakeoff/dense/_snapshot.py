"""Training as plain arrays between two epochs, and training that goes on from there, bit for bit.

What an epoch does follows from the state, the rates, the data and its number; what happens between epochs from where
each member stands. All of that but the data, which whoever trains has anyway, is in a snapshot.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._network import turned
from bakeoff.dense._plan import Member
from bakeoff.dense._state import State
from bakeoff.dense._stopping import Progress
from bakeoff.dense._trainer import Trainer
from bakeoff.errors import DataError, StoreError
from bakeoff.types import Checkpoints, Snapshot

__all__ = ["Keeper", "restore", "take"]

_SCORE = re.compile("(val_)?(loss|accuracy|f1)|learning_rate")
_N_SCORES = 7  # that match it
_NAME_BYTES = 256  # of an array: its name, shape and type as text
_FACTS_BYTES = 10_000  # and as many for the reason of every member

Arrays = dict[str, NDArray[Any]]


class Run(Protocol):
    """One member on its way, as far as snapshots know it."""

    history: dict[str, list[float]]
    kept: tuple[Any, Any] | None
    epochs: int
    reason: str | None
    is_done: bool

    @property
    def member(self) -> Member: ...
    @property
    def stopping(self) -> Progress | None: ...
    @property
    def plateau(self) -> Progress | None: ...


class Training(Protocol):
    """The loop over epochs, as far as snapshots know it."""

    started: float

    @property
    def trainer(self) -> Trainer: ...
    @property
    def runs(self) -> Sequence[Run]: ...


class Keeper:
    """Between the loop over epochs and where its snapshots are kept.

    Parameters
    ----------
    training : Training
    checkpoints : Checkpoints or None
        None: nothing is kept.
    """

    def __init__(self, training: Training, checkpoints: Checkpoints | None) -> None:
        self._training, self._checkpoints = training, checkpoints

    def begin(self) -> tuple[int, dict[str, Any] | None]:
        """Go on from the newest snapshot, if there is one that can be trusted.

        Returns
        -------
        epoch : int
            How many are done.
        news : mapping or None
            What to tell: see `bakeoff.dense.fit_population`.
        """
        if self._checkpoints is None:
            return 0, None
        try:
            snapshot = self._checkpoints.load(_most_bytes(self._training))
            if snapshot is None:
                return 0, None
            epoch = restore(self._training, snapshot)
        except DataError as error:
            return 0, {"checkpoint": "ignored", "reason": " ".join(str(error).split())}
        epochs = max(run.member.epochs for run in self._training.runs)
        return epoch, {"checkpoint": "used", "epoch": epoch, "epochs": epochs}

    def end_epoch(self, epoch: int) -> dict[str, Any] | None:
        """Keep a snapshot if one is due; gives what to tell where that went wrong. It is no time of training."""
        if self._checkpoints is None or not self._checkpoints.is_due():
            return None
        begun = time.perf_counter()
        news = None
        try:
            self._checkpoints.save(take(self._training, epoch))
        except StoreError as error:
            self._checkpoints = None
            news = {"checkpoint": "not written", "reason": " ".join(str(error).split())}
        self._training.started += time.perf_counter() - begun
        return news


def take(training: Training, epoch: int) -> Snapshot:
    """Copy all that going on after so many epochs needs.

    Parameters
    ----------
    training : Training
    epoch : int
        How many are done, for every member that still trains.
    """
    arrays = {f"state.{name}": np.array(_plain(leaf)) for name, leaf in _named(training.trainer.state)}
    arrays["learning_rate"] = np.array(training.trainer.rates.learning_rate)
    arrays |= _standings(training.runs)
    for number, run in enumerate(training.runs):
        arrays |= {f"history.{number}.{name}": np.asarray(values) for name, values in run.history.items()}
        arrays |= {f"kept.{number}.{name}": np.array(leaf, order="C") for name, leaf in _named(run.kept)}
    facts = {
        "epoch": epoch,
        "seconds": time.perf_counter() - training.started - training.trainer.seconds_compile,
        "device": _device(training),
        "reasons": [run.reason for run in training.runs],
    }
    return Snapshot(arrays, facts)


def restore(training: Training, snapshot: Snapshot) -> int:
    """Bring a training that has not begun to where a snapshot was taken, wholly or not at all.

    Returns
    -------
    int
        How many epochs are done.

    Raises
    ------
    DataError
        If it is of another training: any name, shape, type or number that this one cannot have.
    """
    facts, arrays = snapshot.facts, dict(snapshot.arrays)
    _check_facts(training, facts)
    state = _tree_from(arrays, "state", training.trainer.state)
    learning_rate = _array(arrays, "learning_rate", training.trainer.rates.learning_rate)
    standings = {name: _array(arrays, name, like) for name, like in _standings(training.runs).items()}
    epochs, is_done = standings["epochs"], standings["is_done"]
    _refuse(bool((epochs < 0).any() or (epochs > facts["epoch"]).any()), "best epochs that were not trained")
    _refuse(bool((is_done & (epochs == 0)).any()), "members that ended without their weights")
    template = _kept_template(training.trainer.state)
    kept = [_tree_from(arrays, f"kept.{number}", template) if best else None for number, best in enumerate(epochs)]
    lengths = [(1 if done else facts["epoch"], facts["epoch"]) for done in is_done]
    histories = [_history(arrays, number, bounds) for number, bounds in enumerate(lengths)]
    _refuse(bool(arrays), f"unknown arrays: {', '.join(sorted(arrays)[:3])}")
    # Nothing is changed before all is known to be right.
    training.trainer.state = jax.device_put(state)
    training.trainer.rates = replace(training.trainer.rates, learning_rate=learning_rate)
    training.started -= facts["seconds"]
    for number, run in enumerate(training.runs):
        run.history, run.kept, run.reason = histories[number], kept[number], facts["reasons"][number]
        _set_standing(run, {name: values[number] for name, values in standings.items()})
    return int(facts["epoch"])


def _standings(runs: Sequence[Run]) -> Arrays:
    """Where members stand, (members, ...) each; the last axis is early stopping and plateau."""
    watched = [(run.stopping, run.plateau) for run in runs]
    best = [[None if progress is None else progress.best for progress in both] for both in watched]
    return {
        "epochs": np.asarray([run.epochs for run in runs], np.int64),
        "is_done": np.asarray([run.is_done for run in runs], np.bool_),
        "waited": np.asarray([[0 if each is None else each.waited for each in both] for both in watched], np.int64),
        # Beside `best`, as a best score may be NaN: a first one is the best so far whatever it is.
        "has_best": np.asarray([[each is not None for each in both] for both in best], np.bool_),
        "best": np.asarray([[0.0 if each is None else each for each in both] for both in best], np.float64),
    }


def _set_standing(run: Run, standing: Mapping[str, Any]) -> None:
    run.epochs, run.is_done = int(standing["epochs"]), bool(standing["is_done"])
    for place, progress in enumerate((run.stopping, run.plateau)):
        if progress is not None:
            progress.waited = int(standing["waited"][place])
            progress.best = float(standing["best"][place]) if standing["has_best"][place] else None


def _check_facts(training: Training, facts: Mapping[str, Any]) -> None:
    _refuse(set(facts) != {"epoch", "seconds", "device", "reasons"}, f"it says {', '.join(sorted(facts))[:200]}")
    most = max(run.member.epochs for run in training.runs)
    _refuse(type(facts["epoch"]) is not int or not 1 <= facts["epoch"] <= most, f"epoch {facts['epoch']!r:.100}")
    seconds = facts["seconds"]
    _refuse(type(seconds) is not float or not (math.isfinite(seconds) and seconds >= 0), f"{seconds!r:.100} seconds")
    # Rounding depends on it.
    device = _device(training)
    _refuse(facts["device"] != device, f"it was trained on {facts['device']!r:.100}, here is {device!r}")
    reasons = facts["reasons"]
    known = isinstance(reasons, list) and all(each is None or isinstance(each, str) for each in reasons)
    _refuse(not known or len(reasons) != len(training.runs), "the reasons of other members")


def _kept_template(state: State) -> Any:
    """What a member keeps, as arrays that take no memory."""
    shapes = jax.tree.map(
        lambda leaf: np.broadcast_to(np.zeros((), leaf.dtype), leaf.shape[2:]), (state.scored, state.averages)
    )
    return turned(shapes[0]), shapes[1]


def _history(arrays: Arrays, number: int, bounds: tuple[int, int]) -> dict[str, list[float]]:
    """Take a member's scores out of the arrays: of one length, which lies within bounds."""
    start = f"history.{number}."
    # In the order in which the device gives scores, whatever became of it in a file.
    names = sorted(name for name in arrays if name.startswith(start))
    scores = {name.removeprefix(start): arrays.pop(name) for name in names}
    _refuse(not all(_SCORE.fullmatch(name) for name in scores) or "loss" not in scores, "a history of other scores")
    (length,) = scores["loss"].shape[:1] or (0,)
    _refuse(not bounds[0] <= length <= bounds[1], f"a history of {length} epochs")
    like = np.broadcast_to(0.0, (length,))
    return {name: _same_form(values, like, start + name).tolist() for name, values in scores.items()}


def _named(tree: Any) -> Iterator[tuple[str, Any]]:
    """Leaves by their place: ``parameters.0.w``."""
    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        yield jax.tree_util.keystr(path, simple=True, separator="."), leaf


def _tree_from(arrays: Arrays, start: str, template: Any) -> Any:
    """Take a tree of the form of another out of the arrays."""
    leaves = []
    for name, like in _named(template):
        plain = _array(arrays, f"{start}.{name}", _plain(like))
        leaves.append(
            plain if not _is_key(like) else jax.random.wrap_key_data(jnp.asarray(plain), impl=jax.random.key_impl(like))
        )
    return jax.tree.unflatten(jax.tree.structure(template), leaves)


def _array(arrays: Arrays, name: str, like: Any) -> NDArray[Any]:
    """Take an array of the form of another out of the arrays: a copy, whose memory the device may take."""
    _refuse(name not in arrays, f"no array {name}")
    return np.array(_same_form(arrays.pop(name), like, name))


def _same_form(array: NDArray[Any], like: Any, name: str) -> NDArray[Any]:
    wanted, got = f"{like.dtype} {like.shape}", f"{array.dtype} {array.shape}"
    _refuse(wanted != got, f"{name} is {got}, here {wanted}")
    return array


def _is_key(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _plain(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _device(training: Training) -> str:
    n_devices = 1 if training.trainer.placement is None else training.trainer.placement.n_devices
    device = training.trainer.devices[0]
    return f"{n_devices} x {device.platform} {device.device_kind}"


def _most_bytes(training: Training) -> int:
    """More than a snapshot of this training takes as a file."""
    runs = training.runs
    state = [_plain(leaf) for _, leaf in _named(training.trainer.state)]
    kept = [leaf for _, leaf in _named(_kept_template(training.trainer.state))]
    standings = [*_standings(runs).values(), training.trainer.rates.learning_rate]
    n_arrays = len(state) + len(standings) + len(runs) * (len(kept) + _N_SCORES)
    numbers = sum(leaf.nbytes for leaf in (*state, *standings)) + len(runs) * sum(leaf.nbytes for leaf in kept)
    histories = len(runs) * _N_SCORES * 8 * max(run.member.epochs for run in runs)
    return int(numbers) + histories + n_arrays * _NAME_BYTES + (1 + len(runs)) * _FACTS_BYTES


def _refuse(is_wrong: bool, reason: str) -> None:
    if is_wrong:
        raise DataError(f"it is of another training: {reason}")
