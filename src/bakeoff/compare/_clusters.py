"""Rows in their groups, groups in their classes: what is drawn anew when we ask how a score would vary.

Rows of one group are near-copies of one source (a hand, a writer, a patient), so the group and not the row is the unit
of all that follows. Where every group holds one class only, groups are taken as drawn *within* their class: the shares
of the classes are as they stand, and the variance is that within classes. Where a group mixes classes there is one
stratum. Without groups each row is its own group.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MIN_GROUPS", "MIN_GROUPS_PER_CLASS", "Clusters"]

MIN_GROUPS = 30
MIN_GROUPS_PER_CLASS = 5


@dataclass(frozen=True, eq=False)
class Clusters:
    """Rows ordered by stratum and group; built by `Clusters.of`.

    Parameters
    ----------
    order : (n,) int64
        Row numbers, group after group, stratum after stratum.
    starts : (n_groups + 1,) int64
        Where each group begins in ``order``, and its end.
    strata : (n_groups,) int64
        Stratum of each group, never decreasing, numbered from 0 without gaps.
    fewest : int
        Groups of the class that has the fewest.
    n_present : int
        Classes that have rows.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    strata: NDArray[np.int64]
    fewest: int
    n_present: int

    @classmethod
    def of(cls, y: ArrayLike, groups: ArrayLike | None, row_keys: NDArray[np.uint64] | None = None) -> "Clusters":
        """Order rows by class and group.

        Parameters
        ----------
        y : (n,) int
        groups : (n,) int or None
        row_keys : (n,) uint64, optional
            A fingerprint of what each row holds. With it the order depends on the contents alone, not on the order
            in which rows came or on how groups are numbered.
        """
        truth = np.asarray(y).astype(np.int64)
        keys = np.zeros(truth.size, dtype=np.uint64) if row_keys is None else row_keys
        if groups is None:
            order = np.lexsort((keys, truth))
            counts = np.unique(truth, return_counts=True)[1]
            starts = np.arange(truth.size + 1)
            return cls(order, starts, _dense(truth[order]), int(counts.min()), counts.size)
        if len(np.asarray(groups)) != truth.size:
            raise ValueError(f"there must be one group a row, got {len(np.asarray(groups))} for {truth.size} rows")
        number = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
        pairs = np.unique(np.column_stack([number, truth]), axis=0)
        group_counts = np.unique(pairs[:, 1], return_counts=True)[1]
        pure = len(pairs) == number.max() + 1
        stratum = truth if pure else np.zeros_like(truth)
        group_keys = np.zeros(number.max() + 1, dtype=np.uint64)
        np.add.at(group_keys, number, keys)
        order = np.lexsort((keys, truth, number, group_keys[number], stratum))
        first = np.flatnonzero(np.diff(number[order], prepend=-1))
        starts = np.append(first, truth.size)
        return cls(order, starts, _dense(stratum[order][first]), int(group_counts.min()), group_counts.size)

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return len(self.strata)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.order)

    @property
    def n_strata(self) -> int:
        """How many strata there are: classes, or one where groups mix them."""
        return int(self.strata[-1]) + 1

    @cached_property
    def effective_groups(self) -> float:
        """Kish's number of groups of equal size that tell as much: (sum of sizes)^2 / sum of sizes^2."""
        sizes = np.diff(self.starts).astype(np.float64)
        return float(sizes.sum() ** 2 / (sizes @ sizes))

    @property
    def too_few(self) -> str | None:
        """Why there is no interval, in words; None where there are enough groups."""
        if self.n_groups < MIN_GROUPS:
            return f"too few for an interval: {self._counted(self.n_groups)}, and {MIN_GROUPS} are needed"
        if self.fewest < MIN_GROUPS_PER_CLASS:
            return (
                f"too few for an interval: a class with {self._counted(self.fewest)}, and {MIN_GROUPS_PER_CLASS} are "
                "needed in each"
            )
        return None

    def _counted(self, number: int) -> str:
        """So many groups, or rows where each row is a group."""
        return f"{number} {'row' if self.n_groups == self.n_rows else 'group'}{'' if number == 1 else 's'}"

    @property
    def groups_required(self) -> int:
        """The least number of groups that could give an interval here."""
        return max(MIN_GROUPS, MIN_GROUPS_PER_CLASS * self.n_present)

    def blocks(self, rows_per_block: int) -> Iterator[slice]:
        """Runs of whole groups of about so many rows, as slices of group numbers."""
        begin = 0
        while begin < self.n_groups:
            end = int(np.searchsorted(self.starts, self.starts[begin] + rows_per_block, side="right")) - 1
            end = min(max(end, begin + 1), self.n_groups)
            yield slice(begin, end)
            begin = end

    def sum_rows(self, values: NDArray[np.float64], block: slice) -> NDArray[np.float64]:
        """Sum over the rows of each group: ``values`` is (rows of the block, ...), in the order of ``order``."""
        begins = self.starts[block]
        if values.shape[0] == len(begins):
            return values
        sums: NDArray[np.float64] = np.add.reduceat(values, begins - begins[0], axis=0)
        return sums


def _dense(sorted_labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers from 0 without gaps, for labels that are already sorted."""
    return np.cumsum(np.diff(sorted_labels, prepend=sorted_labels[:1]) != 0).astype(np.int64)
