"""PyTorch on the CPU, written as one who knows it would: rows in one tensor, batches by index.

TORCH_COMPILE=1 compiles the step.
"""

import os
import time

import torch
from protocol import Rows, main

_LOSSES = {"categorical_crossentropy": torch.nn.CrossEntropyLoss(), "mean_squared_error": torch.nn.MSELoss()}
_OUTPUTS = {"softmax": torch.nn.Identity, "tanh": torch.nn.Tanh}


class TorchWorker:
    def __init__(self, folder, job):
        self.folder, self.job = folder, job

    def versions(self):
        return {"torch": torch.__version__}

    def prepare(self):
        rows = Rows(self.folder, self.job)
        self.X, self.y = torch.from_numpy(rows.X_train), torch.from_numpy(rows.y_train)
        self.X_test, self.y_test = torch.from_numpy(rows.X_test), torch.from_numpy(rows.y_test)
        self.targets = self.y
        if self.job.loss == "mean_squared_error":
            self.targets = torch.nn.functional.one_hot(self.y, self.job.n_outputs).float()
        self._build()

    def _build(self):
        job = self.job
        layers = []
        for number, (inputs, units) in enumerate(zip(job.layer_sizes, job.layer_sizes[1:], strict=False)):
            layer = torch.nn.Linear(inputs, units)
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
            layers += [layer, torch.nn.ReLU() if number < len(job.hidden) else _OUTPUTS[job.output]()]
        self.model = torch.nn.Sequential(*layers)
        parameters = self.model.parameters()
        self.optimizer = (
            torch.optim.SGD(parameters, lr=0.01)
            if job.optimizer == "sgd"
            else torch.optim.Adam(parameters, lr=0.001, eps=1e-7)
        )
        self.step = torch.compile(self._step) if os.environ.get("TORCH_COMPILE") else self._step

    def _step(self, x, target, y):
        outputs = self.model(x)
        loss = _LOSSES[self.job.loss](outputs, target)
        loss.backward()
        return loss.detach(), (outputs.detach().argmax(dim=1) == y).sum()

    def _epoch(self):
        order = torch.randperm(len(self.X))
        loss, hits = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for index in order.split(self.job.batch_size):
            y = self.y[index]
            target = y if self.targets is self.y else self.targets[index]
            self.optimizer.zero_grad()
            of_batch, right = self.step(self.X[index], target, y)
            self.optimizer.step()
            loss += of_batch * len(index)
            hits += right
        return {"loss": float(loss) / len(self.X), "accuracy": float(hits) / len(self.X)}

    def epochs(self, n):
        self._epoch()
        seconds = []
        for _ in range(n):
            started = time.perf_counter()
            self._epoch()
            seconds.append(time.perf_counter() - started)
        return seconds

    def fit(self, path):
        self._build()
        for _ in range(self.job.epochs):
            scores = self._epoch()
            if self.job.exact_f1:
                scores["f1"] = [self._f1(self.X, self.y), self._f1(self.X_test, self.y_test)]
        if path is not None:
            torch.save(self.model.state_dict(), path)
        return scores

    @torch.no_grad()
    def _f1(self, X, y):
        from sklearn.metrics import f1_score

        guesses = torch.cat([self.model(part).argmax(dim=1) for part in X.split(2048)])
        return float(f1_score(y.numpy(), guesses.numpy(), average="macro"))


if __name__ == "__main__":
    main(TorchWorker)
