"""Labels and groups: from what the files hold to indices from 0 on."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bakeoff.data._part import Part, Values, grouped, listed, shortened, shown
from bakeoff.types import Groups, Labels

__all__ = ["Classes", "encode_groups", "encode_test_labels", "encode_train_labels", "label_texts", "named_classes"]

_MISSING = ("", "nan", "na", "n/a", "null", "<na>")
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

_Form = Literal["whole", "text"]


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes that the training labels have.

    Parameters
    ----------
    names : sequence of str
        In the order of their indices: numbers by their value, text by the alphabet.
    codes : sequence of int or None
        The labels themselves where all are whole numbers from 0 on.
    form : {"whole", "text"}
        How labels were read, so that those of the test rows are read alike.
    """

    names: Sequence[str]
    codes: Sequence[int] | None
    form: _Form


def encode_train_labels(part: Part) -> tuple[Labels, Classes, list[str]]:
    """Class indices of the training rows, the classes, and everything that is wrong with them.

    Parameters
    ----------
    part : Part
        Its `labels` are not None.
    """
    assert part.labels is not None  # noqa: S101 - for the type checker; readers of training rows always set it
    texts = _without_question_marks(_texts(part.labels))
    problems = _missing(part, part.labels, texts, "label")
    present = {text for text in texts if text is not None}
    problems += _fractional(part, texts, present)
    form: _Form = "whole" if present and all(_WHOLE.fullmatch(text) for text in present) else "text"
    canonical = {text: str(int(text.split(".")[0])) if form == "whole" else text for text in present}
    distinct = set(canonical.values())
    names = sorted(distinct, key=int) if form == "whole" else sorted(distinct)
    position = {name: i for i, name in enumerate(names)}
    index = {text: position[name] for text, name in canonical.items()}
    y = np.array([-1 if text is None else index[text] for text in texts], dtype=np.int32)
    problems += _too_few(part, y, names) if not problems else []
    codes = [int(name) for name in names] if form == "whole" else None
    return y, Classes(names, codes if codes and codes[0] >= 0 else None, form), problems


def encode_test_labels(part: Part, classes: Classes, train_name: str) -> tuple[Labels | None, list[str]]:
    """Class indices of the test rows by the classes of the training rows; None if they have no labels."""
    if part.labels is None:
        return None, []
    texts = _texts(part.labels)
    problems = _missing(part, part.labels, texts, "label")
    index = {name: i for i, name in enumerate(classes.names)}
    indices: dict[str, int | None] = {}
    for text in {text for text in texts if text is not None}:
        whole = classes.form == "whole" and _WHOLE.fullmatch(text)
        indices[text] = index.get(str(int(text.split(".")[0])) if whole else text)
    unknown = Counter(text for text in texts if text is not None and indices[text] is None)
    first = {text: row for row, text in reversed(list(enumerate(texts))) if text in unknown}
    problems += shortened(
        [
            f"{part.name}, {part.locate(first[text])}: a test label must be one of the classes of {train_name}; got "
            f"{shown(text)} ({count:,} row(s)). Remove these rows, or add such rows to the training data."
            for text, count in sorted(unknown.items())
        ],
        "labels that training lacks",
    )
    y = np.array([-1 if text is None or indices[text] is None else indices[text] for text in texts], dtype=np.int32)
    return y, problems


def named_classes(
    names: Sequence[str], codes: Sequence[int] | None, given: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """The names to show for the classes, and what is wrong with those that were given.

    Examples
    --------
    >>> named_classes(["0", "2"], [0, 2], ["A", "B", "C"])
    (['A', 'C'], [])
    """
    if given is None:
        return list(names), []
    given = [str(name) for name in given]
    repeated = sorted(name for name, count in Counter(given).items() if count > 1)
    if repeated:
        return list(names), [
            f"--class-names: names must differ; {listed(map(shown, repeated))} come more than once. Rename them."
        ]
    if len(given) == len(names):
        return given, []
    if codes is not None and len(given) > codes[-1]:
        return [given[code] for code in codes], []
    numbered = f", or {codes[-1] + 1} or more, one for each number from 0 on" if codes is not None else ""
    problem = (
        f"--class-names: must be {len(names)} names, one for each class{numbered}; got {len(given)}. "
        f"The classes are {listed(map(shown, names), 30)}."
    )
    return list(names), [problem]


def encode_groups(train: Part, test: Part | None) -> tuple[Groups | None, Groups | None, list[str]]:
    """Numbers for the declared groups, the same number for the same group in training and test rows."""
    if train.groups is None:
        return None, None, []
    train_texts = _texts(train.groups)
    problems = _missing(train, train.groups, train_texts, "group")
    test_texts = None
    if test is not None and test.groups is not None:
        test_texts = _texts(test.groups)
        problems += _missing(test, test.groups, test_texts, "group")
    number: dict[str | None, int] = {}
    encoded = [
        None if texts is None else np.array([number.setdefault(text, len(number)) for text in texts], dtype=np.int64)
        for texts in (train_texts, test_texts)
    ]
    return encoded[0], encoded[1], problems


def label_texts(part: Part) -> list[str | None]:
    """The labels of a part as text, None where one is missing; empty where it has none at all."""
    return [] if part.labels is None else _texts(part.labels)


def _texts(values: Values) -> list[str | None]:
    """Values as text, None where missing: whole numbers without a decimal point, text without blanks around it."""
    if values.dtype.kind == "i":
        texts = {value: str(value) for value in np.unique(values).tolist()}
        return [texts[value] for value in values.tolist()]
    if values.dtype.kind == "f":
        return [
            None if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
            for value in values.tolist()
        ]
    stripped = {value: _stripped(value) for value in set(values.tolist())}
    return [stripped[value] for value in values.tolist()]


def _stripped(value: str | None) -> str | None:
    text = None if value is None else value.strip()
    return None if text is None or text.lower() in _MISSING else text


def _without_question_marks(texts: list[str | None]) -> list[str | None]:
    """Where every other label is a number, a question mark is no class of its own."""
    others = set(texts) - {None, "?"}
    if "?" not in texts or not others or not all(text and _NUMBER.fullmatch(text) for text in others):
        return texts
    return [None if text == "?" else text for text in texts]


def _missing(part: Part, values: Values, texts: Sequence[str | None], what: str) -> list[str]:
    """One line for each way in which a label or a group is missing."""
    return grouped(
        (
            (
                f"{part.name}, {part.locate(row)}",
                f"every row needs a {what}; got {_missing_words(values[row])}. Fill it in or remove the row.",
            )
            for row, text in enumerate(texts)
            if text is None
        ),
        "row",
    )


def _missing_words(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return f"{shown(value)}, which stands for none"
    return "NaN" if isinstance(value, float) else "an empty cell"


def _fractional(part: Part, texts: Sequence[str | None], present: set[str]) -> list[str]:
    """Labels such as 0.5 are no classes; where everything is a number, one of them is an error."""
    if not present or not all(_NUMBER.fullmatch(text) for text in present):
        return []
    column = f", column {shown(part.label_name)}" if part.label_name else ""
    wrong = [row for row, text in enumerate(texts) if text is not None and not _WHOLE.fullmatch(text)]
    if not wrong:
        return []
    more = f" (and {len(wrong) - 1:,} more row{'s' * (len(wrong) > 2)} with a fraction)" * (len(wrong) > 1)
    problem = (
        f"{part.name}, {part.locate(wrong[0])}{column}: a label must be a whole number or text; got "
        f"{texts[wrong[0]]}{more}. Correct it, or name the label column with --label."
    )
    return [problem]


def _too_few(part: Part, y: Labels, names: Sequence[str]) -> list[str]:
    column = f" in column {shown(part.label_name)}" if part.label_name else ""
    if len(names) < 2:
        problem = (
            f"{part.name}: at least two classes are needed; all rows are of class {shown(names[0])}{column}. "
            "Add rows of another."
        )
        return [problem]
    counts = np.bincount(y, minlength=len(names))
    single = [names[index] for index in np.flatnonzero(counts == 1).tolist()]
    if not single:
        return []
    first = {int(label): row for row, label in reversed(list(enumerate(y.tolist())))}
    lines = [
        f"{part.name}, {part.locate(first[names.index(name)])}: every class needs at least two rows, "
        f"one to learn from and one to check; class {shown(name)} has one. Add rows of it or remove it."
        for name in single[:50]
    ]
    if len(single) > len(names) / 2:
        hint = "Most classes have one row: are these numbers to predict, not classes, or is --label another column?"
        return [*lines[:3], f"... and {max(len(single) - 3, 0):,} more. {hint}"]
    return shortened(lines, "classes with one row")
