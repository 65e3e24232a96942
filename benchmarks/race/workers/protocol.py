"""How a worker talks with the race: a line of JSON in, a line of JSON out.

Used as ``python WORKER.py FOLDER JOB`` with orders on standard input, or ``python WORKER.py FOLDER JOB --whole FILE``:
train from scratch, save the model there, and end.

A worker is a class with ``prepare()`` (rows into memory, network built), ``epochs(n)`` (train on; the seconds of each
epoch, scores included) and ``fit(path)`` (train the job's own epochs anew; save the model where a path is given);
ours has ``compile()`` too (seconds of it).
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from jobs import Job

__all__ = ["Rows", "main"]


class Rows:
    """The rows of a job as its notebook has them: float32 divided by 255, and class numbers."""

    def __init__(self, folder, job):
        self.X_train, self.X_test = (self._pixels(folder, job, part) for part in ("train", "test"))
        self.y_train, self.y_test = (
            np.load(folder / f"{job.data}-y_{part}.npy").astype(np.int64) for part in ("train", "test")
        )

    @staticmethod
    def _pixels(folder, job, part):
        return np.load(folder / f"{job.data}-X_{part}.npy").astype(np.float32) / np.float32(255)


def main(worker_class):
    """Obey the command line, then the lines of standard input."""
    folder, job = Path(sys.argv[1]), Job.from_json(sys.argv[2])
    # What libraries print on standard output must not meet the protocol.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = worker_class(folder, job)
    if len(sys.argv) > 3:
        worker.prepare()
        worker.fit(Path(sys.argv[4]))
        print(json.dumps({"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), file=answers)
        return
    started = time.perf_counter()
    worker.prepare()
    print(json.dumps({"ready": time.perf_counter() - started, "versions": worker.versions()}), file=answers)
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "epochs":
            answer = {"seconds": worker.epochs(order["n"])}
        elif order["do"] == "compile":
            answer = {"seconds": [worker.compile()]}
        else:
            started = time.perf_counter()
            scores = worker.fit(None)
            answer = {"seconds": [time.perf_counter() - started], "scores": scores}
        print(json.dumps(answer), file=answers)
