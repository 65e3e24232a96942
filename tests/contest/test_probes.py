"""Probes as contestants fit them: right for known data, kept by a workspace, and told of while they run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.audit import Division, ProbeTask
from bakeoff.contest import Event, Plan, Run, Said, StageFinished, copies_pictures, label_pictures
from bakeoff.contest._probes import ProbeFits, probe_contest
from bakeoff.data import Dataset, NearCopies
from bakeoff.executors import InlineExecutor
from bakeoff.store import Store
from bakeoff.testing import make_blurs


@pytest.fixture(scope="module")
def copied() -> Dataset:
    """60 sources of no meaning with 5 copies each: whoever has learnt no copy can only guess."""
    return copies_of(60, 5)


def copies_of(n_sources: int, n_copies: int) -> Dataset:
    random = np.random.default_rng(0)
    sources = random.integers(0, 250, (n_sources, 16))
    X = np.repeat(sources, n_copies, axis=0) + random.integers(0, 3, (n_sources * n_copies, 16))
    groups = np.repeat(np.arange(n_sources), n_copies).astype(np.int64)
    return replace(
        make_blurs(n_train=30, n_test=None),
        X_train=X.astype(np.uint8),
        y_train=np.repeat(np.arange(n_sources) % 3, n_copies).astype(np.int32),
        groups_train=groups,
        groups_from="found",
        near_copies=NearCopies(0.98, groups),
    )


def test_a_contest_keeps_the_fits_of_its_probes(copied: Dataset, workspace: Path, plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(copied, [])
    np.save(workspace / "X.npy", copied.X_train)
    events: list[Event] = []

    def probe() -> dict[str, Any]:
        with InlineExecutor() as executor, Store(workspace) as store:
            return probe_contest(plan, executor.share(workspace / "X.npy"), executor, events.append, store)

    first = probe()
    nearest, network = first["harm"]["contestants"]
    assert nearest["random"]["mean"] > 0.95
    assert nearest["grouped"]["mean"] < 0.6
    assert network["random"]["mean"] > network["grouped"]["mean"] + 0.2
    assert first["labels"]["n_rows"] == 240  # the first of five folds stands for the test rows
    assert probe() == first
    finished = [event for event in events if isinstance(event, StageFinished)]
    assert [event.stage for event in finished] == ["harm", "harm", "labels"] * 2
    assert [event.n_reused for event in finished] == [0, 0, 0, 2, 2, 4]


def test_the_photograph_shown_has_copies_and_is_of_middling_size(copied: Dataset) -> None:
    sizes = np.array([1, 2, 3, 3, 20])
    groups = np.repeat(np.arange(5), sizes).astype(np.int64)
    some = replace(copied, X_train=copied.X_train[: sizes.sum()], near_copies=NearCopies(0.98, groups))
    shown = copies_pictures(some)
    assert sorted(shown["group_rows"]) == [3, 4, 5]
    assert shown["group_images"].shape == (3, 4, 4)
    first = some.X_train[shown["group_rows"][0]].astype(float)
    expected = [np.corrcoef(first, some.X_train[row])[0, 1] for row in shown["group_rows"]]
    # On 4 x 4 pixels the search smooths by next to nothing.
    assert shown["group_similarity"] == pytest.approx(expected, abs=1e-4)
    assert (np.diff(shown["group_similarity"]) <= 0).all()
    assert copies_pictures(replace(some, near_copies=NearCopies(0.98, np.arange(29)))) == {}
    assert copies_pictures(replace(some, near_copies=None)) == {}


def test_of_a_large_group_the_least_alike_is_shown_too(copied: Dataset) -> None:
    group = NearCopies(0.98, np.zeros(300, dtype=np.int64))
    shown = copies_pictures(replace(copied, near_copies=group))
    assert len(shown["group_rows"]) == 16
    everything = [np.corrcoef(copied.X_train[0], row)[0, 1] for row in copied.X_train]
    assert shown["group_similarity"][-1] == pytest.approx(min(everything), abs=1e-4)


def test_labels_to_look_at_come_with_their_images(copied: Dataset) -> None:
    candidate = {"row": 7, "label": 1, "suggested": 2, "confidence": 0.75}
    shown = label_pictures(copied, {"candidates": [candidate]})
    assert np.array_equal(shown["label_images"][0].ravel(), copied.X_train[7])
    assert [shown[f"label_{name}"][0] for name in ("rows", "given", "suggested", "confidence")] == [7, 1, 2, 0.75]
    assert label_pictures(copied, None) == {}


def test_plain_rows_with_missing_values_can_be_probed(workspace: Path) -> None:
    blurs = make_blurs(n_train=240, n_test=None, grouped=True)
    X = blurs.X_train.astype(np.float32)
    X[::7, 3] = np.nan
    rows = replace(blurs, kind="rows", X_train=X, image_shape=None, pixel_max=None)
    np.save(workspace / "X.npy", X)
    task = ProbeTask("harm", rows.y_train, 3, [Division(np.arange(200), np.arange(200, 240))])
    with InlineExecutor() as executor:
        (said,) = ProbeFits(rows, executor.share(workspace / "X.npy"), executor, lambda _event: None)("nearest", task)
    assert said.shape == (40, 3)
    assert np.mean(said.argmax(axis=1) == rows.y_train[200:]) > 0.6  # of three classes
    assert copies_pictures(rows) == {}


def test_a_run_shows_what_near_copies_do_to_a_score(plan_of: Callable[..., Plan], run: Callable[..., Run]) -> None:
    copied = copies_of(240, 3)  # a fifth of four fifths of these is more than the 30 groups that an interval takes
    events: list[Event] = []
    done = run(plan_of(copied, [], probes=True), events)
    data, [finding] = done.results["data"], [one for one in done.results["findings"] if one["code"] == "D008"]
    assert data["groups"]["found"]
    nearest = data["probes"]["harm"]["contestants"][0]
    assert nearest["random"]["mean"] > nearest["grouped"]["mean"] + 0.3
    lost = 100 * (nearest["random"]["mean"] - nearest["grouped"]["mean"])
    assert f"{lost:.1f} points to 1-nearest-neighbour" in finding["detail"]
    assert any(isinstance(event, Said) and "1-nearest-neighbour" in event.text for event in events)
    with np.load(done.folder / "pictures.npz") as pictures:
        rows = pictures["group_rows"]
        assert len(set(copied.near_copies.train[rows])) == 1
        assert np.array_equal(pictures["group_images"], copied.images(copied.X_train[rows]))
