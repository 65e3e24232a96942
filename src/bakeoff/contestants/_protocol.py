"""The small protocol that everything which may enter a bake-off keeps.

A contestant is a model family with its settings. The contest hands it a `Job`: the rows, and the members to fit on
them. A family that trains populations (``dense``) fits all members of a job in one program; every other family gets
jobs of one member.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from bakeoff.errors import FitError
from bakeoff.types import Checkpoints, Kind, Labels, Probabilities, ProgressCallback, RowIndices, Rows

__all__ = ["Contestant", "Facts", "Fitted", "Job", "MemberPlan", "Predictions", "Seconds", "SummaryRow"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a contestant may know of the data before it is fitted: enough to fill in settings, no rows.

    Parameters
    ----------
    kind : {"images", "rows"}
    n_train : int
        Rows of the final fit.
    n_features, n_classes : int
    image_shape : (height, width, channels) or None
    pixel_max : int or None
    label_codes : sequence of int or None
        The original whole-number labels in the order of the class indices.
    """

    kind: Kind
    n_train: int
    n_features: int
    n_classes: int
    image_shape: tuple[int, int, int] | None = None
    pixel_max: int | None = None
    label_codes: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """One fit of a job: a seed and the rows it trains on, watches and predicts.

    Parameters
    ----------
    seed : int
    train : (n,) positions in the job's rows
    validation : (n,) positions or None
        Watched while training: history, early stopping, schedules on plateau.
    predict : mapping of part to positions
        What to predict after training, by the part's name: ``"validation"``, ``"test"``. May be empty.
    epochs : int or None
        Chosen earlier on validation rows; None: as the settings say.
    keep_model : bool
        Whether the model itself is wanted; writing a large one can take longer than fitting it.
    settings : mapping
        What this member has in the place of the contestant's own settings: a candidate of a search.
    shares_work : bool
        Whether what it has in common with others of a search may be computed once; its clock is not its own then.
    """

    seed: int
    train: RowIndices
    validation: RowIndices | None
    predict: Mapping[str, RowIndices]
    epochs: int | None = None
    keep_model: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    shares_work: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Rows, and the members to fit on them.

    Parameters
    ----------
    X : (n_samples, n_features)
        Training rows, then test rows. May be memory-mapped and read-only.
    y : (n_samples,) int32
        Class indices; -1 where the label is sealed. No member trains on or watches such a row.
    facts : Facts
    members : sequence of MemberPlan
    checkpoints : Checkpoints or None
        Of this very job. A family whose fits can take long goes on from there, and keeps its own there.
    """

    X: Rows
    y: Labels
    facts: Facts
    members: Sequence[MemberPlan]
    checkpoints: Checkpoints | None = None


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one fit says of some rows.

    Parameters
    ----------
    labels : (n,) int32
    probabilities : (n, n_classes) float32 or None
        None where the model has no probabilities.
    scores : (n, n_classes) float32 or None
        Decision values of a model without probabilities; larger means more likely.
    """

    labels: Labels
    probabilities: Probabilities | None = None
    scores: Probabilities | None = None


@dataclass(frozen=True, slots=True)
class Seconds:
    """The clock of one fit, in seconds; None where it does not apply.

    Parameters
    ----------
    fit : float
        Training alone, without compilation. A member of a population gets its share (the whole over the members).
    compile : float
        Building the program; 0 for models that build none. A member gets the whole: alone it would have paid it too.
    predict : float
        All rows of all parts, in batches.
    predict_one_ms : float
        One row at a time, median of several, in milliseconds.
    """

    fit: float
    compile: float
    predict: float
    predict_one_ms: float


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One line of a model's summary: a layer, or a step of a pipeline.

    Parameters
    ----------
    name : str
        ``"dense_1 (relu)"``, ``"StandardScaler"``.
    output : str
        Its output shape or its important settings as text.
    parameters : int or None
        Trainable numbers; None where the notion does not apply.
    """

    name: str
    output: str
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """What one fit leaves.

    Parameters
    ----------
    predictions : mapping of part to Predictions
        The same parts as asked for in `MemberPlan.predict`.
    seconds : Seconds
    history : mapping of key to one number an epoch
        Keras' keys (``loss``, ``val_f1``, ...); empty for models without epochs.
    epochs : int or None
        Epochs that count: the best one where training stopped early. None for models without epochs.
    model_files : mapping of file name to bytes
        What to keep of the model: safetensors and JSON, or skops. Never a pickle. Empty where it is not wanted.
    summary : sequence of SummaryRow
    n_parameters : int or None
    notes : sequence of str
        Warnings of the model itself, one sentence each ("did not converge in 200 iterations").
    """

    predictions: Mapping[str, Predictions]
    seconds: Seconds
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    epochs: int | None = None
    model_files: Mapping[str, bytes] = field(default_factory=dict)
    summary: Sequence[SummaryRow] = ()
    n_parameters: int | None = None
    notes: Sequence[str] = ()


@runtime_checkable
class Contestant(Protocol):
    """A model family with its settings, ready to be fitted. Picklable and immutable.

    Attributes
    ----------
    name : str
        Unique in a bake-off.
    family : str
        ``"dense"``, ``"svc"``, ...
    is_random : bool
        Whether two seeds can give two results; one that is not is fitted once.
    trains_populations : bool
        Whether all members of a bake-off are best handed over in one job.
    member_settings : frozenset of str
        Settings in which the members of one compiled program may differ; empty where no program is shared.
    watches_validation : bool
        Whether a fit looks at validation rows while it trains, if only to write down its history.
    chooses_on_validation : bool
        Whether what it sees there changes the fit: early stopping, a schedule on plateau.
    """

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def is_random(self) -> bool: ...
    @property
    def trains_populations(self) -> bool: ...
    @property
    def member_settings(self) -> frozenset[str]: ...
    @property
    def watches_validation(self) -> bool: ...
    @property
    def chooses_on_validation(self) -> bool: ...

    def resolve(self, facts: Facts) -> Mapping[str, Any]:
        """Every setting with its value for these data, as plain JSON data: what a fit's name is made from.

        Building the same family from the answer and resolving again gives the answer again.

        Raises
        ------
        SettingsError
            If a setting cannot be used with these data.
        """
        ...

    def fingerprint(self) -> Mapping[str, str] | None:
        """Versions of the libraries (and hashes of sources) that determine a fit; None: a fit is never reused."""
        ...

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:
        """A rough time for one job, for the plan that is printed before starting."""
        ...

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:
        """How many members may train together, by the settings alone, the rows left out; 1 where each trains alone."""
        ...

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted | FitError]:
        """Fit every member of the job and predict what it asks for.

        Parameters
        ----------
        job : Job
        progress : callable
            Is given a mapping now and then: ``{"epoch": 3, "epochs": 20, "loss": 0.31, "validation": 0.942,
            "seed": 0}``; keys that do not apply are left out. Of a checkpoint it is told as by
            `bakeoff.dense.fit_population`.

        Returns
        -------
        One `Fitted` for each member, in their order; in the place of a member that failed alone, a `FitError`.

        Raises
        ------
        FitError
            Where all failed, with the reason in one line.
        """
        ...

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:
        """Load a model that `fit` left and let it predict rows of the same form as it was trained on."""
        ...
