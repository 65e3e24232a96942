"""Run the fits of one contestant: look in the store, fit what is missing, keep what came."""

import itertools
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.contest._checkpoints import checkpoint_of, event_of
from bakeoff.contest._events import JobFinished, JobStarted, Listener, Logged, StageFinished
from bakeoff.contest._keys import name_fits
from bakeoff.contest._parts import Part
from bakeoff.contest._plan import Plan, PlannedContestant, part_sizes
from bakeoff.contest._seal import SealedRows
from bakeoff.contestants import Contestant, Facts, Fitted, Job, MemberPlan
from bakeoff.errors import BakeoffError, DeviceError, FitError, FitTimedOut, StoreError
from bakeoff.executors import FitExecutor, time_limit_message, traceback_text
from bakeoff.store import CheckpointFile, FitRecord, Store
from bakeoff.types import Labels, ProgressCallback

__all__ = ["Fit", "Fitter", "FittingOptions", "SentJob", "fit_job"]


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
    """

    seed: int
    division: int
    stage: str
    status: str
    reason: str | None
    reused: bool
    record: FitRecord | None
    variant: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    """A member of a job, and where it belongs."""

    division: int
    member: MemberPlan
    variant: int = 0


def _jobs(planned: PlannedContestant, tasks: Sequence[_Task]) -> list[Sequence[_Task]]:
    """Tasks that train together, in their order."""
    ends = [0, *itertools.accumulate(part_sizes(len(tasks), planned.together))]
    return [tasks[first:last] for first, last in itertools.pairwise(ends)]


@dataclass(frozen=True, slots=True)
class SentJob:
    """A job as it goes to the other process: its rows as a file that is mapped there.

    Parameters
    ----------
    rows_file : str
    y : (n_samples,) int32
    facts : Facts
    members : sequence of MemberPlan
    checkpoints : CheckpointFile or None
    """

    rows_file: str
    y: Labels
    facts: Facts
    members: Sequence[MemberPlan]
    checkpoints: CheckpointFile | None = None


def fit_job(contestant: Contestant, sent: SentJob, progress: ProgressCallback) -> Sequence[Fitted | FitError]:
    """Fit one job; this is what runs in the other process."""
    X = np.load(sent.rows_file, mmap_mode="r", allow_pickle=False)
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


class Fitter:
    """Runs fits one after the other, so that each has the machine to itself while it is timed.

    Parameters
    ----------
    plan : Plan
    rows : SealedRows
    rows_file : Path
        ``.npy`` file of all rows, which the other process maps.
    options : FittingOptions
    """

    def __init__(self, plan: Plan, rows: SealedRows, rows_file: Path, options: FittingOptions) -> None:
        self._plan, self._rows, self._rows_file = plan, rows, rows_file
        self._options, self._listen = options, options.listen
        self._job_number = 0
        self._n_jobs = sum(
            len(part_sizes(len(one.variants) * len(one.seeds) * len(divisions), one.together))
            for one in plan.contestants
            for divisions in one.stages.values()
        )

    @property
    def _store(self) -> Store:
        return self._rows.store

    def fit_all(self, planned: PlannedContestant) -> list[Fit]:
        """Every fit of one contestant: choosing on validation rows first, then on all training rows."""
        fits: list[Fit] = []
        for stage, divisions in planned.stages.items():
            places = [(division, seed) for division in divisions for seed in planned.seeds]
            tasks = [
                replace(task, variant=number, member=replace(task.member, settings=settings))
                for number, settings in enumerate(planned.variants)
                for place in places
                if (task := self._task(planned, stage, place, fits)) is not None
            ]
            begun = time.perf_counter()
            new = [fit for job in _jobs(planned, tasks) for fit in self._fit_job(planned, stage, job)]
            if new:
                self._listen(_stage_finished(planned.contestant.name, stage, new, time.perf_counter() - begun))
            fits += new
        return fits

    def _task(
        self, planned: PlannedContestant, stage: str, place: tuple[int, int], before: Sequence[Fit]
    ) -> _Task | None:
        division, seed = place
        part, contestant = (planned.parts or self._plan.parts).divisions[division], planned.contestant
        is_last = stage == planned.final_stage
        predict = dict(_test_of(part)) if is_last else {}
        # Of several folds, one model is enough to predict with.
        keep_model = planned.keeps_model and is_last and division == 0
        if stage != "refit":
            if part.validation is not None:
                predict["validation"] = part.validation
            watched = part.validation if contestant.watches_validation else None
            if stage == "study":
                predict["train"] = part.inner_train
            if stage in ("study", "tune"):
                # Watching takes time, and no study shows what it sees.
                watched = watched if contestant.chooses_on_validation else None
            return _Task(division, MemberPlan(seed, part.inner_train, watched, predict, keep_model=keep_model))
        epochs = None  # as the settings say, unless validation rows chose
        chosen = next((fit for fit in before if (fit.division, fit.seed) == place), None)
        if chosen is not None:
            if chosen.record is None:
                return None  # it failed: nothing was chosen that could be fitted again
            if contestant.chooses_on_validation:
                epochs = chosen.record.facts["epochs"]
        is_watched = self._plan.recipe.protocol.validation == "test" and contestant.watches_validation
        watched = part.test if is_watched else None
        return _Task(division, MemberPlan(seed, part.train, watched, predict, epochs, keep_model))

    def _fit_job(self, planned: PlannedContestant, stage: str, tasks: Sequence[_Task]) -> list[Fit]:
        contestant, members = planned.contestant, [task.member for task in tasks]
        keys = name_fits(contestant, self._plan, members)
        self._job_number += 1
        estimate = contestant.estimate_seconds(self._plan.facts, len(members))
        seeds = sorted({member.seed for member in members})
        started = JobStarted(contestant.name, stage, self._job_number, self._n_jobs, len(members), seeds, estimate)
        self._listen(started)
        begun = time.perf_counter()
        records = self._find(keys)
        reused = records is not None
        if reused and (left := self._checkpoint(contestant, keys)) is not None:
            left.remove()  # a kill came between keeping the fits and taking it away
        outcomes: Sequence[FitRecord | BakeoffError]
        outcomes = records if records is not None else self._run_and_keep(planned, stage, members, keys)
        seconds = time.perf_counter() - begun
        fits = [_fit(task, stage, outcome, reused) for task, outcome in zip(tasks, outcomes, strict=True)]
        broken = next((fit for fit in fits if fit.status != "ok"), None)
        status, reason = ("ok", None) if broken is None else (broken.status, broken.reason)
        n_reused = len(tasks) if reused else 0
        self._listen(JobFinished(contestant.name, stage, status, reason, seconds, len(tasks), n_reused))
        return fits

    def _run_and_keep(
        self, planned: PlannedContestant, stage: str, members: Sequence[MemberPlan], keys: Sequence[str] | None
    ) -> Sequence[FitRecord | BakeoffError]:
        """Fit the members and keep those that succeed; an error stands in the place of each that does not."""
        contestant = planned.contestant
        # Timed anew is timed in one go.
        checkpoint = None if self._options.retime else self._checkpoint(contestant, keys)
        try:
            fitted = self._run(planned, members, checkpoint)
        except (StoreError, DeviceError):
            raise  # not a matter of this contestant
        except BakeoffError as error:
            self._listen(Logged(f"{contestant.name}: {traceback_text(error).strip()}"))
            return [error] * len(members)
        names: Sequence[str | None] = keys if keys is not None else [None] * len(members)
        outcomes = [
            fit if isinstance(fit, FitError) else _record(contestant, stage, member, fit, key)
            for member, fit, key in zip(members, fitted, names, strict=True)
        ]
        for outcome in outcomes:
            if isinstance(outcome, FitRecord) and outcome.key:
                self._store.save_fit(outcome)
        if checkpoint is not None:
            checkpoint.remove()
        return outcomes

    def _checkpoint(self, contestant: Contestant, keys: Sequence[str] | None) -> CheckpointFile | None:
        return checkpoint_of(self._store, contestant, keys, self._options.checkpoint_seconds)

    def _find(self, keys: Sequence[str] | None) -> list[FitRecord] | None:
        """The whole job from the store, or None: who trained together is resumed together."""
        if keys is None or self._options.retime:
            return None
        records = [self._store.find_fit(key) for key in keys]
        return None if any(record is None for record in records) else [r for r in records if r is not None]

    def _run(
        self, planned: PlannedContestant, members: Sequence[MemberPlan], checkpoint: CheckpointFile | None
    ) -> Sequence[Fitted | FitError]:
        """Fit in the other process. A limit is one of all that a job takes, before a break and after it."""
        contestant = planned.contestant
        limit = planned.time_limit_seconds * len(members)
        left = limit if checkpoint is None else limit - checkpoint.spent_seconds()
        if left <= 0:
            raise FitTimedOut(time_limit_message(limit))
        sent = SentJob(str(self._rows_file), self._labels(contestant, members), self._plan.facts, members, checkpoint)

        def hear(values: Mapping[str, Any]) -> None:
            if checkpoint is not None and values.get("checkpoint") == "ignored":
                checkpoint.remove()  # it must not take its share of the limit the next time
            self._listen(event_of(contestant.name, values))

        try:
            answer: Sequence[Fitted | FitError] = self._options.executor.run(
                fit_job, contestant, sent, time_limit_seconds=left, progress=hear
            )
        except FitTimedOut as error:
            raise FitTimedOut(time_limit_message(limit)) from error
        return answer

    def _labels(self, contestant: Contestant, members: Sequence[MemberPlan]) -> Labels:
        """Labels of the rows that these members train on and watch; all others stay sealed."""
        trained = np.unique(np.concatenate([member.train for member in members]))
        y = self._rows.labels(trained)
        watched = [member.validation for member in members if member.validation is not None]
        if not watched:
            return y
        rows = np.unique(np.concatenate(watched))
        if self._plan.recipe.protocol.validation == "test":
            epochs = contestant.resolve(self._plan.facts).get("epochs", 1)
            times = int(epochs) * len(members)
            y[rows] = self._rows.open_labels(rows, f"{contestant.name}: watched while training", times)
        else:
            y[rows] = self._rows.labels(rows)[rows]
        return y


def _stage_finished(contestant: str, stage: str, fits: Sequence[Fit], seconds: float) -> StageFinished:
    failed = [fit.reason for fit in fits if fit.status != "ok"]
    n_reused = sum(fit.reused for fit in fits)
    return StageFinished(contestant, stage, len(fits), n_reused, len(failed), failed[0] if failed else None, seconds)


def _test_of(part: Part) -> Mapping[str, Any]:
    return {} if part.test is None else {"test": part.test}


def _fit(task: _Task, stage: str, outcome: FitRecord | BakeoffError, reused: bool) -> Fit:
    if isinstance(outcome, FitRecord):
        return Fit(task.member.seed, task.division, stage, "ok", None, reused, outcome, task.variant)
    status = "timed out" if isinstance(outcome, FitTimedOut) else "failed"
    reason = " ".join(str(outcome).split())
    return Fit(task.member.seed, task.division, stage, status, reason, reused, None, task.variant)


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
