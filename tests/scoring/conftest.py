"""One sealed run to hand in, and the labels of its test rows."""

from dataclasses import replace
from pathlib import Path

import pytest

from bakeoff.contest import ContestOptions, make_plan, run_contest
from bakeoff.executors import InlineExecutor
from bakeoff.recipe import Recipe
from bakeoff.testing import CentroidContestant, make_blurs


@pytest.fixture
def labels(workspace: Path) -> Path:
    """Labels alone, in the order of the test rows."""
    blurs = make_blurs()
    path = workspace / "labels.csv"
    path.write_text("\n".join(["label", *map(str, () if blurs.y_test is None else blurs.y_test.tolist())]) + "\n")
    return path


@pytest.fixture(scope="session")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one sealed run, to be copied."""
    recipe = Recipe.model_validate({"name": "r", "data": {"source": "blurs"}, "contestants": ["dummy"]})
    plan = make_plan(recipe, replace(make_blurs(), y_test=None), {"centroid": CentroidContestant("centroid")})
    with InlineExecutor() as executor:
        return run_contest(plan, ContestOptions(tmp_path_factory.mktemp("one"), executor=executor)).folder
