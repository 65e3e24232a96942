"""The classical families: which scikit-learn classifier, with which settings, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["FAMILIES", "Family", "Scaling"]

Scaling: TypeAlias = Literal["none", "unit", "standard"]
"""``none``; ``unit``: pixels over their largest value, columns of plain rows to [0, 1]; ``standard``: mean 0, sd 1."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of classifiers and what it takes when the user says nothing.

    Parameters
    ----------
    description : str
        One line for a list.
    module, estimator : str
        Where scikit-learn keeps the class.
    settings : mapping
        Parameters that differ from scikit-learn's defaults.
    scaling_images, scaling_rows : {"none", "unit", "standard"}
    pca_images : int or None
        Principal components for images of more than 100 pixels. Plain rows are never reduced by default.
    """

    description: str
    module: str
    estimator: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    scaling_images: Scaling = "none"
    scaling_rows: Scaling = "none"
    pca_images: int | None = None


# Scaling and components were chosen on 8,000 rows each of MNIST and Sign Language MNIST; the accuracies in the
# comments are from there, without and with the choice.
FAMILIES: Mapping[str, Family] = {
    "svc": Family(
        "support vector machine with an RBF kernel",
        "sklearn.svm",
        "SVC",
        # C=10: 0.951 -> 0.955 and 0.838 -> 0.857. 50 components: 0.941 -> 0.951 and 0.812 -> 0.838, at a seventh of
        # the time: distances between raw pixels are mostly distances between the corners of the images.
        settings={"C": 10.0},
        scaling_images="unit",
        scaling_rows="standard",
        pca_images=50,
    ),
    "logistic": Family(
        "multinomial logistic regression",
        "sklearn.linear_model",
        "LogisticRegression",
        # 100 components: 0.877 -> 0.892 and 0.693 -> 0.706, at a third of the time. 100 iterations, scikit-learn's
        # default, end before it has converged.
        settings={"max_iter": 1000},
        scaling_images="unit",
        scaling_rows="standard",
        pca_images=100,
    ),
    "knn": Family(
        "nearest neighbours, the nearer the more weight",
        "sklearn.neighbors",
        "KNeighborsClassifier",
        # 50 components: 0.926 -> 0.936 and 0.752 -> 0.764, at a fifth of the time. Three neighbours: one is best where
        # rows have near-copies, five where they have none.
        settings={"n_neighbors": 3, "weights": "distance"},
        scaling_images="unit",
        scaling_rows="standard",
        pca_images=50,
    ),
    "forest": Family(
        "random forest of 200 trees",
        "sklearn.ensemble",
        "RandomForestClassifier",
        settings={"n_estimators": 200},
    ),
    "extra-trees": Family(
        "extremely randomised trees, 200 of them",
        "sklearn.ensemble",
        "ExtraTreesClassifier",
        # Better than the forest on both (0.936 and 0.800 against 0.928 and 0.792), and faster.
        settings={"n_estimators": 200},
    ),
    "boosting": Family(
        "gradient boosting of histogram trees",
        "sklearn.ensemble",
        "HistGradientBoostingClassifier",
        # No early stopping: by default it holds out rows by chance and stops on them, from 10,000 rows on. 50
        # components: 0.939 -> 0.923 and 0.735 -> 0.748, at a third of the time and less. A larger learning rate
        # diverges on many classes: 0.2 gave 0.142.
        settings={"early_stopping": False},
        pca_images=50,
    ),
    "lda": Family(
        "linear discriminant analysis",
        "sklearn.discriminant_analysis",
        "LinearDiscriminantAnalysis",
        # 100 components: 0.822 -> 0.839 and 0.403 -> 0.613.
        scaling_images="unit",
        scaling_rows="standard",
        pca_images=100,
    ),
    "bayes": Family(
        "Gaussian naive Bayes",
        "sklearn.naive_bayes",
        "GaussianNB",
        # 50 components: 0.522 -> 0.841 and 0.378 -> 0.621; components are uncorrelated, as the model assumes.
        scaling_images="unit",
        scaling_rows="standard",
        pca_images=50,
    ),
    "dummy": Family("always the commonest class: the floor", "sklearn.dummy", "DummyClassifier"),
}
