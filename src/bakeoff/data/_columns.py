"""Which column of a table is the label, the group, the split, and which are features."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part, listed, shown
from bakeoff.errors import DataError

__all__ = ["LABEL_NAMES", "Roles", "test_roles", "train_roles"]

LABEL_NAMES = ("label", "labels", "class", "target", "y", "class_label", "category")
"""Names, in this order, that mark the label column; upper and lower case alike."""

_ROW_NUMBER_NAMES = ("", "Unnamed: 0")  # what pandas leaves where a table was written with its index


@dataclass(frozen=True, slots=True)
class Roles:
    """Positions of the columns in the file, by what they are for."""

    label: int | None
    group: int | None
    split: int | None
    features: tuple[int, ...]
    decisions: tuple[str, ...] = ()


def train_roles(table: str, names: Sequence[str], options: DataOptions) -> Roles:
    """Decide what the columns of the training table are for.

    Parameters
    ----------
    table : str
        The file's name, for messages.
    names : sequence of str
    options : DataOptions

    Raises
    ------
    DataError
        If names repeat, a column that was asked for is not there, or no feature is left.
    """
    problems = _repeated(table, names)
    decisions = []
    dropped = {0} if len(names) > 2 and names[0] in _ROW_NUMBER_NAMES and options.label != names[0] else set()
    if dropped:
        decisions.append("The first column has no name: it is taken for row numbers and left out.")
    group, problem = _asked_for(table, names, options.group, "--group")
    problems += problem
    label, problem = _asked_for(table, names, options.label, "--label")
    problems += problem
    if group is not None and (group == label or (label is None and names[group] in LABEL_NAMES)):
        problems.append(
            f"{table}: --group {shown(names[group])} names the label column; groups come from a column of their own. "
            "Name that one, or say with --label which column holds the labels."
        )
    if problems:
        raise DataError(problems)
    split = _named(names, ("split",), {label, group})
    if label is None:
        label = _named(names, LABEL_NAMES, {group, split})
        if label is not None:
            decisions.append(f"The labels are in column {shown(names[label])}, by its name.")
        else:
            label = next((i for i in range(len(names)) if i not in dropped | {group, split}), None)
            if label is not None:
                decisions.append(f"The labels are in the first column, {shown(names[label])}; --label names another.")
    features = tuple(i for i in range(len(names)) if i not in dropped | {label, group, split})
    if label is None or not features:
        raise DataError(
            f"{table}: a table needs a label column and at least one feature; it has {len(names)} column(s). "
            "Separate the columns by commas, semicolons, tabs or |."
        )
    return Roles(label, group, split, features, tuple(decisions))


def test_roles(table: str, names: Sequence[str], train: Part, named: bool = True) -> Roles:
    """Find the training table's columns in the test table.

    A table without the label column is taken as unlabelled only if everything else fits exactly.

    Parameters
    ----------
    table : str
    names : sequence of str
    train : Part
    named : bool
        Whether the names come from the file. Without them columns are told by position.

    Raises
    ------
    DataError
        If features are missing or there are columns that training lacks.
    """
    problems = _repeated(table, names)
    if problems:
        raise DataError(problems)
    if not named or train.feature_names is None:
        return _by_position(table, names, train)
    found = {name: i for i, name in enumerate(names)}
    missing = [name for name in train.feature_names if name not in found]
    optional = {train.label_name, train.group_name, "split", *_ROW_NUMBER_NAMES}
    extra = [name for name in names if name not in train.feature_names and name not in optional]
    if missing:
        problems.append(
            f"{table}: the test rows must have the {len(train.feature_names)} features of {train.name}; "
            f"missing: {listed(map(shown, missing))}. Add them, or train without them."
        )
    if extra:
        problems.append(
            f"{table}: has columns that {train.name} lacks: {listed(map(shown, extra))}. Remove them from it."
        )
    if problems:
        raise DataError(problems)
    return Roles(
        label=found.get(train.label_name or ""),
        group=found.get(train.group_name) if train.group_name else None,
        split=None,
        features=tuple(found[name] for name in train.feature_names),
    )


def _by_position(table: str, names: Sequence[str], train: Part) -> Roles:
    n_features = int(train.X.shape[1])
    if len(names) == n_features:
        return Roles(None, None, None, tuple(range(n_features)))
    if len(names) == n_features + 1 and train.group_name is None:
        label = int(match[1]) - 1 if (match := re.fullmatch(r"column_(\d+)", train.label_name or "")) else 0
        return Roles(label, None, None, tuple(i for i in range(n_features + 1) if i != label))
    raise DataError(
        f"{table}: the test rows must have the {n_features} features of {train.name}, with or without a label; "
        f"this file has {len(names)} columns. Give a file of the same form."
    )


def _repeated(table: str, names: Sequence[str]) -> list[str]:
    repeated = (
        sorted({name for name in names if name and names.count(name) > 1}) if len(set(names)) < len(names) else []
    )
    return [
        f"{table}, line 1: column names must differ; {shown(name)} comes more than once. Rename one."
        for name in repeated
    ]


def _asked_for(table: str, names: Sequence[str], wanted: str | None, flag: str) -> tuple[int | None, list[str]]:
    if wanted is None:
        return None, []
    if wanted in names:
        return names.index(wanted), []
    near = difflib.get_close_matches(wanted, names, n=1)
    hint = f"did you mean {shown(near[0])}?" if near else f"it has {listed(map(shown, names))}."
    return None, [f"{table}: {flag} must name a column of the table; there is no {shown(wanted)}: {hint}"]


def _named(names: Sequence[str], wanted: Sequence[str], taken: set[int | None]) -> int | None:
    lower = [name.strip().lower() for name in names]
    return next((lower.index(name) for name in wanted if name in lower and lower.index(name) not in taken), None)
