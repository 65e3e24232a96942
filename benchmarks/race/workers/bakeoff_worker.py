"""Bakeoff's own engine. BAKEOFF_MEMBERS networks share their batches; BAKEOFF_PRECISION is float32 or bfloat16."""

import os
import time

import numpy as np
from protocol import main

from bakeoff.executors import available_threads

os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(available_threads()))  # as in the process that trains for a bake-off

from bakeoff.dense import DataShape, DenseSettings, Member, Task, fit_population
from bakeoff.machine import enable_compile_cache


class BakeoffWorker:
    def __init__(self, folder, job):
        self.folder, self.job = folder, job
        self.n_members = int(os.environ.get("BAKEOFF_MEMBERS", "1"))
        self.precision = os.environ.get("BAKEOFF_PRECISION", "float32")
        enable_compile_cache()

    def versions(self):
        import jax

        import bakeoff

        return {"bakeoff": bakeoff.__version__, "jax": jax.__version__}

    def prepare(self):
        job = self.job
        parts = ("train", "test") if job.exact_f1 else ("train",)
        rows = [np.load(self.folder / f"{job.data}-X_{part}.npy") for part in parts]
        labels = np.concatenate([np.load(self.folder / f"{job.data}-y_{part}.npy") for part in parts])
        codes = np.unique(labels)
        self.n_train = len(rows[0])
        shape = DataShape("images", self.n_train, 784, len(codes), 255, tuple(codes.tolist()))
        self.settings = DenseSettings(
            hidden_layer_sizes=job.hidden,
            output_activation=job.output,
            loss=job.loss,
            output_units=job.n_outputs,
            optimizer=job.optimizer,
            batch_size=job.batch_size,
            epochs=job.epochs,
            dropout=0.0,
            label_smoothing=0.0,
            schedule="constant",
            train_scores="running" if job.exact_f1 else "none",
            scale="unit",
            precision=self.precision,
        ).resolve(shape)
        self.spec = self.settings.spec(shape)
        self.labels = np.searchsorted(codes, labels).astype(np.int32)
        self.n_classes = len(codes)
        # No copy where there is one part only.
        self.task = Task(rows[0] if len(rows) == 1 else np.concatenate(rows), self.labels, "unit", 255)

    def _members(self, epochs):
        train = np.arange(self.n_train)
        validation = np.arange(self.n_train, len(self.labels)) if self.job.exact_f1 else None
        rates = self.settings.rates(epochs, self.labels[train], self.n_classes)
        return [Member(0, train, validation, epochs, rates) for _ in range(self.n_members)]

    def epochs(self, n):
        """Seconds of an epoch, a network."""
        moments = []
        fit_population(self.spec, self.task, self._members(n + 1), lambda _: moments.append(time.perf_counter()))
        return (np.diff(moments) / self.n_members).tolist()

    def compile(self):
        """Seconds of building the program, without what it then does."""
        return fit_population(self.spec, self.task, self._members(1)).seconds_compile

    def fit(self, path):
        population = fit_population(self.spec, self.task, self._members(self.job.epochs))
        if path is not None:
            from bakeoff.contestants._dense_model import write_network

            for name, content in write_network(population.members[0].network).items():
                path.with_name(name).write_bytes(content)
        return {name: values[-1] for name, values in population.members[0].history.items()}


if __name__ == "__main__":
    main(BakeoffWorker)
