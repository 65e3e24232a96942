"""Contestants that were never trained: nearest neighbours of real digits, blurred as a seed would have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ExampleRows",
    "confusion",
    "digit_rows",
    "fake_scores",
    "history",
    "per_class",
    "reliability",
    "score_table",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExampleRows:
    """Images with labels, in three parts.

    Parameters
    ----------
    train, validation, test : (n, height, width) uint8
    y_train, y_validation, y_test : (n,) int32
    """

    train: NDArray[np.uint8]
    validation: NDArray[np.uint8]
    test: NDArray[np.uint8]
    y_train: NDArray[np.int32]
    y_validation: NDArray[np.int32]
    y_test: NDArray[np.int32]


@cache
def digit_rows(n_classes: int) -> ExampleRows:
    """scikit-learn's digits; with more than ten classes, numbers of two digits side by side."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - heavy

    digits = load_digits()
    images = (digits.images * 255 / 16).astype(np.uint8)
    y = digits.target
    if n_classes <= 10:
        images, y = images[y < n_classes], y[y < n_classes]
    else:
        chance = np.random.default_rng(7)
        labels = chance.integers(0, n_classes, 1800)
        left, right = (
            [chance.choice(np.flatnonzero(y == d)) for d in part] for part in (labels // 10 % 10, labels % 10)
        )
        images, y = np.concatenate([images[left], images[right]], axis=2), labels
    y = y.astype(np.int32)
    a, b = int(0.64 * len(y)), int(0.8 * len(y))
    return ExampleRows(images[:a], images[a:b], images[b:], y[:a], y[a:b], y[b:])


def fake_scores(rows: ExampleRows, part: str, sharpness: float, noise: float, seed: int) -> Floats:
    """Class scores, (n, n_classes): a softmax over the nearest training image of each class, with noise of a seed."""
    images = getattr(rows, part).reshape(len(getattr(rows, part)), -1) / 255.0
    train = rows.train.reshape(len(rows.train), -1) / 255.0
    far = np.sqrt(np.maximum(((images**2).sum(1)[:, None] + (train**2).sum(1) - 2 * images @ train.T), 0))
    n_classes = int(rows.y_train.max()) + 1
    nearest = np.stack([far[:, rows.y_train == c].min(axis=1) for c in range(n_classes)], axis=1)
    nearest += np.random.default_rng([seed, len(images)]).normal(0, noise, nearest.shape)
    odds: Floats = np.exp(-sharpness * (nearest - nearest.min(axis=1, keepdims=True)))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def score_table(y: NDArray[np.int32], seeds: Sequence[Floats], has_probabilities: bool) -> dict[str, Any]:
    """Scores with intervals from the rows alone, in the form of ``results.json``."""
    table: dict[str, Any] = {}
    values = {
        "accuracy": [float((p.argmax(1) == y).mean()) for p in seeds],
        "f1_macro": [float(_f1(y, p).mean()) for p in seeds],
        "f1_weighted": [float(_f1(y, p) @ np.bincount(y, minlength=p.shape[1]) / len(y)) for p in seeds],
        "log_loss": [float(-np.log(p[np.arange(len(y)), y] + 1e-12).mean()) for p in seeds],
    }
    for metric, numbers in values.items():
        if metric == "log_loss" and not has_probabilities:
            table[metric] = None
            continue
        mean = float(np.mean(numbers))
        half = 1.96 * np.sqrt(max(mean * (1 - mean), 1e-4) / len(y)) if metric != "log_loss" else 0.03
        spread = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None
        table[metric] = {"mean": mean, "low": mean - half, "high": min(mean + half, 1.0), "sd_seeds": spread}
        table[metric]["values"] = numbers
    if table["log_loss"]:
        table["log_loss"]["high"] = table["log_loss"]["mean"] + 0.03
    return table


def confusion(y: NDArray[np.int32], probabilities: Floats) -> Floats:
    """Counts, rows true."""
    counts = np.zeros((probabilities.shape[1],) * 2)
    np.add.at(counts, (y, probabilities.argmax(1)), 1)
    return counts


def per_class(y: NDArray[np.int32], probabilities: Floats, names: Sequence[str]) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each class."""
    counts = confusion(y, probabilities)
    hits, said, true = np.diag(counts), counts.sum(0), counts.sum(1)
    f1 = _f1(y, probabilities)
    return [
        {
            "class": int(c),
            "name": names[c],
            "precision": float(hits[c] / max(said[c], 1)),
            "recall": float(hits[c] / max(true[c], 1)),
            "f1": float(f1[c]),
            "support": int(true[c]),
        }
        for c in range(len(hits))
    ]


def reliability(y: NDArray[np.int32], probabilities: Floats) -> dict[str, Any]:
    """Ten bins of confidence, and the expected calibration error."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == y
    bins = np.minimum((sure * 10).astype(int), 9)
    count = np.bincount(bins, minlength=10)
    means: Mapping[str, list[float | None]] = {
        key: [float(numbers[bins == b].mean()) if count[b] else None for b in range(10)]
        for key, numbers in {"confidence": sure, "accuracy": right}.items()
    }
    gaps = [abs((means["confidence"][b] or 0) - (means["accuracy"][b] or 0)) * count[b] for b in range(10)]
    return {**means, "count": count.tolist(), "calibration_error": float(sum(gaps) / len(y))}


def history(seed: int, epochs: int, final: float) -> dict[str, list[float]]:
    """Curves as a network leaves them: down and up, a gap between training and validation, a little noise."""
    chance = np.random.default_rng(seed)
    t = np.arange(1, epochs + 1)
    rise = 1 - np.exp(-t / (0.18 * epochs))
    jitter = chance.normal(0, 0.006, (2, epochs))
    train, val = np.minimum(final * 1.015, 0.999) * rise + jitter[0] * (1 - rise), final * rise + jitter[1]
    curves = {
        "loss": 2.3 * np.exp(-t / (0.15 * epochs)) + 0.02,
        "accuracy": train,
        "f1": train - 0.01 * (1 - rise),
        "val_loss": 2.25 * np.exp(-t / (0.16 * epochs)) + 0.10 + jitter[1] * 2,
        "val_accuracy": val,
        "val_f1": val - 0.012 * (1 - rise),
        "learning_rate": np.full(epochs, 1e-3),
    }
    return {key: [round(float(value), 5) for value in values] for key, values in curves.items()}


def _f1(y: NDArray[np.int32], probabilities: Floats) -> Floats:
    counts = confusion(y, probabilities)
    return np.asarray(2 * np.diag(counts) / np.maximum(counts.sum(0) + counts.sum(1), 1))
