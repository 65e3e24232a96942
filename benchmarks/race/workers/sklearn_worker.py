"""scikit-learn's MLPClassifier: its own loss and no accuracy an epoch, which is less than the others compute."""

import time

import sklearn
from protocol import Rows, main
from sklearn.neural_network import MLPClassifier


class SklearnWorker:
    def __init__(self, folder, job):
        self.folder, self.job = folder, job

    def versions(self):
        return {"scikit-learn": sklearn.__version__}

    def prepare(self):
        self.rows = Rows(self.folder, self.job)
        self.model = self._model()

    def _model(self):
        job = self.job
        return MLPClassifier(
            job.hidden,
            solver=job.optimizer,
            alpha=0.0,
            batch_size=job.batch_size,
            learning_rate_init=0.01 if job.optimizer == "sgd" else 0.001,
            momentum=0.0,
            nesterovs_momentum=False,
            max_iter=job.epochs,
            n_iter_no_change=job.epochs + 1,
        )

    def epochs(self, n):
        seconds = []
        for _ in range(n + 1):
            started = time.perf_counter()
            self.model.partial_fit(self.rows.X_train, self.rows.y_train, classes=range(self.job.n_outputs))
            seconds.append(time.perf_counter() - started)
        return seconds[1:]

    def fit(self, path):
        import warnings

        model = self._model()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(self.rows.X_train, self.rows.y_train)
        if path is not None:
            import skops.io

            skops.io.dump(model, path)
        return {"loss": float(model.loss_)}


if __name__ == "__main__":
    main(SklearnWorker)
