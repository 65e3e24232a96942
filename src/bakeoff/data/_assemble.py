"""Parts to a `Dataset`: everything that is checked alike for every format."""

from dataclasses import replace

import numpy as np

from bakeoff.data._dataset import Dataset
from bakeoff.data._kind import Form, decide_form, pixel_maximum
from bakeoff.data._labels import Classes, encode_groups, encode_test_labels, encode_train_labels, named_classes
from bakeoff.data._options import DataOptions
from bakeoff.data._part import Part, cell_problems, listed, raise_if_any, shortened, shown
from bakeoff.errors import DataError
from bakeoff.types import Rows

__all__ = ["assemble", "checked_pixels", "finite_rows"]

_PIXEL_RULE = "a pixel must be a whole number from 0 to {highest}; got {{got}}. Correct it{or_rows}."
_OR_ROWS = ", or read plain rows of numbers with --rows"
_NUMBER_RULE = (
    "a feature must be a finite number that float32 can hold; got {got}. Correct it, or leave the cell empty."
)


def assemble(name: str, train: Part, test: Part | None, options: DataOptions) -> Dataset:
    """Check the parts against each other and make the data set.

    Parameters
    ----------
    name : str
    train : Part
        With a `splits` column it holds the test rows too.
    test : Part or None
    options : DataOptions

    Raises
    ------
    DataError
        With every problem of both parts.
    """
    if train.splits is not None:
        train, test = _divided(train, test)
    _require_same_width(train, test)
    form = decide_form(train, options)
    y_train, classes, label_problems = encode_train_labels(train)
    y_test, test_problems = (None, []) if test is None else encode_test_labels(test, classes, train.name)
    if label_problems:
        test_problems = []  # they would only repeat what is wrong with the classes
    groups_train, groups_test, group_problems = encode_groups(train, test)
    class_names, name_problems = named_classes(classes.names, classes.codes, options.class_names)
    X_train, train_cells = _cells(train, form)
    X_test, test_cells = (None, []) if test is None else _cells(test, form)
    parts = (train,) if test is None else (train, test)
    problems = [problem for part in parts for problem in part.problems]
    raise_if_any(
        [*problems, *train_cells, *test_cells, *label_problems, *test_problems, *group_problems, *name_problems]
    )
    highest = max(int(X.max()) for X in (X_train, X_test) if X is not None) if form.kind == "images" else 0
    pixel_max = (train.pixel_max or pixel_maximum(highest)) if form.kind == "images" else None
    return Dataset(
        name=name,
        kind=form.kind,
        X_train=X_train,
        y_train=y_train,
        class_names=class_names,
        X_test=X_test,
        y_test=y_test,
        image_shape=form.image_shape,
        pixel_max=pixel_max,
        label_codes=classes.codes,
        groups_train=groups_train,
        groups_test=groups_test,
        groups_from=None if groups_train is None else "declared",
        feature_names=train.feature_names,
        decisions=_decisions(train, test, form, classes, pixel_max),
        sources=[source for part in parts for source in part.sources],
    )


def checked_pixels(part: Part, highest: int = 255, or_rows: str = _OR_ROWS) -> tuple[Rows, list[str]]:
    """Pixels as ``uint8``, and the cells that are none; `or_rows` is advice where the data may be something else."""
    cells = part.X
    if cells.dtype == np.uint8:
        if highest == np.iinfo(np.uint8).max:
            return cells, []
        wrong = cells > highest
    else:
        wrong = ~((cells >= 0) & (cells <= highest) & (cells == np.floor(cells)))
    if not wrong.any():
        return cells.astype(np.uint8, copy=False), []
    if np.fmin.reduce(cells, axis=None) >= 0 and np.fmax.reduce(cells, axis=None) <= 1:
        problem = (
            f"{part.name}: pixels must be whole numbers from 0 to {highest}; these are fractions from 0 to 1, as after "
            f"a division by 255. Give the numbers before it{or_rows}."
        )
        return cells, [problem]
    return cells, cell_problems(part, wrong, _PIXEL_RULE.format(highest=highest, or_rows=or_rows))


def finite_rows(part: Part) -> tuple[Rows, list[str]]:
    """Numbers as ``float32``, and the cells that are infinite. NaN stays: it marks a missing value."""
    X = part.X.astype(np.float32, copy=False)
    return X, cell_problems(part, np.isinf(X), _NUMBER_RULE)


def _cells(part: Part, form: Form) -> tuple[Rows, list[str]]:
    if form.kind == "rows":
        return finite_rows(part)
    return checked_pixels(part)


def _divided(both: Part, test: Part | None) -> tuple[Part, Part]:
    """Training and test rows by the table's own ``split`` column."""
    if test is not None:
        raise DataError(f"{both.name}: has a column 'split' and --test names a second file. Use one of the two.")
    assert both.splits is not None  # noqa: S101 - for the type checker
    said = np.array([str(value).strip().lower() for value in both.splits.tolist()], dtype=object)
    wrong = np.flatnonzero(~np.isin(said.astype(str), ("train", "test")))
    raise_if_any(
        shortened(
            [
                f"{both.name}, {both.locate(int(row))}, column 'split': must say train or test; "
                f"got {shown(both.splits[row])}. Correct it, or rename the column if it is a feature."
                for row in wrong
            ],
            "such rows",
        )
    )
    train_rows, test_rows = np.flatnonzero(said == "train"), np.flatnonzero(said == "test")
    for word, rows in (("train", train_rows), ("test", test_rows)):
        if not len(rows):
            raise DataError(f"{both.name}: the column 'split' marks no row as {word}. Mark some, or remove the column.")
    decision = f"The column 'split' tells {len(train_rows):,} training rows from {len(test_rows):,} test rows."
    train = replace(both.take(train_rows), decisions=[*both.decisions, decision])
    return train, replace(both.take(test_rows), decisions=(), sources=(), problems=())


def _require_same_width(train: Part, test: Part | None) -> None:
    if test is None:
        return
    if train.image_shape and test.image_shape and train.image_shape != test.image_shape:
        ours, theirs = ("x".join(map(str, shape)) for shape in (train.image_shape, test.image_shape))
        raise DataError(
            f"{test.name}: test images must have the shape of the training images, {ours}; they are {theirs}. "
            "Resize them."
        )
    if train.X.shape[1] == test.X.shape[1]:
        return
    raise DataError(
        f"{test.name}: test rows must have the {train.X.shape[1]} features of {train.name}; "
        f"they have {test.X.shape[1]}. Give a file of the same form."
    )


def _decisions(train: Part, test: Part | None, form: Form, classes: Classes, pixel_max: int | None) -> list[str]:
    sentences = [form.decision, *train.decisions]
    if pixel_max is not None and pixel_max != 255:
        sentences.append(f"Pixels go from 0 to {pixel_max}: no higher value than that occurs.")
    if classes.codes is not None:
        gaps = sorted(set(range(classes.codes[-1] + 1)) - set(classes.codes))
        if gaps and len(gaps) <= len(classes.codes):
            sentences.append(
                f"No row has label {listed(gaps)}: classes are numbered without gaps and keep their names."
            )
    elif classes.form == "text":
        sentences.append(f"The labels are text: {len(classes.names)} classes in alphabetical order.")
    if train.groups is not None:
        sentences.append(f"Groups are declared by {shown(train.group_name)}: no group is divided between parts.")
    if test is None:
        sentences.append("No test rows came with the data.")
    else:
        sentences += [sentence for sentence in test.decisions if sentence not in sentences]
        if test.labels is None:
            sentences.append(f"The test rows of {test.name} have no labels.")
    return sentences
