"""One list of classes for all submissions and the labels they are scored by: classes are the same by their names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import LabelFile
from bakeoff.errors import DataError
from bakeoff.scoring._submission import Submission

__all__ = ["ClassList", "common_classes"]

_MOST_NAMED = 8


@dataclass(frozen=True)
class ClassList:
    """The classes, and every text that stands for one of them.

    Parameters
    ----------
    names : sequence of str
        In the order of their indices.
    index : mapping of text to int
    """

    names: Sequence[str]
    index: Mapping[str, int]

    def indices(self, labels: Sequence[str]) -> NDArray[np.int64]:
        """(n,) class indices; -1 for what is no class here, which is a miss of whatever is true."""
        return np.array([self.index.get(label, -1) for label in labels], dtype=np.int64)


def common_classes(labels: LabelFile, submissions: Sequence[Submission]) -> ClassList:
    """The classes of most runs and of the labels.

    A label may be written as the training file wrote it or by the name that was given to its class. Without runs, the
    labels alone say what classes there are.

    Raises
    ------
    DataError
        If a label is a class of no run.
    """
    lists = Counter(tuple(one.classes) for one in submissions if one.kind == "run")
    present = set(labels.labels)
    if not lists:
        whole = all(label.lstrip("+-").isdecimal() for label in present)
        names = sorted(present, key=int) if whole else sorted(present)
        return ClassList(names, {name: position for position, name in enumerate(names)})
    base = list(lists.most_common(1)[0][0])
    index = {name: position for position, name in enumerate(base)}
    for one in submissions:
        for own, shown in zip(one.classes, one.class_names, strict=True):
            if own in index:
                index.setdefault(shown, index[own])
    known = {text for one in submissions if one.kind == "run" for text in (*one.classes, *one.class_names)}
    strange = Counter(label for label in labels.labels if label not in index and label not in known)
    if strange:
        said = ", ".join(f"{label[:40]!r} ({count:,} rows)" for label, count in sorted(strange.items())[:_MOST_NAMED])
        more = f" and {len(strange) - _MOST_NAMED} more" if len(strange) > _MOST_NAMED else ""
        raise DataError(
            f"{labels.name}: a label must be one of the classes that the runs were trained on, {_listed(base)}; it has "
            f"{said}{more}. Give the labels of these test rows."
        )
    for label in sorted(present - index.keys()):  # a class that most runs had no training rows of
        index[label] = len(base)
        base.append(label)
    return ClassList(base, index)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(name[:40] for name in names[:_MOST_NAMED]) + more
