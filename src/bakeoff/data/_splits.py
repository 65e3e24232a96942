"""Which rows are held out: stratified, by whole groups, and the same for the same data everywhere.

The rows depend on a text (the data's hash) alone. The random numbers come from NumPy's `RandomState`, whose stream is
frozen; scikit-learn's splitters have changed theirs between releases, and a changed split changes every result.
"""

import hashlib
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._part import listed, shown
from bakeoff.data._split_repair import mended_folds, mended_split
from bakeoff.errors import DataError
from bakeoff.types import Groups, Labels, RowIndices

__all__ = ["folds", "holdout", "nested_shares", "split_validation"]

_MOST_FOLDS = 20
_TRIES = 20


def split_validation(
    y: Labels, groups: Groups | None, fraction: float, seed_text: str
) -> tuple[RowIndices, RowIndices]:
    """Divide rows into training and validation rows.

    Parameters
    ----------
    y : (n,) int32
    groups : (n,) int64 or None
        Rows of one group stay together.
    fraction : float
        Share of the rows to validate on, between 0 and 1.
    seed_text : str
        Usually `Dataset.sha256`.

    Returns
    -------
    train_rows, validation_rows : sorted positions
        Every class with two rows or more is on both sides. With groups so is every class with two groups or more,
        even where that takes more rows than the share; only where groups hold several classes can one still be missing
        from the validation rows. A class that lies in a single group stays in training.

    Raises
    ------
    DataError
        If there are too few rows or groups to divide.

    Examples
    --------
    >>> y = np.repeat([0, 1], 50)
    >>> train, validation = split_validation(y, None, 0.2, "some data")
    >>> len(train), len(validation), np.bincount(y[validation]).tolist()
    (80, 20, [10, 10])
    """
    return _divided(y, groups, fraction, f"validation:{seed_text}")


def holdout(y: Labels, groups: Groups | None, fraction: float, seed_text: str) -> tuple[RowIndices, RowIndices]:
    """Divide rows into training and test rows, as `split_validation` does, from other random numbers.

    Parameters and errors are those of `split_validation`.

    Returns
    -------
    train_rows, test_rows : sorted positions
    """
    return _divided(y, groups, fraction, f"holdout:{seed_text}")


def folds(y: Labels, groups: Groups | None, n_folds: int, seed_text: str) -> list[RowIndices]:
    """Divide rows into parts of about equal size, each with about the same share of every class.

    Parameters
    ----------
    y : (n,) int32
    groups : (n,) int64 or None
        Rows of one group stay together.
    n_folds : int
    seed_text : str

    Returns
    -------
    list of sorted positions, each row in exactly one; every class is present outside of each.

    Raises
    ------
    DataError
        If there are fewer rows (groups) than folds, a class has one row (lies in one group) only, or the groups cannot
        be dealt so that every class is present outside of each fold.
    """
    if n_folds < 2:
        raise DataError(f"folds: at least 2 are needed, one to learn from and one to check; got {n_folds}.")
    if groups is not None and len(np.unique(groups)) == len(groups):
        groups = None
    lonely = _lonely_classes(y, groups)
    if len(lonely):
        unit = "row" if groups is None else "group"
        raise DataError(
            f"folds: every class needs at least two {unit}s, one to learn from and one to check; with one {unit}: "
            f"class number {listed(map(shown, lonely))}. Add {unit}s of it, or leave the class out."
        )
    numbers = _fold_numbers(y, groups, n_folds, f"folds:{seed_text}")
    absent = [label for fold in range(n_folds) for label in np.setdiff1d(y, y[numbers != fold])]
    if absent or len(np.unique(numbers)) < n_folds:
        raise DataError(
            f"folds: these groups cannot be dealt to {n_folds} folds so that every class is present outside of each; "
            f"class number {listed(map(shown, absent))} is not. Ask for more folds, or declare finer groups."
            if absent
            else f"folds: these groups cannot be dealt to {n_folds} folds; one stays empty. Ask for fewer folds."
        )
    return [np.flatnonzero(numbers == fold) for fold in range(n_folds)]


def nested_shares(
    y: Labels, groups: Groups | None, shares: Sequence[float], seed_text: str
) -> list[tuple[float, RowIndices]]:
    """Smaller and larger parts of the rows, each inside the next: what a learning curve is drawn over.

    Parameters
    ----------
    y : (n,) int32
    groups : (n,) int64 or None
        Rows of one group stay together.
    shares : sequence of float
        Of the rows, above 0 up to 1. They are rounded to whole pieces, of which there are 20, or as many as the rows
        (groups) of the smallest class.
    seed_text : str

    Returns
    -------
    list of (share that it came to, sorted positions)
        Ascending and different; parts in which a class is absent are left out.

    Raises
    ------
    DataError
        If the rows cannot be dealt to two pieces.

    Examples
    --------
    >>> parts = nested_shares(np.repeat([0, 1], 100), None, [0.1, 0.5, 1.0], "some data")
    >>> [(share, len(rows)) for share, rows in parts]
    [(0.1, 20), (0.5, 100), (1.0, 200)]
    """
    units = np.unique(np.stack([y.astype(np.int64), np.arange(len(y)) if groups is None else groups]), axis=1)[0]
    n_pieces = int(min(_MOST_FOLDS, max(2, np.bincount(units)[np.unique(y)].min())))
    pieces = folds(y, groups, n_pieces, f"shares:{seed_text}")
    found: dict[int, RowIndices] = {}
    for share in shares:
        n_taken = min(max(round(share * n_pieces), 1), n_pieces)
        rows = np.sort(np.concatenate(pieces[:n_taken]))
        if len(np.unique(y[rows])) == len(np.unique(y)):
            found[n_taken] = rows
    return [(len(found[n_taken]) / len(y), found[n_taken]) for n_taken in sorted(found)]


def _divided(y: Labels, groups: Groups | None, fraction: float, seed_text: str) -> tuple[RowIndices, RowIndices]:
    if not 0 < fraction < 1:
        raise DataError(f"the share of rows to hold out must lie between 0 and 1; got {fraction}.")
    if groups is None or len(np.unique(groups)) == len(groups):
        # Groups of one row each are none: that test rows have copies changes no split of the training rows.
        held = _held_rows(y, fraction, _random(seed_text))
    else:
        held = _held_groups(y, groups, fraction, seed_text)
    return np.flatnonzero(~held), np.flatnonzero(held)


def _held_rows(y: Labels, fraction: float, random: np.random.RandomState) -> NDArray[np.bool_]:
    """Of each class its share of rows: rounded so that the whole is right, but at least one on each side."""
    counts = np.bincount(y)
    exact = counts * fraction
    wanted = np.floor(exact).astype(np.int64)
    left = round(len(y) * fraction) - int(wanted.sum())
    wanted[np.argsort(-(exact - wanted), kind="stable")[: max(left, 0)]] += 1
    wanted = np.clip(wanted, np.minimum(counts // 2, 1), np.maximum(counts - 1, 0))
    held = np.zeros(len(y), dtype=np.bool_)
    for label, n_held in enumerate(wanted):
        held[random.permutation(np.flatnonzero(y == label))[:n_held]] = True
    if not held.any() or held.all():
        raise DataError(f"there are too few rows to divide: {len(y)}, and every class needs two or more. Add rows.")
    return held


def _held_groups(y: Labels, groups: Groups, fraction: float, seed_text: str) -> NDArray[np.bool_]:
    """Some of the folds into which the groups are dealt; groups that alone hold a class are kept for training."""
    lonely = np.isin(y, _lonely_classes(y, groups))
    free = ~np.isin(groups, groups[lonely])
    share = Fraction(fraction).limit_denominator(_MOST_FOLDS)
    share = (
        share if 0 < share < 1 else Fraction(1, _MOST_FOLDS) if share == 0 else Fraction(_MOST_FOLDS - 1, _MOST_FOLDS)
    )
    n_free = len(np.unique(groups[free]))
    if n_free < 2:
        raise DataError(
            f"the rows cannot be divided by groups: there are {len(np.unique(groups))}, and at least two are needed "
            "that are not the only one of a class. Give more rows, or finer groups (--group)."
        )
    n_folds = min(share.denominator, n_free)
    n_held = min(max(round(float(share) * n_folds), 1), n_folds - 1)
    numbers = np.full(len(y), -1)
    numbers[free] = _fold_numbers(y[free], groups[free], n_folds, seed_text)
    choices = [np.isin(numbers, [(first + k) % n_folds for k in range(n_held)]) for first in range(n_folds)]

    def badness(held: NDArray[np.bool_]) -> tuple[int, int, float]:
        size = abs(float(held.mean()) - fraction)
        return len(np.setdiff1d(y, y[~held])), len(np.setdiff1d(y, y[held])), round(size, 2)

    held = min(choices, key=badness)
    return mended_split(y, groups, held, free, fraction)


def _fold_numbers(y: Labels, groups: Groups | None, n_folds: int, seed_text: str) -> NDArray[np.int64]:
    n_units = len(y) if groups is None else len(np.unique(groups))
    if n_units < n_folds:
        unit = "rows" if groups is None else "groups"
        raise DataError(
            f"folds: {n_folds} folds need at least {n_folds} {unit}; there are {n_units}. Ask for fewer folds."
        )
    if groups is None:
        return _dealt_rows(y, n_folds, _random(seed_text))
    best = None
    for attempt in range(_TRIES):
        numbers = _dealt_groups(y, groups, n_folds, _random(f"{seed_text}:{attempt}"))
        n_absent = sum(len(np.setdiff1d(y, y[numbers != fold])) for fold in range(n_folds))
        n_empty = n_folds - len(np.unique(numbers))
        if best is None or (n_empty, n_absent) < best[0]:
            best = (n_empty, n_absent), numbers
        if best[0] == (0, 0):
            break
    assert best is not None  # noqa: S101 - the loop ran
    return best[1] if best[0] == (0, 0) else mended_folds(y, groups, best[1], n_folds)


def _dealt_rows(y: Labels, n_folds: int, random: np.random.RandomState) -> NDArray[np.int64]:
    """Deal the shuffled rows of one class after the other, as cards, so that sizes differ by one at most."""
    order = random.permutation(len(y))
    by_class = order[np.argsort(y[order], kind="stable")]
    numbers = np.empty(len(y), dtype=np.int64)
    numbers[by_class] = np.arange(len(y)) % n_folds
    return random.permutation(n_folds)[numbers]


def _dealt_groups(y: Labels, groups: Groups, n_folds: int, random: np.random.RandomState) -> NDArray[np.int64]:
    """Deal groups, the least even ones first, each to the fold where the classes end up most even.

    The measure is close to that of scikit-learn's `StratifiedGroupKFold`: over classes and folds, the squares of the
    share of a class that a fold has; with ties to the fold with fewer rows.
    """
    unique, group = np.unique(groups, return_inverse=True)
    n_groups, n_classes = len(unique), int(y.max()) + 1
    counts = np.zeros((n_groups, n_classes))
    np.add.at(counts, (group, y), 1)
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    order = random.permutation(n_groups)
    order = order[np.argsort(-counts[order].std(axis=1), kind="stable")]
    totals, sizes = np.zeros((n_folds, n_classes)), np.zeros(n_folds)
    fold_of = np.empty(n_groups, dtype=np.int64)
    for g in order:
        # Adding s to one fold of a class changes the sum of squares over folds by 2 t s + s^2: the least wins.
        present = np.flatnonzero(counts[g])
        growth = (2 * totals[:, present] * shares[g, present]).sum(axis=1)
        least = np.flatnonzero(growth <= growth.min() + 1e-12)
        fold = least[np.argmin(sizes[least])]
        totals[fold] += shares[g]
        sizes[fold] += counts[g].sum()
        fold_of[g] = fold
    return fold_of[group]


def _lonely_classes(y: Labels, groups: Groups | None) -> Sequence[int]:
    """Classes that have one row, or lie in one group."""
    if groups is None:
        return [int(label) for label in np.flatnonzero(np.bincount(y) == 1)]
    pairs = np.unique(np.stack([y.astype(np.int64), groups]), axis=1)
    labels, n_groups = np.unique(pairs[0], return_counts=True)
    return [int(label) for label in labels[n_groups == 1]]


def _random(seed_text: str) -> np.random.RandomState:
    words = np.frombuffer(hashlib.sha256(seed_text.encode()).digest(), dtype=">u4")
    return np.random.RandomState(words.astype(np.uint32))
