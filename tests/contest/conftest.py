"""A plan, and a contest that runs in this process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bakeoff.contest import ContestOptions, Event, Plan, Run, make_plan, run_contest
from bakeoff.contestants import Contestant
from bakeoff.data import Dataset
from bakeoff.executors import InlineExecutor
from bakeoff.recipe import Recipe
from bakeoff.testing import CentroidContestant


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Make a plan for contestants that no recipe can name."""

    def make(dataset: Dataset, contestants: Sequence[Contestant], **protocol: Any) -> Plan:
        recipe = Recipe.model_validate(
            {
                "name": "test",
                "data": {"source": "blurs"},
                # Probes train networks, which few of these tests are about.
                "protocol": {"seeds": 3, "primary_metric": "accuracy", "probes": False, **protocol},
                "contestants": ["dummy"],
            }
        )
        return make_plan(recipe, dataset, {contestant.name: contestant for contestant in contestants})

    return make


@pytest.fixture
def run(workspace: Path) -> Callable[..., Run]:
    """Run a plan here and give the run; events go to the list that is passed."""

    def run_here(plan: Plan, events: list[Event] | None = None, **options: Any) -> Run:
        listen = (lambda _event: None) if events is None else events.append
        with InlineExecutor() as executor:
            return run_contest(
                plan, ContestOptions(workspace=workspace, listen=listen, executor=executor, command="test", **options)
            )

    return run_here


@pytest.fixture
def centroid() -> CentroidContestant:
    return CentroidContestant("centroid")


@pytest.fixture
def shaky() -> CentroidContestant:
    return CentroidContestant("shaky", is_random=True, shake=40.0, epochs=4)
