"""What holds for every test: no network, no graphics window, a workspace of its own, real data only where it is."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "agg")
# Spinning OpenMP threads starve whatever they wait for when cores are few: one fit took 131 s instead of 3 s.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
from filelock import FileLock


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads, remembered answers and compiled programs of a test stay out of the user's own cache.

    Workers that run tests side by side share one, as commands side by side do.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    monkeypatch.setenv("BAKEOFF_CACHE", str(folder / "cache"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that is also the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plan_of() -> Callable[..., Any]:
    """Make a plan for contestants that no recipe can name."""

    from bakeoff.contest import make_plan  # noqa: PLC0415 - tests of the engine prepare JAX before it is imported
    from bakeoff.recipe import Recipe  # noqa: PLC0415

    def make(dataset: Any, contestants: Sequence[Any], **protocol: Any) -> Any:
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
def run(workspace: Path) -> Callable[..., Any]:
    """Run a plan here and give the run; events go to the list that is passed."""

    from bakeoff.contest import ContestOptions, run_contest  # noqa: PLC0415
    from bakeoff.executors import InlineExecutor  # noqa: PLC0415

    def run_here(plan: Any, events: list[Any] | None = None, **options: Any) -> Any:
        listen = (lambda _event: None) if events is None else events.append
        with InlineExecutor() as executor:
            return run_contest(
                plan, ContestOptions(workspace=workspace, listen=listen, executor=executor, command="test", **options)
            )

    return run_here


@pytest.fixture
def centroid() -> Any:
    from bakeoff.testing import CentroidContestant  # noqa: PLC0415

    return CentroidContestant("centroid")


@pytest.fixture
def shaky() -> Any:
    from bakeoff.testing import CentroidContestant  # noqa: PLC0415

    return CentroidContestant("shaky", is_random=True, shake=40.0, epochs=4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("BAKEOFF_DATA"):
        return
    skip = pytest.mark.skip(reason="BAKEOFF_DATA does not name a folder with the real data sets")
    for item in items:
        if item.get_closest_marker("data"):  # the keywords of an item hold the names of its folders too
            item.add_marker(skip)


@pytest.fixture
def make_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Any]]:
    """Make a Ray cluster on this machine, of a head with so many cores; one at a time, whoever tests beside."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    made = []

    def make(head_cores: int) -> Any:
        arguments = {"num_cpus": head_cores, "include_dashboard": False}
        made.append(cluster_utils.Cluster(initialize_head=True, head_node_args=arguments))
        return made[-1]

    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder
    with FileLock(shared / "ray.lock"):
        yield make
        for cluster in made:
            cluster.shutdown()


@pytest.fixture
def cluster(make_cluster: Callable[[int], Any]) -> Any:
    """A head that computes, and a second node."""
    made = make_cluster(1)
    made.second = made.add_node(num_cpus=1)
    made.wait_for_nodes()
    return made
