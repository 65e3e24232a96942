"""The predictions of all contestants on the same rows, checked and put in the order of their groups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.compare._clusters import Clusters
from bakeoff.compare._contributions import Outcomes, influence_weights, metric_values, share_weights
from bakeoff.compare._scores import outcome_counts, within_classes
from bakeoff.types import Metric

__all__ = ["Table"]

Floats = NDArray[np.float64]
ROWS_PER_BLOCK = 32_768


@dataclass(frozen=True, eq=False)
class Table:
    """What every fit of every contestant said, one line a fit, one column a row; built by `Table.of`.

    Parameters
    ----------
    names : sequence of str
    owner : (n_fits,) int64
        Contestant that each fit belongs to; the fits of one contestant stand together.
    metric : Metric
    clusters : Clusters
    y : (n,) int64
        True classes, in the clusters' order.
    entries : (n_fits, n)
        Predicted classes with ``n_classes`` for those outside, or losses where the metric is the log loss.
    counts : (n_fits, n_classes, n_classes + 1) int64
        Outcomes over all rows; zeros for losses.
    """

    names: Sequence[str]
    owner: NDArray[np.int64]
    metric: Metric
    clusters: Clusters
    y: NDArray[np.int64]
    entries: NDArray[np.int32] | Floats
    counts: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        predictions: Mapping[str, ArrayLike],
        y: ArrayLike,
        groups: ArrayLike | None,
        n_classes: int,
        metric: Metric,
    ) -> "Table":
        """Check the shapes, and order the rows by class, group and content.

        Raises
        ------
        ValueError
            If shapes disagree, there are no rows, or losses are not finite numbers.
        """
        truth = np.asarray(y)
        if truth.ndim != 1 or not truth.size:
            raise ValueError(f"true labels must be one row of at least one label, got shape {truth.shape}")
        fits = {
            name: _checked(name, np.atleast_2d(np.asarray(given)), truth.size, metric)
            for name, given in predictions.items()
        }
        keys = _row_keys(fits)
        clusters = Clusters.of(truth, groups, keys)
        ordered = truth[clusters.order].astype(np.int64)
        raw = np.concatenate(list(fits.values()))[:, clusters.order]
        owner = np.repeat(np.arange(len(fits)), [len(given) for given in fits.values()])
        if metric == "log_loss":
            counts = np.zeros((len(raw), n_classes, n_classes + 1), dtype=np.int64)
            entries: NDArray[np.int32] | Floats = raw.astype(np.float64)
        else:
            lines = [slice(*ends) for ends in pairwise(np.searchsorted(owner, range(len(fits) + 1)))]
            counts = np.concatenate([outcome_counts(ordered, raw[part], n_classes) for part in lines])
            entries = within_classes(raw, n_classes).astype(np.int32)
        return cls(tuple(fits), owner, metric, clusters, ordered, entries, counts)

    @property
    def n_contestants(self) -> int:
        """How many contestants there are."""
        return len(self.names)

    @cached_property
    def values(self) -> Floats:
        """The score of each fit, (n_fits,)."""
        if self.metric == "log_loss":
            return np.asarray(self.entries.mean(axis=1))
        return metric_values(self.counts, self.metric)

    @cached_property
    def averaging(self) -> Floats:
        """(n_fits, n_contestants): times a line of fits it gives the mean of each contestant's fits."""
        member = (self.owner[:, None] == np.arange(self.n_contestants)).astype(np.float64)
        return np.asarray(member / member.sum(axis=0))

    def influences(self) -> Iterator[tuple[slice, Floats]]:
        """Influence of each group on each fit's score, in blocks of groups: (groups of the block, n_fits)."""
        weights = None if self.metric == "log_loss" else influence_weights(self.counts, self.metric)
        for block in self.clusters.blocks(ROWS_PER_BLOCK):
            rows = slice(self.clusters.starts[block.start], self.clusters.starts[block.stop])
            if weights is None:
                values = ((self.entries[:, rows] - self.values[:, None]) / self.clusters.n_rows).T
            else:
                said = self.entries[:, rows]
                values = weights.rows(self._own_index(self.y[rows], said), said).T
            yield block, self.clusters.sum_rows(values, block)

    @cached_property
    def n_differing_groups(self) -> int:
        """Groups with a row on which not all fits agree."""
        differs = (self.entries != self.entries[:1]).any(axis=0)
        return int(np.count_nonzero(np.add.reduceat(differs.astype(np.int64), self.clusters.starts[:-1])))

    def shares(self, pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """Share of each group in each pair's difference, in blocks: strata (groups,) and shares (groups, n_pairs).

        The sum over all groups is the difference of the two mean scores. Groups on whose rows all fits agree have
        shares of zero and are left out.
        """
        sides = [self._side(contestant, pairs) for contestant in range(self.n_contestants)]
        for block in self.clusters.blocks(ROWS_PER_BLOCK):
            rows = slice(self.clusters.starts[block.start], self.clusters.starts[block.stop])
            differing = np.flatnonzero((self.entries[:, rows] != self.entries[:1, rows]).any(axis=0))
            sizes = np.diff(self.clusters.starts[block.start : block.stop + 1])
            group = np.repeat(np.arange(len(sizes)), sizes)[differing]
            if not len(group):
                continue
            y, entries = self.y[rows][differing], self.entries[:, rows][:, differing]
            values = np.zeros((len(y), len(pairs)))
            for contestant, side in enumerate(sides):
                if len(side.columns):
                    values[:, side.columns] += self._side_shares(side, y, entries[self._fits_of(contestant)])
            begins = np.flatnonzero(np.diff(group, prepend=-1))
            sums: Floats = np.add.reduceat(values, begins, axis=0)
            # A row counts about 1 / n: what is a billionth of that is rounding, and must not look like a difference.
            shares = np.where(np.abs(sums) * self.clusters.n_rows < 1e-9, 0.0, sums)
            yield self.clusters.strata[block][group[begins]], shares

    def _side(self, contestant: int, pairs: Sequence[tuple[int, int]]) -> "_Side":
        """What one contestant's fits add to the shares of the pairs that it is part of."""
        columns = [column for column, pair in enumerate(pairs) if contestant in pair]
        signs = np.array([1.0 if pairs[column][0] == contestant else -1.0 for column in columns])
        if self.metric == "log_loss" or not columns:
            return _Side(columns, signs / self.clusters.n_rows)
        outcomes = self._outcomes
        own, cost = [], []
        for column in columns:
            [other] = set(pairs[column]) - {contestant}
            weights = share_weights(outcomes[contestant], outcomes[other], self.metric)
            own.append(weights.own)
            cost.append(weights.cost)
        scale = signs / len(outcomes[contestant].hits)
        return _Side(columns, scale, np.stack(own, axis=2) * scale, np.stack(cost, axis=2) * scale)

    def _side_shares(self, side: "_Side", y: NDArray[np.int64], entries: NDArray[np.int32] | Floats) -> Floats:
        """Sum over one contestant's fits of what each row adds to its pairs, (n, n_columns)."""
        if side.own is None or side.cost is None:
            return np.asarray(np.outer(entries.mean(axis=0), side.scale))
        own_index = self._own_index(y, entries)
        total = np.zeros((len(y), len(side.columns)))
        for fit, said in enumerate(entries):
            total += side.own[fit].take(own_index[fit], axis=0)
            total -= side.cost[fit].take(said, axis=0)
        return total

    @cached_property
    def _outcomes(self) -> list[Outcomes]:
        """What each contestant's fits came to."""
        return [Outcomes.of(self.counts[self._fits_of(contestant)]) for contestant in range(self.n_contestants)]

    def _own_index(self, y: NDArray[np.int64], said: NDArray[np.int32] | Floats) -> NDArray[np.intp]:
        """Where each row finds its true class in `Weights.own`."""
        return np.asarray(y + np.where(said == y, self.counts.shape[1], 0))

    def _fits_of(self, contestant: int) -> slice:
        """The lines of one contestant, which stand together: a slice, because a mask would copy them."""
        first, behind = np.searchsorted(self.owner, [contestant, contestant + 1])
        return slice(int(first), int(behind))


@dataclass(frozen=True, eq=False)
class _Side:
    """One contestant in its pairs: columns of pairs, sign over number of fits, and the weights times that."""

    columns: Sequence[int]
    scale: Floats
    own: Floats | None = None
    cost: Floats | None = None


def _checked(name: str, given: NDArray[np.generic], n_rows: int, metric: Metric) -> NDArray[np.generic]:
    if given.ndim != 2 or given.shape[1] != n_rows or not len(given):
        raise ValueError(f"'{name}' must have one line a fit and {n_rows} columns, got {given.shape}")
    if metric == "log_loss":
        if given.dtype.kind != "f" or not np.isfinite(given).all():
            raise ValueError(f"'{name}' must hold finite losses to be compared on log loss, got {given.dtype}")
    elif given.dtype.kind not in "iu":
        raise ValueError(f"'{name}' must hold whole class indices, got {given.dtype}")
    return given


def _row_keys(fits: Mapping[str, NDArray[np.generic]]) -> NDArray[np.uint64]:
    """A fingerprint of each row's predictions: the order of rows and of contestants does not change any result."""
    total: NDArray[np.uint64] | None = None
    for name, lines in fits.items():
        rng = np.random.default_rng(int.from_bytes(sha256(name.encode()).digest()[:8], "little"))
        bits = lines.astype(np.float64).view(np.uint64)
        key = _mixed(bits + rng.integers(1, 2**63, size=(len(lines), 1), dtype=np.uint64)).sum(axis=0)
        total = key if total is None else total + key
    if total is None:
        raise ValueError("there is nobody to compare")
    return _mixed(total)


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014, OOPSLA): every bit of the input moves every bit."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
