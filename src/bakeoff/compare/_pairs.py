"""All contestants against each other: differences, intervals, tests and decisions, corrected together.

The interval of a difference D with variance V_rows + V_seeds (`_variance`) is

    D +- c sqrt(V_rows + V_unseen + V_seeds),

c being the quantile of the largest statistic of all pairs under the randomisation (`_randomisation`). V_unseen is that
of two more groups in which the two differ, as Bonett and Price add for paired proportions (`_unseen`): contestants that
never differed on 500 rows may differ on the next 500. No interval leaves what two scores in 0..1 can differ by.

All intervals of a run hold together with the stated confidence. The test decides about zero: where its step-down is
sharper than the interval, or blunter, the interval's end is moved to zero, so that the two never disagree.

References
----------
Romano & Wolf (2005), JASA 100, 94-108; Bonett & Price (2012), J. Educ. Behav. Stat. 37, 479-488; Schuirmann (1987),
J. Pharmacokinet. Biopharm. 15, 657-680 (equality by an interval inside a margin). Conditional on the training rows:
Dietterich (1998), Neural Computation 10, 1895-1923, question 1-4.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from bakeoff.compare._estimates import Estimand
from bakeoff.compare._options import CompareOptions
from bakeoff.compare._randomisation import randomise
from bakeoff.compare._seeds import MIN_SEEDS, probability_better
from bakeoff.compare._table import Table
from bakeoff.compare._unseen import variance_of_unseen
from bakeoff.compare._variance import Contrast, RowCovariance, variances
from bakeoff.types import Metric

__all__ = ["Comparison", "Decision", "compare"]

Decision: TypeAlias = Literal["better", "worse", "equal", "undecided"]
"""What can be said of the first of two contestants."""

Settled: TypeAlias = Literal["winner", "equality"]
"""What more groups would show: which of the two is better, or that they are equal within the margin."""

POWER = 0.8
MOST_GROUPS = 1e9


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two contestants compared; the fields are the keys of ``results.json``.

    Parameters
    ----------
    a, b : str
    metric : str
    on : {"test", "validation"}
    estimand : {"this fit", "this procedure"}
    n_groups : int
    difference : float
        Mean score of a minus that of b; for losses too, so that a is the better one where it is negative.
    low, high : float or None
        Simultaneous over all pairs; None where there are too few groups.
    p_value : float or None
        Corrected over all pairs.
    probability_better : float or None
        See `bakeoff.compare.probability_better`.
    decision : {"better", "worse", "equal", "undecided"}
        Of a against b. Equal: the whole interval lies within the margin, whatever the p-value says.
    groups_needed : int or None
        Where undecided: groups after which four in five such bake-offs would decide, if the difference is what it looks
        like. None where decided, and where more groups alone would not do (more seeds would).
    reason : str or None
        Why nothing can be decided.
    needed_to_show : {"winner", "equality"} or None
        What so many groups would show; None without ``groups_needed``, and with a reason.
    """

    a: str
    b: str
    metric: Metric
    on: str
    estimand: Estimand
    n_groups: int
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    probability_better: float | None
    decision: Decision
    groups_needed: int | None
    reason: str | None = None
    needed_to_show: Settled | None = None


def compare(
    predictions: Mapping[str, ArrayLike],
    y: ArrayLike,
    groups: ArrayLike | None,
    n_classes: int,
    options: CompareOptions | None = None,
) -> list[Comparison]:
    """Compare every two contestants on the same rows.

    Parameters
    ----------
    predictions : mapping of name to (n_seeds, n) int, or (n,) for one seed
        Predicted classes; anything outside 0..n_classes-1 is a miss. Where the metric is ``log_loss``: the losses of
        the rows, float (`row_losses`). Numbers of seeds may differ.
    y : (n,) int
    groups : (n,) int or None
        Rows with one number come from one source. None: each row from its own.
    n_classes : int
    options : CompareOptions, optional

    Returns
    -------
    list of Comparison
        All pairs, in the order of the mapping; empty for one contestant.

    Raises
    ------
    ValueError
        If shapes disagree.

    Notes
    -----
    A pair is compared as procedures (new rows and new seeds) where both have five seeds or need none, else as these
    fits (new rows alone). Conditional on the training rows and on the shares of the classes.

    Examples
    --------
    >>> y = np.arange(1000) % 2
    >>> good = np.where(np.arange(1000) % 50 == 0, 1 - y, y)
    >>> poor = np.where(np.arange(1000) % 7 == 0, 1 - y, y)
    >>> options = CompareOptions(metric="accuracy", deterministic={"good", "poor"})
    >>> [result] = compare({"good": good, "poor": poor}, y, None, 2, options)
    >>> round(result.difference, 3), result.decision, result.p_value < 0.001
    (0.123, 'better', True)
    """
    options = options or CompareOptions()
    if len(predictions) < 2:
        return []
    table = Table.of(predictions, y, groups, n_classes, options.metric)
    contrasts = _contrasts(table, options)
    if table.clusters.too_few:
        return [_undecided(table, contrast, options) for contrast in contrasts]
    parts = variances(table, RowCovariance(table), contrasts)
    tested = randomise(table, contrasts, parts, options.n_resamples, options.confidence, options.random_state)
    rows = parts.shared + variance_of_unseen(table, contrasts, parts, tested)
    return [
        _decided(
            table, contrast, _Evidence(rows[i], parts.seeds[i], float(tested.p_value[i]), tested.critical), options
        )
        for i, contrast in enumerate(contrasts)
    ]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the rows say of one pair: variances by rows and by seeds, corrected p, and the quantile for the interval."""

    rows: float
    seeds: float
    p_value: float
    critical: float


def _contrasts(table: Table, options: CompareOptions) -> list[Contrast]:
    n_fits = np.bincount(table.owner)
    settled = [
        name in options.deterministic or count >= MIN_SEEDS for name, count in zip(table.names, n_fits, strict=True)
    ]

    def is_paired(a: int, b: int) -> bool:
        together = any({table.names[a], table.names[b]} <= set(members) for members in options.paired_seeds)
        return bool(together and n_fits[a] == n_fits[b])

    return [
        Contrast(a, b, over_seeds=settled[a] and settled[b], paired=is_paired(a, b))
        for a, b in combinations(range(table.n_contestants), 2)
    ]


def _decided(table: Table, contrast: Contrast, evidence: _Evidence, options: CompareOptions) -> Comparison:
    undecided = _undecided(table, contrast, options)
    difference = undecided.difference
    width = evidence.critical * math.sqrt(evidence.rows + evidence.seeds)
    significant = evidence.p_value <= 1 - options.confidence
    low, high = _reconciled(difference, width, significant)
    if options.metric != "log_loss":
        low, high = max(low, -1.0), min(high, 1.0)
    decision = _decision(difference, low, high, significant, options)
    needed, shown = _needed(table, difference, evidence, options) if decision == "undecided" else (None, None)
    return replace(
        undecided,
        low=low,
        high=high,
        p_value=evidence.p_value,
        decision=decision,
        groups_needed=needed,
        needed_to_show=shown,
    )


def _reconciled(difference: float, width: float, significant: bool) -> tuple[float, float]:
    """The interval, its ends moved to zero where the test says otherwise than they do."""
    low, high = difference - width, difference + width
    if significant:
        return (max(low, 0.0), high) if difference > 0 else (low, min(high, 0.0))
    return min(low, 0.0), max(high, 0.0)


def _decision(difference: float, low: float, high: float, significant: bool, options: CompareOptions) -> Decision:
    if -options.margin <= low and high <= options.margin:
        return "equal"
    if not significant:
        return "undecided"
    return "better" if (difference < 0) == options.lower_is_better else "worse"


def _needed(
    table: Table, difference: float, evidence: _Evidence, options: CompareOptions
) -> tuple[int, Settled] | tuple[None, None]:
    """Groups until better or worse is found, or equality within the margin, and which of them comes first."""
    reach = evidence.critical + float(ndtri(POWER))
    size = abs(difference)
    room = max(options.margin - size, 0.0)
    shown: Settled = "winner" if size >= room else "equality"
    spare = (max(size, room) / reach) ** 2 - evidence.seeds
    factor = evidence.rows / spare if spare > 0 else math.inf
    if factor * table.clusters.n_groups > MOST_GROUPS:
        return None, None
    return max(math.ceil(factor * table.clusters.n_groups), table.clusters.n_groups + 1), shown


def _undecided(table: Table, contrast: Contrast, options: CompareOptions) -> Comparison:
    """What is known before any interval: all that there is where groups are too few."""
    values_a, values_b = (table.values[table.owner == side] for side in contrast.sides)
    name_a, name_b = (table.names[side] for side in contrast.sides)
    reason = table.clusters.too_few
    return Comparison(
        a=name_a,
        b=name_b,
        metric=options.metric,
        on=options.on,
        estimand="this procedure" if contrast.over_seeds else "this fit",
        n_groups=table.clusters.n_groups,
        difference=float(values_a.mean() - values_b.mean()),
        low=None,
        high=None,
        p_value=None,
        probability_better=probability_better(
            values_a,
            values_b,
            paired=contrast.paired,
            lower_is_better=options.lower_is_better,
            deterministic=(name_a in options.deterministic, name_b in options.deterministic),
        ),
        decision="undecided",
        groups_needed=table.clusters.groups_required if reason else None,
        reason=reason,
    )
