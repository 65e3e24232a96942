"""How long one row takes."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bakeoff.contestants._protocol import MemberPlan
from bakeoff.types import Rows

__all__ = ["TIMED_ROWS", "one_row_ms"]

TIMED_ROWS = 20


def one_row_ms(ask: Callable[[Rows], Any], X: Rows, plan: MemberPlan) -> float:
    """Median time of asking for one row, in milliseconds; the first of all, which builds the program, does not count.

    Parameters
    ----------
    ask : callable
        Given (1, n_features).
    X : (n_samples, n_features)
    plan : MemberPlan
        Rows that it predicts are taken, else rows that it learnt.
    """
    candidates = next((rows for rows in plan.predict.values() if len(rows)), plan.train)
    single = [X[row : row + 1] for row in candidates[:TIMED_ROWS].tolist()]
    ask(single[0])
    seconds = []
    for row in single:
        started = time.perf_counter()
        ask(row)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)) * 1000
