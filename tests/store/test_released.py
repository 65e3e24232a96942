"""What every release left opens with today's code: its store, its runs, its models."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff import api
from bakeoff.contest import ContestOptions, StageFinished, open_run
from bakeoff.executors import InlineExecutor
from bakeoff.report import write_report
from bakeoff.store import Store
from bakeoff.store._schema import SCHEMA_VERSION
from make_released import hash_of

RELEASED = Path(__file__).parent / "released"
FOLDERS = sorted(RELEASED.iterdir())


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def released(request: pytest.FixtureRequest, workspace: Path) -> Path:
    """A copy, which is also the current folder."""
    shutil.copytree(request.param, workspace, dirs_exist_ok=True)
    return workspace


def expected(workspace: Path) -> Any:
    return json.loads((workspace / "expected.json").read_text())


def test_there_is_a_workspace_of_every_schema() -> None:
    assert [folder.name for folder in FOLDERS] == [f"schema-{number}" for number in range(1, SCHEMA_VERSION + 1)]


def test_its_store_opens_and_gives_every_fit_as_it_was(released: Path) -> None:
    told = expected(released)
    with Store(released) as store:
        keys = [row[0] for row in store._connection.execute("SELECT key FROM fits")]
        fits = {key: store.find_fit(key) for key in keys}
        assert {key: hash_of(fit.arrays) for key, fit in fits.items() if fit is not None} == told["fits"]
        assert [[each.purpose, each.times, each.n_rows] for each in store.all_openings()] == told["openings"]
        assert [[each.name, each.status, each.verdict] for each in store.runs()] == told["runs"]


def test_its_models_predict_what_they_predicted(released: Path) -> None:
    (folder,) = (released / "runs").iterdir()
    run = open_run(folder)
    assert run.verdict
    X = np.load("blurs.npz")["X_test"]
    np.savetxt("rows.csv", X, fmt="%d", delimiter=",", header=",".join(f"p{i}" for i in range(16)), comments="")
    names = run.results["data"]["class_names"]
    for contestant in ("dense-plain", "bayes", "knn"):
        predicted = api.predict(run, ["rows.csv"], contestant=contestant, seed=0)
        with np.load(folder / "predictions" / f"{contestant}-0.npz") as stored:
            said = [names[label] for label in stored["test_labels"]]
        assert [each.classes[0][0] for each in predicted.predictions] == said


def test_its_run_can_be_reported_and_its_command_runs_again(released: Path) -> None:
    (folder,) = (released / "runs").iterdir()
    assert "released" in write_report(folder, "html").read_text()
    events: list[Any] = []
    with InlineExecutor() as executor:
        plan = api.plan(api.make_recipe(folder / "recipe.yaml", seeds=1))
        run = api.run_plan(plan, ContestOptions(released, executor=executor, listen=events.append))
    assert run.folder != folder
    assert any(isinstance(event, StageFinished) for event in events)
    # Openings of the release count on.
    assert run.results["openings"]["ever"] > run.results["openings"]["this_run"]
