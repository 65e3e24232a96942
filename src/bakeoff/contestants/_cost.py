"""Rough times of classical fits, from the number of operations and what they cost on two cores of 2023.

Honest to a factor of a few: for the plan that is printed before starting, not for a result.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bakeoff.contestants._protocol import Facts

__all__ = ["estimate_fit_seconds"]

_OVERHEAD_SECONDS = 0.05
_SHARE_PREDICTED = 0.2
"""Rows predicted for each row trained on: the validation part, or a test set of the usual size."""


def estimate_fit_seconds(class_name: str, settings: Mapping[str, Any], facts: Facts) -> float:
    """Seconds of one fit and its predictions.

    Parameters
    ----------
    class_name : str
        Of the scikit-learn classifier.
    settings : mapping
        Completed settings.
    facts : Facts
    """
    n_columns, seconds = facts.n_features, _OVERHEAD_SECONDS
    pca = settings.get("pca")
    if pca is not None:
        seconds += 4e-11 * facts.n_train * n_columns**2
        n_columns = pca if isinstance(pca, int) else max(1, n_columns // 5)
    work = _Work(facts.n_train, n_columns, facts.n_classes, settings)
    return seconds + _COSTS.get(class_name, _linear)(work)


@dataclass(frozen=True, slots=True)
class _Work:
    n_rows: int
    n_columns: int
    n_classes: int
    settings: Mapping[str, Any]


def _support_vectors(work: _Work) -> float:
    seconds_a_product = 0.5e-10 if work.settings.get("engine") == "intelex" else 1.6e-10
    return seconds_a_product * work.n_rows**2 * (work.n_columns + 30)


def _linear(work: _Work) -> float:
    iterations = min(int(work.settings.get("max_iter") or 100), 200)
    return 5e-10 * work.n_rows * work.n_columns * work.n_classes * iterations


def _neighbours(work: _Work) -> float:
    return 2e-11 * work.n_rows**2 * _SHARE_PREDICTED * (work.n_columns + 50)


def _trees(work: _Work) -> float:
    n_trees = int(work.settings.get("n_estimators", 100))
    return 8e-9 * n_trees * work.n_rows * math.log2(work.n_rows + 1) * math.sqrt(work.n_columns)


def _random_trees(work: _Work) -> float:
    return 0.5 * _trees(work)


def _boosting(work: _Work) -> float:
    n_trees = int(work.settings.get("max_iter", 100)) * (work.n_classes if work.n_classes > 2 else 1)
    n_leaves = int(work.settings.get("max_leaf_nodes") or 31)
    return n_trees * (work.n_columns * (1e-9 * work.n_rows + 1e-6 * n_leaves) + 1e-4 * n_leaves)


def _covariances(work: _Work) -> float:
    return 1.5e-10 * work.n_rows * work.n_columns**2


def _one_pass(work: _Work) -> float:
    return 1e-8 * work.n_rows * work.n_columns


_COSTS: Mapping[str, Callable[[_Work], float]] = {
    "DummyClassifier": _one_pass,
    "ExtraTreesClassifier": _random_trees,
    "GaussianNB": _one_pass,
    "HistGradientBoostingClassifier": _boosting,
    "KNeighborsClassifier": _neighbours,
    "LinearDiscriminantAnalysis": _covariances,
    "NuSVC": _support_vectors,
    "RandomForestClassifier": _trees,
    "SVC": _support_vectors,
}
