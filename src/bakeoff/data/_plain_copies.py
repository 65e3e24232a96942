"""Equal plain rows: copies, or what a table of few values brings by nature."""

import numpy as np

from bakeoff.data._copies import first_equal
from bakeoff.types import RowIndices, Rows

__all__ = ["repeats_are_copies"]

_TIMES_CHANCE = 20  # times more rows have to repeat than different rows agree in a part of the columns
_HALVINGS = 8


def repeats_are_copies(X: Rows, first: RowIndices) -> bool:
    """Whether equal rows are copies of each other rather than coincidences.

    Rows that are equal by chance have company: rows that agree in half of the columns and differ in the others.
    Copies have none. So the share of the different rows is measured that agree with another in a part of the columns:
    in one column (numbers with many digits hardly ever agree by chance), or in each half of eight random halvings,
    which withstands columns that repeat each other. Where agreement in a part all but means agreement in the whole,
    repeats are copies; where it does not, nothing tells them from chance, and they are not taken for copies.

    Parameters
    ----------
    X : (n, n_features)
    first : (n,) int64
        Of `bakeoff.data._copies.first_equal`.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> dice, measured = random.integers(1, 7, (500, 3)), random.normal(size=(500, 3))
    >>> measured[100:120] = measured[:20]
    >>> [repeats_are_copies(X, first_equal(X)) for X in (dice, measured)]
    [False, True]
    """
    distinct = X[first == np.arange(len(X))]
    n_repeats, n_columns = len(X) - len(distinct), X.shape[1]
    if n_repeats == 0:
        return False
    most: float = len(distinct) * n_repeats / len(X) / _TIMES_CHANCE
    if any(_n_agreeing(distinct[:, [column]]) <= most for column in range(n_columns)):
        return True
    random = np.random.RandomState(0)
    for _ in range(_HALVINGS if n_columns > 1 else 0):
        order = random.permutation(n_columns)
        for half in (order[: n_columns // 2], order[n_columns // 2 :]):
            if _n_agreeing(distinct[:, half]) > most:
                return False
    return bool(n_columns > 1)


def _n_agreeing(part: Rows) -> int:
    """Rows whose part is equal to that of an earlier one."""
    if part.shape[1] == 1:
        return len(part) - len(np.unique(part))
    return int((first_equal(part) != np.arange(len(part))).sum())
