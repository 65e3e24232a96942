"""``data`` of ``results.json``: the data card of the rows as a bake-off used them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bakeoff.contest._contestant_results import PartTruth
from bakeoff.contest._plan import Plan
from bakeoff.data import Dataset, card
from bakeoff.types import RowIndices

__all__ = ["describe_data"]

_OF_THE_SEARCH = ("not_searched", "not_searched_words")
"""What tells of the search, which was made among all rows."""


def describe_data(plan: Plan, truth: Mapping[str, PartTruth | None], probes: Mapping[str, Any]) -> dict[str, Any]:
    """What ``data`` of ``results.json`` holds.

    Where rows of the file were held out as test rows, all counts of training rows are of those that were left to train
    on; ``n_rows_searched`` is how many were searched for near-copies.

    Parameters
    ----------
    plan : Plan
    truth : mapping of part to PartTruth or None
    probes : mapping
        ``data.probes`` of ``results.json``.
    """
    dataset = plan.dataset
    if plan.parts.test == "holdout":
        division = plan.parts.divisions[0]
        if division.test is not None:
            dataset = _held_out(dataset, division.train, division.test)
    described = card(dataset)
    if dataset is not plan.dataset:
        searched = card(plan.dataset)["groups"]
        described["groups"] |= {key: searched[key] for key in _OF_THE_SEARCH if key in searched}
    return {
        **described,
        "sha256": plan.dataset.sha256,
        "n_rows_searched": len(plan.dataset.X_train),
        "n_validation": _size(plan, truth, "validation"),
        "n_test": _size(plan, truth, "test"),
        "class_counts": {
            "train": described["class_counts"]["train"],
            "validation": _counts(plan, truth["validation"]),
            "test": _counts(plan, truth["test"]),
        },
        "probes": dict(probes),
    }


def _held_out(dataset: Dataset, train: RowIndices, test: RowIndices) -> Dataset:
    """The data set as if the rows that are held out had come in a file of their own, without labels."""
    groups, copies = dataset.groups_train, dataset.near_copies
    if copies is not None:
        of_test, of_train = copies.train[test], copies.train[train]
        copies = replace(copies, train=of_train, test=of_test, test_in_train=np.isin(of_test, of_train))
    return replace(
        dataset,
        X_train=dataset.X_train[train],
        y_train=dataset.y_train[train],
        X_test=dataset.X_train[test],
        y_test=None,
        groups_train=None if groups is None else groups[train],
        groups_test=None if groups is None else groups[test],
        near_copies=copies,
    )


def _size(plan: Plan, truth: Mapping[str, PartTruth | None], part: str) -> int | None:
    known, rows = truth[part], plan.parts.rows(part)
    # Test rows that are sealed have no truth, and are there all the same.
    return len(known.rows) if known is not None else len(rows) if part == "test" and rows is not None else None


def _counts(plan: Plan, known: PartTruth | None) -> list[int] | None:
    return None if known is None else np.bincount(known.labels, minlength=plan.facts.n_classes).tolist()
