"""A classifier of your own beside ours, on real digits, from a plain script."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bakeoff


class Majority(ClassifierMixin, BaseEstimator):
    """Always says the commonest class."""

    def fit(self, X, y):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.commonest_ = self.classes_[counts.argmax()]
        return self

    def predict(self, X):
        return [self.commonest_] * len(X)


run = bakeoff.run(
    "digits",
    contestants={
        "knn": "knn",
        "centroid": make_pipeline(StandardScaler(), NearestCentroid()),
        "majority": Majority(),
    },
    probes=False,  # what has to be trained for to judge the data itself: `bakeoff audit digits` does that
)
print(run.verdict)
for entry in run.results["contestants"]:
    print(f"{entry['name']:10} {entry['test']['f1_macro']['mean']:.4f}")
