"""`DenseClassifier` beside scikit-learn's `MLPClassifier` at equal settings, on data sets that scikit-learn has.

The settings are `MLPClassifier`'s defaults (100 units, Adam, batches of 200, its L2, 200 epochs) without its stopping.
Both get standardised rows and have start weights of the same spread. Ten folds; in each, both train with several seeds,
and the fold's difference is that of the seeds' mean accuracies: Bakeoff's less scikit-learn's, in points, with the
corrected resampled t interval of Nadeau and Bengio (2003), 95 %. Not inferior: its lower limit is above -0.5. Seconds
are the median of three fits of the first fold, the two in turns: compilation included, and beside it without.

Ends with status 1 where either is missed: inferior, or slower from 5,000 rows on.

Usage: python benchmarks/estimator.py [--sets digits ...] [--write docs/scikit-learn.md]
"""

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_classification, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from bakeoff.dense import _compile
from bakeoff.estimator import DenseClassifier

MARGIN = 0.5  # points
EPOCHS, BATCH, HIDDEN, RATE, ALPHA = 200, 200, (100,), 1e-3, 1e-4
FOLDS = 10
TURNS = 3
MARKS = ("<!-- measured -->", "<!-- /measured -->")


def generated(n_rows: int, n_features: int, n_classes: int) -> Callable[[], tuple[Any, Any]]:
    return lambda: make_classification(
        n_rows, n_features, n_informative=n_features // 2, n_classes=n_classes, flip_y=0.05, random_state=0
    )


SETS: Mapping[str, tuple[Callable[[], tuple[Any, Any]], int]] = {
    # and how many seeds a fold: on few rows, one network differs from the next by more than the margin
    "iris": (lambda: load_iris(return_X_y=True), 40),
    "wine": (lambda: load_wine(return_X_y=True), 40),
    "breast cancer": (lambda: load_breast_cancer(return_X_y=True), 20),
    "digits": (lambda: load_digits(return_X_y=True), 10),
    "moons, 2,000": (lambda: make_moons(2000, noise=0.25, random_state=0), 5),
    "generated, 6,000 x 20, 2 classes": (generated(6000, 20, 2), 15),
    "generated, 6,000 x 100, 10 classes": (generated(6000, 100, 10), 5),
    "generated, 20,000 x 50, 5 classes": (generated(20_000, 50, 5), 6),
}


@dataclass(frozen=True)
class Line:
    """What one data set gave."""

    name: str
    n_train: int
    n_seeds: int
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
            f"| {self.name} | {self.n_train:,} | {FOLDS} x {self.n_seeds} "
            f"| {self.theirs:.4f} | {self.ours:.4f} | {difference} | {times} | "
            f"{ratio:.1f} |"
        )


def models(n_train: int, n_classes: int, seed: int) -> tuple[MLPClassifier, DenseClassifier]:
    """The two, alike."""
    batch = min(BATCH, n_train)
    output = "sigmoid" if n_classes == 2 else "softmax"
    theirs = MLPClassifier(
        HIDDEN, batch_size=batch, max_iter=EPOCHS, alpha=ALPHA, learning_rate_init=RATE, tol=0.0,
        n_iter_no_change=EPOCHS + 1, random_state=seed,
    )  # fmt: skip
    ours = DenseClassifier(
        HIDDEN, batch_size=batch, epochs=EPOCHS, l2=ALPHA / 2 / batch, learning_rate=RATE, optimizer="adam",
        epsilon=1e-8, bias_initializer="uniform", schedule="constant", dropout=0.0, label_smoothing=0.0,
        output_activation=output, weight_decay=0.0, scale="none", train_scores="none", random_state=seed,
    )  # fmt: skip
    return theirs, ours


def timed(model: Any, X: NDArray[Any], y: NDArray[Any]) -> float:
    started = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - started


def seconds_of(X: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
    """Medians of three turns; what was compiled is forgotten before each."""
    seconds: dict[str, list[float]] = {"theirs": [], "ours": [], "again": []}
    for seed in range(TURNS):
        theirs, ours = models(len(X), len(np.unique(y)), seed)
        seconds["theirs"].append(timed(theirs, X, y))
        _compile._PROGRAMS.clear()
        jax.clear_caches()
        seconds["ours"].append(timed(ours, X, y))
        seconds["again"].append(timed(ours, X, y))
    return {key: statistics.median(values) for key, values in seconds.items()}


def measure(name: str) -> Line:
    load, n_seeds = SETS[name]
    X, y = load()
    X = X.astype(np.float32)
    means: dict[str, list[float]] = {"theirs": [], "ours": []}
    seconds: dict[str, float] = {}
    for number, (train, test) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(X, y)):
        scaler = StandardScaler().fit(X[train])
        learnt, held = scaler.transform(X[train]), scaler.transform(X[test])
        seconds = seconds or seconds_of(learnt, y[train])
        scores: dict[str, list[float]] = {"theirs": [], "ours": []}
        for seed in range(n_seeds):
            for key, model in zip(scores, models(len(train), len(np.unique(y)), 1000 * number + seed), strict=True):
                scores[key].append(float(model.fit(learnt, y[train]).score(held, y[test])))
        for key, values in scores.items():
            means[key].append(float(np.mean(values)))
    differences = 100 * (np.asarray(means["ours"]) - np.asarray(means["theirs"]))
    # Folds share rows: the variance of their mean is that of one, times 1/J + n_test/n_train.
    error = np.sqrt((1 / FOLDS + 1 / (FOLDS - 1)) * differences.var(ddof=1))
    reach = float(stats.t.ppf(0.975, FOLDS - 1) * error)
    return Line(
        name,
        len(X) - len(X) // FOLDS,
        n_seeds,
        float(np.mean(means["theirs"])),
        float(np.mean(means["ours"])),
        float(differences.mean()) - reach,
        float(differences.mean()) + reach,
        seconds,
    )


def table(lines: list[Line]) -> str:
    head = (
        "| data | rows to learn from | folds x seeds | MLPClassifier | DenseClassifier | difference, points (95 %) | "
        "MLP, s | ours, s | ours, compiled before, s | times as fast |"
    )
    return "\n".join([head, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|", *(line.as_row() for line in lines)])


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
