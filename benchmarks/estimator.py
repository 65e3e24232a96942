"""`DenseClassifier` beside scikit-learn's `MLPClassifier` at equal settings, on data sets that scikit-learn has.

Both standardise, have the same layers, start weights of the same distribution, Adam with the same constants, the same
batches, epochs and L2. Folds are paired: five times two-fold cross-validation. The difference of accuracies is
Bakeoff's less scikit-learn's, in points, with the corrected resampled t interval of Nadeau and Bengio (2003), 95 %.
Not inferior: its lower limit is above -0.5. Seconds are those of one fit on half of the rows, compilation included;
beside them those of a fit whose shape was compiled before in the process. Ends with status 1 where either is missed:
inferior, or slower from 5,000 rows on.

Usage: python benchmarks/estimator.py [--sets digits ...] [--write docs/scikit-learn.md]
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_classification, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from bakeoff.estimator import DenseClassifier

MARGIN = 0.5  # points
EPOCHS, BATCH, HIDDEN, RATE, ALPHA = 50, 200, (100,), 1e-3, 1e-4
REPEATS, FOLDS = 5, 2
MARKS = ("<!-- measured -->", "<!-- /measured -->")


def generated(n_rows: int, n_features: int, n_classes: int) -> Callable[[], tuple[Any, Any]]:
    return lambda: make_classification(
        n_rows, n_features, n_informative=n_features // 2, n_classes=n_classes, flip_y=0.05, random_state=0
    )


SETS: Mapping[str, Callable[[], tuple[Any, Any]]] = {
    "iris": lambda: load_iris(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
    "breast cancer": lambda: load_breast_cancer(return_X_y=True),
    "digits": lambda: load_digits(return_X_y=True),
    "moons, 2,000": lambda: make_moons(2000, noise=0.25, random_state=0),
    "generated, 10,000 x 20, 2 classes": generated(10_000, 20, 2),
    "generated, 10,000 x 100, 10 classes": generated(10_000, 100, 10),
    "generated, 40,000 x 50, 5 classes": generated(40_000, 50, 5),
}


@dataclass(frozen=True)
class Line:
    """What one data set gave."""

    name: str
    n_train: int
    theirs: float
    ours: float
    low: float
    high: float
    seconds: Mapping[str, float]

    @property
    def is_missed(self) -> bool:
        """Inferior, or slower where it must not be."""
        slower = self.n_train >= 5000 and self.seconds["ours"] > self.seconds["theirs"]
        return slower or self.low < -MARGIN

    def as_row(self) -> str:
        """A row of the table."""
        difference = f"{100 * (self.ours - self.theirs):+.2f} ({self.low:+.2f} to {self.high:+.2f})"
        times = " | ".join(f"{self.seconds[key]:.2f}" for key in ("theirs", "ours", "again"))
        ratio = self.seconds["theirs"] / self.seconds["ours"]
        return (
            f"| {self.name} | {self.n_train:,} | {self.theirs:.4f} | {self.ours:.4f} | {difference} | {times} | "
            f"{ratio:.1f} |"
        )


def models(n_train: int, seed: int) -> tuple[MLPClassifier, DenseClassifier]:
    """The two, alike."""
    batch = min(BATCH, n_train)
    theirs = MLPClassifier(
        HIDDEN, batch_size=batch, max_iter=EPOCHS, alpha=ALPHA, learning_rate_init=RATE, tol=0.0,
        n_iter_no_change=EPOCHS + 1, random_state=seed,
    )  # fmt: skip
    ours = DenseClassifier(
        HIDDEN, batch_size=batch, epochs=EPOCHS, l2=ALPHA / 2 / batch, learning_rate=RATE, optimizer="adam",
        epsilon=1e-8, schedule="constant", dropout=0.0, label_smoothing=0.0, weight_decay=0.0, scale="none",
        train_scores="none", random_state=seed,
    )  # fmt: skip
    return theirs, ours


def timed(model: Any, X: NDArray[Any], y: NDArray[Any]) -> float:
    started = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - started


def measure(name: str) -> Line:
    X, y = SETS[name]()
    X = X.astype(np.float32)
    scores: dict[str, list[float]] = {"theirs": [], "ours": []}
    seconds: dict[str, list[float]] = {"theirs": [], "ours": []}
    n_train = 0
    for seed, (train, test) in enumerate(
        RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0).split(X, y)
    ):
        scaler = StandardScaler().fit(X[train])
        learnt, held = scaler.transform(X[train]), scaler.transform(X[test])
        n_train = len(train)
        for key, model in zip(("theirs", "ours"), models(n_train, seed), strict=True):
            seconds[key].append(timed(model, learnt, y[train]))
            scores[key].append(float(model.score(held, y[test])))
    differences = 100 * (np.asarray(scores["ours"]) - np.asarray(scores["theirs"]))
    # Folds share rows: the variance of their mean is that of one, times 1/J + n_test/n_train.
    error = np.sqrt((1 / len(differences) + 1 / (FOLDS - 1)) * differences.var(ddof=1))
    reach = float(stats.t.ppf(0.975, len(differences) - 1) * error)
    return Line(
        name,
        n_train,
        float(np.mean(scores["theirs"])),
        float(np.mean(scores["ours"])),
        float(differences.mean()) - reach,
        float(differences.mean()) + reach,
        {
            "theirs": float(np.median(seconds["theirs"])),
            "ours": seconds["ours"][0],
            "again": float(np.median(seconds["ours"][1:])),
        },
    )


def table(lines: list[Line]) -> str:
    head = (
        "| data | rows to learn from | MLPClassifier | DenseClassifier | difference, points (95 %) | MLP, s | "
        "ours, s | ours, compiled before, s | times as fast |"
    )
    return "\n".join([head, "|---|---:|---:|---:|---:|---:|---:|---:|---:|", *(line.as_row() for line in lines)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="estimator")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the table between the page's marks")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = []
    for name in options.sets:
        lines.append(measure(name))
        print(lines[-1].as_row(), flush=True)
    if options.write:
        page = options.write.read_text()
        before, rest = page.split(MARKS[0])
        options.write.write_text(f"{before}{MARKS[0]}\n{table(lines)}\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
    return int(any(line.is_missed for line in lines))


if __name__ == "__main__":
    sys.exit(main())
