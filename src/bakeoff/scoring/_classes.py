"""The classes are those of the labels; each submission's own are translated into them, never the other way round."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import LabelFile, canonical_label
from bakeoff.errors import DataError
from bakeoff.scoring._submission import Submission

__all__ = ["ClassList"]

_MOST_NAMED = 8


@dataclass(frozen=True)
class ClassList:
    """The classes that the labels have.

    Parameters
    ----------
    names : sequence of str
        In the order of their indices: numbers by their value, text by the alphabet.
    source : str
        The file of the labels, for messages.
    """

    names: Sequence[str]
    source: str

    @classmethod
    def of(cls, labels: LabelFile) -> "ClassList":
        """Nobody but the labels file says what classes there are."""
        present = set(labels.labels)
        whole = all(label.removeprefix("-").isdecimal() for label in present)
        return cls(sorted(present, key=int) if whole else sorted(present), labels.name)

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each class."""
        return {name: position for position, name in enumerate(self.names)}

    def indices(self, labels: Sequence[str]) -> NDArray[np.int32]:
        """(n,) class indices; -1 for what is no class here."""
        return np.array([self.index.get(label, -1) for label in labels], dtype=np.int32)

    def own(self, one: Submission) -> NDArray[np.int32]:
        """Which of the classes each of a submission's own is; -1 for none, which is a miss of whatever is true.

        A class is found by what the training file called it, or else by the name that the submission gave to it.

        Returns
        -------
        (n_own,) int32

        Raises
        ------
        DataError
            If the submission's names and codes do not go together.
        """
        by_label = self.indices(one.classes)
        by_name = self.indices([canonical_label(name) for name in one.class_names])
        torn = np.flatnonzero((by_label >= 0) & (by_name >= 0) & (by_label != by_name))
        if torn.size:
            raise DataError(
                f"calls class {one.classes[torn[0]][:40]} {one.class_names[torn[0]][:40]!r}, and {self.source} has "
                "both as different classes: its class_names and label_codes must go together"
            )
        own = np.where(by_label >= 0, by_label, by_name)
        twice = [index for index, count in Counter(own[own >= 0].tolist()).items() if count > 1]
        if twice:
            raise DataError(
                f"has class {self.names[twice[0]][:40]} twice: its class_names and label_codes must go together"
            )
        return own

    def stranger(self, one: Submission) -> str:
        """What is said of a submission that shares no class with the labels."""
        return f"none of what it predicts ({_listed(one.classes)}) is one of the classes ({_listed(self.names)})"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(name[:40] for name in names[:_MOST_NAMED]) + more
