"""One job of fits: what is kept of it, how it is sent, and what is kept then."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bakeoff.contest._checkpoints import checkpoint_of, event_of
from bakeoff.contest._conductor import Turn
from bakeoff.contest._events import JobFinished, JobStarted, Listener, Logged
from bakeoff.contest._keys import name_fits
from bakeoff.contest._plan import Plan, PlannedContestant
from bakeoff.contest._seal import SealedRows
from bakeoff.contestants import Contestant, Facts, Fitted, Job, MemberPlan
from bakeoff.errors import BakeoffError, ClusterError, DeviceError, FitError, FitTimedOut, StoreError
from bakeoff.executors import FitExecutor, SharedFile, time_limit_message, traceback_text
from bakeoff.store import CheckpointFile, FitRecord, Store
from bakeoff.types import Labels, ProgressCallback

__all__ = ["Fit", "FittingOptions", "FittingPlace", "JobTurn", "SentJob", "Task", "fit_job"]


@dataclass(frozen=True, slots=True)
class Fit:
    """What became of one fit.

    Parameters
    ----------
    seed : int
    division : int
        Which division of the rows.
    stage : {"validation", "refit", "study"}
    status : {"ok", "failed", "timed out"}
    reason : str or None
    reused : bool
        Found in the store.
    record : FitRecord or None
        None where it failed.
    variant : int
        Which of the contestant's variants.
    seconds : float
        Its share of the time that its job took, the way there and back included.
    """

    seed: int
    division: int
    stage: str
    status: str
    reason: str | None
    reused: bool
    record: FitRecord | None
    variant: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """A member of a job, and where it belongs."""

    division: int
    member: MemberPlan
    variant: int = 0


@dataclass(frozen=True, slots=True)
class SentJob:
    """A job as it goes to the other process: its rows as a file that is mapped there.

    Parameters
    ----------
    rows_file : SharedFile
    y : (n_samples,) int32
    facts : Facts
    members : sequence of MemberPlan
    checkpoints : CheckpointFile or None
    """

    rows_file: SharedFile
    y: Labels
    facts: Facts
    members: Sequence[MemberPlan]
    checkpoints: CheckpointFile | None = None


def fit_job(contestant: Contestant, sent: SentJob, progress: ProgressCallback) -> Sequence[Fitted | FitError]:
    """Fit one job; this is what runs in the other process."""
    X = np.load(sent.rows_file.here(), mmap_mode="r", allow_pickle=False)
    return contestant.fit(Job(X, sent.y, sent.facts, sent.members, sent.checkpoints), progress)


@dataclass(frozen=True, slots=True)
class FittingOptions:
    """How fits run; nothing here changes what they give.

    Parameters
    ----------
    executor : FitExecutor
    listen : callable
        Is told what happens.
    retime : bool
        Fit even what the store has, from the beginning.
    checkpoint_seconds : float
        See `bakeoff.store.CheckpointFile`.
    """

    executor: FitExecutor
    listen: Listener
    retime: bool = False
    checkpoint_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class FittingPlace:
    """What all jobs share.

    Parameters
    ----------
    plan : Plan
    rows : SealedRows
    rows_file : SharedFile
        ``.npy`` file of all rows.
    options : FittingOptions
    """

    plan: Plan
    rows: SealedRows
    rows_file: SharedFile
    options: FittingOptions

    @property
    def store(self) -> Store:
        """Of the workspace."""
        return self.rows.store


class JobTurn(Turn):
    """A job of one contestant, from the look into the store to what is kept.

    Parameters
    ----------
    place : FittingPlace
    planned : PlannedContestant
    stage : str
    tasks : sequence of Task
        Members that train together.
    numbers : callable
        Gives the job's number, when it begins, and how many there are.
    """

    def __init__(
        self,
        place: FittingPlace,
        planned: PlannedContestant,
        stage: str,
        tasks: Sequence[Task],
        numbers: Callable[[], tuple[int, int]],
    ) -> None:
        self._place, self._options, self._listen = place, place.options, place.options.listen
        self._planned, self._contestant = planned, planned.contestant
        self._stage, self._tasks, self._numbers = stage, tasks, numbers
        self._members = [task.member for task in tasks]
        self._keys: Sequence[str] | None = None
        self._checkpoint: CheckpointFile | None = None
        self._sent: SentJob | None = None
        self._began, self._number = 0.0, 0
        self._known: Sequence[FitRecord] | None = None

    def begin(self) -> Sequence[FitRecord] | None:
        """The whole job from the store, or None: who trained together is resumed together."""
        contestant, members, place = self._contestant, self._members, self._place
        self._keys = name_fits(contestant, place.plan, members)
        estimate = contestant.estimate_seconds(place.plan.facts, len(members))
        seeds = sorted({member.seed for member in members})
        self._number, n_jobs = self._numbers()
        self._listen(JobStarted(contestant.name, self._stage, self._number, n_jobs, len(members), seeds, estimate))
        self._began = time.perf_counter()
        checkpoint = None
        if self._options.executor.has_our_files:
            checkpoint = checkpoint_of(place.store, contestant, self._keys, self._options.checkpoint_seconds)
        self._known = self._found()
        if self._known is not None:
            if checkpoint is not None:
                checkpoint.remove()  # a kill came between keeping the fits and taking it away
            return self._known
        # Timed anew is timed in one go.
        self._checkpoint = None if self._options.retime else checkpoint
        self._sent = SentJob(place.rows_file, self._labels(), place.plan.facts, members, self._checkpoint)
        return None

    def _found(self) -> list[FitRecord] | None:
        if self._keys is None or self._options.retime:
            return None
        records = [self._place.store.find_fit(key) for key in self._keys]
        return None if any(record is None for record in records) else [r for r in records if r is not None]

    def run(self, hear: Callable[[Mapping[str, Any]], None]) -> Sequence[Fitted | FitError] | BakeoffError:
        """Fit where the executor does. A limit is one of all that a job takes, before a break and after it."""
        limit = self._planned.time_limit_seconds * len(self._members)
        try:
            left = limit if self._checkpoint is None else limit - self._checkpoint.spent_seconds()
            if left <= 0:
                raise FitTimedOut(time_limit_message(limit))
            try:
                answer: Sequence[Fitted | FitError] = self._options.executor.run(
                    fit_job, self._contestant, self._sent, time_limit_seconds=left, progress=hear
                )
            except FitTimedOut as error:
                raise FitTimedOut(time_limit_message(limit)) from error
        except (StoreError, DeviceError, ClusterError):
            raise  # not a matter of this contestant
        except BakeoffError as error:
            return error
        return answer

    def hear(self, values: Mapping[str, Any]) -> None:
        """Pass news on."""
        if self._checkpoint is not None and values.get("checkpoint") == "ignored":
            self._checkpoint.remove()  # it must not take its share of the limit the next time
        self._listen(event_of(self._contestant.name, self._number, values))

    def end(self, outcome: Sequence[FitRecord | Fitted | FitError] | BakeoffError) -> list[Fit]:
        """Keep what succeeded; what became of each fit."""
        outcomes: Sequence[FitRecord | BakeoffError]
        if isinstance(outcome, BakeoffError):
            self._listen(Logged(f"{self._contestant.name}: {traceback_text(outcome).strip()}"))
            outcomes = [outcome] * len(self._tasks)
        else:
            outcomes = self._known if self._known is not None else self._now_kept(outcome)
        seconds = time.perf_counter() - self._began
        is_reused = self._known is not None
        share = 0.0 if is_reused else seconds / len(self._tasks)
        fits = [
            _fit(task, self._stage, (each, is_reused), share) for task, each in zip(self._tasks, outcomes, strict=True)
        ]
        broken = next((fit for fit in fits if fit.status != "ok"), None)
        status, reason = ("ok", None) if broken is None else (broken.status, broken.reason)
        n_reused = len(fits) if is_reused else 0
        self._listen(
            JobFinished(self._contestant.name, self._stage, status, reason, seconds, len(fits), n_reused, self._number)
        )
        return fits

    def _now_kept(self, outcome: Sequence[Any]) -> list[FitRecord | BakeoffError]:
        """Records of the fits that succeeded; an error stands in the place of each that did not."""
        names: Sequence[str | None] = self._keys if self._keys is not None else [None] * len(self._members)
        outcomes: list[FitRecord | BakeoffError] = [
            fit if isinstance(fit, FitError) else _record(self._contestant, self._stage, member, fit, key)
            for member, fit, key in zip(self._members, outcome, names, strict=True)
        ]
        for record in outcomes:
            if isinstance(record, FitRecord) and record.key:
                self._place.store.save_fit(record)
        if self._checkpoint is not None:
            self._checkpoint.remove()
        return outcomes

    def _labels(self) -> Labels:
        """Labels of the rows that these members train on and watch; all others stay sealed."""
        rows_of, members = self._place.rows, self._members
        trained = np.unique(np.concatenate([member.train for member in members]))
        y = rows_of.labels(trained)
        watched = [member.validation for member in members if member.validation is not None]
        if not watched:
            return y
        rows = np.unique(np.concatenate(watched))
        if self._place.plan.recipe.protocol.validation == "test":
            epochs = self._contestant.resolve(self._place.plan.facts).get("epochs", 1)
            times = int(epochs) * len(members)
            y[rows] = rows_of.open_labels(rows, f"{self._contestant.name}: watched while training", times)
        else:
            y[rows] = rows_of.labels(rows)[rows]
        return y


def _fit(task: Task, stage: str, found: tuple[FitRecord | BakeoffError, bool], seconds: float) -> Fit:
    outcome, reused = found
    record, reason = (outcome, None) if isinstance(outcome, FitRecord) else (None, " ".join(str(outcome).split()))
    status = "ok" if record is not None else "timed out" if isinstance(outcome, FitTimedOut) else "failed"
    return Fit(task.member.seed, task.division, stage, status, reason, reused, record, task.variant, seconds)


def _record(
    contestant: Contestant, stage: str, member: MemberPlan, fit: Fitted, key: str | None
) -> FitRecord | FitError:
    """The fit as it is kept, or an error where what it predicts are not numbers."""
    arrays: dict[str, Any] = {}
    for part, predictions in fit.predictions.items():
        for values in (predictions.probabilities, predictions.scores):
            if values is not None and not np.isfinite(values).all():
                return FitError(
                    f"it predicts values that are no numbers on {part} rows; a lower learning rate may help"
                )
        arrays[f"{part}_rows"] = member.predict[part]
        arrays[f"{part}_labels"] = predictions.labels
        if stage in ("study", "tune"):
            continue  # there are many, and labels are all that is scored
        if predictions.probabilities is not None:
            arrays[f"{part}_probabilities"] = predictions.probabilities
        if predictions.scores is not None:
            arrays[f"{part}_scores"] = predictions.scores
    facts = {
        "seconds": asdict(fit.seconds),
        "epochs": fit.epochs,
        "history": {name: [_number(value) for value in values] for name, values in fit.history.items()},
        "summary": [asdict(row) for row in fit.summary],
        "n_parameters": fit.n_parameters,
        "n_bytes": sum(len(content) for content in fit.model_files.values()),
        "notes": list(fit.notes),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    return FitRecord(key or "", contestant.family, contestant.name, member.seed, stage, facts, arrays, fit.model_files)


def _number(value: float) -> float | None:
    """JSON has no infinities and no NaN."""
    return float(value) if math.isfinite(value) else None
