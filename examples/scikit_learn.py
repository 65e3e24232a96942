"""`DenseClassifier` where a scikit-learn classifier goes: in a pipeline, under cross-validation."""

from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bakeoff

X, y = load_digits(return_X_y=True)
network = bakeoff.DenseClassifier(hidden_layer_sizes=(64,), epochs=20, random_state=0)
scores = cross_val_score(make_pipeline(StandardScaler(), network), X, y, cv=3)
print(f"accuracy {scores.mean():.3f}")
