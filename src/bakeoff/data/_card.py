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
    "n_resembling",
    "closeness",
    "exact_search",
    "not_searched",
    "not_searched_words",
)
_ACROSS_KEYS = ("n_across_declared", "n_rows_across_declared")


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
    return described | _near_copies(dataset.near_copies, dataset.y_train) | _across_declared(dataset)


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
        copies.n_resembling,
        copies.closeness,
        copies.exact_search,
        copies.not_searched,
        _not_searched(copies.not_searched, len(copies.train)),
    )
    return dict(zip(_COPY_KEYS, values, strict=True))


def _not_searched(n_rows: int, n_train: int) -> str | None:
    if not n_rows:
        return None
    return (
        f"{n_rows:,} of {n_train:,} training rows resemble so many others that only the nearest were looked at: "
        "whether they are copies of each other is not known."
    )


def _across_declared(dataset: Dataset) -> dict[str, int | None]:
    """Groups of near-copies, of training and test rows, with rows in more than one declared group; and their rows."""
    copies, declared = dataset.near_copies, dataset.groups_train
    if copies is None or declared is None or dataset.groups_from != "declared":
        return dict.fromkeys(_ACROSS_KEYS)
    found = copies.train
    if copies.test is not None and dataset.groups_test is not None:
        found = np.concatenate([found, copies.test])
        declared = np.concatenate([declared, dataset.groups_test])
    _, index = np.unique(found, return_inverse=True)
    n_declared = np.bincount(np.unique(np.stack([index, declared]), axis=1)[0])
    across = n_declared > 1
    return dict(zip(_ACROSS_KEYS, (int(across.sum()), int(across[index].sum())), strict=True))
