"""What candidates of one search have in common: rows after their scaling and components, and kernels of them.

Kept in the process that fits one candidate after the other, so that a search for C pays for its kernel once. What comes
out is what fits of their own would give, but for the rounding of a kernel that is computed by one product.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from bakeoff.contestants._copies import with_copies
from bakeoff.contestants._pipeline import as_floats, fit_classifier, fit_steps
from bakeoff.contestants._protocol import Job, MemberPlan
from bakeoff.types import Labels, Rows

__all__ = ["SharedWork", "Shares", "shared_pipeline", "works_in_place"]

_MOST_BYTES = 1 << 29
_MOST_KERNEL_BYTES = 300_000_000  # 6,000 rows against themselves
_KERNELS = ("linear", "poly", "rbf", "sigmoid")
_OF_STEPS = ("augment", "imputation", "scaling", "pca")


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Rows as a classifier gets them.

    Parameters
    ----------
    X : (n, n_inputs)
    y : (n,)
    parts : mapping of part to (m, n_inputs)
        What is predicted.
    source : object
        What they were made from: as long as it is held, no other array has its identity.
    """

    X: Rows
    y: Labels
    parts: Mapping[str, Rows]
    source: Any = None

    @property
    def n_bytes(self) -> int:
        """Of all arrays."""
        return int(self.X.nbytes + sum(rows.nbytes for rows in self.parts.values()))


class SharedWork:
    """The last of what was computed, up to so many bytes.

    Parameters
    ----------
    most_bytes : int

    Examples
    --------
    >>> import numpy as np
    >>> work, none = SharedWork(100), np.empty(0)
    >>> def made(n):
    ...     return Shares(np.zeros(n, np.uint8), none, {})
    >>> work.get(("a",), lambda: made(60)) is work.get(("a",), lambda: made(60))
    True
    >>> a = work.get(("a",), lambda: made(60))
    >>> _ = work.get(("b",), lambda: made(60))  # no room for both
    >>> work.get(("a",), lambda: made(60)) is a
    False
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[Any, ...], Shares] = OrderedDict()

    def get(self, key: tuple[Any, ...], make: Callable[[], Shares]) -> Shares:
        """What is kept under this key, or made now."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = make()
        if made.n_bytes <= self._most_bytes:
            self._kept[key] = made
        while sum(each.n_bytes for each in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
        return made


_WORK = SharedWork(_MOST_BYTES)


def shared_pipeline(
    settings: Mapping[str, Any], classifier: Any, job: Job, member: MemberPlan, seed: int
) -> tuple[Any, Mapping[str, Rows]]:
    """A classifier fitted on shared rows, as a pipeline of one step, and the rows that it can predict.

    Parameters
    ----------
    settings : mapping
        Completed.
    classifier : estimator
        Unfitted.
    job : Job
    member : MemberPlan
    seed : int
        Of distorted copies.
    """
    key = (_place(job), _hash(member), repr([settings.get(name) for name in _OF_STEPS]), seed)
    shares = _WORK.get(key, lambda: _prepared(settings, job, member, seed))
    if type(classifier) is SVC and settings["engine"] == "sklearn" and _may_share_kernel(classifier, shares):
        kernel = _kernel_of(classifier, shares.X)
        own = shares
        shares = _WORK.get((*key, repr(kernel)), lambda: _with_kernel(own, kernel))
        classifier.set_params(kernel="precomputed")
    fitted = fit_classifier(settings, classifier, shares.X, shares.y)
    return Pipeline([("classifier", fitted)]), shares.parts


def works_in_place(classifier: Any) -> bool:
    """Whether a classifier was told that it may change the rows that it is given: then it needs its own."""
    parameters = classifier.get_params(deep=False) if hasattr(classifier, "get_params") else {}
    return any(parameters.get(name) is False for name in ("copy", "copy_X", "copy_X_train"))


def _place(job: Job) -> Any:
    """Which rows: the file that they are mapped from, or the array itself."""
    return str(getattr(job.X, "filename", None) or id(job.X))


def _hash(member: MemberPlan) -> str:
    digest = sha256(np.ascontiguousarray(member.train).data)
    for part, rows in sorted(member.predict.items()):
        digest.update(part.encode() + np.ascontiguousarray(rows).tobytes())
    return digest.hexdigest()


def _prepared(settings: Mapping[str, Any], job: Job, member: MemberPlan, seed: int) -> Shares:
    X, y = with_copies(settings, job.X[member.train], job.y[member.train], job.facts, seed)
    steps, X = fit_steps(settings, X, job.facts)
    parts = {}
    for part, rows in member.predict.items():
        own = as_floats(job.X[rows]) if steps else job.X[rows]
        for _, step in steps:
            own = step.transform(own)
        parts[part] = own
    return Shares(X, y, parts, job.X)


def _may_share_kernel(classifier: SVC, shares: Shares) -> bool:
    n_cells = len(shares.X) * (len(shares.X) + sum(len(rows) for rows in shares.parts.values()))
    return classifier.kernel in _KERNELS and 8 * n_cells <= _MOST_KERNEL_BYTES


def _kernel_of(classifier: SVC, X: Rows) -> dict[str, Any]:
    """A kernel and its numbers; `gamma` as scikit-learn reads it."""
    kernel: dict[str, Any] = {"metric": classifier.kernel}
    if classifier.kernel == "linear":
        return kernel
    gamma = classifier.gamma
    if gamma == "scale":
        variance = np.asarray(X, np.float64).var()
        gamma = 1.0 / (X.shape[1] * variance) if variance else 1.0
    elif gamma == "auto":
        gamma = 1.0 / X.shape[1]
    kernel["gamma"] = float(gamma)
    if classifier.kernel in ("poly", "sigmoid"):
        kernel["coef0"] = classifier.coef0
    if classifier.kernel == "poly":
        kernel["degree"] = classifier.degree
    return kernel


def _with_kernel(shares: Shares, kernel: Mapping[str, Any]) -> Shares:
    X = np.asarray(shares.X, np.float64)
    parts = {part: pairwise_kernels(np.asarray(rows, np.float64), X, **kernel) for part, rows in shares.parts.items()}
    return Shares(pairwise_kernels(X, **kernel), shares.y, parts, shares.source)
