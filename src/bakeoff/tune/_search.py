"""The search for one contestant's settings: a population of candidates at a time, the weak ones stopped early."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from bakeoff.compare import scores
from bakeoff.contest import Fit, Fitter, Plan, PlannedContestant, Work, gather
from bakeoff.contestants import Contestant, make_contestant
from bakeoff.errors import SettingsError
from bakeoff.tune._space import Space, optuna_module

__all__ = ["Budget", "Candidate", "Found", "search"]

SEARCH_SEED = 1_000_003
"""Of every candidate: no seed that a bake-off would use, so that the winner is scored on seeds it was not chosen by."""

_POPULATION = 18
_PROGRAMS = 6  # compiled for a population at most, where the space has settings that need none of their own
_KEPT = 3  # one of so many goes on
_FEWEST_TO_HALVE = 6
_FEWEST_EPOCHS = 9  # for a rung of a ninth of them
_PATIENT = 3  # every third population has no such rung: what learns slowly is not always stopped
_FINALISTS = 3  # at least
_SHARE_OF_FINALISTS = 5  # one of so many that were fitted whole
_FINAL_SEEDS = (SEARCH_SEED + 1, SEARCH_SEED + 2)
_REPEATS = 50  # of known settings, until a space counts as exhausted
_GIVE_UP = 20  # candidates without a score, one after the other


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a search may take; every contestant gets as much.

    Parameters
    ----------
    fits : int or None
        Candidates that are fitted, those that are stopped early included.
    seconds : float or None
        That go by while candidates are fitted and predict; of those that are kept from before, those of their own
        clocks. A population that has begun is finished.
    """

    fits: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.fits is None and self.seconds is None:
            raise SettingsError("tune: a budget is a number of fits or of seconds; neither is given")
        if self.fits is not None and self.fits < 1:
            raise SettingsError(f"tune: fits must be 1 or more. Got {self.fits!r}.")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise SettingsError(f"tune: seconds must be a number above 0. Got {self.seconds!r}.")

    def as_json(self) -> dict[str, float | None]:
        """For ``tuning.json``."""
        return {"fits": self.fits, "seconds": self.seconds}


@dataclass(slots=True)
class Candidate:
    """One combination of settings and what became of it.

    Parameters
    ----------
    number : int
    settings : dict
    score : float or None
        On validation rows, after as many epochs as it got.
    share : float
        Of the epochs that its settings ask for, before it was stopped; 1 for whole fits.
    seconds : float
    status : {"ok", "stopped early", "failed", "timed out"}
    reason : str or None
    again : sequence of float
        Of a finalist, scores with two more seeds.
    log_loss : float or None
        On the same rows, of all its seeds; None of models without probabilities.
    """

    number: int
    settings: dict[str, Any]
    score: float | None = None
    share: float = 1.0
    seconds: float = 0.0
    status: str = "ok"
    reason: str | None = None
    again: Sequence[float] = ()
    log_loss: float | None = None

    @property
    def rank(self) -> tuple[float, float, int]:
        """The best first: by score, of a finalist the mean over its seeds; equal ones by log-loss.

        On a few hundred rows many candidates have the same score.
        """
        loss = math.inf if self.log_loss is None else self.log_loss
        return -fmean([self.score or 0.0, *self.again]), loss, self.number


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    Parameters
    ----------
    best : Candidate or None
        The best that was fitted whole; None where none has a score.
    candidates : sequence of Candidate
    seconds : float
        Of fitting.
    fresh, fresh_before : sequence of float
        Scores with the seeds of the bake-off of the best, and of the contestant as it was; empty where no seed matters.
    """

    best: Candidate | None
    candidates: Sequence[Candidate]
    seconds: float
    fresh: Sequence[float] = field(default_factory=tuple)
    fresh_before: Sequence[float] = field(default_factory=tuple)


def search(
    entry: PlannedContestant, given: Mapping[str, Any], space: Space, budget: Budget, place: tuple[Plan, Fitter]
) -> Work[Found]:
    """Search one contestant's settings on validation rows.

    Candidates are asked of Optuna's TPE, of networks a whole population at a time. A third of a population, the best
    after a third of their epochs, are fitted whole; the others are stopped there. The first candidate of all is the
    contestant as it is. The same search again finds its fits in the store.

    Parameters
    ----------
    entry : PlannedContestant
        Its limit, seeds and contestant.
    given : mapping
        Its own settings: what the space does not search.
    space : Space
    budget : Budget
    place : (Plan, Fitter)
        Rows, and where fits run.
    """
    return _Search(entry, given, space, budget, *place).run()


class _Search:
    def __init__(
        self,
        entry: PlannedContestant,
        given: Mapping[str, Any],
        space: Space,
        budget: Budget,
        plan: Plan,
        fitter: Fitter,
    ) -> None:
        self._entry, self._given, self._space, self._budget = entry, given, space, budget
        self._plan, self._fitter = plan, fitter
        optuna = optuna_module()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=0, constant_liar=True, n_startup_trials=10)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._distributions = {name: dimension.distribution() for name, dimension in space.items()}
        self._candidates: list[Candidate] = []
        self._trials: dict[int, Any] = {}
        self._idle = 0

    @property
    def _seconds(self) -> float:
        return sum(candidate.seconds for candidate in self._candidates)

    @property
    def _left(self) -> int:
        """How many more candidates the budget has room for."""
        if self._budget.seconds is not None and self._seconds >= self._budget.seconds:
            return 0
        return 10**9 if self._budget.fits is None else self._budget.fits - len(self._candidates)

    def run(self) -> Work[Found]:
        while self._left > 0:
            asked = min(self._left, self._size)
            batch = list(self._asked(asked))
            valid = [candidate for candidate in batch if candidate.status == "ok"]
            for share in self._rungs(valid):
                yield from self._fit(valid, share)
                if share < 1:
                    valid = self._kept(valid)
            for candidate in batch:
                self._tell(candidate)
            self._idle = 0 if any(candidate.score is not None for candidate in batch) else self._idle + len(batch)
            if self._idle >= _GIVE_UP or len(batch) < asked:
                break  # nothing more can be fitted, or nothing else is left to try
        whole = [each for each in self._candidates if each.score is not None and each.share == 1.0]
        whole.sort(key=lambda each: each.rank)
        if len(whole) > 1 and self._entry.contestant.is_random:
            whole = yield from self._final(whole[: max(_FINALISTS, len(whole) // _SHARE_OF_FINALISTS)])
        best = whole[0] if whole else None
        found = Found(best, self._candidates, self._seconds)
        if best is None or not self._entry.contestant.is_random:
            return found
        before, after = yield from self._fresh(best)
        return replace(found, fresh=after, fresh_before=before)

    @property
    def _size(self) -> int:
        return _POPULATION if self._entry.contestant.trains_populations else 1

    def _rungs(self, candidates: Sequence[Candidate]) -> Sequence[float]:
        """Shares of the epochs after which it is looked who goes on."""
        if not self._entry.contestant.trains_populations or len(candidates) < _FEWEST_TO_HALVE:
            return (1.0,)
        epochs = min(self._epochs_of(each.settings) for each in candidates)
        is_patient = candidates[0].number // _POPULATION % _PATIENT == _PATIENT - 1
        if is_patient or len(candidates) < _KEPT * _FEWEST_TO_HALVE or epochs < _FEWEST_EPOCHS:
            return (1 / _KEPT, 1.0)
        return (1 / _KEPT**2, 1 / _KEPT, 1.0)

    def _epochs_of(self, settings: Mapping[str, Any]) -> int:
        return int(self._contestant(settings).resolve(self._plan.facts)["epochs"])

    def _asked(self, count: int) -> Iterator[Candidate]:
        """New candidates; what cannot be fitted with these data says so.

        Once there are enough programs in a population, the others take turns to differ from one of those in rates.
        """
        programs: list[dict[str, Any]] = []
        for place in range(count):
            number = len(self._candidates)
            settings: dict[str, Any] = {}
            if number > 0:
                like = programs[place % _PROGRAMS] if len(programs) == _PROGRAMS else {}
                drawn = self._drawn(number, like) or self._drawn(number, {})
                if drawn is None:
                    return
                settings = drawn
                own = self._program_of(number)
                if own and own not in programs and len(programs) < _PROGRAMS:
                    programs.append(own)
            candidate = Candidate(number, settings)
            self._candidates.append(candidate)
            try:
                self._contestant(settings).resolve(self._plan.facts)
            except SettingsError as error:
                candidate.status, candidate.reason = "failed", "; ".join(error.problems)
            yield candidate

    def _program_of(self, number: int) -> dict[str, Any]:
        """What Optuna drew of the settings that decide the program; nothing where all do."""
        drawn: dict[str, Any] = self._trials[number].params
        own = {name: drawn[name] for name in drawn if name not in self._entry.contestant.member_settings}
        return own if len(own) < len(drawn) else {}

    def _drawn(self, number: int, like: Mapping[str, Any]) -> dict[str, Any] | None:
        """Settings that were not tried yet, some of them given; None where Optuna has no others for a long time."""
        tried = {json.dumps(candidate.settings, sort_keys=True): candidate for candidate in self._candidates}
        for _ in range(_REPEATS):
            if like:
                self._study.enqueue_trial(dict(like))
            trial = self._study.ask(self._distributions)
            settings = {name: self._space[name].value(value) for name, value in trial.params.items()}
            known = tried.get(json.dumps(settings, sort_keys=True))
            if known is None:
                self._trials[number] = trial
                return settings
            self._report(trial, known)
        return None

    def _contestant(self, settings: Mapping[str, Any]) -> Contestant:
        contestant = self._entry.contestant
        return make_contestant(contestant.name, contestant.family, {**self._given, **settings})

    def _fit(self, candidates: Sequence[Candidate], share: float) -> Work[None]:
        """Fit them together, each for a share of its epochs, and give them their scores."""
        if not candidates:
            return
        variants = []
        for candidate in candidates:
            settings = self._quickly(candidate.settings)
            if share < 1:
                settings["epochs"] = max(1, round(self._epochs_of(settings) * share))
            variants.append(settings)
        planned = replace(
            self._entry, seeds=(SEARCH_SEED,), stages={"tune": range(len(self._plan.parts.divisions))},
            keeps_model=False, variants=variants, together=self._together(candidates),
        )  # fmt: skip
        fits = yield from self._fitter.fits_of(planned)
        for number, candidate in enumerate(candidates):
            own = [fit for fit in fits if fit.variant == number]
            candidate.share = share
            candidate.seconds += sum(_seconds_of(fit, len(candidates)) for fit in own)
            broken = next((fit for fit in own if fit.status != "ok"), None)
            if broken is not None:
                candidate.status, candidate.reason, candidate.score = broken.status, broken.reason, None
            else:
                (candidate.score,), candidate.log_loss = self._scores(own) or ((None,), None)

    def _quickly(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The same without what is only looked at afterwards: a pass over the training rows after every epoch."""
        looks_back = "train_scores" in self._contestant(settings).resolve(self._plan.facts)
        return {**settings, **({"train_scores": "none"} if looks_back else {})}

    def _together(self, candidates: Sequence[Candidate]) -> int:
        """As many as the hungriest of them allows."""
        limit = self._plan.recipe.protocol.memory_limit_mib * 2**20
        return min(self._contestant(each.settings).members_that_fit(self._plan.facts, limit) for each in candidates)

    def _scores(self, fits: Sequence[Fit]) -> tuple[Sequence[float], float | None] | None:
        """The score of every seed, and the mean of their log-losses."""
        said = gather("validation", fits)
        if said is None:
            return None
        dataset, metric = self._plan.dataset, self._plan.recipe.protocol.primary_metric
        truth = dataset.y_train[said.rows]
        found = [
            scores(truth, labels, None if said.probabilities is None else said.probabilities[number], dataset.n_classes)
            for number, labels in enumerate(said.labels)
        ]
        losses = [each["log_loss"] for each in found if each["log_loss"] is not None]
        return [float(each[metric] or 0.0) for each in found], fmean(losses) if len(losses) == len(found) else None

    def _kept(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The best third go on; candidate 0, the contestant as it is, always does."""
        ranked = sorted((each for each in candidates if each.score is not None), key=lambda each: each.rank)
        kept = ranked[: max(1, len(candidates) // _KEPT)]
        kept += [each for each in ranked if each.number == 0 and each not in kept]
        for each in ranked:
            if each not in kept:
                each.status = "stopped early"
        return kept

    def _tell(self, candidate: Candidate) -> None:
        trial = self._trials.get(candidate.number)
        if trial is not None:
            self._report(trial, candidate)

    def _report(self, trial: Any, candidate: Candidate) -> None:
        """A score after a share of the epochs is told as one: it does not stand beside those of whole fits."""
        states = optuna_module().trial.TrialState
        if candidate.score is None:
            self._study.tell(trial, state=states.FAIL)
        elif candidate.share < 1:
            trial.report(candidate.score, step=round(candidate.share * _KEPT**2))
            self._study.tell(trial, state=states.PRUNED)
        else:
            self._study.tell(trial, candidate.score)

    def _final(self, finalists: Sequence[Candidate]) -> Work[list[Candidate]]:
        """The finalists by their mean over more seeds: the best of many scores with one seed is best by luck too."""
        planned = replace(
            self._entry, seeds=_FINAL_SEEDS, stages={"tune": range(len(self._plan.parts.divisions))},
            keeps_model=False, variants=[self._quickly(each.settings) for each in finalists],
            together=self._together(finalists),
        )  # fmt: skip
        fits = yield from self._fitter.fits_of(planned)
        for number, candidate in enumerate(finalists):
            own = [fit for fit in fits if fit.variant == number]
            candidate.seconds += sum(_seconds_of(fit, len(finalists) * len(_FINAL_SEEDS)) for fit in own)
            candidate.again, loss = self._scores(own) or ((), None)
            if loss is not None and candidate.log_loss is not None:
                candidate.log_loss = (candidate.log_loss + len(candidate.again) * loss) / (1 + len(candidate.again))
        # One whose other fits failed has one lucky score and no mean.
        return sorted(finalists, key=lambda each: (not each.again, each.rank))

    def _fresh(self, best: Candidate) -> Work[tuple[list[float], list[float]]]:
        """The contestant as it was, and the winner, with the seeds of the bake-off: it was chosen by none of them."""
        planned = replace(
            self._entry, stages={"tune": range(len(self._plan.parts.divisions))}, keeps_model=False,
            variants=[{}, best.settings], together=max(1, self._together([self._candidates[0], best])),
        )  # fmt: skip
        fits = yield from self._fitter.fits_of(planned)
        before, after = (self._scores([fit for fit in fits if fit.variant == number]) for number in (0, 1))
        return list(before[0] if before else ()), list(after[0] if after else ())


def _seconds_of(fit: Fit, n_together: int) -> float:
    """What a fit cost: its share of the time that went by, or, where it was kept, what its own clock says."""
    if fit.record is None or not fit.reused:
        return fit.seconds
    clock = fit.record.facts["seconds"]
    return float(clock["fit"] + clock["predict"] + clock["compile"] / n_together)
