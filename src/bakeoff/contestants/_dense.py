"""Dense networks as contestants: all members of a job are one population."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from bakeoff.contestants._dense_model import read_network, write_network
from bakeoff.contestants._engine import engine_fingerprint
from bakeoff.contestants._protocol import Facts, Fitted, Job, MemberPlan, Predictions, Seconds, SummaryRow
from bakeoff.contestants._timing import TIMED_ROWS, one_row_ms
from bakeoff.dense import (
    RATE_SETTINGS,
    DataShape,
    DenseSettings,
    FittedMember,
    Member,
    Predictor,
    Task,
    fit_groups,
    fit_population,
    largest_population,
    n_parameters,
    summary,
)
from bakeoff.errors import FitError, SettingsError
from bakeoff.machine import enable_compile_cache
from bakeoff.types import ProgressCallback, Rows

__all__ = ["PLAIN", "DenseContestant", "said_by"]

_FLOPS_PER_SECOND = 8e10  # two cores with AVX-512, small products
_STEP_SECONDS = 1.5e-4
_COMPILE_SECONDS = 3.0


PLAIN: Mapping[str, Any] = MappingProxyType(
    {
        "optimizer": "sgd",
        "schedule": "constant",
        "dropout": 0.0,
        "label_smoothing": 0.0,
        "augment": "none",
        "batch_size": 128,
        "epochs": 20,
    }
)
"""What course notebooks do: Keras' plain gradient descent, pixels divided by their maximum, nothing against
over-fitting."""


class DenseContestant:
    """A dense network with its settings.

    Parameters
    ----------
    name : str
    settings : mapping
        See `bakeoff.dense.DenseSettings`.
    is_plain : bool
        What is not set is as in `PLAIN`, and images are scaled to ``"unit"``, rather than as networks train best.

    Raises
    ------
    SettingsError

    Examples
    --------
    >>> plain = DenseContestant("plain", {"hidden_layer_sizes": [32, 16], "optimizer": "sgd"})
    >>> plain.resolve(Facts("images", 60_000, 784, 10, pixel_max=255))["learning_rate"]
    0.01
    """

    family = "dense"
    is_random = True
    trains_populations = True
    member_settings = RATE_SETTINGS
    watches_validation = True

    def __init__(self, name: str, settings: Mapping[str, Any], is_plain: bool = False) -> None:
        self.name = name
        self._given = dict(settings)
        self._settings = DenseSettings.read({**PLAIN, **settings} if is_plain else settings, of=name)
        self._is_plain = is_plain

    @property
    def chooses_on_validation(self) -> bool:
        """Whether early stopping or a schedule on plateau looks at validation rows."""
        settings = self._settings
        return settings.monitor.startswith("val_") and (settings.early_stopping or settings.schedule == "plateau")

    def resolve(self, facts: Facts) -> Mapping[str, Any]:
        """Every setting with its value for these data; see `Contestant.resolve`."""
        return self._resolved(facts).as_mapping()

    def _resolved(self, facts: Facts) -> DenseSettings:
        settings = self._settings
        if self._is_plain and settings.scale is None and facts.kind == "images":
            settings = replace(settings, scale="unit")
        return settings.resolve(_shape(facts), of=self.name)

    def fingerprint(self) -> Mapping[str, str]:
        """Versions of what computes a fit, and a hash of the engine's own source."""
        return engine_fingerprint()

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:
        """Arithmetic over a rough rate, and a price for every step."""
        settings = self._resolved(facts)
        epochs, batch_size = settings.epochs or 1, settings.batch_size or 1
        passes = 7.0 if settings.adversarial_radius else 3.0  # forward, and twice as much backward
        passes += settings.train_scores != "none"
        n_multiplied = sum(a * b for a, b in settings.spec(_shape(facts)).network.layer_sizes)
        seconds_of_row = 2.0 * passes * n_multiplied / _FLOPS_PER_SECOND
        of_epoch = facts.n_train * seconds_of_row + _STEP_SECONDS * facts.n_train / batch_size
        return _COMPILE_SECONDS + n_members * epochs * of_epoch

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:
        """See `bakeoff.dense.largest_population`."""
        return largest_population(self._resolved(facts).spec(_shape(facts)), facts.n_train, memory_bytes)

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted | FitError]:
        """Train all members as one population and predict what each asks for; see `Contestant.fit`."""
        enable_compile_cache()
        seed = {"seed": job.members[0].seed} if len(job.members) == 1 else {}

        def tell(news: Mapping[str, Any]) -> None:
            progress({**news, **seed})

        return [
            FitError(member.reason) if member.reason is not None else _fitted(member, plan, job.X)
            for member, plan in zip(self._train(job, tell), job.members, strict=True)
        ]

    def _train(self, job: Job, progress: ProgressCallback) -> Sequence[FittedMember]:
        """One population; of candidates with settings of their own, one for each program that they need."""
        shape = _shape(job.facts)
        settings = [self._with(plan.settings)._resolved(job.facts) for plan in job.members]
        members = [self._member(own, job, plan) for own, plan in zip(settings, job.members, strict=True)]
        tasks = {own.scale: Task(job.X, job.y, own.scale or "none", shape.pixel_max) for own in settings}
        if not any(plan.settings for plan in job.members):
            spec, task = settings[0].spec(shape), tasks[settings[0].scale]
            return fit_population(spec, task, members, progress, checkpoints=job.checkpoints).members
        trained: dict[int, FittedMember] = {}
        for scale, task in tasks.items():
            places = [place for place, own in enumerate(settings) if own.scale == scale]
            entries = [(settings[place].spec(shape), members[place]) for place in places]
            trained |= dict(zip(places, fit_groups(task, entries, progress).members, strict=True))
        return [trained[place] for place in range(len(members))]

    def _with(self, changes: Mapping[str, Any]) -> "DenseContestant":
        """The same with other settings; itself where there are none."""
        return DenseContestant(self.name, {**self._given, **changes}, self._is_plain) if changes else self

    def _member(self, settings: DenseSettings, job: Job, plan: MemberPlan) -> Member:
        has_validation = plan.validation is not None and len(plan.validation) > 0
        stopping = None if plan.epochs is not None else settings.stopping_rule()
        if stopping is not None and stopping.monitor.startswith("val_") and not has_validation:
            raise SettingsError(
                f"The 'early_stopping' parameter of {self.name} needs validation rows to watch {stopping.monitor!r}. "
                "Got none: keep some rows for validation, or set it to false."
            )
        epochs = plan.epochs or settings.epochs or 1
        return Member(
            seed=plan.seed,
            train=plan.train,
            validation=plan.validation if has_validation else None,
            epochs=epochs,
            rates=settings.rates(epochs, job.y[plan.train], job.facts.n_classes),
            early_stopping=stopping,
            plateau=settings.plateau_rule(has_validation),
            distortion=settings.distortion(),
        )

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:  # noqa: ARG002
        """Load a network that `fit` left and let it predict; see `Contestant.predict`.

        Raises
        ------
        DataError
            If the files are damaged or the rows have another width.
        """
        network = read_network(model_files)
        if X.shape[1] != network.spec.n_features:
            raise SettingsError(f"{self.name} was trained on {network.spec.n_features} features. Got {X.shape[1]}.")
        return said_by(Predictor(network), X)


def _shape(facts: Facts) -> DataShape:
    codes = None if facts.label_codes is None else tuple(facts.label_codes)
    return DataShape(
        facts.kind, facts.n_train, facts.n_features, facts.n_classes, facts.pixel_max, codes, facts.image_shape
    )


def said_by(predictor: Predictor, rows: Rows) -> Predictions:
    """What a network says of rows: probabilities where its output has them, else scores."""
    outputs = predictor.outputs(rows)
    of_classes = predictor.of_classes(outputs)
    labels = predictor.labels(outputs)
    if predictor.has_probabilities:
        return Predictions(labels, probabilities=of_classes)
    return Predictions(labels, scores=of_classes)


def _fitted(member: FittedMember, plan: MemberPlan, X: Rows) -> Fitted:
    predictor = Predictor(member.network)
    # The first batch builds the program; it is not what predicting takes.
    for rows in plan.predict.values():
        predictor.outputs(X[rows[:TIMED_ROWS]])
        predictor.outputs(X[rows])
    started = time.perf_counter()
    predictions = {part: said_by(predictor, X[rows]) for part, rows in plan.predict.items()}
    seconds_predict = time.perf_counter() - started
    spec = member.network.spec
    one_ms = one_row_ms(predictor.outputs, X, plan)
    return Fitted(
        predictions=predictions,
        seconds=Seconds(member.seconds_fit, member.seconds_compile, seconds_predict, one_ms),
        history=member.history,
        epochs=member.epochs,
        model_files=write_network(member.network) if plan.keep_model else {},
        summary=[SummaryRow(*line) for line in summary(spec)],
        n_parameters=n_parameters(spec),
    )
