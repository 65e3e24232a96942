"""`split`, `score` and `list` as a teacher types them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bakeoff.cli import bakeoff
from bakeoff.errors import InputError, StoreError
from bakeoff.testing import make_blurs


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(
        bakeoff, [str(argument) for argument in arguments], catch_exceptions=False, standalone_mode=False
    )


@pytest.fixture
def task(workspace: Path) -> Path:
    """An assignment of which two students handed something in, and one something broken."""
    blurs = make_blurs()
    np.savez(
        workspace / "blurs.npz", X_train=blurs.X_train, y_train=blurs.y_train, X_test=blurs.X_test, y_test=blurs.y_test
    )
    made = typed("split", "blurs.npz", "--image-shape", "4x4", "--out", "task")
    assert made.exit_code == 0, made.output
    assert "Keep      task/labels.csv" in made.output
    with (workspace / "task" / "labels.csv").open() as file:
        truth = [line["label"] for line in csv.DictReader(file)]
    (workspace / "class").mkdir()
    for name, said in (("anna", truth), ("ben", ["0"] * 90), ("[bold]carla", truth[:5])):
        (workspace / "class" / f"{name}.csv").write_text("\n".join(["prediction", *said]))
    return workspace


def test_a_class_is_scored_in_one_table(task: Path) -> None:
    answer = typed("score", "class", "--labels", "task/labels.csv", "--csv", "scores.csv")
    assert answer.return_value == 1  # somebody could not be scored
    lines = answer.output.splitlines()
    assert lines[0] == "90 test rows, 3 classes, by f1_macro"
    heading, anna, ben = (line.split() for line in lines[2:5])
    assert heading[:4] == ["submission", "contestant", "f1_macro", "interval"]
    assert anna[:4] == ["anna", "predictions", "*", "1.0000"] and anna[-1] == "best"
    assert ben[:4] == ["ben", "predictions", "*", "0.1667"] and ben[-1] == "behind"
    assert "Not scored  [bold]carla: [bold]carla.csv: must predict the 90 test rows; it has 5 predictions" in lines
    assert "This scoring opened the labels of 90 test rows twice, once for each submission." in lines
    table = list(csv.DictReader((task / "scores.csv").read_text().splitlines()))
    assert [line["submission"] for line in table] == ["anna", "ben", "[bold]carla"]
    assert float(table[1]["accuracy"]) == pytest.approx(1 / 3)
    assert float(table[1]["accuracy_low"]) < 1 / 3 < float(table[1]["accuracy_high"])


def test_json_is_all_that_is_printed(task: Path) -> None:
    answer = typed("score", "class/anna.csv", "--labels", "task/labels.csv", "--metric", "accuracy", "--json")
    assert answer.return_value == 0
    document = json.loads(answer.output)
    assert document["metric"] == "accuracy"
    assert document["scores"][0]["test"]["accuracy"]["mean"] == 1.0


def test_the_openings_are_listed(task: Path) -> None:
    typed("score", "class", "--labels", "task/labels.csv")
    assert typed("score", "class", "--labels", "task/labels.csv").output.splitlines()[-2] == (
        "The labels of these 90 test rows were opened twice before, in runs anna and ben."
    )
    listed = typed("list", "--openings").output.splitlines()
    assert len(listed) == 4
    assert all("set 1: 90 rows  opened once" in line for line in listed)
    assert "No runs here yet" in typed("list").output
    assert "bakeoff list --openings" in typed("list").output


def test_listing_writes_nothing(workspace: Path) -> None:
    assert "No runs here yet" in typed("list", "--openings").output
    assert list(workspace.iterdir()) == []


def test_a_run_lists_its_openings(workspace: Path) -> None:
    blurs = make_blurs(n_train=120, n_test=None)
    np.savez(workspace / "blurs.npz", X=blurs.X_train, y=blurs.y_train)
    done = typed("run", "blurs.npz", "--image-shape", "4x4", "--contestants", "dummy", "--threads", "1", "--no-probes")
    assert "The labels of these 120 test rows were opened once by this run." in " ".join(done.output.split())
    (line,) = typed("list").output.splitlines()
    assert line.split()[1:4] == ["done", "opened", "once"]
    (line,) = typed("list", "--openings").output.splitlines()
    assert line.endswith("scores of dummy")


def test_a_table_is_never_written_over_the_labels(task: Path) -> None:
    """`--csv` with the file of the labels: the only copy that there is."""
    before = (task / "task" / "labels.csv").read_bytes()
    with pytest.raises(InputError, match=r"labels\.csv: is there already, and nothing is written over"):
        typed("score", "class", "--labels", "task/labels.csv", "--csv", "task/labels.csv")
    assert (task / "task" / "labels.csv").read_bytes() == before
    assert not (task / "bakeoff.sqlite").exists()


def test_advice_fits_what_could_not_be_written(task: Path) -> None:
    (task / "file").write_text("")
    with pytest.raises(StoreError, match="the scores are printed above") as caught:
        typed("score", "class", "--labels", "task/labels.csv", "--csv", "file/scores.csv")
    assert "--workspace" not in str(caught.value)
    with pytest.raises(StoreError, match="name another folder with --out"):
        typed("split", "blurs.npz", "--image-shape", "4x4", "--out", "file/task")


def test_class_names_are_the_labels_of_an_assignment(task: Path) -> None:
    typed("split", "blurs.npz", "--image-shape", "4x4", "--class-names", "ant,bee,cow", "--out", "named")
    for name in ("train.csv", "labels.csv"):
        with (task / "named" / name).open() as file:
            assert {line["label"] for line in csv.DictReader(file)} == {"ant", "bee", "cow"}


def test_a_run_whose_rows_could_not_be_checked_says_so_in_the_table(task: Path) -> None:
    done = ("--contestants", "dummy", "--threads", "1", "--no-probes", "--image-shape", "4x4", "--name", "ben")
    typed("run", "task/train.csv", "--test", "task/test.csv", *done)
    (folder,) = (task / "runs").glob("ben-*")
    assert "rows not checked" not in typed("score", folder, "--labels", "task/labels.csv").output
    (folder / "predictions" / "rows.npz").unlink()
    output = typed("score", folder, "--labels", "task/labels.csv").output
    assert "dummy (rows not checked)" in output
    assert "rows not checked: the run does not say which rows it predicted" in output
