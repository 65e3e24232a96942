"""Which resembling images are copies, and which are alike by chance.

Thin strokes and plain shapes are alike without being copies: MNIST has hundreds of thousands of pairs above any useful
threshold. What tells a copy is a gap: it is far nearer than the images that come next. Where images lie spread out with
d dimensions around a point, the distances r_1 <= r_2 <= ... to its neighbours are such that (r_m / r_(m+1))^(m d) is
uniform (Facco et al., "Estimating the intrinsic dimension of datasets by a minimal neighborhood information",
Scientific Reports 7, 2017, which the estimate of d follows too); so the ratio to a neighbour some ranks
further on is small only with a chance that can be computed. Squared distances are 2 (1 - similarity) throughout.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.data._similarity import Pairs

__all__ = ["THRESHOLD", "Verdict", "gap_ratios", "told_from_chance"]

THRESHOLD = 0.98
_RANKS_ON = 4  # the background of a row: so many ranks past its copies, steadier than the very next
_STRICT = (0.2, 0.1, 0.05, 0.02, 0.005)
_RELAXED = 0.5
_TIMES_CHANCE = 20  # so many times more pairs than chance explains, or none is believed
_NEAREST = 1e-6  # float32 knows 1 - similarity no better

_SAMPLED_ROWS = 5_000

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


def told_from_chance(pairs: Pairs, ratios: Floats) -> Verdict:
    """Decide how near a copy has to be.

    The largest of a few strict ratios is taken that gives 20 times more pairs than chance does. Where most of the
    resembling pairs pass even that, chance resemblance is rare in this set, and half the distance is near enough.

    Parameters
    ----------
    pairs : Pairs
    ratios : (n_pairs,) float64
        Of `gap_ratios`; what is infinite is not counted.
    """
    resembling = np.isfinite(ratios)
    n_resembling, expected = int(resembling.sum()), 0.0
    if n_resembling == 0:
        return Verdict(None, None, 0.0, 0)
    n_near = _n_rows(pairs, resembling)
    dimensions = _dimensions(pairs)
    for closeness in _STRICT:
        # P(u_1 / u_(1+k) <= x) = 1 - (1 - x^(d/2))^k for the squared distances u from one row. The rows that resemble
        # others and show no such gap are the share 1 - P of those that resemble by chance.
        chance = 1 - (1 - closeness ** (dimensions / 2)) ** _RANKS_ON
        found = ratios <= closeness
        expected = (n_near - _n_rows(pairs, found)) / 2 * chance / (1 - chance)
        n_found = int(found.sum())
        if n_found >= max(1, _TIMES_CHANCE * expected):
            mostly = n_found > n_resembling / 2
            return Verdict(closeness, _RELAXED if mostly else closeness, expected, n_resembling)
    return Verdict(None, None, expected, n_resembling)


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
    row, distance, pair = _neighbour_lists(pairs, involved)
    if len(row) == 0:
        return ratios
    floor = pairs.floor[row] if isinstance(pairs.floor, np.ndarray) else np.float32(pairs.floor)
    background = np.broadcast_to(np.maximum(1 - floor, np.float32(_NEAREST)), row.shape).copy()
    same = np.flatnonzero(row[_RANKS_ON:] == row[:-_RANKS_ON])
    background[same] = np.minimum(background[same], distance[same + _RANKS_ON])
    gap = np.where(distance <= 1 - THRESHOLD, distance / background, 1.0)
    # The least gap from here to the end of the row: rows descend in the reversed order, so twice the row number added
    # to each gap makes every row start anew.
    least = np.minimum.accumulate((gap + 2.0 * row)[::-1])[::-1] - 2.0 * row
    worse = np.zeros(len(pairs))
    np.maximum.at(worse, pair, least)
    ratios[resembling] = worse[resembling]
    return ratios


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


def _dimensions(pairs: Pairs) -> float:
    """Dimensions in which images spread out, from the ratio of the two nearest distances; the median withstands copies.

    Between 2 and 12: fewer are not images, and to count on more would be to believe in rarer accidents than were seen.
    """
    n = int(pairs.second.max()) + 1
    sampled = np.zeros(n, dtype=np.bool_)
    sampled[:: -(-n // _SAMPLED_ROWS)] = True
    row, distance, _ = _neighbour_lists(pairs, sampled)
    nearest = np.flatnonzero(np.append(True, row[1:] != row[:-1])[:-1])
    nearest = nearest[row[nearest] == row[nearest + 1]]
    ratios = distance[nearest + 1] / distance[nearest]
    ratios = ratios[ratios > 1]
    return float(np.clip(2 * np.log(2) / np.log(np.median(ratios)), 2, 12)) if len(ratios) else 2.0
