"""The sealed test set: what is recorded, when, and how it is said."""

import ast
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bakeoff
from bakeoff.contest import Plan, Run
from bakeoff.contest._openings import opening_sentences
from bakeoff.contest._seal import SealedRows
from bakeoff.data import Dataset, NearCopies
from bakeoff.errors import SettingsError, StoreError
from bakeoff.store import Opening, OpeningHistory, Store
from bakeoff.testing import CentroidContestant, check_results, make_blurs

RunHere = Callable[..., Run]
PlanOf = Callable[..., Plan]
SOURCE = Path(bakeoff.__file__).parent


# Before, not after ---------------------------------------------------------------------------------------------


def test_no_label_is_given_where_the_opening_cannot_be_recorded(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    with Store(workspace) as store:
        rows = SealedRows(make_blurs(), store, "run")
        monkeypatch.setattr(store, "record_opening", full)
        with pytest.raises(StoreError, match="disk full"):
            rows.open_labels(np.arange(240, 330), "scores")


def test_a_kill_between_recording_and_use_leaves_the_record(workspace: Path) -> None:
    """The process dies at the moment in which the labels are first read."""
    program = """
import os, signal
from pathlib import Path
import numpy as np
from bakeoff.contest._seal import SealedRows
from bakeoff.data import Dataset
from bakeoff.store import Store

class Deadly:
    X_train, X_test = np.zeros((4, 2)), np.eye(2)
    has_test_labels = True
    y_train = np.zeros(4, np.int32)
    rows_at = Dataset.rows_at

    @property
    def y_test(self):
        os.kill(os.getpid(), signal.SIGKILL)

SealedRows(Deadly(), Store(Path()), "killed").open_labels(np.array([4, 5]), "scores")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=workspace, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    with Store(workspace, read_only=True) as store:
        assert [(one.run, one.n_rows) for one in store.all_openings()] == [("killed", 2)]


def test_a_run_that_fails_while_it_scores_has_opened_the_labels(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreError("lost")

    plan = plan_of(make_blurs(), [centroid])
    with monkeypatch.context() as patched:
        patched.setattr("bakeoff.contest._results.describe", broken)
        with pytest.raises(StoreError, match="lost"):
            run(plan)
    assert run(plan).results["openings"]["ever"] == 2


# One place -----------------------------------------------------------------------------------------------------


def readers_of(name: str) -> set[str]:
    """Modules that read an attribute, or name it in a text from which it could be fetched."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_read = isinstance(node, ast.Attribute) and node.attr == name
            if is_read or (isinstance(node, ast.Constant) and node.value == name):
                found.add(path.relative_to(SOURCE).as_posix())
    return {path for path in found if not path.startswith("testing/")}


def test_test_labels_are_read_where_data_are_made_and_by_the_seal_alone() -> None:
    readers = readers_of("y_test")
    # An assignment writes them to a file, for the one who sets it; it has no predictions.
    assert {path for path in readers if not path.startswith("data/")} == {"contest/_seal.py", "scoring/_assignment.py"}
    # In data they are hashed and their classes counted: neither compares them with anything.
    assert {path for path in readers if path.startswith("data/")} <= {
        "data/_card.py",
        "data/_dataset.py",
        "data/_npz.py",
        "data/_label_file.py",
    }


def test_labels_are_opened_to_watch_and_to_score_and_nowhere_else() -> None:
    assert readers_of("open_labels") == {"contest/_job.py", "contest/_results.py"}


def test_sealed_rows_give_no_label_of_the_test_file(workspace: Path) -> None:
    with Store(workspace) as store:
        rows = SealedRows(make_blurs(), store, "run")
        y = rows.labels(np.arange(100))
        assert (y[100:] == -1).all()
        with pytest.raises(ValueError, match="sealed"):
            rows.labels(np.arange(230, 250))


# Counting ------------------------------------------------------------------------------------------------------


def test_a_run_opens_the_test_labels_once_and_counts_all_runs(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    plan = plan_of(make_blurs(), [centroid])
    first, second = run(plan), run(plan)
    assert first.results["openings"]["sentences"] == ["The labels of these 90 test rows were opened once by this run."]
    opened = second.results["openings"]
    assert (opened["this_run"], opened["ever"]) == (1, 2)
    assert opened["sentences"] == [
        f"The labels of these 90 test rows were opened twice: once by this run, once before, in run {first.name}."
    ]
    assert [(one["run"], one["times"], one["shared_rows"]) for one in opened["history"]] == [
        (first.name, 1, 90),
        (second.name, 1, 90),
    ]
    assert {one["purpose"] for one in opened["history"]} == {"scores of dummy, centroid"}
    assert check_results(dict(second.results)) == []


def test_watching_the_test_rows_counts_one_opening_an_epoch_and_fit(
    plan_of: PlanOf, run: RunHere, shaky: CentroidContestant
) -> None:
    done = run(plan_of(make_blurs(), [shaky], validation="test"))
    assert done.results["openings"]["this_run"] == 4 * 3 + 1
    assert "P001" in [finding["code"] for finding in done.results["findings"]]


def test_a_test_file_without_labels_is_predicted_and_left_sealed(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    done = run(plan_of(replace(make_blurs(), y_test=None), [centroid]))
    assert done.contestant("centroid")["test"] is None
    assert done.results["openings"] == {"this_run": 0, "ever": 0, "sentences": [], "history": []}
    assert done.results["protocol"]["decided_on"] == "validation"
    with np.load(done.folder / "predictions" / "centroid-0.npz") as predictions:
        assert "test_labels" in predictions
    with np.load(done.folder / "predictions" / "truth.npz") as truth:
        assert "test_labels" not in truth


def with_test_rows(dataset: Dataset, X: np.ndarray, y: np.ndarray) -> Dataset:
    return replace(dataset, X_test=X, y_test=y.astype(np.int32))


def test_reordered_relabelled_and_cut_copies_do_not_start_from_zero(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    dataset = make_blurs()
    X, y = dataset.X_test, dataset.y_test
    assert X is not None and y is not None
    first = run(plan_of(dataset, [centroid])).name
    reordered = run(plan_of(with_test_rows(dataset, X[::-1], y[::-1]), [centroid]))
    assert reordered.results["openings"]["ever"] == 2
    relabelled = run(plan_of(with_test_rows(dataset, X, (y + 1) % 3), [centroid]))
    assert relabelled.results["openings"]["ever"] == 3
    before = f"3 times before, in runs {first}, {reordered.name} and {relabelled.name}."
    half = run(plan_of(with_test_rows(dataset, X[:45], y[:45]), [centroid]))
    assert half.results["openings"]["sentences"] == [
        "The labels of these 45 test rows were opened once by this run.",
        f"All of these 45 test rows also belong to other test sets, whose labels were opened {before}",
    ]
    strangers = make_blurs(n_train=3, n_test=30, seed=9)
    assert strangers.X_test is not None and strangers.y_test is not None
    mixed = with_test_rows(dataset, np.concatenate([X, strangers.X_test]), np.concatenate([y, strangers.y_test]))
    superset = run(plan_of(mixed, [centroid])).results["openings"]
    assert superset["ever"] == 5
    assert superset["sentences"][1].startswith(
        "Of these 120 test rows, 90 also belong to other test sets, whose labels were opened 4 times before, in runs "
    )


def test_rows_divided_anew_are_noticed_in_the_training_rows(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    dataset = make_blurs()
    assert dataset.X_test is not None and dataset.y_test is not None
    first = run(plan_of(dataset, [centroid])).name
    X = np.concatenate([dataset.X_test, dataset.X_train])
    y = np.concatenate([dataset.y_test, dataset.y_train])
    swapped = replace(dataset, X_train=X[:240], y_train=y[:240], X_test=X[240:], y_test=y[240:])
    opened = run(plan_of(swapped, [centroid])).results["openings"]
    assert (opened["this_run"], opened["ever"]) == (1, 1)  # none of its test rows was opened before
    assert opened["sentences"][0] == "The labels of these 90 test rows were opened once by this run."
    assert opened["sentences"][1] == (
        f"Of the 240 training rows, 90 were test rows before, and their labels opened once before, in run {first}: the "
        "rows were divided anew after that, so the test rows of now may have been training rows then."
    )


@pytest.mark.parametrize("test", ["holdout", "folds"])
def test_rows_that_stand_for_a_test_set_are_recorded_too(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, test: str
) -> None:
    plan = plan_of(make_blurs(n_test=None), [centroid], test=test, holdout_fraction=0.25)
    run(plan)
    opened = run(plan).results["openings"]
    assert opened["ever"] == 2
    assert {one["shared_rows"] for one in opened["history"]} == {60 if test == "holdout" else 240}
    assert len(opened["sentences"]) == 1


def test_another_holdout_of_the_same_rows_is_a_new_division(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    whole = make_blurs(n_test=None)
    run(plan_of(whole, [centroid], test="holdout", holdout_fraction=0.4))
    opened = run(plan_of(whole, [centroid], test="holdout", holdout_fraction=0.2)).results["openings"]
    assert any("other test sets" in sentence or "divided anew" in sentence for sentence in opened["sentences"])


# Words ---------------------------------------------------------------------------------------------------------


def opening(run: str, times: int = 1, *, same_rows: bool = True) -> Opening:
    return Opening("2026-01-01T00:00:00+00:00", run, "scores", times, 10, same_rows)


@pytest.mark.parametrize(
    ("openings", "words"),
    [
        ([opening("now", 61)], "61 times by this run."),
        ([opening("a"), opening("b")], "twice before, in runs a and b."),
        ([opening("a"), opening("a"), opening("b")], "3 times before, in runs a and b."),
        (
            [opening("a", 1200), opening("b"), opening("now")],
            "1,202 times: once by this run, 1,201 times before, in runs a and b.",
        ),
        ([opening(f"r{number}") for number in range(9)], "9 times before, in 9 runs, the latest r5, r6, r7, r8."),
    ],
)
def test_openings_are_said_in_one_short_sentence(openings: Sequence[Opening], words: str) -> None:
    (sentence,) = opening_sentences(OpeningHistory(10, openings, 0), "now")
    assert sentence == f"The labels of these 10 test rows were opened {words}"
    assert len(sentence) < 140


def test_no_opening_is_no_sentence() -> None:
    assert opening_sentences(OpeningHistory(10, [], 0), "now") == []


# Choosing on test rows -----------------------------------------------------------------------------------------


def test_choosing_on_test_rows_is_refused(plan_of: PlanOf) -> None:
    stopper = CentroidContestant("stopper", epochs=4, chooses_on_validation=True)
    with pytest.raises(SettingsError, match=r"stopper: early stopping .* leaves them the test rows"):
        plan_of(make_blurs(), [stopper], validation="test")


@pytest.mark.parametrize(
    "settings",
    [
        {"early_stopping": True},
        {"early_stopping": True, "monitor": "val_f1"},
        {"early_stopping": True, "monitor": "val_accuracy", "patience": 1},
        {"schedule": "plateau"},
        {"schedule": "plateau", "monitor": "val_loss"},
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["file", "folds"])
def test_the_public_interface_refuses_networks_that_choose_on_test_rows(
    workspace: Path, settings: dict[str, object], form: str
) -> None:
    """Early stopping (which restores the best epoch) and schedules on plateau; with a test file and with folds."""
    blurs = make_blurs()
    arrays = {"X": blurs.X_train, "y": blurs.y_train}
    if form == "file":
        arrays = {"X_train": blurs.X_train, "y_train": blurs.y_train, "X_test": blurs.X_test, "y_test": blurs.y_test}
    np.savez(workspace / "blurs.npz", **arrays)
    contestants = {"net": {"family": "dense", "settings": settings}}
    with pytest.raises(SettingsError, match=r"net: early stopping and schedules on plateau choose on validation rows"):
        bakeoff.run("blurs.npz", contestants=contestants, image_shape=(4, 4), validation="test", workspace=workspace)
    assert not (workspace / "bakeoff.sqlite").exists()  # refused before anything was opened


class Spy:
    """A user's own classifier that keeps what it was shown."""

    def __init__(self) -> None:
        self.random_state = None

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Spy":
        assert (y >= 0).all()
        self.classes_ = np.unique(y)
        with Path("seen.txt").open("a") as file:
            file.write(f"{len(X)}\n")
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.zeros(len(X), dtype=int)


@pytest.mark.parametrize("validation", [0.2, "test", "none"])
def test_a_classifier_of_ones_own_is_shown_training_rows_alone(workspace: Path, validation: object) -> None:
    blurs = make_blurs()
    np.savez(
        workspace / "blurs.npz", X_train=blurs.X_train, y_train=blurs.y_train, X_test=blurs.X_test, y_test=blurs.y_test
    )
    done = bakeoff.run(
        "blurs.npz",
        contestants={"spy": Spy()},
        image_shape=(4, 4),
        validation=validation,
        probes=False,
        workspace=workspace,
    )
    shown = {int(line) for line in Path("seen.txt").read_text().splitlines()}
    assert shown == ({192, 240} if validation == 0.2 else {240})
    assert done.results["openings"]["this_run"] == 1


def test_a_contestant_is_given_no_label_of_a_row_that_it_only_predicts(
    plan_of: PlanOf, run: RunHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    plain_fit = CentroidContestant.fit

    def watched(self, job, progress):  # type: ignore[no-untyped-def]
        known = np.flatnonzero(job.y >= 0)
        for member in job.members:
            allowed = np.concatenate([member.train, *([] if member.validation is None else [member.validation])])
            seen.append(np.setdiff1d(known, allowed).size)
        return plain_fit(self, job, progress)

    monkeypatch.setattr(CentroidContestant, "fit", watched)
    run(plan_of(make_blurs(), [CentroidContestant("a", is_random=True, shake=1.0, epochs=2)]))
    run(plan_of(make_blurs(n_test=None), [CentroidContestant("b", epochs=2)], test="folds"))
    assert seen and set(seen) == {0}


def test_test_rows_without_declared_groups_come_in_those_of_near_copies(workspace: Path) -> None:
    blurs = make_blurs(grouped=True)
    assert blurs.X_test is not None and blurs.groups_train is not None
    pairs = np.arange(len(blurs.X_test)) // 2
    copies = NearCopies(0.98, np.arange(len(blurs.X_train)), test=pairs)
    with Store(workspace) as store:
        for searched, n_units in ((copies, len(np.unique(pairs))), (None, len(pairs))):
            some = replace(blurs, groups_test=None, near_copies=searched)
            groups = SealedRows(some, store, "run").groups()
            assert groups is not None
            of_test = groups[len(blurs.X_train) :]
            assert len(np.unique(of_test)) == n_units and not np.isin(of_test, blurs.groups_train).any()
