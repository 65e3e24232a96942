"""The data card: what can be said of a data set before anything is trained."""

from typing import Any

import numpy as np

from bakeoff.data._copies import exact_copies
from bakeoff.data._dataset import Dataset
from bakeoff.data._near_copies import NearCopies
from bakeoff.types import Labels

__all__ = ["card"]

_COPY_KEYS = (
    "n_rows_with_copies",
    "n_mixed",
    "threshold",
    "n_test_copies",
    "too_large",
    "whole_class",
    "n_pairs",
    "expected_by_chance",
)


def card(dataset: Dataset) -> dict[str, Any]:
    """Describe a data set as plain JSON data, with the keys of ``data`` in ``results.json``.

    Counting the classes of the test rows is no opening of their labels.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    dict
        ``n_validation`` and ``class_counts["validation"]`` are None: they come with the split. ``groups`` speaks of
        the groups in use (``leaking`` counts those with training and test rows) and of what the search for
        near-copies found, None where it was not made.

    Examples
    --------
    >>> from bakeoff.data import load
    >>> described = card(load("digits"))
    >>> described["n_train"], described["value_range"], described["exact_copies"]
    (1797, [0, 16], {'train': 0, 'test_in_train': None})
    """
    parts = [X for X in (dataset.X_train, dataset.X_test) if X is not None]
    copies = exact_copies(dataset.X_train, dataset.X_test)
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "n_train": len(dataset.X_train),
        "n_validation": None,
        "n_test": None if dataset.X_test is None else len(dataset.X_test),
        "n_rows": sum(len(X) for X in parts),
        "n_classes": dataset.n_classes,
        "sha256": dataset.sha256,
        "groups": _groups(dataset),
        "class_names": list(dataset.class_names),
        "label_codes": None if dataset.label_codes is None else [int(code) for code in dataset.label_codes],
        "image_shape": None if dataset.image_shape is None else list(dataset.image_shape),
        "pixel_max": dataset.pixel_max,
        "n_features": dataset.n_features,
        "feature_names": None if dataset.feature_names is None else list(dataset.feature_names),
        "class_counts": {
            "train": _counts(dataset.y_train, dataset.n_classes),
            "validation": None,
            "test": _counts(dataset.y_test, dataset.n_classes),
        },
        "constant_features": _constant_features(dataset),
        "missing_values": sum(int(np.isnan(X).sum()) for X in parts) if dataset.kind == "rows" else 0,
        "value_range": _range(dataset),
        "exact_copies": {"train": copies.train, "test_in_train": copies.test_in_train},
        "decisions": list(dataset.decisions),
        "sources": [{"name": s.name, "sha256": s.sha256, "n_bytes": s.n_bytes} for s in dataset.sources],
    }


def _counts(y: Labels | None, n_classes: int) -> list[int] | None:
    return None if y is None else np.bincount(y[y >= 0], minlength=n_classes).tolist()


def _constant_features(dataset: Dataset) -> int:
    """Columns with one value in all training rows, a missing one counting as any."""
    low, high = np.fmin.reduce(dataset.X_train, axis=0), np.fmax.reduce(dataset.X_train, axis=0)
    return int(np.sum((low == high) | np.isnan(low)))


def _range(dataset: Dataset) -> list[int] | list[float] | None:
    """Lowest and highest value of the training rows; None if all are missing."""
    X = dataset.X_train
    if dataset.kind == "images":
        return [int(X.min()), int(X.max())]
    low, high = np.fmin.reduce(X, axis=None), np.fmax.reduce(X, axis=None)
    return None if np.isnan(low) else [float(low), float(high)]


def _groups(dataset: Dataset) -> dict[str, Any]:
    described: dict[str, Any] = {
        "declared": dataset.groups_from == "declared",
        "found": dataset.groups_from == "found",
        "n_groups": None,
        "median_size": None,
        "largest": None,
        "leaking": None,
    }
    if dataset.groups_train is not None:
        unique, sizes = np.unique(dataset.groups_train, return_counts=True)
        test = dataset.groups_test
        described |= {
            "n_groups": len(unique),
            "median_size": float(np.median(sizes)),
            "largest": int(sizes.max()),
            "leaking": None if test is None else len(np.intersect1d(unique, test)),
        }
    return described | _near_copies(dataset.near_copies, dataset.y_train)


def _near_copies(copies: NearCopies | None, y: Labels) -> dict[str, Any]:
    """What the search found, whether or not its groups are in use."""
    if copies is None:
        return dict.fromkeys(_COPY_KEYS)
    _, index, sizes = np.unique(copies.train, return_inverse=True, return_counts=True)
    n_classes = np.bincount(np.unique(np.stack([index, y.astype(np.int64)]), axis=1)[0])
    values = (
        int(sizes[sizes > 1].sum()),
        int((n_classes > 1).sum()),
        copies.threshold,
        None if copies.test_in_train is None else int(copies.test_in_train.sum()),
        list(copies.too_large),
        list(copies.whole_class),
        copies.n_pairs,
        copies.expected_by_chance,
    )
    return dict(zip(_COPY_KEYS, values, strict=True))
