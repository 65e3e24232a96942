"""A run as it is looked at from Python: tables and figures by name or by place."""

from pathlib import Path

import pytest

import bakeoff
from bakeoff.errors import InputError
from bakeoff.report.figures import ReportFigure
from bakeoff.testing import write_example_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> bakeoff.Run:
    return bakeoff.open_run(write_example_run(tmp_path_factory.mktemp("example")))


def test_the_leaderboard_is_the_results_line_by_line(run: bakeoff.Run) -> None:
    frame = run.leaderboard
    assert frame["contestant"].to_list() == list(run.contestants)
    for line, entry in zip(frame.iter_rows(named=True), run.results["contestants"], strict=True):
        scores = entry["test"] or {"f1_macro": {"mean": None, "low": None}}  # one failed
        assert line["f1_macro"] == scores["f1_macro"]["mean"]
        assert line["low"] == scores["f1_macro"]["low"]
        if entry["test"]:
            assert line["fit_seconds"] == entry["seconds"]["fit"] + entry["seconds"]["compile"]


def test_findings_and_classes_are_frames(run: bakeoff.Run) -> None:
    assert run.findings["code"].to_list() == [finding["code"] for finding in run.results["findings"]]
    classes = run.per_class(run.contestants[0])
    assert classes["support"].sum() == sum(map(sum, run.results["contestants"][0]["confusion"]["test"]))


def test_figures_are_asked_for_by_name_or_place(run: bakeoff.Run) -> None:
    name = run.contestants[1]
    figures = [
        run.plot_leaderboard(),
        run.plot_history(["loss", "f1"]),
        run.confusion(name),
        run.confusion(1),
        run.mistakes(name),
    ]
    assert all(isinstance(figure, ReportFigure) for figure in figures)
    assert len(run.plot_history(["loss", "f1"]).axes) == 2


@pytest.mark.parametrize("which", ["nobody", 17, -1])
def test_a_contestant_that_is_not_there_is_named(run: bakeoff.Run, which: str | int) -> None:
    with pytest.raises(InputError, match=r"it has dense, |has 4 contestants"):
        run.confusion(which)


def test_who_was_not_trained_in_epochs_has_no_history(run: bakeoff.Run) -> None:
    with pytest.raises(InputError, match="svc was not trained in epochs"):
        run.plot_history(contestant="svc")


def test_a_notebook_shows_verdict_and_table(run: bakeoff.Run) -> None:
    shown = run._repr_html_()
    assert run.verdict in shown
    assert "<table" in shown
    assert run.verdict._repr_html_().startswith("<div")
    assert str(run.folder) in repr(run)


def test_a_run_writes_its_report_and_checks_claims(run: bakeoff.Run) -> None:
    assert run.report("md") == run.folder / "report.md"
    measured = run.results["contestants"][1]["test"]["accuracy"]["mean"]
    checked = run.check_claims(f"{run.contestants[1]} accuracy {measured:.4f}")
    assert [claim["contestant"] for claim in checked.claims][-1] == run.contestants[1]


def test_opening_looks_in_the_folder_and_in_runs(run: bakeoff.Run, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(run.folder)
    assert bakeoff.open_run("mine", tmp_path).results == run.results
