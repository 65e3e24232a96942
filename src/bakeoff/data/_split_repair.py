"""Groups moved from one side of a split to the other, until every class is where it has to be."""

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import Groups, Labels

__all__ = ["mended_folds", "mended_split"]

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]


def mended_split(y: Labels, groups: Groups, held: Mask, free: Mask, fraction: float) -> Mask:
    """Bring the classes that a side lacks to it, the rarest first; then give back what is not needed for that.

    Nothing changes where no class is missing. A class stays missing from the held rows where each of its groups holds
    all that training has of another class.

    Parameters
    ----------
    y : (n,) int32
    groups : (n,) int64
    held : (n,) bool
        Rows that are held out.
    free : (n,) bool
        Rows of groups that may be held out.
    fraction : float
        Share of the rows to hold out.
    """
    counts, rows_of, group = _counts(y, groups)
    side = np.zeros(len(counts), dtype=np.int64)
    side[group[held]] = 1
    is_free = np.zeros(len(counts), dtype=np.bool_)
    is_free[group[free]] = True
    target = fraction * len(y)
    moved = False
    for wanting in (0, 1):  # a class that is never learnt is the worse loss
        for label in _rarest_first(counts, is_free):
            if (counts[side == wanting, label] > 0).any():
                continue
            movable = _movable(counts, side, is_free & (counts[:, label] > 0), 1 - wanting)
            if len(movable):
                size = rows_of[side == 1].sum() + rows_of[movable] * (1 if wanting else -1)
                side[movable[np.argmin(np.abs(size - target))]] = wanting
                moved = True
    while moved:
        size = int(rows_of[side == 1].sum())
        back = _movable(counts, side, is_free, int(size > target))
        gains = abs(size - target) - np.abs(size + rows_of[back] * (-1 if size > target else 1) - target)
        if len(back) == 0 or gains.max() <= 0:
            break
        side[back[np.argmax(gains)]] = 1 - int(size > target)
    mended: Mask = side[group] == 1
    return mended


def mended_folds(y: Labels, groups: Groups, numbers: Counts, n_folds: int) -> Counts:
    """Move groups out of folds that hold all rows of a class, and into empty ones, as long as that helps.

    Parameters
    ----------
    y : (n,) int32
    groups : (n,) int64
    numbers : (n,) int64
        Fold of every row.
    n_folds : int
    """
    counts, rows_of, group = _counts(y, groups)
    fold_of = np.zeros(len(counts), dtype=np.int64)
    fold_of[group] = numbers
    lacking = _lacking(counts, fold_of, n_folds)
    while lacking:
        best = None
        for g in _concerned(counts, fold_of, n_folds):
            for fold in range(n_folds):
                tried = fold_of.copy()
                tried[g] = fold
                sizes = np.bincount(tried, weights=rows_of, minlength=n_folds)
                rank = (_lacking(counts, tried, n_folds), float(sizes.std()))
                if best is None or rank < best[0]:
                    best = rank, tried
        if best is None or best[0][0] >= lacking:
            break
        lacking, fold_of = best[0][0], best[1]
    return fold_of[group]


def _counts(y: Labels, groups: Groups) -> tuple[Counts, Counts, Counts]:
    """Rows of each class in each group, rows of each group, and the place of each row's group."""
    unique, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(unique), int(y.max()) + 1), dtype=np.int64)
    np.add.at(counts, (group, y), 1)
    return counts, counts.sum(axis=1), group


def _rarest_first(counts: Counts, is_free: Mask) -> list[int]:
    n_groups = np.count_nonzero(counts, axis=0)
    in_free = counts[is_free].sum(axis=0) > 0
    return [int(label) for label in np.argsort(n_groups, kind="stable") if n_groups[label] > 1 and in_free[label]]


def _movable(counts: Counts, side: Counts, asked: Mask, source: int) -> Counts:
    """The groups on a side that can leave it without taking the last rows of a class along."""
    n_groups = np.count_nonzero(counts[side == source], axis=0)
    takes_last = ((counts > 0) & (n_groups == 1)).any(axis=1)
    return np.flatnonzero(asked & (side == source) & ~takes_last)


def _lacking(counts: Counts, fold_of: Counts, n_folds: int) -> int:
    """Classes that lie in one fold alone, and empty folds."""
    present = np.zeros((n_folds, counts.shape[1]), dtype=np.bool_)
    np.logical_or.at(present, fold_of, counts > 0)
    return int((present.sum(axis=0) == 1).sum()) + n_folds - len(np.unique(fold_of))


def _concerned(counts: Counts, fold_of: Counts, n_folds: int) -> Counts:
    """Groups with a class that lies in one fold alone; all, where a fold is empty."""
    if len(np.unique(fold_of)) < n_folds:
        return np.arange(len(counts))
    present = np.zeros((n_folds, counts.shape[1]), dtype=np.bool_)
    np.logical_or.at(present, fold_of, counts > 0)
    lacking = np.flatnonzero(np.count_nonzero(present, axis=0) == 1)
    return np.flatnonzero(counts[:, lacking].sum(axis=1) > 0)
