"""The training cells of the two course notebooks, as they stand there, with one line that can be exchanged.

Both import what they need in the cells before. Usage: python notebook_cells.py FOLDER NOTEBOOK keras|bakeoff
Prints JSON: seconds of the line and of importing, the history's last epoch, the test scores.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BEGUN = time.perf_counter()

import keras  # noqa: E402 - timed
import numpy as np  # noqa: E402
from sklearn.metrics import f1_score  # noqa: E402

if sys.argv[3] == "bakeoff":
    import bakeoff.keras

IMPORTED = time.perf_counter() - BEGUN


class F1History(keras.callbacks.Callback):
    """The notebook's: macro F1 of both sets after every epoch, by predicting all rows."""

    def __init__(self, train, validation):
        super().__init__()
        self.train, self.validation = train, validation

    def on_epoch_end(self, epoch, logs=None):
        for name, (X, y) in (("f1", self.train), ("val_f1", self.validation)):
            said = np.argmax(self.model.predict(X, verbose=0), axis=1)
            score = f1_score(np.argmax(y, axis=1), said, average="macro")
            self.model.history.history.setdefault(name, []).append(score)


def rows_of(folder, name, n_outputs):
    loaded = {}
    for part in ("train", "test"):
        X = np.load(folder / f"{name}-X_{part}.npy").astype("float32") / 255.0
        y = keras.utils.to_categorical(np.load(folder / f"{name}-y_{part}.npy"), n_outputs)
        loaded[part] = (X, y)
    return loaded["train"], loaded["test"]


def notebook_a(folder, with_bakeoff):
    """784-1000-800-600-25 on Sign Language MNIST: tanh output, squared error, Adam."""
    train, test = rows_of(folder, "sign-mnist", 25)
    hidden = [keras.layers.Dense(units, activation="relu") for units in (1000, 800, 600)]
    model = keras.Sequential([keras.Input((784,)), *hidden, keras.layers.Dense(25, activation="tanh")])
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["accuracy"])
    started = time.perf_counter()
    if with_bakeoff:
        history = bakeoff.keras.fit(model, *train, batch_size=100, epochs=5, validation_data=test, f1=True, verbose=0)
    else:
        scores = F1History(train, test)
        history = model.fit(*train, batch_size=100, epochs=5, validation_data=test, callbacks=[scores], verbose=0)
    return model, test, history, time.perf_counter() - started


def notebook_b(folder, with_bakeoff, units):
    """Plain SGD on MNIST, 20 epochs."""
    train, test = rows_of(folder, "mnist", 10)
    hidden = [keras.layers.Dense(each, activation="relu") for each in units]
    model = keras.Sequential([keras.Input((784,)), *hidden, keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
    started = time.perf_counter()
    if with_bakeoff:
        history = bakeoff.keras.fit(model, *train, batch_size=128, epochs=20, verbose=0)
    else:
        history = model.fit(*train, batch_size=128, epochs=20, verbose=0)
    return model, test, history, time.perf_counter() - started


NOTEBOOKS = {
    "A": notebook_a,
    "B1": lambda folder, with_bakeoff: notebook_b(folder, with_bakeoff, (32, 16)),
    "B2": lambda folder, with_bakeoff: notebook_b(folder, with_bakeoff, (1024, 512, 256, 128, 64)),
}


def main():
    folder, name, who = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    model, (X, y), history, seconds = NOTEBOOKS[name](folder, who == "bakeoff")
    loss, accuracy = model.evaluate(X, y, verbose=0)
    last = {key: float(values[-1]) for key, values in history.history.items()}
    print(
        json.dumps(
            {"seconds": seconds, "imported": IMPORTED, "last": last, "test": {"loss": loss, "accuracy": accuracy}}
        )
    )


if __name__ == "__main__":
    main()
