"""Fits for the checks that train something: `bakeoff.audit` says what it wants to know, contestants answer."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bakeoff import machine
from bakeoff.audit import PROBE_WORDS, ProbeName, ProbeTask, measure_probes
from bakeoff.contest._events import JobFinished, JobProgress, JobStarted, Listener, Said, StageFinished
from bakeoff.contest._job import SentJob, fit_job
from bakeoff.contest._keys import name_fits
from bakeoff.contest._parts import rows_left_to_look_at
from bakeoff.contest._plan import Plan, facts_of
from bakeoff.contest._rows_file import write_rows
from bakeoff.contestants import Contestant, Facts, MemberPlan, default_time_limit_seconds, make_contestant
from bakeoff.data import Dataset
from bakeoff.errors import FitError
from bakeoff.executors import FitExecutor, SharedFile
from bakeoff.store import FitRecord, Store
from bakeoff.types import Probabilities, ProgressCallback

__all__ = ["ProbeFits", "probe_contest", "probe_dataset"]

_ROWS_SEEN = 320_000
"""By a network in training: on 22,000 rows of Sign Language MNIST 15 epochs, after which it has learnt its own rows."""

_ENOUGH_FOR_LARGE_BATCHES = 2_000


def probe_dataset(dataset: Dataset, executor: FitExecutor, listen: Listener) -> dict[str, Any]:
    """Everything that an audit can find out by training something, on rows that no run would set aside.

    Parameters
    ----------
    dataset : Dataset
    executor : FitExecutor
        Where the fits run.
    listen : callable
        Is told what happens.

    Returns
    -------
    dict
        ``data.probes`` of ``results.json``.
    """
    with tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
        rows_file = Path(folder) / "X.npy"
        write_rows(rows_file, dataset)
        fits = ProbeFits(dataset, executor.share(rows_file), executor, listen)
        return measure_probes(dataset, fits, rows_left_to_look_at(dataset), _saying(listen))


def probe_contest(
    plan: Plan, rows_file: SharedFile, executor: FitExecutor, listen: Listener, store: Store
) -> dict[str, Any]:
    """The same for a bake-off, on the rows that may be trained on; fits that the store has are not run again.

    Parameters
    ----------
    plan : Plan
    rows_file : SharedFile
        ``.npy`` file of all rows, which the other process maps.
    executor : FitExecutor
    listen : callable
    store : Store

    Returns
    -------
    dict
        ``data.probes`` of ``results.json``.
    """
    fits = ProbeFits(plan.dataset, rows_file, executor, listen, _Kept(plan, store))
    return measure_probes(plan.dataset, fits, plan.parts.divisions[0].train, _saying(listen))


def _saying(listen: Listener) -> Callable[[str], None]:
    return lambda sentence: listen(Said(sentence))


@dataclass(frozen=True, eq=False)
class _Kept:
    """Fits of probes in a store, under names like those of all other fits."""

    plan: Plan
    store: Store

    def names(self, contestant: Contestant, facts: Facts, members: Sequence[MemberPlan]) -> list[str] | None:
        return name_fits(contestant, replace(self.plan, facts=facts), members)

    def find(self, names: Sequence[str], purpose: str) -> list[Probabilities] | None:
        records = [self.store.find_fit(name) for name in names]
        found = [record.arrays[f"{purpose}_probabilities"] for record in records if record is not None]
        return found if len(found) == len(names) else None

    def keep(
        self, contestant: Contestant, names: Sequence[str], purpose: str, answers: Sequence[Probabilities]
    ) -> None:
        for name, answer in zip(names, answers, strict=True):
            arrays = {f"{purpose}_probabilities": answer}
            self.store.save_fit(FitRecord(name, contestant.family, contestant.name, 0, "probe", {}, arrays, {}))


class ProbeFits:
    """Fits probes with contestants; what `bakeoff.audit.FitAndPredict` asks for.

    Parameters
    ----------
    dataset : Dataset
    rows_file : SharedFile
        ``.npy`` file of all its rows, training rows first.
    executor : FitExecutor
    listen : callable
    kept : optional
        Fits of earlier runs.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows_file: SharedFile,
        executor: FitExecutor,
        listen: Listener,
        kept: _Kept | None = None,
    ) -> None:
        self._dataset, self._rows_file = dataset, rows_file
        self._executor, self._listen, self._kept = executor, listen, kept

    def __call__(self, probe: ProbeName, task: ProbeTask) -> Sequence[Probabilities]:
        """Fit once for each division of the task; see `bakeoff.audit.FitAndPredict`."""
        n_train = max(len(division.train) for division in task.divisions)
        # What a probe learns need not be the classes of the data, so their codes mean nothing to it.
        facts = replace(facts_of(self._dataset, n_train), n_classes=task.n_classes, label_codes=None)
        contestant = _contestant(probe, facts)
        members = [
            MemberPlan(0, division.train, None, {task.purpose: division.predict}, keep_model=False)
            for division in task.divisions
        ]
        begun = time.perf_counter()
        names = None if self._kept is None else self._kept.names(contestant, facts, members)
        answers = None if self._kept is None or names is None else self._kept.find(names, task.purpose)
        n_reused = 0 if answers is None else len(answers)
        if answers is None:
            answers = self._fit(contestant, task, facts, members)
            if self._kept is not None and names is not None:
                self._kept.keep(contestant, names, task.purpose, answers)
        seconds = time.perf_counter() - begun
        self._listen(StageFinished(PROBE_WORDS[probe], task.purpose, len(answers), n_reused, 0, None, seconds))
        return answers

    def _fit(
        self, contestant: Contestant, task: ProbeTask, facts: Facts, members: Sequence[MemberPlan]
    ) -> list[Probabilities]:
        jobs = [members] if contestant.trains_populations else [[member] for member in members]
        if contestant.family == "dense":
            self._executor.prepare(_self_test)
        answers: list[Probabilities] = []
        for number, job in enumerate(jobs, 1):
            answers += self._fit_job(contestant, task, facts, job, (number, len(jobs)))
        return answers

    def _fit_job(
        self,
        contestant: Contestant,
        task: ProbeTask,
        facts: Facts,
        members: Sequence[MemberPlan],
        number: tuple[int, int],
    ) -> list[Probabilities]:
        estimate = contestant.estimate_seconds(facts, len(members))
        self._listen(JobStarted(contestant.name, task.purpose, *number, len(members), [0], estimate))
        begun = time.perf_counter()
        fitted = self._executor.run(
            fit_job,
            contestant,
            SentJob(self._rows_file, task.y, facts, members),
            time_limit_seconds=default_time_limit_seconds(facts) * len(members),
            progress=lambda values: self._listen(JobProgress(contestant.name, values, number[0])),
        )
        seconds = time.perf_counter() - begun
        self._listen(JobFinished(contestant.name, task.purpose, "ok", None, seconds, len(members), 0, number[0]))
        answers = []
        for fit in fitted:
            if isinstance(fit, FitError):
                raise fit
            answers.append(fit.predictions[task.purpose].probabilities)
        return answers


def _self_test(_progress: ProgressCallback) -> None:
    """Refuse to train where compiled code gives wrong answers."""
    machine.ensure_self_test()


def _contestant(probe: ProbeName, facts: Facts) -> Contestant:
    """The probe as a contestant; its name is what people read."""
    settings: Mapping[str, Any]
    if probe == "nearest":
        # On all pixels and one neighbour alone: what remembering gives.
        family, settings = "knn", {"n_neighbors": 1, "weights": "uniform", "pca": None}
    else:
        n_train = facts.n_train
        epochs = min(max(-(-_ROWS_SEEN // n_train), 5), 50)
        family, settings = (
            "dense",
            {
                # What people build first: no distorted images, which would hide what copies give away.
                "hidden_layer_sizes": [256, 128],
                "optimizer": "adam",
                "scale": "unit" if facts.kind == "images" else "standard",
                "augment": "none",
                "dropout": 0.1,
                "epochs": epochs,
                "batch_size": 128 if n_train >= _ENOUGH_FOR_LARGE_BATCHES else 32,
                "train_scores": "none",
            },
        )
    return make_contestant(PROBE_WORDS[probe], family, settings)
