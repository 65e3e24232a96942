"""A small ensemble of dense networks as one contestant: trained as one population, its outputs averaged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import numpy as np

from bakeoff.contestants._dense import DenseContestant
from bakeoff.contestants._dense_model import read_network
from bakeoff.contestants._kept import ENSEMBLE_JSON
from bakeoff.contestants._protocol import Facts, Fitted, Job, MemberPlan, Predictions, Seconds, SummaryRow
from bakeoff.dense import RATE_SETTINGS, Network
from bakeoff.errors import DataError, FitError, SettingsError
from bakeoff.types import Probabilities, ProgressCallback, Rows

__all__ = ["EnsembleContestant", "mean_of", "networks_of"]

_SIZE = "ensemble_size"
_DEFAULT_SIZE = 5
_LARGEST_SIZE = 50


class EnsembleContestant:
    """Networks that differ in their seed alone, and say together what is the mean of their outputs.

    Parameters
    ----------
    name : str
    settings : mapping
        Those of `DenseContestant`, and ``ensemble_size``: how many networks, 5 where it is not given.

    Raises
    ------
    SettingsError

    Notes
    -----
    Seed ``s`` of an ensemble of ``k`` trains the networks of the seeds ``k s`` to ``k s + k - 1``: two seeds of one
    ensemble share no network.

    Examples
    --------
    >>> three = EnsembleContestant("three", {"ensemble_size": 3, "hidden_layer_sizes": [16]})
    >>> three.resolve(Facts("rows", 500, 9, 2))["ensemble_size"]
    3
    """

    family = "dense:ensemble"
    is_random = True
    trains_populations = True
    member_settings = RATE_SETTINGS
    watches_validation = True

    def __init__(self, name: str, settings: Mapping[str, Any]) -> None:
        self.name = name
        own = dict(settings)
        self._size = own.pop(_SIZE, _DEFAULT_SIZE)
        problems = []
        if not _is_size(self._size):
            rule = f"an int in the range [2, {_LARGEST_SIZE}]"
            problems.append(f"The {_SIZE!r} parameter of {name} must be {rule}. Got {self._size!r:.200} instead.")
        try:
            self._network = DenseContestant(name, own)
        except SettingsError as error:
            problems += error.problems
        if problems:
            raise SettingsError(problems)

    @property
    def chooses_on_validation(self) -> bool:
        """Whether early stopping or a schedule on plateau looks at validation rows."""
        return self._network.chooses_on_validation

    def resolve(self, facts: Facts) -> Mapping[str, Any]:
        """Every setting with its value for these data; see `Contestant.resolve`."""
        return {**self._network.resolve(facts), _SIZE: self._size}

    def fingerprint(self) -> Mapping[str, str]:
        """As of one network."""
        return self._network.fingerprint()

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:
        """As of that many networks."""
        return self._network.estimate_seconds(facts, n_members * self._size)

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:
        """Ensembles: each has all of its networks trained together, however large they are."""
        size: int = self._size
        return max(1, self._network.members_that_fit(facts, memory_bytes) // size)

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted | FitError]:
        """Train the networks of all members as one population; see `Contestant.fit`."""
        networks = [
            replace(plan, seed=plan.seed * self._size + number) for plan in job.members for number in range(self._size)
        ]
        fitted = self._network.fit(replace(job, members=networks), progress)
        parts = [fitted[first : first + self._size] for first in range(0, len(fitted), self._size)]
        return [_together(part, plan) for part, plan in zip(parts, job.members, strict=True)]

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:
        """Load the networks that `fit` left and let them predict; see `Contestant.predict`.

        Raises
        ------
        DataError
            If the files are damaged or the rows have another width.
        """
        size = _read_size(model_files)
        said = [self._network.predict(_files_of(model_files, number), X, facts) for number in range(size)]
        return mean_of(said)


def _together(networks: Sequence[Fitted | FitError], plan: MemberPlan) -> Fitted | FitError:
    """One fit of several; where one failed the ensemble failed."""
    fits = [network for network in networks if isinstance(network, Fitted)]
    if len(fits) < len(networks):
        return next(network for network in networks if isinstance(network, FitError))
    keys = [key for key in fits[0].history if all(len(fit.history[key]) == len(fits[0].history[key]) for fit in fits)]
    sizes = [fit.n_parameters or 0 for fit in fits]
    return Fitted(
        predictions={part: mean_of([fit.predictions[part] for fit in fits]) for part in plan.predict},
        seconds=Seconds(
            fit=sum(fit.seconds.fit for fit in fits),
            compile=fits[0].seconds.compile,
            predict=sum(fit.seconds.predict for fit in fits),
            predict_one_ms=sum(fit.seconds.predict_one_ms for fit in fits),
        ),
        history={key: np.mean([fit.history[key] for fit in fits], axis=0).tolist() for key in keys},
        epochs=round(float(np.mean([fit.epochs or 0 for fit in fits]))),
        model_files=_files(fits) if plan.keep_model else {},
        summary=[SummaryRow(f"{len(fits)} networks, each:", "mean of their outputs"), *fits[0].summary],
        n_parameters=sum(sizes),
        notes=tuple(dict.fromkeys(note for fit in fits for note in fit.notes)),
    )


def mean_of(said: Sequence[Predictions]) -> Predictions:
    """The mean of probabilities, or of scores; the label is the class that has most of it."""
    if all(each.probabilities is not None for each in said):
        mean = _mean_of([each.probabilities for each in said])
        return Predictions(mean.argmax(axis=1).astype(np.int32), probabilities=mean)
    mean = _mean_of([each.scores for each in said])
    return Predictions(mean.argmax(axis=1).astype(np.int32), scores=mean)


def _mean_of(arrays: Sequence[Probabilities | None]) -> Probabilities:
    stacked = np.stack([array for array in arrays if array is not None])
    return np.asarray(stacked.mean(axis=0, dtype=np.float64), np.float32)


def _files(fits: Sequence[Fitted]) -> dict[str, bytes]:
    files = {
        f"network-{number}-{name}": content
        for number, fit in enumerate(fits)
        for name, content in fit.model_files.items()
    }
    return {**files, ENSEMBLE_JSON: json.dumps(_description(len(fits)), indent=1).encode()}


def networks_of(files: Mapping[str, bytes]) -> list[Network]:
    """The networks of a kept ensemble.

    Raises
    ------
    DataError
        If the files are damaged.
    """
    return [read_network(_files_of(files, number)) for number in range(_read_size(files))]


def _files_of(files: Mapping[str, bytes], number: int) -> dict[str, bytes]:
    start = f"network-{number}-"
    return {name.removeprefix(start): content for name, content in files.items() if name.startswith(start)}


def _read_size(files: Mapping[str, bytes]) -> int:
    try:
        description = json.loads(files[ENSEMBLE_JSON][:10_000])
    except (KeyError, ValueError, RecursionError) as error:
        raise DataError(f"{ENSEMBLE_JSON} is no description of an ensemble: {error!r:.100}") from None
    size = description.get("networks") if isinstance(description, dict) else None
    if not _is_size(size) or description != _description(size):
        raise DataError(f"{ENSEMBLE_JSON} is no description of an ensemble that this release knows")
    return int(size)


def _is_size(value: Any) -> TypeGuard[int]:
    return type(value) is int and 2 <= value <= _LARGEST_SIZE


def _description(size: int) -> dict[str, Any]:
    return {"format": "bakeoff-ensemble", "version": 1, "networks": size}
