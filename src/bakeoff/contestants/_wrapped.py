"""A classifier from anywhere, given through the Python API."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from bakeoff.contestants._classical import fit_member
from bakeoff.contestants._cost import estimate_fit_seconds
from bakeoff.contestants._model_files import load_pipeline
from bakeoff.contestants._predicting import predict_rows
from bakeoff.contestants._protocol import Facts, Fitted, Job, Predictions
from bakeoff.contestants._settings import as_json
from bakeoff.errors import SettingsError
from bakeoff.types import ProgressCallback, Rows

__all__ = ["WrappedContestant"]


@dataclass(frozen=True)
class WrappedContestant:
    """An estimator object that has `fit` and `predict`, and `classes_` once fitted. It gets rows as they are.

    Parameters
    ----------
    name : str
        Unique in a bake-off.
    estimator : object
        Unfitted. It is copied for each fit; every ``random_state`` in it that is None is set to the seed.

    Notes
    -----
    What its code does cannot be hashed, so its fits are never reused. Its model is kept where it holds nothing but
    objects of scikit-learn.
    """

    name: str
    estimator: Any

    trains_populations = False
    member_settings: ClassVar[frozenset[str]] = frozenset()
    watches_validation = False
    chooses_on_validation = False

    def __post_init__(self) -> None:
        missing = [method for method in ("fit", "predict") if not callable(getattr(self.estimator, method, None))]
        if missing:
            raise SettingsError(
                f"{self.name}: a classifier needs the methods fit and predict. "
                f"{type(self.estimator).__name__} has no {' and no '.join(missing)}."
            )

    @property
    def family(self) -> str:
        """The name of its class."""
        return type(self.estimator).__name__

    @property
    def is_random(self) -> bool:
        """Whether it has a ``random_state`` that is not set."""
        return bool(self._open_seeds())

    def resolve(self, facts: Facts) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's form
        """Its parameters, for the record; what is not plain data as text."""
        return {"parameters": {key: as_json(value) for key, value in sorted(self._parameters(deep=False).items())}}

    def fingerprint(self) -> Mapping[str, str] | None:
        """None: a fit is never reused."""
        return None

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:
        """As if it were a linear model, for want of anything better."""
        return n_members * estimate_fit_seconds(self.family, {}, facts)

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:  # noqa: ARG002
        """Each is fitted alone."""
        return 1

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted]:
        """Fit every member, one after the other."""
        settings = {"engine": "sklearn", "scaling": "none", "pca": None, "imputation": False}
        fitted = []
        for member in job.members:
            progress({"seed": member.seed})
            fitted.append(fit_member(partial(self._unfitted, member.seed), settings, job, member))
        return fitted

    def _unfitted(self, seed: int) -> Any:
        estimator = copy.deepcopy(self.estimator)
        seeds = dict.fromkeys(self._open_seeds(), seed)
        if seeds:
            estimator.set_params(**seeds)
        return estimator

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:
        """Load a model that `fit` left and let it predict rows of the same form."""
        return predict_rows(load_pipeline(model_files), X, facts.n_classes, "sklearn")

    def _parameters(self, deep: bool) -> dict[str, Any]:
        if not hasattr(self.estimator, "get_params"):
            return {}
        return dict(self.estimator.get_params(deep=deep))

    def _open_seeds(self) -> list[str]:
        return [
            key
            for key, value in self._parameters(deep=True).items()
            if value is None and (key == "random_state" or key.endswith("__random_state"))
        ]
