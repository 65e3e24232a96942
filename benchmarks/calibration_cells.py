"""The kinds of bake-off that `calibrate.py` simulates.

*No groups* are 500 rows of 10 classes. *60 groups* have 20 rows each, 6 classes. *Groups as in sign-mnist* have the
sizes of the groups of near-copies that its 27,455 training rows form (`SIZES`, counted once with a correlation of
0.98; 24 classes): what a validation fifth holds, 254 groups and about 5,500 rows, and for fewer cells all 1,274.
Difficulty of rows and groups is shared by contestants and seeds, and where there are groups each contestant has some
that are hard for it alone. Accuracy is about 84 %. *Rare classes* have far fewer rows than the others: few of the
mistakes that weigh most in macro F1 are seen, and mistakes fall on classes in proportion to their rows.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bakeoff.testing.calibration import Cell
from bakeoff.testing.simulation import Simulation

__all__ = ["ASKED", "BELOW", "CELLS", "MAIN", "MORE", "POWER", "RARE", "SECTIONS"]

Ints = NDArray[np.int64]

SIZES = {
    1: 7, 2: 3, 17: 1, 18: 8, 19: 67, 20: 315, 21: 817, 39: 3, 40: 12, 41: 15, 42: 17, 61: 1, 62: 2, 63: 3, 83: 1, 84: 2
}  # fmt: skip
"""Rows of a group: how many groups of Sign Language MNIST's training rows have so many."""

SEED_SD = 0.1
"""Seeds spread over 2.4 points of accuracy (one standard deviation)."""


def equal_groups(n_groups: int, n_rows: int, n_classes: int) -> dict[str, Ints]:
    """Groups of one size."""
    return {"group_sizes": np.full(n_groups, n_rows), "group_classes": np.arange(n_groups) % n_classes}


def sign_mnist_groups(n_groups: int) -> dict[str, Ints]:
    """So many groups with the sizes of `SIZES`: evenly spaced quantiles, dealt to the classes in a fixed order."""
    sizes = np.repeat(list(SIZES), list(SIZES.values()))
    chosen = sizes[np.round(np.linspace(0, len(sizes) - 1, n_groups)).astype(int)]
    shuffled = np.random.default_rng(0).permutation(chosen)
    return {"group_sizes": shuffled, "group_classes": np.arange(n_groups) % 24}


def unequal_groups(n_groups: int, n_classes: int) -> dict[str, Ints]:
    """Group sizes from 1 to over 100: lognormal, with a spread of 0.9."""
    drawn = np.random.default_rng(6).standard_normal(n_groups)
    sizes = np.maximum(1, np.round(21 * np.exp(0.9 * drawn))).astype(np.int64)
    return {"group_sizes": sizes, "group_classes": np.arange(n_groups) % n_classes}


OWN_GROUPS = {"group_share": 0.4, "row_share": 0.1, "own_group_share": 0.3}
KINDS: dict[str, dict[str, Any]] = {
    "no groups": equal_groups(500, 1, 10),
    "60 groups": {**equal_groups(60, 20, 6), **OWN_GROUPS},
    "groups as in sign-mnist": {
        **sign_mnist_groups(254),
        "group_share": 0.5,
        "row_share": 0.05,
        "own_group_share": 0.3,
    },
}
OTHER_KINDS: dict[str, dict[str, Any]] = {
    **KINDS,
    "all 1,274 groups of sign-mnist": {**KINDS["groups as in sign-mnist"], **sign_mnist_groups(1274)},
    "60 groups of 2 to 150 rows": {**unequal_groups(60, 6), **OWN_GROUPS},
    "60 groups of mixed classes": {**equal_groups(60, 20, 6), **OWN_GROUPS, "mixed_classes": True},
}


Entry: TypeAlias = tuple[str, Cell]


def entry(kind: str, n_contestants: int, seeds: int, note: str = "", **changes: Any) -> Entry:
    """Name and cell: equally good contestants, and with five seeds or more fits of unequal worth, unless changed."""
    model = {
        "abilities": [1.0] * n_contestants,
        "n_seeds": seeds,
        "seed_sd": SEED_SD if seeds >= 5 else 0.0,
        **OTHER_KINDS[kind],
    }
    compared = {name: changes.pop(name) for name in list(changes) if name in Cell.__dataclass_fields__}
    name = ", ".join(filter(None, [kind, f"{n_contestants} contestants", seeds_words(seeds), note]))
    return name, Cell(Simulation(**{**model, **changes}), **compared)


def seeds_words(seeds: int) -> str:
    """One seed or several."""
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


def entry_with_gap(kind: str, seeds: int, points: float, **groups: Ints) -> Entry:
    """Two contestants whose true macro F1 differs by so many points of a hundred."""
    steps = np.linspace(0, 1.5, 1501)
    scores = entry(kind, 1, 1, **groups)[1].simulation.truth("f1_macro", 1.0 + steps)
    step = float(np.interp(scores[0] + points / 100, scores, steps))
    unit = "rows" if kind == "no groups" else "groups of 20"
    name = f"{len(groups['group_sizes']):,} {unit}, {seeds_words(seeds)}, {points:g} points apart"
    return name, entry(kind, 2, seeds, abilities=[1.0, 1.0 + step], **groups)[1]


MAIN = dict(entry(kind, n, s) for kind in KINDS for n in (2, 4, 8) for s in (1, 3, 5, 10))

HALF_BETTER = {4: [1.0, 1.0, 1.3, 1.3], 8: [1.0] * 4 + [1.3] * 4}
MORE = dict(
    [
        *(entry(kind, n, s, "half better", abilities=HALF_BETTER[n]) for kind in KINDS for n in (4, 8) for s in (1, 5)),
        *(entry(kind, n, s) for kind in list(OTHER_KINDS)[len(KINDS) :] for n, s in ((2, 1), (4, 5))),
        *(entry(kind, n, s, "accuracy", metric="accuracy") for kind in KINDS for n, s in ((2, 1), (4, 5))),
        *(entry(kind, n, s, "log loss", metric="log_loss") for kind in KINDS for n, s in ((2, 1), (4, 5))),
        *(
            entry(kind, n, s, "paired seeds", paired=True, seeds_alike=0.7)
            for kind in KINDS
            for n, s in ((2, 5), (4, 5), (4, 10))
        ),
        *(
            entry(kind, n, 5, "one without randomness", n_seeds=n_seeds, seed_sd=spreads, deterministic={"m0"})
            for kind in KINDS
            for n, n_seeds, spreads in ((2, [1, 5], [0, SEED_SD]), (4, [1, 5, 5, 5], [0, *[SEED_SD] * 3]))
        ),
        *(entry(kind, 2, 5, "seeds of one vary most", seed_sd=[0.15, 0.03]) for kind in KINDS),
        *(entry(kind, 4, 5, "seeds vary little", seed_sd=0.02) for kind in KINDS),
        entry("no groups", 4, 3, "fits of unequal worth", seed_sd=SEED_SD),
    ]
)


def rare(sizes: dict[int, int], errors: tuple[float, float], n_contestants: int, seeds: int, **changes: Any) -> Entry:
    """So many classes of so many rows, the last the rare one; shares of mistakes in the others and in it."""
    rows = [size for size, n_classes in sizes.items() for _ in range(n_classes)]
    model: dict[str, Any] = {
        "abilities": [0.0] * n_contestants,
        "n_seeds": seeds,
        "seed_sd": SEED_SD if seeds >= 5 else 0.0,
        "group_sizes": np.ones(sum(rows), dtype=np.int64),
        "group_classes": np.repeat(np.arange(len(rows)), rows),
        "class_ease": -ndtri([errors[0]] * (len(rows) - 1) + [errors[1]]),
        "next_class": 0.0,
        "mistakes_by_size": True,
    }
    (size, n_classes), (fewest, _) = sizes.items()
    shares = f"{100 * errors[0]:g} and {100 * errors[1]:g} % mistaken"
    unequal = "unequal" if len(set(changes.get("abilities", [0.0]))) > 1 else ""
    words = (f"{n_classes} classes of {size} rows and one of {fewest}", shares, f"{n_contestants} contestants")
    return ", ".join(filter(None, [*words, seeds_words(seeds), unequal])), Cell(Simulation(**{**model, **changes}))


RARE = dict(
    [
        rare({500: 3, 5: 1}, (0.02, 0.20), 2, 1),
        rare({500: 3, 5: 1}, (0.05, 0.05), 2, 1),
        rare({500: 3, 20: 1}, (0.05, 0.05), 2, 1),
        rare({300: 9, 10: 1}, (0.02, 0.10), 2, 1),
        rare({500: 3, 5: 1}, (0.02, 0.20), 2, 1, abilities=[0.0, 0.3], row_share=0.95),
        rare({500: 3, 20: 1}, (0.02, 0.30), 2, 1, abilities=[0.0, 0.5], row_share=0.8),
        rare({300: 9, 10: 1}, (0.02, 0.30), 2, 1, abilities=[0.0, 0.5], row_share=0.8),
        rare({500: 3, 20: 1}, (0.05, 0.05), 4, 5),
        rare({300: 9, 10: 1}, (0.02, 0.10), 4, 5),
    ]
)

BELOW = dict(
    [
        entry("60 groups", 2, 1, "only 28 of them", **equal_groups(28, 20, 4)),
        entry("60 groups", 2, 5, "only 28 of them", **equal_groups(28, 20, 4)),
        entry("60 groups", 2, 1, "4 in each class", **equal_groups(60, 20, 15)),
        entry("no groups", 2, 1, "29 rows", **equal_groups(29, 1, 2)),
    ]
)

ROWS, GROUPS = (500, 2000, 8000), (60, 240, 960)
POINTS = (0.5, 1, 2, 4, 8)
POWER = dict(
    [
        *(entry_with_gap("no groups", s, p, **equal_groups(n, 1, 10)) for s in (1, 5) for n in ROWS for p in POINTS),
        *(entry_with_gap("60 groups", s, p, **equal_groups(n, 20, 6)) for s in (1, 5) for n in GROUPS for p in POINTS),
    ]
)

ASKED = dict(
    [
        entry("no groups", 2, 1, "a pilot asks for more", abilities=[1.0, 1.1], follow_up=True),
        entry("60 groups", 2, 1, "a pilot asks for more", abilities=[1.0, 1.15], follow_up=True),
        entry("60 groups", 2, 5, "a pilot asks for more", abilities=[1.0, 1.15], seed_sd=0.03, follow_up=True),
    ]
)

CELLS = {**MAIN, **MORE, **RARE, **BELOW, **POWER, **ASKED}
SECTIONS = {"main": MAIN, "more": MORE, "rare": RARE, "below": BELOW, "power": POWER, "asked": ASKED}
