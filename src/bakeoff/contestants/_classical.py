"""A classifier of scikit-learn as a contestant."""

import statistics
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from bakeoff.contestants._accelerated import accelerated_installed
from bakeoff.contestants._classes import classifier_class, depends_on_seed
from bakeoff.contestants._copies import n_copies, with_copies
from bakeoff.contestants._cost import estimate_fit_seconds
from bakeoff.contestants._engine import engine_fingerprint
from bakeoff.contestants._families import FAMILIES
from bakeoff.contestants._model_files import load_pipeline, load_settings, save_pipeline
from bakeoff.contestants._pipeline import fit_pipeline, summarise
from bakeoff.contestants._predicting import predict_rows
from bakeoff.contestants._protocol import Facts, Fitted, Job, MemberPlan, Predictions, Seconds
from bakeoff.contestants._settings import as_parameters, check_settings, complete_settings, default_parameters
from bakeoff.contestants._shared_work import shared_pipeline, works_in_place
from bakeoff.errors import FitError
from bakeoff.types import ProgressCallback, Rows

__all__ = ["ClassicalContestant", "fit_member"]

_FEWEST_CELLS_TO_SHARE = 1_000_000
_FEWEST_ROWS = 5
_SECONDS_FOR_SINGLE_ROWS = 0.2
_SINGLE_ROWS = 20

_THREADED = {
    "ExtraTreesClassifier",
    "KNeighborsClassifier",
    "PassiveAggressiveClassifier",
    "Perceptron",
    "RadiusNeighborsClassifier",
    "RandomForestClassifier",
    "SGDClassifier",
}
"""Their ``n_jobs`` are threads. Others would start processes, or warn that it has no effect any more."""

_REASONS_TO_FAIL = (ValueError, TypeError, ArithmeticError, RuntimeError, MemoryError, AttributeError, IndexError)
"""What NumPy, SciPy and scikit-learn raise when a fit cannot be done."""


@dataclass(frozen=True)
class ClassicalContestant:
    """A classifier of scikit-learn in a pipeline with the imputation, scaling and components that suit it.

    Parameters
    ----------
    name : str
        Unique in a bake-off.
    family : str
        One of `bakeoff.contestants.families`, or the class name of any classifier of scikit-learn.
    settings : mapping
        Any parameter of the classifier by its own name, and

        - ``scaling``: ``"none"``, ``"unit"`` (pixels over their largest value, columns of plain rows to [0, 1]) or
          ``"standard"`` (mean 0, standard deviation 1);
        - ``pca``: null, a number of components, or the fraction of the variance to keep;
        - ``engine``: ``"auto"``, ``"sklearn"``, or ``"intelex"`` (scikit-learn-intelex, for ``svc``);
        - ``augment``: ``"none"``, or ``{copies: k}``: each training image is followed by so many distorted ones. Beside
          `copies` a `preset` or strengths as in `bakeoff.dense.Distortion`; ``affine`` without.

        ``random_state`` fixes the seed, that of the copies too; null takes the seed of each fit. ``n_jobs: null`` means
        all threads of the bake-off where jobs are threads (forests, neighbours, stochastic gradients), and one
        elsewhere. ``class_weight`` may be keyed by class index.

    Raises
    ------
    SettingsError
        All unknown keys and wrong values together.

    Examples
    --------
    >>> svc = ClassicalContestant("svc", "svc", {"C": 1.0, "scaling": "unit", "pca": None})
    >>> svc.is_random
    False
    """

    name: str
    family: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    trains_populations = False
    member_settings: ClassVar[frozenset[str]] = frozenset()
    watches_validation = False
    chooses_on_validation = False

    def __post_init__(self) -> None:
        check_settings(self.name, self._classifier, self.settings)

    @property
    def _classifier(self) -> Any:
        found = classifier_class(self.family)
        if found is None:
            raise ValueError(f"{self.family!r} is no classifier of scikit-learn")
        return found

    @property
    def _chosen(self) -> dict[str, Any]:
        defaults = FAMILIES[self.family].settings if self.family in FAMILIES else {}
        return {**defaults, **self.settings}

    @property
    def is_random(self) -> bool:
        """Whether two seeds can give two models, with these settings."""
        classifier, chosen = self._classifier, self._chosen
        if n_copies(chosen) and chosen.get("random_state") is None:
            return True
        return depends_on_seed(classifier, default_parameters(classifier) | as_parameters(chosen))

    def resolve(self, facts: Facts) -> Mapping[str, Any]:
        """Every setting with its value for these data, as plain JSON data."""
        return complete_settings(self.name, self._classifier, self._chosen, facts)

    def fingerprint(self) -> Mapping[str, str] | None:
        """Versions of the libraries that determine a fit."""
        libraries = ["numpy", "scipy", "scikit-learn"]
        if self._classifier.__name__ == "SVC" and accelerated_installed():
            # Whatever the engine: which one "auto" means is known only with the data, and the name of a fit must not
            # change when the resolved settings are run again.
            libraries.append("scikit-learn-intelex")
        versions = {library: version(library) for library in libraries}
        return {**versions, **(engine_fingerprint() if n_copies(self._chosen) else {})}

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:
        """A rough time for one job, honest to a factor of a few."""
        settings = self.resolve(facts)
        fitted = replace(facts, n_train=facts.n_train * (1 + n_copies(settings)))
        return n_members * estimate_fit_seconds(self._classifier.__name__, settings, fitted)

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:  # noqa: ARG002
        """Each is fitted alone."""
        return 1

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted]:
        """Fit every member, one after the other."""
        fitted = []
        for member in job.members:
            progress({"seed": member.seed})
            own = replace(self, settings={**self.settings, **member.settings}) if member.settings else self
            settings = own.resolve(job.facts)
            fitted.append(fit_member(partial(own._unfitted, settings, member.seed), settings, job, member))
        return fitted

    def _unfitted(self, settings: Mapping[str, Any], seed: int) -> Any:
        parameters = as_parameters(settings)
        if parameters.get("random_state", 0) is None:
            parameters["random_state"] = seed
        if self._classifier.__name__ in _THREADED and parameters.get("n_jobs", 0) is None:
            parameters["n_jobs"] = -1  # joblib knows how many that are: the executor has told it
        return self._classifier(**parameters)

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:
        """Load a model that `fit` left and let it predict rows of the same form."""
        engine = str(load_settings(model_files).get("engine", "sklearn"))
        return predict_rows(load_pipeline(model_files), X, facts.n_classes, engine)


def fit_member(unfitted: Callable[[], Any], settings: Mapping[str, Any], job: Job, member: MemberPlan) -> Fitted:
    """Fit the classifier that `unfitted` makes on the rows of one member, by the clock, and keep its warnings.

    Raises
    ------
    FitError
        With what the classifier said, in one line.
    """
    facts, engine = job.facts, str(settings["engine"])
    seed = member.seed if settings.get("random_state") is None else int(settings["random_state"])
    n_cells = len(member.train) * (1 + n_copies(settings)) * job.X.shape[1]
    with warnings.catch_warnings(record=True) as caught, _loops_shared_where_it_pays(n_cells):
        warnings.simplefilter("always")
        try:
            started = time.perf_counter()
            parts: Mapping[str, Rows]
            classifier = unfitted()
            if member.shares_work and not works_in_place(classifier):
                pipeline, parts = shared_pipeline(settings, classifier, job, member, seed)
            else:
                X, y = with_copies(settings, job.X[member.train], job.y[member.train], facts, seed)
                pipeline = fit_pipeline(settings, classifier, X, y, facts)
                parts = {part: job.X[rows] for part, rows in member.predict.items()}
            fitted = time.perf_counter()
            predictions = {part: predict_rows(pipeline, rows, facts.n_classes, engine) for part, rows in parts.items()}
            predicted = time.perf_counter()
            one_row_ms = 0.0  # of a candidate nobody asks
            if not member.shares_work:
                one_row_ms = _one_row_ms(pipeline, job.X[_rows_to_time(member)], facts.n_classes, engine)
        except _REASONS_TO_FAIL as error:
            raise FitError(f"{type(error).__name__}: {' '.join(str(error).split())}") from error
        model_files, file_notes = (
            save_pipeline(pipeline, {**settings, "seed": member.seed}) if member.keep_model else ({}, [])
        )
        summary, n_parameters = summarise(pipeline)
    return Fitted(
        predictions=predictions,
        seconds=Seconds(fitted - started, 0.0, predicted - fitted, one_row_ms),
        model_files=model_files,
        summary=summary,
        n_parameters=n_parameters,
        notes=[*_notes(caught), *file_notes],
    )


def _loops_shared_where_it_pays(n_cells: int) -> AbstractContextManager[Any]:
    """One OpenMP thread for small training sets.

    scikit-learn's own loops over few rows are shorter than the waiting of two threads for each other: boosting on the
    1,438 training rows of digits took 10 to 38 s with two threads and 1.5 s with one.
    """
    return threadpool_limits(1, user_api="openmp") if n_cells < _FEWEST_CELLS_TO_SHARE else nullcontext()


def _rows_to_time(member: MemberPlan) -> np.ndarray[Any, Any]:
    first = next((rows for rows in member.predict.values() if len(rows)), member.train)
    return np.asarray(first[:_SINGLE_ROWS])


def _one_row_ms(pipeline: Any, rows: Rows, n_classes: int, engine: str) -> float:
    """Median time to predict one row, in milliseconds; fewer rows where one takes long."""
    times: list[float] = []
    for index in range(len(rows)):
        if len(times) >= _FEWEST_ROWS and sum(times) > _SECONDS_FOR_SINGLE_ROWS:
            break
        started = time.perf_counter()
        predict_rows(pipeline, rows[index : index + 1], n_classes, engine)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def _notes(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Each different warning once, on one line."""
    said = (f"{warning.category.__name__}: {' '.join(str(warning.message).split())}" for warning in caught)
    return list(dict.fromkeys(said))
