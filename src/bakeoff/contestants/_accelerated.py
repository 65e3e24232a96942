"""The support vector machine fitted by scikit-learn-intelex, kept as a plain scikit-learn model.

oneDAL finds the same support vectors several times faster on x86-64. Its model is copied into a plain `SVC`, which is
what is stored, and which predicts by the formula below: one product of the rows with all support vectors, one with
their coefficients, instead of libsvm's loop over rows. oneDAL's own prediction is not used: with 24 classes its release
2026.2 gives other decision values than its own coefficients for some rows of one of the 276 pairs.
"""

import importlib.util
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC

from bakeoff.contestants._protocol import Facts
from bakeoff.types import Labels, Rows

__all__ = ["accelerated_installed", "accelerated_problem", "fit_support_vectors", "pairwise_decisions", "pays"]

_FEWEST_ROWS = 5000
_FEWEST_COLUMNS = 200
_LARGEST_KERNEL_BLOCK = 16_000_000


@cache
def accelerated_installed() -> bool:
    """Whether scikit-learn-intelex is there; it is not imported."""
    x86 = platform.machine().lower() in {"x86_64", "amd64"}
    return x86 and importlib.util.find_spec("sklearnex") is not None


def accelerated_problem(parameters: Mapping[str, Any]) -> str | None:
    """Why these parameters of `SVC` cannot be fitted by scikit-learn-intelex; None if they can."""
    if not accelerated_installed():
        return "scikit-learn-intelex is not installed (pip install 'bakeoff[intelex]', x86-64 only)"
    if parameters.get("kernel", "rbf") not in {"linear", "rbf", "poly", "sigmoid"}:
        return f"it has no kernel {parameters['kernel']!r}"
    if parameters.get("probability") is True:
        return "it gives no probabilities that a plain model could keep"
    if parameters.get("max_iter", -1) != -1:
        return "it counts iterations differently (max_iter)"
    return None


def pays(facts: Facts, pca: int | float | None) -> bool:
    """Whether the gain is worth another engine: many rows of many columns. On 50 components libsvm is as fast."""
    columns = pca if isinstance(pca, int) else facts.n_features
    return facts.n_train >= _FEWEST_ROWS and columns >= _FEWEST_COLUMNS


def fit_support_vectors(parameters: Mapping[str, Any], X: Rows, y: Labels) -> Any:
    """Fit by oneDAL on all threads and return the same model as a fitted plain `sklearn.svm.SVC`.

    In float32, which takes 0.6 of the time; predictions are computed in float64.
    """
    X = np.asarray(X, dtype=np.float32)
    from sklearnex import svm as accelerated  # noqa: PLC0415 - optional

    fitted = accelerated.SVC(**parameters, n_jobs=-1).fit(X, y)
    plain = SVC(**parameters)

    def copied(values: Any, kind: type = np.float64) -> NDArray[Any]:
        return np.ascontiguousarray(values, dtype=kind)

    # What SVC.fit sets, in the form that it sets it.
    plain.classes_ = np.asarray(fitted.classes_)
    plain.class_weight_ = copied(fitted.class_weight_)
    plain.n_features_in_ = X.shape[1]
    plain.shape_fit_ = X.shape
    plain.fit_status_ = 0
    plain._sparse = False
    plain._gamma = float(fitted._gamma)
    plain.support_ = copied(fitted.support_, np.int32)
    plain.support_vectors_ = copied(fitted.support_vectors_)
    plain._n_support = copied(fitted._n_support, np.int32)
    plain.dual_coef_, plain._dual_coef_ = copied(fitted.dual_coef_), copied(fitted._dual_coef_)
    plain.intercept_, plain._intercept_ = copied(fitted.intercept_), copied(fitted._intercept_)
    plain._probA = plain._probB = np.empty(0)
    plain._effective_probability = False
    plain.n_iter_ = plain._num_iter = copied(fitted.n_iter_, np.int32)
    return plain


def pairwise_decisions(model: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Decision values of every pair of classes, ``decision_function`` with ``decision_function_shape="ovo"``.

    .. math:: f_{ij}(x) = \sum_{s \in i} a_{j-1,s} k(x, s) + \sum_{s \in j} a_{i,s} k(x, s) + b_{ij}, \quad i < j

    Parameters
    ----------
    model : sklearn.svm.SVC, fitted
    X : (n, n_features)

    Returns
    -------
    (n, n_classes * (n_classes - 1) / 2); for two classes (n, 1), positive for the second class.
    """
    block = max(1, _LARGEST_KERNEL_BLOCK // len(model.support_vectors_))
    parts = [_block_decisions(model, X[start : start + block]) for start in range(0, len(X), block)]
    return np.concatenate(parts) if parts else np.empty((0, len(model.intercept_)))


def _block_decisions(model: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel = _kernel(model, X)
    n_classes = len(model.classes_)
    if n_classes == 2:
        return np.asarray(kernel @ model.dual_coef_.T + model.intercept_)
    ends = np.cumsum(model.n_support_)
    # against[i] (n, n_classes - 1): what the support vectors of class i say in its pairs with each other class.
    against = [
        kernel[:, end - count : end] @ model.dual_coef_[:, end - count : end].T
        for end, count in zip(ends, model.n_support_, strict=True)
    ]
    pairs = [(i, j) for i in range(n_classes) for j in range(i + 1, n_classes)]
    together = np.stack([against[i][:, j - 1] + against[j][:, i] for i, j in pairs], axis=1)
    return np.asarray(together + model.intercept_)


def _kernel(model: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    options: dict[str, Any] = {}
    if model.kernel != "linear":
        options["gamma"] = model._gamma
    if model.kernel in {"poly", "sigmoid"}:
        options["coef0"] = model.coef0
    if model.kernel == "poly":
        options["degree"] = model.degree
    return np.asarray(pairwise_kernels(X, model.support_vectors_, metric=model.kernel, **options))
