"""Could chance have made this difference? Swap two contestants' predictions group by group and see.

If a and b are equally good, it does not matter which of the two said what in a group: with one sign a group, +1 leaving
and -1 swapping both contestants' predictions (all seeds of a group together: they share its rows), every pattern of
signs is as likely as the one observed. With d_g the share of group g in the difference (`_contributions`),

    T = sum(d_g) / sqrt(sum(d_g^2)),      T* = sum(e_g d_g) / sqrt(sum(d_g^2)),      e_g = +-1,

and p is the share of patterns with |T*| >= |T|. For accuracy without groups T = (b - c) / sqrt(b + c) of the discordant
counts, and the test is McNemar's exact one. All patterns are taken where they are few, else random ones, p = (1 + hits)
/ (1 + patterns).

*Student's form.* The root is taken of the variance about the mean, with G groups (Kish's number where sizes differ)

    t = D / sqrt(V),    V = (sum(d_g^2) - D^2 / G) G / (G - 1),    D = sum(d_g),

and t* likewise from sum(e_g d_g). Without seeds t^2 = T^2 (G - 1) / (G - T^2) orders the patterns as T does, so no p is
changed; with them D holds the luck of the fits at hand, which belongs to the seeds and not into the variance by rows.

*Procedures.* Where seeds vary too, the variance below the root is V of the rows, times the part that fits share, plus
that of the seeds; t* gets beside the signs, scaled to the observed variance by rows, a draw of new seeds. Scores of
seeds are taken as normal (five of them could not show otherwise) and their spread as not known: each draw has a spread
of its own, from the distribution of what it may be given the observed one, s^2 (S - 1) / chi^2_{S-1}, and is
studentised by its own estimate. Taking the observed spread for the true one (the parametric bootstrap) names too many
winners just where rows and seeds count alike: if the seeds happen to lie close, t is too large and the quantile, which
trusts the rows then, too small.

*Many pairs.* All pairs are swapped by the same signs, which keeps their correlation. Step-down max-T: the largest |t|
is judged by the largest |t*| of all pairs, the next by the largest of those that remain, p never falling on the way.
The chance of any false rejection is at most 1 - confidence whichever of the hypotheses hold (each pair alone exactly,
all pairs together in large samples). Intervals use the quantile of the largest |t*| of all pairs.

References
----------
Edwards (1948), Psychometrika 13, 185-187; McNemar (1947), Psychometrika 12, 153-157; Efron (1969), JASA 64, 1278-1302
(T and t); Kish (1965), Survey Sampling, 8.2; Westfall & Young (1993), Resampling-Based Multiple Testing, 2.6; Romano &
Wolf (2005), JASA 100, 94-108; Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39 (the 1 + hits). Two variances
that are not known (the problem of Behrens and Fisher): Tsui & Weerahandi (1989), JASA 84, 602-607; Meng (1994), Ann.
Stat. 22, 1142-1160 (posterior predictive p-values); Krishnamoorthy, Lu, Mathew (2007), Comput. Stat. Data Anal. 51,
5731-5742 (the parametric bootstrap, which this widens).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri

from bakeoff.compare._table import Table
from bakeoff.compare._variance import Contrast, Variances

__all__ = ["Randomisation", "mcnemar_exact", "randomise", "step_down"]

Floats = NDArray[np.float64]
MOST_ENUMERATED_GROUPS = 12
GROUPS_PER_BLOCK = 4096
MOST_FREEDOM_LOST = 3
SIGNS_OF_BYTE = 2 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float64) - 1
# A rearrangement that equals the observed one must count as a hit although its sum was added up in another order.
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Randomisation:
    """What swapping showed, each array (n_pairs,).

    Parameters
    ----------
    statistic : studentised differences
    p_value : corrected over all pairs
    n_differing : (n_strata, n_pairs)
        Groups of each stratum in which the pair differs.
    squared : (n_strata, n_pairs)
        Sum of the squares of their shares.
    critical : float
        Quantile of the largest absolute statistic of all pairs.
    """

    statistic: Floats
    p_value: Floats
    n_differing: NDArray[np.int64]
    squared: Floats
    critical: float


@dataclass(frozen=True, eq=False)
class _Swaps:
    """Sums over groups of shares: signed by each rearrangement (n_resamples, n_pairs), plain, squared by stratum."""

    signed: Floats
    plain: Floats
    squared_by_stratum: Floats
    n_differing: NDArray[np.int64]
    equal_shares: NDArray[np.bool_]
    complete: bool

    @property
    def squared(self) -> Floats:
        """Over all strata."""
        return np.asarray(self.squared_by_stratum.sum(axis=0))


def randomise(
    table: Table,
    contrasts: Sequence[Contrast],
    parts: Variances,
    n_resamples: int,
    confidence: float,
    random_state: int,
) -> Randomisation:
    """Test every contrast of two contestants, corrected over all of them.

    Parameters
    ----------
    table : Table
    contrasts : sequence of Contrast
    parts : Variances
        Of the same contrasts.
    n_resamples : int
    confidence : float
    random_state : int
    """
    rng = np.random.default_rng(random_state)
    has_seeds = bool((parts.seeds > 0).any())
    swaps = _swap(table, contrasts, n_resamples, rng, enumerate_all=not has_seeds)
    kept = np.divide(parts.shared, parts.rows, out=np.ones_like(parts.rows), where=parts.rows > 0)
    n_groups = table.clusters.effective_groups
    rows = kept * _about_mean(swaps.plain, swaps.squared, n_groups)
    observed = _studentised(swaps.plain, rows + parts.seeds)
    # Signs give the shape of the luck of the rows, and its size is the one observed, beside which that of seeds counts.
    scale = np.divide(rows, swaps.squared, out=np.ones_like(rows), where=swaps.squared > 0)
    numerator = np.sqrt(scale) * swaps.signed
    variance = scale * _about_mean(swaps.signed, swaps.squared, n_groups)
    if has_seeds:
        mean, variance_of_mean = _seed_draws(table, contrasts, len(swaps.signed), rng)
        numerator, variance = numerator + mean, variance + variance_of_mean
    drawn = np.abs(_studentised(numerator, variance))
    p_value = step_down(np.abs(observed), drawn, swaps.complete)
    if len(contrasts) == 1 and not has_seeds and swaps.equal_shares[0]:
        p_value = np.array([_mcnemar_from_shares(swaps)])
    critical = float(np.quantile(drawn.max(axis=1), confidence, method="higher"))
    # A handful of differing groups has so few patterns that the quantile says nothing; no interval is narrower for it.
    critical = max(critical, float(ndtri(0.5 + confidence / 2)))
    return Randomisation(observed, p_value, swaps.n_differing, swaps.squared_by_stratum, critical)


def step_down(observed: Floats, drawn: Floats, complete: bool = False) -> Floats:
    """Step-down max-T corrected p-values.

    Parameters
    ----------
    observed : (n_pairs,)
        Absolute statistics.
    drawn : (n_resamples, n_pairs)
        Absolute statistics of the rearrangements, drawn together.
    complete : bool
        Whether these are all rearrangements (the observed one among them) and not a random choice.

    Returns
    -------
    (n_pairs,)

    Examples
    --------
    >>> drawn = np.array([[0.5, 1.0], [2.0, 0.1], [0.3, 0.4]])
    >>> step_down(np.array([1.5, 0.8]), drawn).tolist()
    [0.5, 0.5]
    """
    one = 0 if complete else 1
    n_resamples = len(drawn)
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(drawn[:, order][:, ::-1], axis=1)[:, ::-1]
    stepped = (one + (largest >= observed[order] - TIE).sum(axis=0)) / (one + n_resamples)
    corrected = np.empty_like(stepped)
    corrected[order] = np.maximum.accumulate(stepped)
    return np.asarray(corrected)


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact p-value of McNemar's test from the two discordant counts.

    Examples
    --------
    >>> mcnemar_exact(1, 9)
    0.021484375
    """
    return float(min(1.0, 2 * bdtr(min(b, c), b + c, 0.5)))


def _mcnemar_from_shares(swaps: _Swaps) -> float:
    """All differing groups weigh the same, so the signs' sum is a binomial count whatever their number."""
    n_differing = int(swaps.n_differing[:, 0].sum())
    if not n_differing:
        return 1.0
    size = np.sqrt(swaps.squared[0] / n_differing)
    return mcnemar_exact(b := round((swaps.plain[0] / size + n_differing) / 2), n_differing - b)


def _swap(
    table: Table, contrasts: Sequence[Contrast], n_resamples: int, rng: np.random.Generator, enumerate_all: bool
) -> _Swaps:
    pairs = [(contrast.plus, contrast.minus) for contrast in contrasts if contrast.minus is not None]
    n_groups = table.n_differing_groups
    complete = enumerate_all and n_groups <= MOST_ENUMERATED_GROUPS
    n_resamples = 2**n_groups if complete else n_resamples
    signed = np.zeros((n_resamples, len(pairs)))
    plain, largest = np.zeros(len(pairs)), np.zeros(len(pairs))
    smallest = np.full(len(pairs), np.inf)
    squared = np.zeros((table.clusters.n_strata, len(pairs)))
    n_differing = np.zeros(squared.shape, dtype=np.int64)
    begin = 0
    for strata, shares in table.shares(pairs):
        np.add.at(n_differing, strata, shares != 0)
        np.add.at(squared, strata, shares**2)
        for part in np.array_split(shares, max(1, -(-len(shares) // GROUPS_PER_BLOCK))):
            signs = _all_signs(n_groups, begin, len(part)) if complete else _random_signs(n_resamples, len(part), rng)
            begin += len(part)
            signed += signs @ part
            plain += part.sum(axis=0)
            sizes = np.abs(part)
            largest = np.maximum(largest, sizes.max(axis=0))
            smallest = np.minimum(smallest, np.where(sizes > 0, sizes, np.inf).min(axis=0))
    return _Swaps(signed, plain, squared, n_differing, largest <= smallest * (1 + 1e-9), complete)


def _random_signs(n_resamples: int, n_groups: int, rng: np.random.Generator) -> Floats:
    """Fair signs, eight from each random byte."""
    row_bytes = -(-n_groups // 8)
    drawn = np.frombuffer(rng.bytes(n_resamples * row_bytes), dtype=np.uint8).reshape(n_resamples, row_bytes)
    return SIGNS_OF_BYTE[drawn].reshape(n_resamples, 8 * row_bytes)[:, :n_groups]


def _all_signs(n_groups: int, begin: int, count: int) -> Floats:
    """Every pattern of signs of all groups, the columns of some of them."""
    patterns = np.arange(2**n_groups)[:, None] >> np.arange(begin, begin + count)
    return np.asarray(1.0 - 2.0 * (patterns & 1), dtype=np.float64)


def _seed_draws(
    table: Table, contrasts: Sequence[Contrast], n_draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Mean of a draw of new seeds and its estimated variance, (n_draws, n_contrasts) each."""
    draws = _new_fits(table, contrasts, n_draws, rng)
    means = np.stack([draw.mean(axis=1) for draw in draws], axis=1)
    variances = np.stack([_variance_of_mean(draw) for draw in draws], axis=1)
    mean, variance = np.zeros((n_draws, len(contrasts))), np.zeros((n_draws, len(contrasts)))
    for column, contrast in enumerate(contrasts):
        if not contrast.over_seeds or contrast.minus is None:
            continue
        mean[:, column] = means[:, contrast.plus] - means[:, contrast.minus]
        if contrast.paired:
            variance[:, column] = _variance_of_mean(draws[contrast.plus] - draws[contrast.minus])
        else:
            variance[:, column] = variances[:, contrast.plus] + variances[:, contrast.minus]
    return mean, variance


def _new_fits(table: Table, contrasts: Sequence[Contrast], n_draws: int, rng: np.random.Generator) -> list[Floats]:
    """Scores of a draw of S new fits of each contestant about their mean, (n_draws, S) each.

    With X the centred scores of a set of contestants that share their seeds, (S, contestants), a draw is

        Z R / sqrt(C),     X = Q R,     Z normal (S, rank),     C chi-squared of S - min(contestants, 3):

    its lines are independent, with X's covariance times (S - 1) / C, which is what the covariance may really be. Of so
    many together less is known than of one: S - contestants are the degrees of freedom that an inverted Wishart
    distribution leaves to a single one. With S - 1 the more false winners were named the more contestants shared their
    seeds (6.2 % for four with five seeds); with fewer than S - 3 five seeds would say next to nothing.
    """
    draws: list[Floats] = [np.zeros((n_draws, 1))] * table.n_contestants
    for members in _sets_sharing_seeds(table, contrasts):
        scores = np.stack([table.values[table.owner == member] for member in members], axis=1)
        n_fits = len(scores)
        if n_fits == 1:
            continue
        mixing = np.linalg.qr(scores - scores.mean(axis=0), mode="r")
        normal = rng.standard_normal((n_draws, n_fits, len(mixing)))
        spread = rng.chisquare(n_fits - min(len(members), MOST_FREEDOM_LOST), (n_draws, 1, 1))
        drawn = normal @ mixing / np.sqrt(spread)
        for position, member in enumerate(members):
            draws[member] = drawn[:, :, position]
    return draws


def _sets_sharing_seeds(table: Table, contrasts: Sequence[Contrast]) -> list[list[int]]:
    """Contestants in sets whose seeds are paired, in the order of their names: theirs changes nothing."""
    by_name = sorted(range(table.n_contestants), key=lambda number: table.names[number])
    sets: list[list[int]] = []
    for contestant in by_name:
        pairs = [{c.plus, c.minus} for c in contrasts if c.paired and contestant in {c.plus, c.minus}]
        partners = {member for pair in pairs for member in pair}
        joined = [members for members in sets if partners & set(members)]
        sets = [members for members in sets if members not in joined]
        sets.append([*(member for members in joined for member in members), contestant])
    return sets


def _variance_of_mean(scores: Floats) -> Floats:
    """Estimated variance of the mean of each line; 0 for a single fit."""
    n_fits = scores.shape[1]
    return np.zeros(len(scores)) if n_fits == 1 else np.asarray(scores.var(axis=1, ddof=1) / n_fits)


def _about_mean(sums: Floats, squared: Floats, n_groups: float) -> Floats:
    """Variance V of a sum over groups about its mean, from sum(d) and sum(d^2)."""
    left = np.maximum(squared - sums**2 / n_groups, squared / n_groups)
    return np.asarray(left * n_groups / (n_groups - 1))


def _studentised(numerator: Floats, variance: Floats) -> Floats:
    positive = np.broadcast_to(variance > 0, numerator.shape)
    scale = np.sqrt(np.broadcast_to(variance, numerator.shape))
    return np.divide(numerator, scale, out=np.zeros_like(numerator), where=positive)
