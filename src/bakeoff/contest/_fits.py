"""All fits of contestants: which there are, which wait for which, and which train together."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from bakeoff.contest._conductor import Work, conduct
from bakeoff.contest._events import StageFinished
from bakeoff.contest._job import Fit, FittingOptions, FittingPlace, JobTurn, Task
from bakeoff.contest._parts import Part
from bakeoff.contest._plan import Plan, PlannedContestant, part_sizes
from bakeoff.contest._seal import SealedRows
from bakeoff.contestants import MemberPlan
from bakeoff.executors import SharedFile

__all__ = ["Fitter"]

T = TypeVar("T")


def _jobs(planned: PlannedContestant, tasks: Sequence[Task]) -> list[Sequence[Task]]:
    """Tasks that train together, in their order."""
    ends = [0, *itertools.accumulate(part_sizes(len(tasks), planned.together))]
    return [tasks[first:last] for first, last in itertools.pairwise(ends)]


class Fitter:
    """Runs fits: on one machine one after the other, so that each has it to itself while it is timed.

    Parameters
    ----------
    plan : Plan
    rows : SealedRows
    rows_file : SharedFile
        ``.npy`` file of all rows, which the other process maps.
    options : FittingOptions
    """

    def __init__(self, plan: Plan, rows: SealedRows, rows_file: SharedFile, options: FittingOptions) -> None:
        self._plan, self._options, self._listen = plan, options, options.listen
        self._place = FittingPlace(plan, rows, rows_file, options)
        self._job_number = 0
        self._n_jobs = sum(
            len(part_sizes(len(one.variants) * len(one.seeds) * len(divisions), one.together))
            for one in plan.contestants
            for divisions in one.stages.values()
        )

    def fit_all(self, contestants: Sequence[PlannedContestant]) -> dict[str, list[Fit]]:
        """Every fit of these contestants, by their names."""
        fits = self.conduct([self.fits_of(planned) for planned in contestants])
        return dict(zip((planned.contestant.name for planned in contestants), fits, strict=True))

    def conduct(self, works: Sequence[Work[T]]) -> list[T]:
        """Do works that ask for fits by `fits_of`, as many at once as the executor runs."""
        executor = self._options.executor
        return conduct(works, lambda: executor.at_once, executor.takes_several)

    def fits_of(self, planned: PlannedContestant) -> Work[list[Fit]]:
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
            done = yield [JobTurn(self._place, planned, stage, job, self._next_job) for job in _jobs(planned, tasks)]
            new = [fit for job in done for fit in job]
            if new:
                self._listen(_stage_finished(planned.contestant.name, stage, new, time.perf_counter() - begun))
            fits += new
        return fits

    def _next_job(self) -> tuple[int, int]:
        self._job_number += 1
        return self._job_number, self._n_jobs

    def _task(
        self, planned: PlannedContestant, stage: str, place: tuple[int, int], before: Sequence[Fit]
    ) -> Task | None:
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
            return Task(
                division,
                MemberPlan(
                    seed, part.inner_train, watched, predict, keep_model=keep_model, shares_work=stage == "tune"
                ),
            )
        epochs = None  # as the settings say, unless validation rows chose
        chosen = next((fit for fit in before if (fit.division, fit.seed) == place), None)
        if chosen is not None:
            if chosen.record is None:
                return None  # it failed: nothing was chosen that could be fitted again
            if contestant.chooses_on_validation:
                epochs = chosen.record.facts["epochs"]
        is_watched = self._plan.recipe.protocol.validation == "test" and contestant.watches_validation
        watched = part.test if is_watched else None
        return Task(division, MemberPlan(seed, part.train, watched, predict, epochs, keep_model))


def _stage_finished(contestant: str, stage: str, fits: Sequence[Fit], seconds: float) -> StageFinished:
    failed = [fit.reason for fit in fits if fit.status != "ok"]
    n_reused = sum(fit.reused for fit in fits)
    return StageFinished(contestant, stage, len(fits), n_reused, len(failed), failed[0] if failed else None, seconds)


def _test_of(part: Part) -> Mapping[str, Any]:
    return {} if part.test is None else {"test": part.test}
