"""Run the fits of one contestant: look in the store, fit what is missing, keep what came."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.contest._events import JobFinished, JobProgress, JobStarted, Listener, Logged, StageFinished
from bakeoff.contest._keys import name_fits
from bakeoff.contest._parts import Part
from bakeoff.contest._plan import Plan, PlannedContestant, n_divisions
from bakeoff.contest._seal import SealedRows
from bakeoff.contestants import Contestant, Facts, Fitted, Job, MemberPlan
from bakeoff.errors import BakeoffError, FitTimedOut, StoreError
from bakeoff.executors import FitExecutor, traceback_text
from bakeoff.store import FitRecord, Store
from bakeoff.types import Labels, ProgressCallback

__all__ = ["Fit", "Fitter"]


@dataclass(frozen=True, slots=True)
class Fit:
    """What became of one fit.

    Parameters
    ----------
    seed : int
    division : int
        Which division of the rows.
    stage : {"validation", "refit"}
    status : {"ok", "failed", "timed out"}
    reason : str or None
    reused : bool
        Found in the store.
    record : FitRecord or None
        None where it failed.
    """

    seed: int
    division: int
    stage: str
    status: str
    reason: str | None
    reused: bool
    record: FitRecord | None


@dataclass(frozen=True, slots=True)
class _Task:
    """A member of a job, and where it belongs."""

    division: int
    member: MemberPlan


def fit_job(
    contestant: Contestant,
    rows_file: str,
    y: Labels,
    facts: Facts,
    members: Sequence[MemberPlan],
    progress: ProgressCallback,
) -> Sequence[Fitted]:
    """Fit one job; this is what runs in the other process."""
    X = np.load(rows_file, mmap_mode="r", allow_pickle=False)
    return contestant.fit(Job(X, y, facts, members), progress)


class Fitter:
    """Runs fits one after the other, so that each has the machine to itself while it is timed.

    Parameters
    ----------
    plan : Plan
    rows : SealedRows
    rows_file : Path
        ``.npy`` file of all rows, which the other process maps.
    executor : FitExecutor
    listen : callable
        Is told what happens.
    retime : bool
        Fit even what the store has.
    """

    def __init__(
        self, plan: Plan, rows: SealedRows, rows_file: Path, executor: FitExecutor, listen: Listener, retime: bool
    ) -> None:
        self._plan, self._rows, self._rows_file = plan, rows, rows_file
        self._executor, self._listen, self._retime = executor, listen, retime
        self._job_number = 0
        self._n_jobs = sum(
            1 if one.contestant.trains_populations else len(one.seeds) * n_divisions(plan.parts, stage)
            for one in plan.contestants
            for stage in one.stages
        )

    @property
    def _store(self) -> Store:
        return self._rows.store

    def fit_all(self, planned: PlannedContestant) -> list[Fit]:
        """Every fit of one contestant: choosing on validation rows first, then on all training rows."""
        fits: list[Fit] = []
        chosen: dict[tuple[int, int], int | None] = {}
        for stage in planned.stages:
            tasks = [
                task
                for division in range(len(self._plan.parts.divisions))
                for seed in planned.seeds
                if (task := self._task(planned, stage, seed, division, chosen)) is not None
            ]
            begun = time.perf_counter()
            new = [fit for job in self._jobs(planned.contestant, tasks) for fit in self._fit_job(planned, stage, job)]
            if new:
                self._listen(_stage_finished(planned.contestant.name, stage, new, time.perf_counter() - begun))
            chosen = {(fit.seed, fit.division): fit.record.facts["epochs"] for fit in new if fit.record is not None}
            fits += new
            if not chosen:
                break  # nothing was chosen that could be fitted again
        return fits

    def _task(
        self,
        planned: PlannedContestant,
        stage: str,
        seed: int,
        division: int,
        chosen: Mapping[tuple[int, int], int | None],
    ) -> _Task | None:
        part, is_last = self._plan.parts.divisions[division], stage == planned.stages[-1]
        predict = dict(_test_of(part)) if is_last else {}
        keep_model = is_last and _is_kept(division)
        if stage == "validation":
            if part.validation is None:
                return None
            predict["validation"] = part.validation
            watched = part.validation if planned.contestant.watches_validation else None
            return _Task(division, MemberPlan(seed, part.inner_train, watched, predict, keep_model=keep_model))
        if "validation" in planned.stages and part.validation is not None and (seed, division) not in chosen:
            return None  # nothing was chosen that could be fitted again
        is_watched = self._plan.recipe.protocol.validation == "test" and planned.contestant.watches_validation
        watched, epochs = part.test if is_watched else None, chosen.get((seed, division))
        return _Task(division, MemberPlan(seed, part.train, watched, predict, epochs, keep_model))

    def _jobs(self, contestant: Contestant, tasks: Sequence[_Task]) -> list[Sequence[_Task]]:
        if not tasks:
            return []
        return [tasks] if contestant.trains_populations else [[task] for task in tasks]

    def _fit_job(self, planned: PlannedContestant, stage: str, tasks: Sequence[_Task]) -> list[Fit]:
        contestant, members = planned.contestant, [task.member for task in tasks]
        keys = name_fits(contestant, self._plan.dataset.sha256, self._plan.facts, members)
        self._job_number += 1
        estimate = contestant.estimate_seconds(self._plan.facts, len(members))
        seeds = sorted({member.seed for member in members})
        started = JobStarted(contestant.name, stage, self._job_number, self._n_jobs, len(members), seeds, estimate)
        self._listen(started)
        begun = time.perf_counter()
        records = self._find(keys)
        reused = records is not None
        status, reason = "ok", None
        if records is None:
            try:
                fitted = self._run(planned, members)
                names: Sequence[str | None] = keys if keys is not None else [None] * len(members)
                records = [
                    _record(contestant, stage, member, fit, key)
                    for member, fit, key in zip(members, fitted, names, strict=True)
                ]
                if keys is not None:
                    for record in records:
                        self._store.save_fit(record)
            except StoreError:
                raise
            except BakeoffError as error:
                status, reason = _outcome(error)
                self._listen(Logged(f"{contestant.name}: {traceback_text(error).strip()}"))
        seconds = time.perf_counter() - begun
        self._listen(
            JobFinished(contestant.name, stage, status, reason, seconds, len(tasks), len(tasks) if reused else 0)
        )
        found: Sequence[FitRecord | None] = records if records is not None else [None] * len(tasks)
        return [
            Fit(task.member.seed, task.division, stage, status, reason, reused, record)
            for task, record in zip(tasks, found, strict=True)
        ]

    def _find(self, keys: Sequence[str] | None) -> list[FitRecord] | None:
        """The whole job from the store, or None: who trained together is resumed together."""
        if keys is None or self._retime:
            return None
        records = [self._store.find_fit(key) for key in keys]
        return None if any(record is None for record in records) else [r for r in records if r is not None]

    def _run(self, planned: PlannedContestant, members: Sequence[MemberPlan]) -> Sequence[Fitted]:
        contestant = planned.contestant
        answer: Sequence[Fitted] = self._executor.run(
            fit_job,
            contestant,
            str(self._rows_file),
            self._labels(contestant, members),
            self._plan.facts,
            members,
            time_limit_seconds=planned.time_limit_seconds * len(members),
            progress=lambda values: self._listen(JobProgress(contestant.name, values)),
        )
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


def _is_kept(division: int) -> bool:
    """Of several folds, the first one's model is kept: one is enough to predict with."""
    return division == 0


def _test_of(part: Part) -> Mapping[str, Any]:
    return {} if part.test is None else {"test": part.test}


def _outcome(error: BakeoffError) -> tuple[str, str]:
    reason = " ".join(str(error).split())
    return ("timed out" if isinstance(error, FitTimedOut) else "failed"), reason


def _record(contestant: Contestant, stage: str, member: MemberPlan, fit: Fitted, key: str | None) -> FitRecord:
    arrays: dict[str, Any] = {}
    for part, predictions in fit.predictions.items():
        arrays[f"{part}_rows"] = member.predict[part]
        arrays[f"{part}_labels"] = predictions.labels
        if predictions.probabilities is not None:
            arrays[f"{part}_probabilities"] = predictions.probabilities
        if predictions.scores is not None:
            arrays[f"{part}_scores"] = predictions.scores
    facts = {
        "seconds": asdict(fit.seconds),
        "epochs": fit.epochs,
        "history": {name: [float(value) for value in values] for name, values in fit.history.items()},
        "summary": [asdict(row) for row in fit.summary],
        "n_parameters": fit.n_parameters,
        "n_bytes": sum(len(content) for content in fit.model_files.values()),
        "notes": list(fit.notes),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    return FitRecord(key or "", contestant.family, contestant.name, member.seed, stage, facts, arrays, fit.model_files)
