"""Near-copies: images that are nearly the same picture, and equal plain rows, joined to groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.types import Groups

__all__ = ["NearCopies"]


@dataclass(frozen=True, eq=False)
class NearCopies:
    """What a search for near-copies found.

    Parameters
    ----------
    threshold : float or None
        Correlation from which two images are near-copies; None for plain rows, where only equal rows count.
    train : (n_train,) int64
        Group of every training row, from training rows alone; a row without copies is alone in its group.
    test : (n_test,) int64 or None
        Group of every test row in the same numbering: a test row that copies a training row has that row's group.
    test_in_train : (n_test,) bool or None
        Which test rows have a near-copy among the training rows.
    too_large : sequence of int
        Sizes of the training groups that have too many of the rows to be kept together; their rows are alone in
        `train`.
    whole_class : sequence of int
        Sizes of the training groups that held every row of a class, so that no split could have had the class on both
        sides; their rows are alone in `train`.
    n_resembling : int
        Pairs of training rows that reach the threshold; of equal rows two are counted.
    n_pairs : int
        Those of them that are taken for copies: chance resemblance does not explain them.
    expected_by_chance : float
        How many pairs of different training images were expected to pass as copies.
    closeness : float or None
        A copy had to be nearer than this share of the distance to the next images that are none. None where nothing
        could be told from chance resemblance, and for plain rows.
    not_searched : int
        Training rows that more images resemble than were kept: whether they have copies in groups so large is unknown.
    registered : bool
        Whether shifted and turned copies were looked for too.
    exact_search : bool
        Whether all pairs were compared; in very large sets some near neighbours are missed.
    """

    threshold: float | None
    train: Groups
    test: Groups | None = None
    test_in_train: NDArray[np.bool_] | None = None
    too_large: tuple[int, ...] = ()
    whole_class: tuple[int, ...] = ()
    n_resembling: int = 0
    n_pairs: int = 0
    expected_by_chance: float = 0.0
    closeness: float | None = None
    not_searched: int = 0
    registered: bool = False
    exact_search: bool = True

    @property
    def has_groups(self) -> bool:
        """Whether any training row has a near-copy."""
        return _repeats(self.train)

    @property
    def has_test_groups(self) -> bool:
        """Whether any test row has a near-copy, in training or among the test rows."""
        in_train = self.test_in_train is not None and bool(self.test_in_train.any())
        return in_train or (self.test is not None and _repeats(self.test))


def _repeats(groups: Groups) -> bool:
    return len(np.unique(groups)) < len(groups)
