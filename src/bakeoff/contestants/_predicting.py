"""Labels, probabilities and scores from a fitted pipeline, aligned by class index."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from bakeoff.contestants._accelerated import pairwise_decisions
from bakeoff.contestants._pipeline import as_floats
from bakeoff.contestants._protocol import Predictions
from bakeoff.contestants._quick_forest import QuickForest
from bakeoff.types import Rows

__all__ = ["predict_rows"]

_ROWS_AT_ONCE = 10_000
"""Bounds the memory of conversions to float64."""


def predict_rows(pipeline: Any, X: Rows, n_classes: int, engine: str) -> Predictions:
    """Predict rows with a fitted pipeline.

    Labels are what the classifier's own `predict` gives. They are read off its probabilities or decision values where
    that is known to be the same thing, so that every row is worked through once.
    """
    parts = [
        _predict_block(pipeline, X[start : start + _ROWS_AT_ONCE], n_classes, engine)
        for start in range(0, len(X), _ROWS_AT_ONCE)
    ]
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Predictions(np.empty(0, np.int32), np.empty((0, n_classes), np.float32))
    return Predictions(
        np.concatenate([part.labels for part in parts]),
        _joined([part.probabilities for part in parts]),
        _joined([part.scores for part in parts]),
    )


def _joined(parts: list[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if len(present) == len(parts) else None


def _predict_block(pipeline: Any, X: Rows, n_classes: int, engine: str) -> Predictions:
    classifier = pipeline.steps[-1][1]
    classes = np.asarray(classifier.classes_, dtype=np.int32)
    if len(pipeline.steps) > 1:
        X = as_floats(X)
    for _, step in pipeline.steps[:-1]:
        X = step.transform(X)
    if _is_plain_svc(classifier) and len(classes) > 1:
        positions, scores = _svc_labels_and_scores(classifier, X, engine)
        return Predictions(classes[positions], None, _aligned(scores, classes, n_classes, None))
    if hasattr(classifier, "predict_proba"):
        probabilities = np.asarray(classifier.predict_proba(X))
        if _label_is_likeliest(classifier):
            labels = classes[probabilities.argmax(axis=1)]
        else:
            labels = np.asarray(classifier.predict(X), dtype=np.int32)
        return Predictions(labels, _aligned(probabilities, classes, n_classes, 0.0), None)
    labels = np.asarray(classifier.predict(X), dtype=np.int32)
    return Predictions(labels, None, _decision_scores(classifier, X, classes, n_classes))


def _is_plain_svc(classifier: Any) -> bool:
    return (
        type(classifier) is SVC and classifier.probability is not True and classifier.decision_function_shape == "ovr"
    )


def _svc_labels_and_scores(classifier: Any, X: Rows, engine: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Positions in ``classes_``, and decision values "one versus rest".

    Of more than two classes these are the votes of all pairs plus less than half a vote for confidence: rounded they
    are the votes, and the first class with most votes is what `predict` gives.
    """
    accelerated = engine == "intelex"
    if len(classifier.classes_) == 2:
        second = pairwise_decisions(classifier, X)[:, 0] if accelerated else classifier.decision_function(X)
        return (second > 0).astype(np.intp), np.stack([-second, second], axis=1)
    if accelerated:
        scores = _one_versus_rest(pairwise_decisions(classifier, X), len(classifier.classes_))
    else:
        scores = np.asarray(classifier.decision_function(X))
    ranked = scores if classifier.break_ties else np.rint(scores)
    return ranked.argmax(axis=1), scores


def _one_versus_rest(decisions: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    votes = np.zeros((len(decisions), n_classes))
    confidences = np.zeros_like(votes)
    pair = 0
    for i in range(n_classes):
        for j in range(i + 1, n_classes):
            value = decisions[:, pair]
            confidences[:, i] += value
            confidences[:, j] -= value
            votes[:, i] += value >= 0
            votes[:, j] += value < 0
            pair += 1
    return np.asarray(votes + confidences / (3 * (np.abs(confidences) + 1)))


def _label_is_likeliest(classifier: Any) -> bool:
    """Whether `predict` is known to be the class of the largest probability, the first of equals."""
    if isinstance(classifier, QuickForest):
        return True
    return type(classifier).__module__.startswith("sklearn.") and type(classifier).__name__ in {
        "ExtraTreesClassifier",
        "GaussianNB",
        "HistGradientBoostingClassifier",
        "KNeighborsClassifier",
        "RandomForestClassifier",
    }


def _decision_scores(
    classifier: Any, X: Rows, classes: NDArray[np.int32], n_classes: int
) -> NDArray[np.float32] | None:
    if not hasattr(classifier, "decision_function"):
        return None
    scores = np.asarray(classifier.decision_function(X))
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], axis=1)
    if scores.shape[1] != len(classes):
        return None  # one column a pair of classes: no score of a class
    return _aligned(scores, classes, n_classes, None)


def _aligned(
    values: NDArray[Any], classes: NDArray[np.int32], n_classes: int, fill: float | None
) -> NDArray[np.float32]:
    """One column a class of the data set; a class that training lacked gets `fill`, or less than every other."""
    if len(classes) == n_classes:
        return values.astype(np.float32)
    lowest = values.min(axis=1, keepdims=True) - 1 if fill is None else np.full((len(values), 1), fill)
    aligned = np.repeat(lowest.astype(np.float32), n_classes, axis=1)
    aligned[:, classes] = values
    return aligned
