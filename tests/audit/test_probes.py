"""Probes: what is asked of them, and what is made of their answers. The fits themselves are played."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bakeoff.audit._labels
from bakeoff.audit import ProbeName, ProbeTask, measure_probes
from bakeoff.audit._probes import some_groups
from bakeoff.data import Dataset
from bakeoff.errors import FitError
from bakeoff.testing import make_blurs
from bakeoff.types import Probabilities


class LookUp:
    """Answers every task with the class of the nearest row that may be learnt, and remembers what it was asked."""

    def __init__(self, dataset: Dataset) -> None:
        parts = [dataset.X_train] if dataset.X_test is None else [dataset.X_train, dataset.X_test]
        self.X = np.concatenate(parts).astype(np.float64)
        self.asked: list[tuple[ProbeName, ProbeTask]] = []

    def __call__(self, probe: ProbeName, task: ProbeTask) -> Sequence[Probabilities]:
        self.asked.append((probe, task))
        answers = []
        for division in task.divisions:
            learnt = self.X[division.train]
            far = ((self.X[division.predict][:, None] - learnt) ** 2).sum(axis=2)
            said = task.y[division.train][far.argmin(axis=1)]
            answers.append(np.eye(task.n_classes, dtype=np.float32)[said])
        return answers


def copied(n_sources: int = 240, n_copies: int = 5, seed: int = 0) -> Dataset:
    """Rows that carry nothing of their class, each with copies: whoever has not seen a copy can only guess."""
    random = np.random.default_rng(seed)
    X = np.repeat(random.integers(0, 250, (n_sources, 16)), n_copies, axis=0)
    X = X + random.integers(0, 3, X.shape)
    y = np.repeat(np.arange(n_sources) % 3, n_copies)
    groups = np.repeat(np.arange(n_sources), n_copies).astype(np.int64)
    return replace(
        make_blurs(n_train=30, n_test=None),
        X_train=X.astype(np.uint8),
        y_train=y.astype(np.int32),
        groups_train=groups,
        groups_from="found",
    )


def test_the_harm_is_the_random_score_against_the_grouped_one() -> None:
    dataset = copied()
    probes = LookUp(dataset)
    harm = measure_probes(dataset, probes)["harm"]
    assert [probe["name"] for probe in harm["contestants"]] == ["nearest", "network"]
    for probe in harm["contestants"]:
        # A copy of nearly every held-out row was learnt: all but (1/5)^4 of them.
        assert probe["random"]["mean"] > 0.98
        assert probe["grouped"]["low"] < 1 / 3 < probe["grouped"]["high"]
    assert (harm["n_rows"], harm["copies_of_a_row"], harm["from"]) == (1200, 4, "found")
    assert harm["n_train"] + harm["n_validation"] == 1200


def test_no_group_lies_on_both_sides_of_a_grouped_division() -> None:
    dataset = copied()
    probes = LookUp(dataset)
    measure_probes(dataset, probes)
    groups = dataset.groups_train
    assert groups is not None
    tasks = [task for _, task in probes.asked]
    grouped = [task.divisions[1] for task in tasks if task.purpose == "harm"]
    grouped += [division for task in tasks if task.purpose == "labels" for division in task.divisions]
    assert len(grouped) == 6
    for division in grouped:
        assert not set(groups[division.train]) & set(groups[division.predict])


def test_only_the_rows_that_may_be_looked_at_are_used_and_no_test_label_is() -> None:
    dataset = replace(copied(), X_test=make_blurs().X_test, y_test=make_blurs().y_test)
    allowed = np.arange(0, 400)
    probes = LookUp(dataset)
    measure_probes(dataset, probes, rows=allowed)
    for _, task in probes.asked:
        used = np.concatenate([rows for division in task.divisions for rows in (division.train, division.predict)])
        if task.purpose == "unlike":
            assert set(task.y[task.y >= 0]) == {0, 1}  # which part, not which class
            assert np.array_equal(task.y[1200:] == 1, np.isin(np.arange(1200, 1290), used))
        else:
            assert used.max() < 400
            assert (task.y[400:] == -1).all()


def test_parts_of_one_kind_cannot_be_told_apart_and_parts_of_two_kinds_can() -> None:
    alike = make_blurs(n_train=400, n_test=300, seed=3)
    assert alike.X_test is not None
    measured = measure_probes(alike, LookUp(alike))["unlike"]
    assert measured["accuracy"]["low"] < 0.5 < measured["accuracy"]["high"]
    assert measured["n_rows"] == 600  # as many of the ones as of the others
    apart = replace(alike, X_test=255 - alike.X_test)
    assert measure_probes(apart, LookUp(apart))["unlike"]["accuracy"]["low"] > 0.6


def test_copies_between_the_parts_do_not_help_to_tell_them_apart() -> None:
    """Test rows that are copies of each other would give themselves away; their groups forbid it."""
    train, test = copied(seed=1), copied(seed=2)
    assert test.groups_train is not None
    both = replace(train, X_test=test.X_train, y_test=test.y_train, groups_test=test.groups_train + 1000)
    accuracy = measure_probes(both, LookUp(both))["unlike"]["accuracy"]
    assert accuracy["low"] < 0.5 < accuracy["high"]
    blind = replace(both, groups_train=None, groups_test=None, groups_from=None)
    assert measure_probes(blind, LookUp(blind))["unlike"]["accuracy"]["low"] > 0.9


def test_without_groups_and_test_rows_only_labels_are_looked_at() -> None:
    dataset = make_blurs(n_test=None)
    measured = measure_probes(dataset, LookUp(dataset))
    assert measured["harm"] is None
    assert measured["unlike"] is None
    assert measured["labels"]["n_rows"] == 240


def test_what_cannot_be_measured_is_said_and_is_null() -> None:
    said: list[str] = []

    def broken(probe: ProbeName, task: ProbeTask) -> Any:
        raise FitError("the loss became nan")

    measured = measure_probes(copied(), broken, say=said.append)
    failed = "A fit failed: the loss became nan"
    assert measured == {"harm": None, "unlike": None, "labels": None, "reasons": {"harm": failed, "labels": failed}}
    assert said[0] == "Not measured: what near-copies do to a score. the loss became nan"
    lonely = replace(copied(), groups_train=np.zeros(1200, dtype=np.int64))
    measured = measure_probes(lonely, LookUp(lonely), say=said.append)
    assert measured["harm"] is None
    assert measured["reasons"]["harm"] == "There are too few groups to learn from some and check with others."
    assert measured["reasons"]["labels"] == (
        "Fewer than two classes have more than one group, and a group is doubted by others."
    )


@pytest.mark.parametrize("grouped", [True, False])
def test_a_class_of_one_row_or_group_is_left_out_of_the_label_probe(grouped: bool) -> None:
    dataset = copied()
    if not grouped:
        dataset = replace(dataset, groups_train=None, groups_from=None)
    y, n_lonely = dataset.y_train.copy(), 5 if grouped else 1
    y[:n_lonely] = 3
    dataset = replace(dataset, y_train=y, class_names=(*dataset.class_names, "lonely"))
    probes = LookUp(dataset)
    measured = measure_probes(dataset, probes)
    assert measured["reasons"] == {}
    labels = measured["labels"]
    assert (labels["n_rows"], labels["n_left_out"]) == (1200 - n_lonely, n_lonely)
    (task,) = [task for _, task in probes.asked if task.purpose == "labels"]
    assert (task.y[:n_lonely] == -1).all()


def test_many_classes_bound_the_rows_whose_labels_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bakeoff.audit._labels, "MOST_LABEL_CELLS", 900)
    assert measure_probes(copied(), LookUp(copied()))["labels"]["n_rows"] == 300  # of three classes


def test_no_test_label_decides_which_rows_are_compared() -> None:
    dataset = make_blurs(n_train=400, n_test=300)
    assert dataset.y_test is not None
    asked = []
    for y_test in (dataset.y_test, dataset.y_test[::-1].copy(), None):
        probes = LookUp(dataset)
        measure_probes(replace(dataset, y_test=y_test), probes)
        (task,) = [task for _, task in probes.asked if task.purpose == "unlike"]
        asked.append([rows.tolist() for division in task.divisions for rows in (division.train, division.predict)])
    assert asked[0] == asked[1] == asked[2]


def test_some_groups_are_taken_whole_and_the_same_each_time() -> None:
    rows = np.arange(100, 400)
    groups = np.repeat(np.arange(60), 5).astype(np.int64)
    taken = some_groups(rows, groups, 120, "a text")
    assert len(taken) == 120
    assert (np.bincount(groups[taken - 100])[np.unique(groups[taken - 100])] == 5).all()
    assert np.array_equal(taken, some_groups(rows, groups, 120, "a text"))
    assert not np.array_equal(taken, some_groups(rows, groups, 120, "another"))
    assert np.array_equal(some_groups(rows[::-1], groups, 300, "a text"), rows)
    assert len(some_groups(rows, None, 7, "a text")) == 7


@pytest.mark.parametrize("kind", ["random", "grouped"])
def test_both_intervals_take_the_group_as_their_unit(kind: str) -> None:
    """Each group counts as one draw: rows that are copies make no interval narrower."""
    few, many = (copied(n_copies=n_copies) for n_copies in (2, 10))
    widths = []
    for dataset in (few, many):
        (nearest, _) = measure_probes(dataset, LookUp(dataset))["harm"]["contestants"]
        widths.append(nearest[kind]["high"] - nearest[kind]["low"])
    if kind == "grouped":
        assert widths[1] == pytest.approx(widths[0], rel=0.35)  # the same 48 groups, five times the rows
    assert widths[1] > 0.0
