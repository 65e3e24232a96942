"""A fitted forest that asks its trees itself, for whoever predicts few rows many times."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["QuickForest"]


class QuickForest:
    """Says what a forest of scikit-learn says, bit for bit, in a tenth of the time for a few rows.

    scikit-learn makes a task of every tree and checks the rows again in each; for 32 rows and 100 trees that takes
    10 ms, the trees themselves one.

    Parameters
    ----------
    forest : RandomForestClassifier or ExtraTreesClassifier
        Fitted on one label a row.
    """

    def __init__(self, forest: Any) -> None:
        self.classes_ = forest.classes_
        self._trees = [tree.tree_ for tree in forest.estimators_]

    @classmethod
    def of(cls, classifier: Any) -> "Self | None":
        """The same as a quick one, where it is a forest; None where it is something else."""
        from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier  # noqa: PLC0415 - takes a second

        is_forest = type(classifier) in (ExtraTreesClassifier, RandomForestClassifier)
        return cls(classifier) if is_forest and classifier.n_outputs_ == 1 else None

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """(n, n_classes) the mean over the trees, added up in their order."""
        rows = np.ascontiguousarray(X, np.float32)
        total = np.zeros((len(rows), len(self.classes_)))
        for tree in self._trees:
            total += tree.predict(rows)
        total /= len(self._trees)
        return total
