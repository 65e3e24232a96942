"""Whether `bakeoff.compare` keeps its promises: simulated bake-offs with known truth, judged and counted.

An interval keeps its promise if it holds the truth 95 times in 100, the intervals of all pairs if they hold all true
differences together, and a decision if in at most 5 bake-offs of 100 *any* false winner is named: "better" or "worse"
said of two that are equally good, or the wrong way around.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np

from bakeoff.compare import CompareOptions, Comparison, Estimand, compare, summarise
from bakeoff.testing.simulation import SimulatedBakeoff, Simulation
from bakeoff.types import Metric

__all__ = ["Cell", "Tally", "measure"]

ROUNDING = 1e-12
MOST_GROUPS = 20_000


@dataclass(frozen=True, eq=False)
class Cell:
    """One kind of bake-off and how it is compared.

    Parameters
    ----------
    simulation : Simulation
    metric : Metric
    deterministic : collection of str
        Contestants that are called deterministic.
    paired : bool
        Whether the seeds of all contestants are compared one by one.
    n_resamples : int
    follow_up : bool
        Where a pilot asks for more groups, draw a second bake-off with as many, whose true difference is what the
        pilot saw, and count whether that one decides. For two contestants without groups or with groups of one size.
    """

    simulation: Simulation
    metric: Metric = "f1_macro"
    deterministic: Collection[str] = frozenset()
    paired: bool = False
    n_resamples: int = 499
    follow_up: bool = False

    @cached_property
    def procedure_truths(self) -> dict[str, float]:
        """Expected score of a new fit of each contestant."""
        kind = self.simulation
        return {name: kind.procedure_truth(self.metric, number) for number, name in enumerate(kind.names)}

    def options(self, draw: int) -> CompareOptions:
        """How the bake-off of this number is compared."""
        return CompareOptions(
            metric=self.metric,
            n_resamples=self.n_resamples,
            random_state=draw,
            deterministic=self.deterministic,
            paired_seeds=[self.simulation.names] if self.paired else (),
        )


@dataclass(slots=True)
class Tally:
    """What so many simulated bake-offs came to.

    Parameters
    ----------
    draws : int
    refused : int
        No interval and no decision for anybody, and the reason said.
    procedure : int
        Bake-offs whose comparisons are all about the procedure.
    estimate_covers : int
        The interval of the first contestant's score holds the truth.
    all_pairs_cover : int
        The intervals of all pairs hold their true differences together.
    false_winner : int
        Any false winner is named.
    decided : int
        Something is decided between the first two contestants.
    asked, answered : int
        Pilots that asked for more groups, and follow-ups with as many that decided.
    """

    draws: int = 0
    refused: int = 0
    procedure: int = 0
    estimate_covers: int = 0
    all_pairs_cover: int = 0
    false_winner: int = 0
    decided: int = 0
    asked: int = 0
    answered: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        mine, theirs = asdict(self), asdict(other)
        return Tally(**{key: mine[key] + theirs[key] for key in mine})


def measure(cell: Cell, name: str, draws: Iterable[int]) -> Tally:
    """Simulate and judge the bake-offs of these numbers.

    Number i of a cell of one name is the same bake-off wherever and whenever it is drawn.

    Parameters
    ----------
    cell : Cell
    name : str
    draws : iterable of int
    """
    total = Tally()
    for draw in draws:
        rng = np.random.default_rng([draw, *name.encode()])
        bakeoff = cell.simulation.draw(rng, cell.metric)
        found = _compared(cell, bakeoff, draw)
        judged = _judged(cell, bakeoff, found, draw)
        if cell.follow_up and (needed := found[0].groups_needed) is not None and needed <= MOST_GROUPS:
            judged.asked = 1
            judged.answered = int(_follow_up(cell, found[0].difference, needed, rng, draw))
        total = total + judged
    return total


def _compared(cell: Cell, bakeoff: SimulatedBakeoff, draw: int) -> list[Comparison]:
    n_classes = cell.simulation.n_classes
    return compare(bakeoff.predictions, bakeoff.y, bakeoff.groups, n_classes, cell.options(draw))


def _judged(cell: Cell, bakeoff: SimulatedBakeoff, found: Sequence[Comparison], draw: int) -> Tally:
    first = cell.simulation.names[0]
    estimate = summarise(
        bakeoff.predictions[first],
        bakeoff.y,
        bakeoff.groups,
        cell.simulation.n_classes,
        cell.options(draw),
        deterministic=first in cell.deterministic,
    )
    gaps = [_true_gap(cell, bakeoff, pair) for pair in found]
    truth = _truth(cell, bakeoff, first, estimate.estimand)
    return Tally(
        draws=1,
        refused=int(estimate.low is None and bool(estimate.reason) and all(map(_is_refused, found))),
        procedure=int(all(pair.estimand == "this procedure" for pair in found)),
        estimate_covers=int(_holds(estimate.low, truth, estimate.high)),
        all_pairs_cover=int(all(_holds(pair.low, gap, pair.high) for pair, gap in zip(found, gaps, strict=True))),
        false_winner=int(any(_is_false(cell, pair, gap) for pair, gap in zip(found, gaps, strict=True))),
        decided=int(found[0].decision != "undecided"),
    )


def _truth(cell: Cell, bakeoff: SimulatedBakeoff, name: str, estimand: Estimand) -> float:
    if estimand == "this procedure":
        return cell.procedure_truths[name]
    return float(cell.simulation.truth(cell.metric, bakeoff.fit_worth[name]).mean())


def _true_gap(cell: Cell, bakeoff: SimulatedBakeoff, pair: Comparison) -> float:
    return _truth(cell, bakeoff, pair.a, pair.estimand) - _truth(cell, bakeoff, pair.b, pair.estimand)


def _holds(low: float | None, truth: float, high: float | None) -> bool:
    return low is not None and high is not None and low - ROUNDING <= truth <= high + ROUNDING


def _is_refused(pair: Comparison) -> bool:
    return (pair.low, pair.p_value, pair.decision) == (None, None, "undecided") and bool(pair.reason)


def _is_false(cell: Cell, pair: Comparison, gap: float) -> bool:
    """Whether the pair names a winner that is none."""
    lead = -gap if cell.metric == "log_loss" else gap
    return (pair.decision == "better" and lead <= ROUNDING) or (pair.decision == "worse" and lead >= -ROUNDING)


def _follow_up(cell: Cell, seen: float, n_groups: int, rng: np.random.Generator, draw: int) -> bool:
    """Whether a bake-off with so many groups decides, its true difference being what the pilot saw."""
    kind = cell.simulation
    steps = np.linspace(0, 2, 401)
    gaps = kind.truth(cell.metric, kind.abilities[0] + steps) - kind.truth(cell.metric, kind.abilities[0])
    step = float(np.interp(abs(seen), np.abs(gaps), steps))
    larger = replace(
        kind,
        abilities=[kind.abilities[0], kind.abilities[0] + step],
        group_sizes=np.full(n_groups, kind.group_sizes[0]),
        group_classes=np.arange(n_groups) % kind.n_classes,
    )
    [pair] = _compared(replace(cell, simulation=larger), larger.draw(rng, cell.metric), draw)
    return pair.decision != "undecided"
