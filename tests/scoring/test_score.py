"""Scores of what was predicted without labels: the values, the record, and whatever a stranger may hand in."""

import csv
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from bakeoff.contest import Plan, Run
from bakeoff.data import Dataset
from bakeoff.errors import DataError, InputError, StoreError
from bakeoff.scoring import Scoreboard, ScoreOptions, score_submissions
from bakeoff.store import Store, fingerprint_rows
from bakeoff.testing import CentroidContestant, make_blurs

RunHere = Callable[..., Run]
PlanOf = Callable[..., Plan]

BLURS = make_blurs()
TRUTH = [str(label) for label in (() if BLURS.y_test is None else BLURS.y_test.tolist())]


@pytest.fixture
def sealed() -> Dataset:
    return replace(BLURS, y_test=None)


@pytest.fixture
def handed_in(
    plan_of: PlanOf, run: RunHere, sealed: Dataset, centroid: CentroidContestant, shaky: CentroidContestant
) -> Path:
    return run(plan_of(sealed, [centroid, shaky])).folder


def write(path: Path, header: str, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def scored(*paths: Path, labels: Path, **options: Any) -> Scoreboard:
    return score_submissions(paths, labels, ScoreOptions(labels.parent, **options))


def stored(folder: Path, name: str, seed: int) -> dict[str, np.ndarray]:
    with np.load(folder / "predictions" / f"{name}-{seed}.npz") as archive:
        return dict(archive)


def problems(board: Scoreboard) -> dict[str, str]:
    return {line.submission: line.problem for line in board.lines if line.problem}


# Values --------------------------------------------------------------------------------------------------------


def test_scores_are_those_of_scikit_learn_on_the_stored_predictions(handed_in: Path, labels: Path) -> None:
    board = scored(handed_in, labels=labels)
    lines = {line.contestant: line for line in board.lines}
    assert set(lines) == {"dummy", "centroid", "shaky"}
    for name, seeds in (("centroid", [0]), ("shaky", [0, 1, 2])):
        for index, seed in enumerate(seeds):
            arrays = stored(handed_in, name, seed)
            said, probabilities = arrays["test_labels"], arrays["test_probabilities"].astype(float)
            probabilities /= probabilities.sum(axis=1, keepdims=True)  # float32 sums to 1 within 1e-7
            expected = {
                "accuracy": accuracy_score(BLURS.y_test, said),
                "f1_macro": f1_score(BLURS.y_test, said, average="macro"),
                "f1_weighted": f1_score(BLURS.y_test, said, average="weighted"),
                "log_loss": log_loss(BLURS.y_test, probabilities),
            }
            for metric, value in expected.items():
                known = lines[name].scores[metric]  # type: ignore[index]
                assert known is not None and known.values[index] == pytest.approx(value, abs=1e-6)


def test_a_run_scored_later_is_a_run_that_had_the_labels(
    plan_of: PlanOf,
    run: RunHere,
    handed_in: Path,
    labels: Path,
    centroid: CentroidContestant,
    shaky: CentroidContestant,
) -> None:
    """Same scores, same intervals, same comparisons, same verdict."""
    board = json.loads(scored(handed_in, labels=labels).to_json())
    known = run(plan_of(BLURS, [centroid, shaky])).results
    assert board["metric"] == known["protocol"]["primary_metric"] == "accuracy"
    for line in board["scores"]:
        (entry,) = [entry for entry in known["contestants"] if entry["name"] == line["contestant"]]
        assert line["test"] == entry["test"]
    turned = {"better": "worse", "worse": "better"}
    by_pair = {(one["a"], one["b"]): one for one in known["comparisons"]}
    assert len(board["comparisons"]) == 3
    for one in board["comparisons"]:
        if (one["a"], one["b"]) in by_pair:
            assert one == by_pair[one["a"], one["b"]]
            continue
        other = by_pair[one["b"], one["a"]]  # the same comparison, seen from the other side
        assert (one["low"], one["high"], one["difference"]) == pytest.approx(
            (-other["high"], -other["low"], -other["difference"]), abs=1e-12
        )
        assert one["p_value"] == other["p_value"]
        assert one["decision"] == turned.get(other["decision"], other["decision"])


def test_declared_groups_of_the_labels_file_are_the_unit(handed_in: Path, labels: Path) -> None:
    alone = scored(handed_in, labels=labels)
    groups = write(labels.with_name("g.csv"), "label,group", [f"{y},{row // 3}" for row, y in enumerate(TRUTH)])
    together = scored(handed_in, labels=groups)
    assert (alone.n_groups, together.n_groups) == (None, 30)
    known = together.ranked[0].scores["accuracy"]
    assert known is not None and known.n_groups == 30


def test_groups_come_from_the_labels_alone(
    plan_of: PlanOf, run: RunHere, sealed: Dataset, centroid: CentroidContestant, labels: Path
) -> None:
    """What a run says of groups is a stranger's word: one group for all rows would leave everybody without interval."""
    one_group = replace(sealed, groups_train=np.arange(240) // 4, groups_test=np.full(90, 1000), groups_from="declared")
    board = scored(run(plan_of(one_group, [centroid])).folder, labels=labels)
    known = board.ranked[0].scores["accuracy"]
    assert board.n_groups is None
    assert known is not None and known.n_groups == 90 and known.low is not None


def test_near_copies_are_found_where_the_labels_file_holds_the_rows(workspace: Path) -> None:
    assert BLURS.X_test is not None and BLURS.y_test is not None
    X, y = np.repeat(BLURS.X_test, 2, axis=0), np.repeat(BLURS.y_test, 2)
    np.savez(workspace / "labels.npz", X=X, y=y)
    table = write(workspace / "ben.csv", "prediction", [str(label) for label in y])
    assert scored(table, labels=workspace / "labels.npz").n_groups == 90


@pytest.mark.parametrize("form", ["text", "csv", "shuffled", "kaggle", "npz", "idx", "whole csv", "whole npz", "names"])
def test_labels_come_in_every_form(handed_in: Path, workspace: Path, form: str) -> None:
    y, X = BLURS.y_test, BLURS.X_test
    assert y is not None and X is not None
    path = workspace / "answers.csv"
    order = np.random.default_rng(0).permutation(90)
    pixels = ",".join(f"p{i}" for i in range(16))
    match form:
        case "text":
            (path := path.with_suffix(".txt")).write_text("\n".join(TRUTH))
        case "csv":
            write(path, "Label", [f"{float(label)}" for label in y])
        case "shuffled":
            write(path, "row;label", [f"{row + 1};{TRUTH[row]}" for row in order])
        case "kaggle":
            write(path, "ImageId,Label", [f"{row},{TRUTH[row]}" for row in order])
        case "npz":
            np.savez(path := path.with_suffix(".npz"), y_test=y)
        case "idx":
            (path := workspace / "t10k-labels-idx1-ubyte").write_bytes(
                bytes([0, 0, 8, 1]) + (90).to_bytes(4, "big") + y.astype(np.uint8).tobytes()
            )
        case "whole csv":
            rows = [",".join([label, *map(str, row)]) for label, row in zip(TRUTH, X.tolist(), strict=True)]
            write(path, f"label,{pixels}", rows)
        case "whole npz":
            np.savez(path := path.with_suffix(".npz"), X=X.reshape(90, 4, 4), y=y)
        case "names":
            write(path, "label", ["abc"[label] for label in y])
    expected = scored(handed_in, labels=write(workspace / "labels.csv", "label", TRUTH))
    lines, wanted = (json.loads(board.to_json())["scores"] for board in (scored(handed_in, labels=path), expected))
    assert [line["test"] for line in lines] == [line["test"] for line in wanted]
    assert {line["rows_checked"] for line in lines} == {form.startswith("whole")}


def test_predictions_of_anybody_are_scored_beside_runs(handed_in: Path, labels: Path, workspace: Path) -> None:
    said = np.roll(np.arange(90) % 3, 1) * (np.arange(90) < 30) + (np.arange(90) % 3) * (np.arange(90) >= 30)
    write(workspace / "class" / "ben.csv", "id,prediction", [f"{row},{label}" for row, label in enumerate(said)])
    write(workspace / "class" / "carla.txt", TRUTH[0], TRUTH[1:])
    shutil.copytree(handed_in, workspace / "class" / "anna" / "my run")
    board = scored(workspace / "class", labels=labels, metric="f1_macro")
    lines = {(line.submission, line.contestant): line for line in board.lines}
    ben = lines["ben", "predictions"].scores
    assert ben["f1_macro"] is not None and ben["log_loss"] is None
    assert ben["f1_macro"].mean == pytest.approx(f1_score(BLURS.y_test, said, average="macro"), abs=1e-12)
    assert board.ranked[0].submission == "carla" and board.standing(board.ranked[0]) == "best"
    assert board.standing(lines["ben", "predictions"]) == "behind"
    assert {name for name, _ in lines} == {"anna", "ben", "carla"}
    assert board.verdict.startswith("carla ")
    # Of a class's submissions, each is compared by one contestant: the best on its own validation rows.
    assert {pair.a for pair in board.comparisons} | {pair.b for pair in board.comparisons} == {"anna", "ben", "carla"}
    results = json.loads((handed_in / "results.json").read_text())
    best = max(results["contestants"], key=lambda entry: entry["validation"]["accuracy"]["mean"])["name"]
    assert [line.contestant for line in board.lines if line.submission == "anna" and line.chosen] == [best]


def test_classes_are_matched_by_name_whatever_order_a_submission_has_them_in(
    plan_of: PlanOf, run: RunHere, sealed: Dataset, centroid: CentroidContestant, labels: Path
) -> None:
    expected = scored(run(plan_of(sealed, [centroid])).folder, labels=labels).ranked[0].scores
    turned = replace(
        sealed, y_train=(2 - sealed.y_train).astype(np.int32), class_names=("c", "b", "a"), label_codes=(2, 1, 0)
    )
    found = scored(run(plan_of(turned, [centroid])).folder, labels=labels).ranked[0].scores
    for metric in ("accuracy", "f1_macro", "log_loss"):
        one, other = found[metric], expected[metric]  # type: ignore[index]
        # The validation split is another one, and the refit on all rows is the same: so are its predictions.
        assert one is not None and other is not None and one.mean == pytest.approx(other.mean, abs=1e-6)


# The record ----------------------------------------------------------------------------------------------------


def openings(workspace: Path) -> list[tuple[str, str, int]]:
    with Store(workspace, read_only=True) as store:
        return [(one.run, one.purpose, one.n_rows) for one in store.all_openings()]


def test_each_submission_is_one_opening_of_the_rows_it_predicted(handed_in: Path, labels: Path) -> None:
    board = scored(handed_in, labels=labels)
    ((run, purpose, n_rows),) = openings(labels.parent)
    assert (run, n_rows) == (handed_in.name, 90)
    assert sorted(purpose.removeprefix("bakeoff score: ").split(", ")) == ["centroid", "dummy", "shaky"]
    assert board.openings == ["This scoring opened the labels of 90 test rows once."]
    again = scored(handed_in, labels=labels)
    assert again.openings[0] == f"The labels of these 90 test rows were opened once before, in run {handed_in.name}."


def test_a_later_run_with_the_labels_does_not_start_from_zero(
    plan_of: PlanOf, run: RunHere, handed_in: Path, labels: Path, centroid: CentroidContestant
) -> None:
    scored(handed_in, labels=labels)
    assert run(plan_of(BLURS, [centroid])).results["openings"]["ever"] == 2


def test_the_opening_is_on_record_before_the_first_comparison(
    handed_in: Path, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise StoreError("killed")

    monkeypatch.setattr("bakeoff.scoring._score.score_lines", killed)
    with pytest.raises(StoreError, match="killed"):
        scored(handed_in, labels=labels)
    assert len(openings(labels.parent)) == 1


def test_what_cannot_be_recorded_is_not_scored(handed_in: Path, labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(Store, "record_openings", full)
    monkeypatch.setattr("bakeoff.scoring._score.score_lines", lambda *_: pytest.fail("compared"))
    with pytest.raises(StoreError, match="disk full"):
        scored(handed_in, labels=labels)


def test_labels_without_rows_are_recognised_when_they_come_again(labels: Path, workspace: Path) -> None:
    table = write(workspace / "ben.csv", "prediction", TRUTH)
    scored(table, labels=labels)
    again = scored(table, labels=write(workspace / "copy.csv", "label", TRUTH))
    assert again.openings[0] == "The labels of these 90 test rows were opened once before, in run ben."


def test_looking_at_broken_submissions_alone_opens_nothing(labels: Path, workspace: Path) -> None:
    board = scored(write(workspace / "ben.csv", "prediction", ["1"]), labels=labels)
    assert problems(board) == {"ben": "ben.csv: must predict the 90 test rows; it has 1 predictions"}
    assert not (workspace / "bakeoff.sqlite").exists()


def test_a_submission_is_not_changed(handed_in: Path, labels: Path) -> None:
    before = {path: path.read_bytes() for path in sorted(handed_in.rglob("*")) if path.is_file()}
    scored(handed_in, labels=labels)
    assert before == {path: path.read_bytes() for path in sorted(handed_in.rglob("*")) if path.is_file()}


# Wrong labels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "the file is empty"),
        ("label\n", "holds a header and no labels"),
        ("label\n" + "\n".join("xyz"[int(y)] for y in TRUTH), r"belongs to no submission: .*\(0, 1, 2\).*\(x, y, z\)"),
        ("name,score\n1,2\n", "Say with --label which one holds the labels"),
        (
            "row,label\n" + "\n".join(f"{row % 89},{y}" for row, y in enumerate(TRUTH)),
            "row numbers must count all rows",
        ),
        ("row,label\n" + "\n".join(f"{row + 2},{y}" for row, y in enumerate(TRUTH)), "row numbers must count all rows"),
        (
            "row,label\n" + "\n".join(f"{row},{'' if row == 3 else y}" for row, y in enumerate(TRUTH)),
            "line 5: every row",
        ),
        ("label,fingerprint\n1,zz", "16 hexadecimal digits"),
    ],
    ids=["empty", "header alone", "other classes", "no label", "row twice", "rows from 2", "gap", "fingerprint"],
)
def test_labels_that_cannot_be_used_are_one_clear_line(
    handed_in: Path, workspace: Path, content: str, rule: str
) -> None:
    path = workspace / "labels.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=rule):
        scored(handed_in, labels=path)


def with_fingerprints(path: Path, rows: np.ndarray, y: list[str]) -> Path:
    lines = [f"{label},{int(one):016x}" for label, one in zip(y, fingerprint_rows(rows), strict=True)]
    return write(path, "label,fingerprint", lines)


def test_labels_of_other_rows_are_refused(handed_in: Path, workspace: Path) -> None:
    assert BLURS.X_test is not None
    board = scored(handed_in, labels=with_fingerprints(workspace / "labels.csv", BLURS.X_test ^ 1, TRUTH))
    assert list(problems(board).values()) == ["predicted other test rows than those of labels.csv"]


def test_a_run_on_the_same_rows_in_another_order_is_put_in_order(
    handed_in: Path, labels: Path, workspace: Path
) -> None:
    assert BLURS.X_test is not None
    order = np.random.default_rng(3).permutation(90)
    turned = with_fingerprints(workspace / "turned.csv", BLURS.X_test[order], [TRUTH[row] for row in order])
    expected, found = scored(handed_in, labels=labels), scored(handed_in, labels=turned)
    for one, other in zip(found.ranked, expected.ranked, strict=True):
        for metric in ("accuracy", "f1_macro", "log_loss"):
            assert one.scores[metric].values == pytest.approx(other.scores[metric].values, abs=1e-12)  # type: ignore[index, union-attr]


def test_too_few_labels_say_how_many_there_are(handed_in: Path, workspace: Path) -> None:
    board = scored(handed_in, labels=write(workspace / "labels.csv", "label", TRUTH[:80]))
    assert list(problems(board).values()) == ["must predict the 80 test rows; it has 90"]


def test_a_path_that_is_not_there_is_named(labels: Path) -> None:
    with pytest.raises(InputError, match="nobody: there is no such run, file or folder"):
        scored(Path("nobody"), labels=labels)


# Strangers -----------------------------------------------------------------------------------------------------


def edited(handed_in: Path, change: Callable[[dict[str, Any]], object]) -> None:
    results = json.loads((handed_in / "results.json").read_text())
    change(results)
    (handed_in / "results.json").write_text(json.dumps(results))


def damaged(folder: Path, damage: str) -> None:  # noqa: PLR0912, PLR0915 - one case a damage
    """Break one thing in the copy of a run."""
    npz = folder / "predictions" / "centroid-0.npz"
    rows = np.arange(90)
    match damage:
        case "no results":
            (folder / "results.json").unlink()
        case "not JSON":
            (folder / "results.json").write_text("{")
        case "deep JSON":
            (folder / "results.json").write_text("[" * 100_000)
        case "a list":
            (folder / "results.json").write_text("[]")
        case "huge":
            with (folder / "results.json").open("r+b") as file:
                file.truncate(1 << 30)  # sparse: takes no room on the disk
        case "no data":
            edited(folder, lambda results: results.pop("data"))
        case "other rows":
            edited(folder, lambda results: results["data"].update(n_test=7))
        case "holdout":
            edited(folder, lambda results: results["protocol"].update(test="holdout"))
        case "classes of numbers":
            edited(folder, lambda results: results["data"].update(class_names=[1, 2, 3]))
        case "a million classes":
            edited(folder, lambda results: results["data"].update(class_names=[str(i) for i in range(1_000_000)]))
        case "codes that are no numbers":
            edited(folder, lambda results: results["data"].update(label_codes=["=1", "2", "3"]))
        case "contestants of text":
            edited(folder, lambda results: results.update(contestants="anna"))
        case "a name twice":
            edited(folder, lambda results: results["contestants"].append(results["contestants"][0]))
        case "other fingerprints":
            np.savez(folder / "predictions" / "rows.npz", test_fingerprints=np.zeros(90, np.uint64))
        case "a link for results":
            (folder / "results.json").rename(folder / "elsewhere.json")
            (folder / "results.json").symlink_to(folder / "elsewhere.json")
        case "a pipe":
            (folder / "predictions" / "rows.npz").unlink()
            os.mkfifo(folder / "predictions" / "rows.npz")
        case "objects":
            np.savez(npz, test_rows=rows, test_labels=np.array([{}] * 90, object))
        case "cut":
            npz.write_bytes(npz.read_bytes()[:-30])
        case "no archive":
            npz.write_bytes(b"hello")
        case "shuffled rows":
            np.savez(npz, test_rows=rows[::-1], test_labels=rows % 3)
        case "too many rows":
            np.savez(npz, test_rows=np.arange(91), test_labels=np.arange(91) % 3)
        case "two axes":
            np.savez(npz, test_rows=rows, test_labels=np.zeros((90, 2), int))
        case "labels of text":
            np.savez(npz, test_rows=rows, test_labels=np.array(["1"] * 90))
        case "probabilities over 1":
            np.savez(npz, test_rows=rows, test_labels=rows % 3, test_probabilities=np.ones((90, 3)))
        case "probabilities that are no numbers":
            np.savez(npz, test_rows=rows, test_labels=rows % 3, test_probabilities=np.full((90, 3), np.nan))
        case "a bomb":
            header = b"\x93NUMPY\x01\x00"
            text = b"{'descr': '<i8', 'fortran_order': False, 'shape': (90, 99999999999), }".ljust(117) + b"\n"
            with zipfile.ZipFile(npz, "w") as archive:
                archive.writestr("test_rows.npy", header + len(text).to_bytes(2, "little") + text)
        case "a header that is no header":
            with zipfile.ZipFile(npz, "w") as archive:
                for name, text in (("test_rows", b"{[]: 1}"), ("test_labels", b"'''")):
                    archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
        case "a thousand members":
            with zipfile.ZipFile(npz, "w") as archive:
                for number in range(2000):
                    archive.writestr(f"{number}.npy", b"")


WHOLE = [
    "no results", "not JSON", "deep JSON", "a list", "huge", "no data", "other rows", "holdout", "classes of numbers",
    "a million classes", "codes that are no numbers", "contestants of text", "a name twice", "other fingerprints",
    "a link for results", "a pipe",
]  # fmt: skip
ONE_CONTESTANT = [
    "objects", "cut", "no archive", "shuffled rows", "too many rows", "two axes", "labels of text",
    "probabilities over 1", "probabilities that are no numbers", "a bomb", "a header that is no header",
    "a thousand members",
]  # fmt: skip


@pytest.mark.parametrize("damage", [*WHOLE, *ONE_CONTESTANT])
def test_what_is_damaged_or_hostile_has_a_line_and_the_others_are_scored(
    one_run: Path, labels: Path, workspace: Path, damage: str
) -> None:
    for name in ("anna", "mallory", "zoe"):
        shutil.copytree(one_run, workspace / "class" / name)
    damaged(workspace / "class" / "mallory", damage)
    board = scored(workspace / "class", labels=labels)
    wrong = [line for line in board.lines if line.problem]
    assert {line.submission for line in wrong} == {"mallory"}
    assert len(wrong) == 1 and "\n" not in wrong[0].problem and len(wrong[0].problem) < 400
    assert bool(wrong[0].contestant) == (damage in ONE_CONTESTANT)
    good = {line.submission for line in board.lines if line.scores}
    assert {"anna", "zoe"} <= good
    assert json.loads(board.to_json())["scores"]


def test_a_name_leads_nowhere_but_into_the_folder(one_run: Path, labels: Path, workspace: Path) -> None:
    """A contestant named by a path, and a file of predictions that is a link."""
    np.savez(workspace / "secret-0.npz", test_rows=np.arange(90), test_labels=np.array(TRUTH, int))
    mallory = workspace / "class" / "mallory"
    shutil.copytree(one_run, mallory)
    edited(mallory, lambda results: results["contestants"][0].update(name="../../../secret"))
    (mallory / "predictions" / "centroid-0.npz").unlink()
    (mallory / "predictions" / "centroid-0.npz").symlink_to(workspace / "secret-0.npz")
    board = scored(mallory, labels=labels)
    assert not any(line.scores for line in board.lines if line.contestant != "dummy")


def test_models_of_a_submission_are_never_opened(one_run: Path, labels: Path, workspace: Path) -> None:
    mallory = workspace / "class" / "mallory"
    shutil.copytree(one_run, mallory)
    shutil.rmtree(mallory / "models")
    (mallory / "models").mkdir()
    os.mkfifo(mallory / "models" / "model.pkl")  # whoever opens it waits for ever
    assert not problems(scored(workspace / "class", labels=labels))


def test_formulas_and_markup_in_names_stay_text(one_run: Path, labels: Path, workspace: Path) -> None:
    shutil.copytree(one_run, workspace / "class" / '=HYPERLINK("http:')
    mallory = workspace / "class" / "[red]mallory"
    shutil.copytree(one_run, mallory)
    edited(mallory, lambda results: results["contestants"][0].update(name="@SUM(A1)\x1b[2J"))
    board = scored(workspace / "class", labels=labels)
    cells = [cell for line in csv.reader(io.StringIO(board.to_csv())) for cell in line]
    assert not [cell for cell in cells if cell[:1] in "=+@" and cell]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert any(cell.startswith("'@SUM") for cell in cells)


def test_who_says_that_there_are_other_classes_is_alone_with_it(one_run: Path, labels: Path, workspace: Path) -> None:
    for name in ("anna", "mallory", "zoe"):
        shutil.copytree(one_run, workspace / "class" / name)
    edited(
        workspace / "class" / "mallory",
        lambda results: results["data"].update(class_names=["x", "y", "z"], label_codes=None),
    )
    board = scored(workspace / "class", labels=labels)
    assert list(board.classes) == ["0", "1", "2"]
    assert problems(board) == {"mallory": "none of what it predicts (x, y, z) is one of the classes (0, 1, 2)"}


def test_predictions_of_unknown_classes_are_misses(labels: Path, workspace: Path) -> None:
    said = ["cat" if row < 9 else label for row, label in enumerate(TRUTH)]
    board = scored(write(workspace / "ben.csv", "prediction", said), labels=labels)
    known = board.lines[0].scores["accuracy"]
    assert known is not None and known.mean == pytest.approx(0.9)


def test_labels_that_no_prediction_can_meet_are_said_so(workspace: Path, labels: Path) -> None:
    with pytest.raises(DataError, match=r"belongs to no submission: of ben, none of what it predicts \(cat\)"):
        scored(write(workspace / "ben.csv", "prediction", ["cat"] * 90), labels=labels)
    assert not (workspace / "bakeoff.sqlite").exists()


def test_the_labels_file_among_the_submissions_is_none(workspace: Path) -> None:
    labels = write(workspace / "class" / "labels.csv", "label", TRUTH)
    write(workspace / "class" / "ben.csv", "prediction", TRUTH)
    board = score_submissions([workspace / "class"], labels, ScoreOptions(workspace))
    assert {line.submission for line in board.lines} == {"ben"}


def test_an_empty_folder_is_said_so(workspace: Path, labels: Path) -> None:
    (workspace / "class").mkdir()
    with pytest.raises(InputError, match="class: holds no submissions"):
        scored(workspace / "class", labels=labels)


def test_a_table_that_is_too_large_is_not_read(workspace: Path, labels: Path) -> None:
    with (workspace / "ben.csv").open("wb") as file:
        file.truncate(1 << 34)
    (line,) = scored(workspace / "ben.csv", labels=labels).lines
    assert "must have at most" in line.problem


def test_errors_of_the_labels_are_errors_of_data(workspace: Path, handed_in: Path) -> None:
    np.savez(workspace / "a.npz", y=np.array([{}], object))
    with pytest.raises(DataError, match=r"a\.npz: cannot be read"):
        scored(handed_in, labels=workspace / "a.npz")
