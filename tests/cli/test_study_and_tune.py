"""``bakeoff study`` and ``bakeoff tune`` as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bakeoff.cli.study import _FACTORS
from bakeoff.study import FACTORS

Bakeoff = Callable[..., Any]
STUDY = ("study", "width", "digits", "--levels", "2,4", "--threads", "1")
TUNE = ("tune", "digits", "--contestants", "knn,bayes", "--fits", "3", "--threads", "1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


def test_a_study_prints_its_levels_its_answer_and_where_its_page_is(bakeoff: Bakeoff, place: Path) -> None:
    answer = bakeoff(*STUDY, cwd=place)
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    assert "Units a layer: f1_macro of validation rows, 5 seeds" in lines[1]
    assert [line.split()[0] for line in lines[3:5]] == ["2", "4"]
    said = " ".join(answer.stdout.split())
    assert "From 2 to 4 units a layer" in said
    page = place / lines[-1].removeprefix("Report").strip()
    assert page.is_file()
    again = bakeoff(*STUDY, "--json", cwd=place)
    assert json.loads(again.stdout)["questions"][0]["factor"] == "width"
    assert again.stderr == ""
    written = bakeoff("report", page.parent.name, "--format", "md", cwd=place)
    assert written.returncode == 0
    assert Path(written.stdout.strip()).is_file()
    refused = bakeoff("report", page.parent.name, "--claim", "svc f1 0.9", cwd=place)
    assert refused.returncode == 2
    assert "is no bake-off" in refused.stderr


def test_a_search_prints_what_everybody_got_and_a_recipe_that_runs(bakeoff: Bakeoff, place: Path) -> None:
    answer = bakeoff(*TUNE, cwd=place)
    assert answer.returncode == 0
    assert answer.stderr.count("searched on validation rows") == 2  # a line for each, however many fits
    table = {
        line.split()[0]: line.split()[1] for line in answer.stdout.splitlines() if line.startswith(("knn", "bayes"))
    }
    assert table == {"knn": "3", "bayes": "3"}
    written = bakeoff("report", answer.stdout.split()[-1].removesuffix("/report.html"), "--format", "md", cwd=place)
    assert "3 candidates" in Path(written.stdout.strip()).read_text()
    command = (
        next(line for line in answer.stdout.splitlines() if line.startswith("Run it")).removeprefix("Run it").split()
    )
    run = bakeoff(*command[1:], "--no-probes", "--json", cwd=place)
    assert run.returncode == 0
    results = json.loads(run.stdout)
    assert {entry["searched"] for entry in results["contestants"]} == {3}
    assert all(finding["code"] != "P006" for finding in results["findings"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("study", "colour", "digits"), "'colour' is not one of"),
        (("study", "width", "digits", "--levels", "x,4"), "a whole number from 1 on"),
        (("study", "width", "digits", "--seeds", "3"), "3 is not in the range"),
        (("study", "notebook", "digits", "--levels", "1,2"), "its questions have their own levels"),
        (("study", "width", "digits", "--base", "nothing"), "base must be small, default"),
        (("study", "split", "digits", "--by", "width"), "cannot be crossed"),
        (("tune", "digits", "--contestants", "GaussianProcessClassifier"), "no search space"),
        (("tune", "digits", "--fits", "0"), "0 is not in the range"),
        (("tune", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    bakeoff: Bakeoff, place: Path, arguments: tuple[str, ...], message: str
) -> None:
    answer = bakeoff(*arguments, cwd=place)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_command_knows_every_factor() -> None:
    # Said twice, as the command answers before anything heavy is imported.
    assert set(_FACTORS) == {*FACTORS, "notebook"} - {"contestant"}
