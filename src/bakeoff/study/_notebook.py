"""Every question of a course notebook in one study."""

from collections.abc import Sequence

from bakeoff.contestants import Facts, default_line_up
from bakeoff.study._design import Question
from bakeoff.study._factors import FACTORS

__all__ = ["NOTEBOOK", "notebook_questions"]

_FAMILIES = FACTORS["contestant"].levels
NOTEBOOK = "notebook"
"""What is asked for in the place of a factor."""


def notebook_questions(facts: Facts) -> Sequence[Question]:
    """Too shallow or too deep, how wide, the split, batches, optimizers, regularization, more data, seeds.

    Parameters
    ----------
    facts : Facts
        Wider networks are left out where there are many rows: they take most of the time and have said all by then.
    """
    widths = (8, 16, 32, 64, 128, 256) if facts.n_train > 5000 else (8, 16, 32, 64, 128)
    return [
        Question("depth", (1, 2, 3, 4, 6)),
        Question("width", widths),
        Question("batch-size", (16, 32, 64, 128, 256)),
        Question("optimizer"),
        Question("l2"),
        Question("dropout", (0, 0.1, 0.3, 0.5)),
        Question("split"),
        Question("train-size", (0.1, 0.2, 0.4, 0.7, 1.0)),
        Question("contestant", ("base", *(family for family, _ in default_line_up(facts) if family in _FAMILIES))),
        Question("seeds", (5, 20)),
    ]
