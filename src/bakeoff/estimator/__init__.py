"""The scikit-learn face of the engine."""

from bakeoff.estimator._classifier import DenseClassifier

__all__ = ["DenseClassifier"]
