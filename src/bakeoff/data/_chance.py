"""Which resembling images are copies, and which are alike by chance.

Thin strokes and plain shapes are alike without being copies: MNIST has hundreds of thousands of pairs above any useful
threshold. What tells a copy is a gap: it is far nearer than the images that come next. Where images lie spread out with
d dimensions around a point, the distances r_1 <= r_2 <= ... to its neighbours are such that (r_m / r_(m+1))^(m d) is
uniform (Facco et al., "Estimating the intrinsic dimension of datasets by a minimal neighborhood information",
Scientific Reports 7, 2017, which the estimate of d follows too); so the ratio to a neighbour some ranks
further on is small only with a chance that can be computed. Squared distances are 2 (1 - similarity) throughout.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from bakeoff.data._similarity import LOWEST, Pairs

__all__ = ["THRESHOLD", "Background", "Verdict", "gap_ratios", "measured_background", "told_from_chance"]

THRESHOLD = 0.98
_RANKS_ON = 4  # the background of a row: so many ranks past its copies, steadier than the very next
_STRICT = (0.2, 0.1, 0.05, 0.02, 0.005, 0.001, 0.0002)
_RELAXED = 0.5
_TIMES_CHANCE = 20  # so many times more pairs than chance explains, or none is believed
_BY_ACCIDENT = 0.01  # and so many would have to be an accident of this probability
_FEWEST_TO_RELAX = 30  # pairs; fewer say too little of a whole set
_FEWEST_DIMENSIONS, _MOST_DIMENSIONS = (
    1.0,
    12.0,
)  # to count on more would be to believe in rarer accidents than were seen
_NEAREST = 1e-6  # float32 knows 1 - similarity no better
_MOST_LISTED = 1_000_000  # neighbours at once
_INNER, _OUTER = 5, 10  # ranks past the copies of most rows, whose distances tell the dimension
_FEWEST_NEAR = 20  # sampled rows with a resembling image that it takes to tell their own dimension

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """How near a copy has to be in one data set.

    Parameters
    ----------
    strict : float or None
        Largest gap ratio at which chance explains next to no pair; None where no pair can be told from chance.
    closeness : float or None
        Largest gap ratio of a copy: the strict one, or a relaxed one where most resembling pairs pass the strict one.
    expected_by_chance : float
        Pairs of different images that pass by chance.
    n_resembling : int
        Pairs that reach the threshold.
    """

    strict: float | None
    closeness: float | None
    expected_by_chance: float
    n_resembling: int


@dataclass(frozen=True, eq=False)
class Background:
    """How images that are no copies lie around each other.

    Parameters
    ----------
    dimensions : float
        In which rows spread out.
    near_dimensions : float
        The same of the rows that others resemble: plain shapes have fewer.
    distances : (n_sampled,) float64
        Squared distances of sampled rows to a neighbour past their copies.
    """

    dimensions: float
    near_dimensions: float
    distances: Floats


def measured_background(nearest: NDArray[np.float32]) -> Background:
    """Measure how images lie around each other.

    For ranks a < b, log(u_b / u_a) of squared distances has the mean 2 (1/a + ... + 1/(b-1)) / d.

    Parameters
    ----------
    nearest : (n_sampled, most) float32
        Similarities of some rows to their nearest neighbours, of `nearest_of_some`.
    """
    distance = np.maximum(1 - nearest.astype(np.float64), _NEAREST)
    if distance.shape[0] == 0 or distance.shape[1] <= _RANKS_ON:
        return Background(_FEWEST_DIMENSIONS, _FEWEST_DIMENSIONS, np.zeros(1))
    outer = min(_OUTER, distance.shape[1])
    harmonic = sum(1 / rank for rank in range(_INNER, outer))
    growth = np.log(distance[:, outer - 1] / distance[:, _INNER - 1])

    def dimensions(rows: Mask) -> float:
        mean = float(growth[rows].mean()) if outer > _INNER else 0.0
        return float(np.clip(2 * harmonic / max(mean, 1e-9), _FEWEST_DIMENSIONS, _MOST_DIMENSIONS)) if mean else 1.0

    everywhere = dimensions(np.ones(len(growth), dtype=np.bool_))
    near = distance[:, 0] <= 1 - THRESHOLD
    own = dimensions(near) if near.sum() >= _FEWEST_NEAR else everywhere
    return Background(everywhere, min(own, everywhere), distance[:, _INNER - 1])


def told_from_chance(pairs: Pairs, ratios: Floats, background: Background, n_rows: int) -> Verdict:
    """Decide how near a copy has to be.

    The largest of a few strict ratios is taken that gives 20 times more pairs than chance does. Where most of the
    resembling pairs pass even that, chance resemblance is rare in this set, and half the distance is near enough.

    Parameters
    ----------
    pairs : Pairs
    ratios : (n_pairs,) float64
        Of `gap_ratios`; what is infinite is not counted.
    background : Background
    n_rows : int
        Rows whose pairs are asked for.
    """
    resembling = np.isfinite(ratios)
    n_resembling = int(resembling.sum())
    if n_resembling == 0:
        return Verdict(None, None, 0.0, 0)
    n_near, expected = _n_rows(pairs, resembling), 0.0
    for closeness in _STRICT:
        expected = _expected(closeness, background, n_near, n_rows)
        n_found = int((ratios <= closeness).sum())
        # P(X >= n) of a Poisson variable X of mean m is the regularised lower gamma function of n at m.
        if n_found and n_found >= _TIMES_CHANCE * expected and gammainc(n_found, expected) <= _BY_ACCIDENT:
            mostly = n_found > n_resembling / 2 and n_found >= _FEWEST_TO_RELAX
            return Verdict(closeness, _RELAXED if mostly else closeness, expected, n_resembling)
    return Verdict(None, None, expected, n_resembling)


def _expected(closeness: float, background: Background, n_near: int, n_rows: int) -> float:
    """Pairs of different images that pass: the larger of two estimates.

    From the rows that others resemble, whose gap is then the background's; and from all rows, of which only those with
    a gap of the right width resemble another at all (the background that is looked at ends at `LOWEST`).
    """
    seen = np.minimum(background.distances, 1 - LOWEST)
    widest = np.minimum(closeness * seen, 1 - THRESHOLD) / np.maximum(background.distances, _NEAREST)
    anywhere = float(np.mean(_chance(np.minimum(widest, 1), background.dimensions)))
    near = float(_chance(np.asarray(closeness), background.near_dimensions))
    return max(n_near * near, n_rows * anywhere) / 2


def _chance(ratio: Floats, dimensions: float) -> Floats:
    """P(u_1 / u_(1+k) <= ratio) = 1 - (1 - ratio^(d/2))^k for the squared distances u from one row."""
    return np.asarray(1 - (1 - ratio ** (dimensions / 2)) ** _RANKS_ON)


def gap_ratios(pairs: Pairs, asked: Mask) -> Floats:
    """How wide a gap divides each pair from the other neighbours of its rows: 0 is wide, 1 is none.

    For a row with squared distances u_1 <= u_2 <= ... to its neighbours, the gap after rank m is u_m / u_(m+4); a
    neighbour gets the widest gap at its rank or after, up to the threshold; a pair the worse of its two.

    Parameters
    ----------
    pairs : Pairs
    asked : (n_pairs,) bool
        The others are only the background.

    Returns
    -------
    (n_pairs,) float64, infinite for pairs that are below the threshold or not asked for
    """
    ratios = np.full(len(pairs), np.inf)
    resembling = asked & (pairs.similarity >= THRESHOLD)
    involved = np.zeros(int(pairs.second.max(initial=-1)) + 1, dtype=np.bool_)
    involved[pairs.first[resembling]] = involved[pairs.second[resembling]] = True
    worse = np.zeros(len(pairs))
    for some in _portions(pairs, involved):
        _widen(worse, pairs, some)
    ratios[resembling] = worse[resembling]
    return ratios


def _portions(pairs: Pairs, involved: Mask) -> Iterator[Mask]:
    """The involved rows, some at a time, so that the lists of their neighbours take little memory."""
    n_rows = len(involved)
    counts = np.bincount(pairs.first, minlength=n_rows) + np.bincount(pairs.second, minlength=n_rows)
    portion = np.cumsum(np.where(involved, counts, 0)) // _MOST_LISTED
    for number in np.unique(portion[involved]):
        yield involved & (portion == number)


def _widen(worse: Floats, pairs: Pairs, some: Mask) -> None:
    """Raise the ratio of each pair to that seen from its rows among some."""
    row, distance, pair = _neighbour_lists(pairs, some)
    floor = pairs.floor[row] if isinstance(pairs.floor, np.ndarray) else np.float32(pairs.floor)
    background = np.broadcast_to(np.maximum(1 - floor, np.float32(_NEAREST)), row.shape).copy()
    same = np.flatnonzero(row[_RANKS_ON:] == row[:-_RANKS_ON])
    background[same] = np.minimum(background[same], distance[same + _RANKS_ON])
    gap = np.where(distance <= 1 - THRESHOLD, distance / background, 1.0)
    # The least gap from here to the end of the row: rows descend in the reversed order, so twice the row number added
    # to each gap makes every row start anew.
    least = np.minimum.accumulate((gap + 2.0 * row)[::-1])[::-1] - 2.0 * row
    np.maximum.at(worse, pair, least)


def _n_rows(pairs: Pairs, chosen: Mask) -> int:
    return len(np.unique(np.concatenate([pairs.first[chosen], pairs.second[chosen]])))


def _neighbour_lists(pairs: Pairs, involved: Mask) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """Rows, squared distances and pair numbers of all neighbours of the involved rows, by row and distance."""
    parts = []
    for rows in (pairs.first, pairs.second):
        pair = np.flatnonzero(involved[rows])
        parts.append((rows[pair].astype(np.int32), pairs.similarity[pair], pair))
    row, similarity, pair = (np.concatenate(part) for part in zip(*parts, strict=True))
    distance = np.maximum(1 - similarity, np.float32(_NEAREST))
    # The bits of positive floats are in the order of the floats: one fast sort of whole numbers instead of two.
    order = np.argsort(row.astype(np.int64) << 32 | distance.view(np.int32))
    return row[order], distance[order], pair[order]
