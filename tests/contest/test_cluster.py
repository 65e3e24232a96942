"""Bake-offs, studies and searches on a cluster that loses a node, and on one machine: the same results."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff import api
from bakeoff.contest import ContestOptions, Event, JobProgress, JobStarted, Said
from bakeoff.executors import LocalExecutor
from bakeoff.executors._ray import RayExecutor
from bakeoff.recipe import ContestantEntry
from bakeoff.tune import Budget

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.reliability,
    pytest.mark.filterwarnings("ignore"),  # Ray's own, of its own ways
]

CONTESTANTS = tuple(
    ContestantEntry(
        name=name,
        family="dense",
        settings={"hidden_layer_sizes": [16], "epochs": epochs, "augment": "none"},
    )
    for name, epochs in (("one", 40), ("two", 50))
)
QUICK = {"threads": 1, "seeds": 2, "validation": 0.25, "probes": False}


class Killer:
    """Listens, and kills the second node once both work."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._working: set[int] = set()
        self.has_killed = False
        self.said: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Said):
            self.said.append(event.text)
        elif isinstance(event, JobStarted):
            assert event.number not in self._working
        elif isinstance(event, JobProgress):
            self._working.add(event.number)
            if len(self._working) >= 2 and not self.has_killed:
                self.has_killed = True
                self._cluster.remove_node(self._cluster.second, allow_graceful=False)


def arrays(folder: Path) -> dict[str, np.ndarray]:
    found = {}
    for path in sorted(folder.glob("predictions/*.npz")):
        with np.load(path) as archive:
            found |= {f"{path.name}/{name}": archive[name] for name in archive.files}
    return found


def test_a_bake_off_on_a_cluster_that_loses_a_node_comes_to_the_same_predictions(cluster: Any, workspace: Path) -> None:
    recipe = api.make_recipe("digits", **QUICK)
    plan = api.plan(recipe.model_copy(update={"contestants": CONTESTANTS}))
    killer = Killer(cluster)
    with RayExecutor(1, cluster.address) as executor:
        there = api.run_plan(plan, ContestOptions(workspace / "there", killer, executor=executor))
    assert killer.has_killed
    assert any("was lost in the middle of a fit, which runs again elsewhere" in text for text in killer.said)
    with LocalExecutor(1) as executor:
        here = api.run_plan(plan, ContestOptions(workspace / "here", executor=executor))
    expected, found = arrays(here.folder), arrays(there.folder)
    assert len(expected) >= 8
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert [entry["test"] for entry in there.results["contestants"]] == [
        entry["test"] for entry in here.results["contestants"]
    ]
    # What the cluster fitted is kept here: nothing is fitted again.
    again: list[Event] = []
    with LocalExecutor(1) as executor:
        api.run_plan(plan, ContestOptions(workspace / "there", again.append, executor=executor))
    assert not [event for event in again if isinstance(event, JobProgress)]


def test_a_search_on_a_cluster_finds_what_one_on_this_machine_finds(cluster: Any, workspace: Path) -> None:
    recipe = api.make_recipe("digits", contestants=("svc", "knn"), **QUICK)
    planned = api.plan_of_tuning(recipe, Budget(fits=5))
    with RayExecutor(1, cluster.address) as executor:
        there = api.run_tuning_plan(planned, ContestOptions(workspace / "there", executor=executor)).results
    with LocalExecutor(1) as executor:
        here = api.run_tuning_plan(planned, ContestOptions(workspace / "here", executor=executor)).results
    assert [entry["name"] for entry in there["searches"]] == ["svc", "knn"]
    for one, other in zip(there["searches"], here["searches"], strict=True):
        assert [(each["settings"], each["score"]) for each in one["candidates"]] == [
            (each["settings"], each["score"]) for each in other["candidates"]
        ]
        assert one["best"]["settings"] == other["best"]["settings"]
