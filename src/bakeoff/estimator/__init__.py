"""`DenseClassifier`, the scikit-learn face of the engine."""
