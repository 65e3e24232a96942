"""A small finished run, its models in memory."""

from pathlib import Path

import pytest

from bakeoff import api
from bakeoff.contest import ContestOptions
from bakeoff.executors import InlineExecutor
from bakeoff.serve import TriedRun, open_tried_run


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With one run on digits: naive Bayes gives probabilities, a support vector machine scores."""
    folder = tmp_path_factory.mktemp("served")
    recipe = api.make_recipe("digits", contestants=("bayes", "svc"), seeds=1, threads=1, probes=False, name="tried")
    with InlineExecutor() as executor:
        api.run_plan(api.plan(recipe), ContestOptions(folder, executor=executor))
    return folder


@pytest.fixture(scope="session")
def tried(workspace: Path) -> TriedRun:
    return open_tried_run(
        api.open_run("latest", workspace), lambda run: api.plan(api.make_recipe("digits", probes=False))
    )
