"""Keras 3, on the backend that KERAS_BACKEND names, as the notebooks use it: `compile`, `fit`, callbacks."""

import time

import keras
import numpy as np
from protocol import Rows, main


class _Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.started)


class _ExactF1(keras.callbacks.Callback):
    """The notebook's callback: predict all rows of both sets after every epoch and score them."""

    def __init__(self, rows):
        super().__init__()
        self.rows = rows
        self.scores = []

    def on_epoch_end(self, epoch, logs=None):
        from sklearn.metrics import f1_score

        rows = self.rows
        self.scores.append(
            [
                float(f1_score(y, np.argmax(self.model.predict(X, verbose=0), axis=1), average="macro"))
                for X, y in ((rows.X_train, rows.y_train), (rows.X_test, rows.y_test))
            ]
        )


class KerasWorker:
    def __init__(self, folder, job):
        self.folder, self.job = folder, job

    def versions(self):
        backend = keras.backend.backend()
        module = __import__(backend)
        return {"keras": keras.__version__, backend: module.__version__}

    def prepare(self):
        self.rows = Rows(self.folder, self.job)
        self.targets = keras.utils.to_categorical(self.rows.y_train, self.job.n_outputs)
        self.test_targets = keras.utils.to_categorical(self.rows.y_test, self.job.n_outputs)
        self.model = self._model()

    def _model(self):
        job = self.job
        layers = [keras.layers.Dense(units, activation="relu") for units in job.hidden]
        model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(job.n_outputs, job.output)])
        model.compile(optimizer=job.optimizer, loss=job.loss, metrics=["accuracy"])
        return model

    def _fit(self, model, epochs, callbacks):
        validation = (self.rows.X_test, self.test_targets) if self.job.exact_f1 else None
        return model.fit(
            self.rows.X_train,
            self.targets,
            batch_size=self.job.batch_size,
            epochs=epochs,
            validation_data=validation,
            callbacks=callbacks,
            verbose=0,
        )

    def epochs(self, n):
        clock = _Clock()
        # The first epoch of every call builds the pipeline: it is not what an epoch takes.
        self._fit(self.model, n + 1, [clock])
        return clock.seconds[1:]

    def fit(self, path):
        model = self._model()
        callbacks = [_ExactF1(self.rows)] if self.job.exact_f1 else []
        history = self._fit(model, self.job.epochs, callbacks)
        if path is not None:
            model.save(path.with_suffix(".keras"))
        scores = {name: values[-1] for name, values in history.history.items()}
        return scores | ({"f1": callbacks[0].scores[-1]} if callbacks else {})


if __name__ == "__main__":
    main(KerasWorker)
