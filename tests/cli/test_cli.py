"""The commands as a person types them: answers, exit statuses, and one clear line for what is wrong."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bakeoff.executors._left_behind import owned_prefix
from bakeoff.recipe import parse_recipe
from bakeoff.store import RunRecord, Store
from bakeoff.testing import check_results, make_blurs

LONG_ENOUGH = "run digits --contestants dummy,dense --threads 1 --no-probes"
INTERRUPTED = [sys.executable, "-m", "bakeoff", *LONG_ENOUGH.split()]
QUICK = ("--contestants", "knn,dummy", "--threads", "1", "--no-probes")


@pytest.fixture
def csv_file(workspace: Path) -> Path:
    blurs = make_blurs(n_train=300, n_test=None)
    table = np.column_stack([blurs.y_train, blurs.X_train])
    header = ",".join(["label", *(f"pixel{number}" for number in range(16))])
    path = workspace / "blurs.csv"
    np.savetxt(path, table, fmt="%d", delimiter=",", header=header, comments="")
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which one bake-off on digits has run."""
    workspace = tmp_path_factory.mktemp("finished")
    typed = [sys.executable, "-m", "bakeoff", "run", "digits", *QUICK]
    done = subprocess.run(typed, cwd=workspace, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return workspace


def test_help_answers_in_half_a_second() -> None:
    """Measured beside a bare interpreter in the same run, so a slow machine is slow for both."""

    def best(code: str) -> float:
        clocks = []
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
            clocks.append(time.perf_counter() - started)
        return min(clocks)

    bare = best("pass")
    helped = best("import sys; sys.argv = ['bakeoff', '--help']; import bakeoff.cli; bakeoff.cli.main()")
    assert helped - bare < max(0.5, 10 * bare)


def test_every_command_has_help(bakeoff: Callable[..., Any], tmp_path: Path) -> None:
    for command in ("run", "audit", "predict", "report", "split", "score", "list", "doctor"):
        answer = bakeoff(command, "--help", cwd=tmp_path)
        assert answer.returncode == 0
        assert "Usage:" in answer.stdout


def test_a_run_prints_verdict_leaderboard_and_the_reports_path(bakeoff: Callable[..., Any], finished: Path) -> None:
    with Store(finished) as store:
        (record,) = store.runs()
    answer = bakeoff("run", "digits", *QUICK, "-q", cwd=finished)
    verdict, report = answer.stdout.strip().split("\n")
    assert verdict == record.verdict
    assert (finished / report).is_file()
    assert answer.stderr == ""


def test_json_prints_the_results_and_nothing_else(bakeoff: Callable[..., Any], finished: Path) -> None:
    answer = bakeoff("run", "digits", *QUICK, "--json", cwd=finished)
    assert answer.returncode == 0
    assert answer.stderr == ""
    results = json.loads(answer.stdout)
    assert check_results(results) == []
    assert {entry["name"] for entry in results["contestants"]} == {"knn", "dummy"}


def test_the_same_command_again_fits_nothing(bakeoff: Callable[..., Any], finished: Path) -> None:
    answer = bakeoff("run", "digits", *QUICK, cwd=finished)
    assert answer.stderr.count("5 fits, 5 kept from before") == 2  # two contestants


def test_a_dry_run_prints_a_recipe_that_runs_the_same(
    bakeoff: Callable[..., Any], workspace: Path, csv_file: Path
) -> None:
    plan = bakeoff("run", csv_file.name, *QUICK, "--dry-run", cwd=workspace)
    assert plan.returncode == 0, plan.stderr
    recipe = parse_recipe(plan.stdout)
    assert [entry.name for entry in recipe.contestants or ()] == ["knn", "dummy"]
    assert "# What would run: 10 fits, about" in plan.stdout
    assert not (workspace / "runs").exists()
    (workspace / "again.yaml").write_text(plan.stdout)
    again = bakeoff("run", "again.yaml", "--dry-run", cwd=workspace)
    settled = parse_recipe(again.stdout)
    assert settled.contestants == recipe.contestants
    assert settled.protocol == recipe.protocol


def test_predict_names_the_class_of_an_image(bakeoff: Callable[..., Any], finished: Path) -> None:
    digits = load_digits()
    Image.fromarray((digits.images[0] * 15.9375).astype(np.uint8)).save(finished / "zero.png")
    answer = bakeoff("predict", "latest", "zero.png", "--contestant", "knn", cwd=finished)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("zero.png: 0 ")
    as_json = bakeoff("predict", "latest", "zero.png", "--contestant", "knn", "--json", cwd=finished)
    assert json.loads(as_json.stdout)["predictions"][0]["classes"][0]["class"] == "0"


def test_list_shows_the_runs_and_the_names(bakeoff: Callable[..., Any], finished: Path, tmp_path: Path) -> None:
    assert "digits-" in bakeoff("list", cwd=finished).stdout
    assert "No runs here yet" in bakeoff("list", cwd=tmp_path).stdout
    assert "svc" in bakeoff("list", "--contestants", cwd=tmp_path).stdout
    assert "sign-mnist" in bakeoff("list", "--data", cwd=tmp_path).stdout


def test_report_is_written_again_in_both_forms(bakeoff: Callable[..., Any], finished: Path) -> None:
    answer = bakeoff("report", "latest", "--format", "html,ipynb", cwd=finished)
    assert answer.returncode == 0, answer.stderr
    paths = [Path(line) for line in answer.stdout.split("\n") if line]
    assert [path.suffix for path in paths] == [".html", ".ipynb"]
    assert all(path.is_file() for path in paths)


def test_report_checks_published_figures_without_fitting(bakeoff: Callable[..., Any], finished: Path) -> None:
    (finished / "claims.csv").write_text("contestant,metric,published\nknn,f1,12 %\n")
    given = ("--claim", "knn acc 0.12", "--claims", "claims.csv")
    answer = bakeoff("report", "latest", *given, cwd=finished)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("Of 2 published figures none agree with what was measured here and 2 do not.")
    page = (finished / "runs" / "latest" / "report.html").read_text(encoding="utf-8")
    assert page.index('<section id="claims"') < page.index('<section id="trust"')
    as_json = json.loads(bakeoff("report", "latest", "--json", cwd=finished).stdout)
    assert [claim["metric"] for claim in as_json["claims"]] == ["accuracy", "f1"]
    assert [Path(path).name for path in as_json["reports"]] == ["report.html"]
    (finished / "runs" / "latest" / "claims.json").unlink()


def test_every_claim_that_is_not_understood_is_said_at_once(bakeoff: Callable[..., Any], finished: Path) -> None:
    answer = bakeoff("report", "latest", "--claim", "knn", "--claim", "svc f1 1", "--claims", "no.csv", cwd=finished)
    assert answer.returncode == 2
    assert [line.split(":")[1] for line in answer.stderr.splitlines()] == [
        " claim 'knn'",
        " claim 'knn'",
        " claim 'svc f1 1'",
        " no.csv",
    ]


def test_a_failed_fit_ends_with_status_1_and_stays_in_the_table(
    bakeoff: Callable[..., Any], workspace: Path, csv_file: Path
) -> None:
    knn = "{family: knn, settings: {n_neighbors: 100000, pca: null}}"
    (workspace / "r.yaml").write_text(f"name: x\ndata: {{source: {csv_file.name}}}\ncontestants: [dummy, {knn}]")
    answer = bakeoff("run", "r.yaml", "--no-probes", cwd=workspace)
    assert answer.returncode == 1
    assert "knn" in answer.stdout
    assert "failed" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    assert "Traceback" in (workspace / "runs" / "latest" / "log.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nowhere.csv"), "nowhere.csv"),
        (("run", "digits", "--contestants", "svx"), "Did you mean svc?"),
        (("run", "mnits"), "mnist"),
        (("run", "digits", "--validation", "2"), "must be a fraction between 0 and 1"),
        (("run", "digits", "--validation", "half"), "must be a fraction between 0 and 1"),
        (("run", "digits", "--name", "a b"), "that can name a file"),
        (("run", "digits", "--seeds", "0"), "--seeds"),
        (("run", "digits", "--contestans", "svc"), "--contestants"),
        (("run", "none.yaml"), "none.yaml: cannot be read"),
        (("run", "digits", "--image-shape", "8"), "HEIGHTxWIDTH"),
        (("audit", "digits", "--image-shape", "7x7"), "7"),
        (("predict", "nowhere", "x.png"), "nowhere: no run of that name"),
        (("report", "nowhere"), "nowhere: no run of that name"),
        (("report", "--format", "doc"), "must be html, pdf, ipynb or md"),
        (("run", "digits", "--ignore", "X1"), "must be the code of a finding, such as D002. Got 'X1'"),
        (("bake",), "bake"),
    ],
)
def test_bad_arguments_get_one_line_and_status_2(
    bakeoff: Callable[..., Any], workspace: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = bakeoff(*arguments, cwd=workspace)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    assert not (workspace / "runs").exists()


def test_a_recipe_takes_the_flags_that_are_given(bakeoff: Callable[..., Any], workspace: Path, csv_file: Path) -> None:
    (workspace / "r.yaml").write_text(
        f"name: mine\ndata: {{source: {csv_file.name}}}\nprotocol: {{seeds: 2}}\n"
        "contestants: [{family: forest, seeds: [3, 4], settings: {n_estimators: 7}}]"
    )
    plan = bakeoff("run", "r.yaml", "--seeds", "4", "--metric", "accuracy", "--dry-run", cwd=workspace)
    recipe = parse_recipe(plan.stdout)
    assert recipe.contestants is not None
    assert recipe.contestants[0].seeds is None
    assert recipe.protocol.seeds == (0, 1, 2, 3)
    assert recipe.contestants[0].settings["n_estimators"] == 7
    assert recipe.protocol.primary_metric == "accuracy"


@pytest.mark.skipif(os.name == "nt", reason="signals as a terminal sends them")
def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(bakeoff: Callable[..., Any], workspace: Path) -> None:
    process = subprocess.Popen(
        INTERRUPTED, cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and _n_fits(workspace) < 5:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "the same command goes on" in said
    again = bakeoff("run", "digits", "--contestants", "dummy", "--threads", "1", "--no-probes", cwd=workspace)
    assert again.stderr.count("5 fits, 5 kept from before") == 1


@pytest.mark.skipif(os.name == "nt", reason="signals as a terminal sends them")
@pytest.mark.reliability
def test_after_a_kill_the_same_command_loses_at_most_what_was_running(
    bakeoff: Callable[..., Any], workspace: Path
) -> None:
    process = subprocess.Popen(
        INTERRUPTED, cwd=workspace, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and _n_fits(workspace) < 5:
        time.sleep(0.1)
    process.kill()
    process.wait()
    again = bakeoff("run", "digits", "--contestants", "dummy", "--threads", "1", "--no-probes", cwd=workspace)
    assert again.returncode == 0
    assert again.stderr.count("5 fits, 5 kept from before") == 1
    assert not list((workspace / "artifacts").glob(".rows-*"))


def _n_fits(workspace: Path) -> int:
    """Fits that count: a fit's artifacts lie there before its row does."""
    database = workspace / "bakeoff.sqlite"
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM fits").fetchone()[0])
        except sqlite3.OperationalError:  # the tables are not made yet
            return 0


def test_a_killed_run_is_listed_as_interrupted(bakeoff: Callable[..., Any], workspace: Path) -> None:
    with Store(workspace) as store:
        store.save_run(RunRecord("x-1", "2026-01-01", "x", "00", "running", ""))
    (workspace / "artifacts" / owned_prefix(".rows").replace(str(os.getpid()), "999999999")).mkdir()
    assert "x-1  interrupted" in bakeoff("list", cwd=workspace).stdout
    (workspace / "artifacts" / f"{owned_prefix('.rows')}abc").mkdir()
    assert "x-1  running" in bakeoff("list", cwd=workspace).stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_cannot_be_written_is_said_in_one_line(workspace: Path) -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [sys.executable, "-m", "bakeoff", "list", "--data"],
            cwd=workspace,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert answer.returncode == 2
    assert answer.stderr == "bakeoff: cannot write: No space left on device\n"


def test_control_characters_of_class_names_are_shown_and_not_obeyed(
    bakeoff: Callable[..., Any], workspace: Path
) -> None:
    (workspace / "t.csv").write_text(
        "label,a\n" + "".join(f'"\x1b[31mre\nd",{n}\nplain,{n}\n' for n in range(20)), newline=""
    )
    answer = bakeoff("audit", "t.csv", "--no-probes", cwd=workspace)
    assert answer.returncode == 0, answer.stderr
    assert "\x1b" not in answer.stdout
    assert "\\x1b[31mre\\nd" in answer.stdout
