"""Keras users change one line: ``model.fit(x, y, ...)`` becomes ``bakeoff.keras.fit(model, x, y, ...)``.

>>> import os
>>> os.environ.setdefault("KERAS_BACKEND", "jax")  # doctest: +ELLIPSIS
'...'
>>> import bakeoff.keras, keras
>>> from sklearn.datasets import load_digits
>>> X, y = load_digits(return_X_y=True)
>>> model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")])
>>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
>>> history = bakeoff.keras.fit(model, X / 16, y, epochs=3, verbose=0)
>>> list(history.history)
['accuracy', 'loss']
"""

from bakeoff.contestants import KerasContestant
from bakeoff.interop import KerasWarning, fit, from_keras, network_from_keras, to_keras

__all__ = ["KerasContestant", "KerasWarning", "fit", "from_keras", "network_from_keras", "to_keras"]
