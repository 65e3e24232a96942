"""What a submission may try: none of it changes the truth, the groups, the memory or the scores of the others."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.errors import StoreError
from bakeoff.scoring import Scoreboard, ScoreOptions, score_submissions
from bakeoff.store import Store, fingerprint_rows
from bakeoff.testing import make_blurs

BLURS = make_blurs()
TRUTH = [str(label) for label in (() if BLURS.y_test is None else BLURS.y_test.tolist())]


def write(path: Path, header: str, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def scored(*paths: Path, labels: Path, **options: Any) -> Scoreboard:
    return score_submissions(paths, labels, ScoreOptions(labels.parent, **options))


def problems(board: Scoreboard) -> dict[str, str]:
    return {line.submission: line.problem for line in board.lines if line.problem}


def judged(board: Scoreboard) -> dict[str, str]:
    return {line.submission: line.contestant for line in board.lines if line.chosen}


def accuracy(board: Scoreboard, submission: str) -> float:
    (line,) = [line for line in board.lines if line.submission == submission and line.chosen]
    known = line.scores["accuracy"]
    assert known is not None
    return known.mean


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    results = json.loads((folder / "results.json").read_text())
    change(results)
    (folder / "results.json").write_text(json.dumps(results))


@pytest.fixture
def submissions(one_run: Path, workspace: Path) -> Path:
    """Three students with the same run; the first by name is mallory, who is read first."""
    for name in ("a-mallory", "ben", "carla"):
        shutil.copytree(one_run, workspace / "class" / name)
    return workspace / "class"


# Classes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [[2, 1, 0], [1, 2, 0]])
def test_a_run_that_turns_its_names_and_codes_changes_its_own_score_alone(
    submissions: Path, workspace: Path, codes: list[int]
) -> None:
    by_name = write(workspace / "labels.csv", "label", ["abc"[int(label)] for label in TRUTH])
    expected = accuracy(scored(submissions / "ben", labels=by_name), "ben")
    edited(submissions / "a-mallory", lambda results: results["data"].update(label_codes=codes))
    board = scored(submissions, labels=by_name)
    assert list(board.classes) == ["a", "b", "c"]
    assert accuracy(board, "ben") == accuracy(board, "carla") == expected > 0.9


def test_a_run_whose_names_and_codes_do_not_go_together_is_refused_alone(submissions: Path, labels: Path) -> None:
    edited(submissions / "a-mallory", lambda results: results["data"].update(class_names=["1", "0", "2"]))
    board = scored(submissions, labels=labels)
    assert list(problems(board)) == ["a-mallory"]
    assert "calls class 0 '1', and labels.csv has both as different classes" in problems(board)["a-mallory"]
    assert accuracy(board, "ben") > 0.9


def test_a_run_that_never_heard_of_a_class_misses_it_and_stops_nobody(submissions: Path, labels: Path) -> None:
    mallory = submissions / "a-mallory"
    edited(mallory, lambda results: results["data"].update(class_names=["a", "b"], label_codes=[0, 1]))
    board = scored(submissions, labels=labels)
    assert problems(board) == {}
    assert accuracy(board, "a-mallory") <= TRUTH.count("0") / 90 + TRUTH.count("1") / 90
    alone = scored(mallory, labels=labels)
    assert alone.notes[-1] == "No submission knows or predicts class '2', which 30 of the labels say. Check them."


# Names ---------------------------------------------------------------------------------------------------------


def test_names_that_no_file_can_hold_are_written_in_ascii(submissions: Path, labels: Path) -> None:
    (submissions / "m\udcfcller.csv").write_text("\n".join(["prediction", *TRUTH]))

    def rename(results: dict[str, Any]) -> None:
        results["contestants"][0]["name"] = "\ud800x"
        results["data"]["class_names"][0] = "\ud800a"

    edited(submissions / "a-mallory", rename)
    board = scored(submissions, labels=labels)
    assert "m\\udcfcller" in {line.submission for line in board.lines}
    assert "\\ud800x" in {line.contestant for line in board.lines}
    (board.to_json() + board.to_csv() + board.verdict).encode()


def test_all_openings_of_a_scoring_are_recorded_or_none(
    submissions: Path, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_opening, done = Store._write_opening, []

    def breaks_at_the_third(*arguments: Any) -> None:
        done.append(arguments)
        if len(done) == 3:
            raise StoreError("disk full")
        write_opening(*arguments)

    monkeypatch.setattr(Store, "_write_opening", breaks_at_the_third)
    with pytest.raises(StoreError, match="disk full"):
        scored(submissions, labels=labels)
    with Store(labels.parent, read_only=True) as store:
        assert store.all_openings() == []


# Memory --------------------------------------------------------------------------------------------------------


def test_predictions_that_would_fill_the_memory_are_refused_by_their_headers(
    submissions: Path, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.scoring._submission._MOST_BYTES", 100_000)
    wide: dict[str, Any] = {
        "test_rows": np.arange(90),
        "test_labels": np.zeros(90, int),
        "test_probabilities": np.full((90, 64), 1 / 64, np.float32),
    }
    np.savez_compressed(submissions / "a-mallory" / "predictions" / "wide-0.npz", **wide)
    entry = {"name": "wide", "seeds": [0]}
    edited(submissions / "a-mallory", lambda results: results["contestants"].append(entry))
    assert problems(scored(submissions, labels=labels)) == {}
    seeds = list(range(20))
    for seed in seeds[1:]:
        np.savez_compressed(submissions / "a-mallory" / "predictions" / f"wide-{seed}.npz", **wide)
    edited(submissions / "a-mallory", lambda results: results["contestants"][-1].update(seeds=seeds))
    monkeypatch.setattr("bakeoff.scoring._submission.read_arrays", only_rows(wanted="wide"))
    said = problems(scored(submissions, labels=labels))
    assert list(said) == ["a-mallory"]
    assert said["a-mallory"].startswith("its predictions must take at most 100,000 bytes in all; they would take ")


def only_rows(wanted: str) -> Callable[..., Any]:
    """Reads arrays, and fails the test where a file is read that had to be refused first."""
    from bakeoff.scoring._arrays import read_arrays  # noqa: PLC0415

    def read(path: Path, forms: Any) -> Any:
        assert not path.name.startswith(wanted)
        return read_arrays(path, forms)

    return read


# Several runs, pipes, folders ----------------------------------------------------------------------------------


def test_a_student_with_several_runs_is_asked_for_one(one_run: Path, submissions: Path, labels: Path) -> None:
    """Judged by the best of five on the test rows, a student would have chosen on them."""
    shutil.rmtree(submissions / "ben")
    for number in range(5):
        shutil.copytree(one_run, submissions / "ben" / "runs" / f"try-{number}")
    write(submissions / "dora" / "one.csv", "prediction", TRUTH)
    write(submissions / "dora" / "two.csv", "prediction", TRUTH)
    board = scored(submissions, labels=labels)
    assert problems(board) == {
        "ben": "holds 5 runs: hand in one, such as try-4",
        "dora": "holds 2 tables: hand in one, such as two.csv",
    }
    assert set(judged(board)) == {"a-mallory", "carla"}


def test_a_pipe_and_a_folder_that_cannot_be_read_stop_nobody(
    submissions: Path, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(submissions / "pipe")
    (submissions / "locked").mkdir()
    iterdir = Path.iterdir

    def guarded(folder: Path) -> Any:
        if folder.name == "locked":  # whoever runs the tests may be allowed everything
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", guarded)
    board = scored(submissions, labels=labels)
    assert problems(board) == {"locked": "cannot be read (Permission denied)"}
    assert set(judged(board)) == {"a-mallory", "ben", "carla"}


def test_a_folder_of_predictions_that_is_a_link_is_refused(submissions: Path, labels: Path) -> None:
    predictions = submissions / "a-mallory" / "predictions"
    shutil.rmtree(predictions)
    predictions.symlink_to(submissions / "ben" / "predictions")
    assert problems(scored(submissions, labels=labels)) == {
        "a-mallory": "predictions: must be a folder with the predictions in it; it is a link"
    }


# The one that is judged ----------------------------------------------------------------------------------------


def test_who_lost_the_best_predictions_is_judged_by_the_best_of_the_rest(submissions: Path, labels: Path) -> None:
    (submissions / "ben" / "predictions" / "centroid-0.npz").unlink()
    board = scored(submissions, labels=labels)
    assert judged(board) == {"a-mallory": "centroid", "ben": "dummy", "carla": "centroid"}
    assert "ben" in {name for pair in board.comparisons for name in (pair.a, pair.b)}
    assert problems(board) == {"ben": "no predictions: none were handed in"}


def test_who_lost_all_predictions_is_told_so_and_opens_nothing(submissions: Path, labels: Path) -> None:
    shutil.rmtree(submissions / "ben" / "predictions")
    board = scored(submissions, labels=labels)
    assert problems(board)["ben"].startswith("none of its contestants can be scored: ")
    with Store(labels.parent, read_only=True) as store:
        assert {one.run for one in store.all_openings()} == {"a-mallory", "carla"}


# The rows ------------------------------------------------------------------------------------------------------


def with_fingerprints(path: Path) -> Path:
    assert BLURS.X_test is not None
    names = [f"{int(one):016x}" for one in fingerprint_rows(BLURS.X_test)]
    return write(path, "label,fingerprint", [f"{y},{name}" for y, name in zip(TRUTH, names, strict=True)])


def test_a_run_that_does_not_say_which_rows_it_predicted_is_marked(submissions: Path, workspace: Path) -> None:
    (submissions / "ben" / "predictions" / "rows.npz").unlink()
    board = scored(submissions, labels=with_fingerprints(workspace / "labels.csv"))
    checked = {line.submission: line.rows_checked for line in board.lines}
    assert checked == {"a-mallory": True, "ben": False, "carla": True}


def test_labels_without_rows_say_what_could_not_be_checked(submissions: Path, labels: Path) -> None:
    (note,) = scored(submissions, labels=labels).notes
    assert note == (
        "labels.csv does not say which rows its labels belong to: runs were checked against each other alone."
    )


def test_without_a_majority_on_the_rows_nobody_is_refused(submissions: Path, labels: Path) -> None:
    shutil.rmtree(submissions / "carla")
    rows = submissions / "a-mallory" / "predictions" / "rows.npz"
    np.savez(rows, test_fingerprints=np.arange(90, dtype=np.uint64))
    assert problems(scored(submissions, labels=labels)) == {}


@pytest.mark.parametrize("first", ["a table", "a run", "rows"])
def test_the_same_labels_are_known_again_whatever_was_handed_in(
    submissions: Path, labels: Path, workspace: Path, first: str
) -> None:
    table = write(workspace / "tables" / "zoe.csv", "prediction", TRUTH)
    named = with_fingerprints(workspace / "named.csv")
    match first:
        case "a table":
            scored(table, labels=labels)
            again = scored(submissions / "ben", labels=labels)
        case "a run":
            scored(submissions / "ben", labels=labels)
            again = scored(table, labels=labels)
        case "rows":
            scored(table, labels=named)
            again = scored(table, labels=labels)
    who = "ben" if first == "a run" else "zoe"
    assert again.openings[0] == f"The labels of these 90 test rows were opened once before, in run {who}."
    third = scored(table, labels=named if first == "rows" else labels)
    assert third.openings[0].startswith("The labels of these 90 test rows were opened twice before")
    with Store(workspace, read_only=True) as store:
        assert len(store.all_openings()) == 3  # each is listed once, by whatever name


def test_labels_with_signs_that_are_no_numbers_are_text(workspace: Path) -> None:
    signs = write(workspace / "labels.csv", "label", ["--1", "-1", "+2"])
    assert scored(write(workspace / "ben.csv", "prediction", ["--1", "-1", "2.0"]), labels=signs).classes == [
        "--1",
        "-1",
        "2",
    ]
