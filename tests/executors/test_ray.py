"""Fits on a real cluster of several nodes on this machine, one of which is killed."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.errors import ClusterError, FitError, FitTimedOut, MissingExtraError, SettingsError
from bakeoff.executors import executor_at
from bakeoff.executors._node import AboutNode, about
from bakeoff.executors._ray import RayExecutor

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.reliability,
    pytest.mark.filterwarnings("ignore"),  # Ray's own, of its own ways
]


def count_up(to: int, seconds: float, report: Callable[[Any], None]) -> tuple[int, int]:
    """What it was given and the process that it ran in; says how far it is."""
    import os  # noqa: PLC0415 - it runs elsewhere
    import time  # noqa: PLC0415

    for step in range(to):
        report({"step": step})
        time.sleep(seconds)
    print("counted", flush=True)
    return to, os.getppid()


def add_up(file: Any, _report: Any) -> tuple[int, str]:
    rows = np.load(file.here(), mmap_mode="r")
    return int(rows.sum()), str(file.here())


def raise_it(error: Exception, _report: Any) -> None:
    raise error


def test_a_cluster_runs_as_many_at_once_as_it_has_cores_with_progress_limits_and_errors(
    cluster: Any, tmp_path: Path
) -> None:
    written: list[str] = []
    with RayExecutor(1, cluster.address, output=written.append) as executor:
        assert executor.at_once == 2
        assert executor.place == "Ray, 2 nodes, 2 at once"
        steps: list[int] = []
        assert executor.run(count_up, 3, 0.1, progress=lambda news: steps.append(news["step"]))[0] == 3
        assert steps == [0, 1, 2]
        assert any("counted" in text for text in written)

        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: executor.run(count_up, 4, 0.5), range(2)))
        assert len({parent for _, parent in both}) == 2  # one child of either node's actor

        with pytest.raises(FitError, match=r"^ValueError: no such column$") as caught:
            executor.run(raise_it, ValueError("no such column"))
        assert "raise_it" in str(caught.value.__cause__)
        with pytest.raises(SettingsError, match="ours"):
            executor.run(raise_it, SettingsError("ours"))
        begun = time.monotonic()
        with pytest.raises(FitTimedOut, match="after its limit of 1 s"):
            executor.run(count_up, 1000, 0.1, time_limit_seconds=1)
        assert time.monotonic() - begun < 60

        rows = np.arange(1000).reshape(10, 100)
        np.save(tmp_path / "X.npy", rows)
        file = executor.share(tmp_path / "X.npy")
        with ThreadPoolExecutor(4) as pool:
            sums = list(pool.map(lambda _: executor.run(add_up, file), range(6)))
        assert {total for total, _ in sums} == {rows.sum()}
        places = {Path(place) for _, place in sums}
        assert len(places) == 2  # each node has one
        assert all(place.exists() for place in places)
        assert executor.submit(sum, (1, 2, 3)).result() == 6
        assert executor.prepare(count_up, 1, 0.0)[0] == 1
    assert not any(place.exists() for place in places)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.run(count_up, 1, 0.0)


def test_fits_of_a_node_that_is_killed_run_again_on_another_and_a_new_node_is_used(cluster: Any) -> None:
    news: list[dict[str, Any]] = []
    are_running = threading.Event()

    def hear(values: Any) -> None:
        news.append(values)
        if sum("step" in each for each in news) >= 2:
            are_running.set()

    with RayExecutor(1, cluster.address) as executor, ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(executor.run, count_up, 8, 0.5, progress=hear) for _ in range(3)]
        assert are_running.wait(60)
        cluster.remove_node(cluster.second, allow_graceful=False)
        cluster.add_node(num_cpus=1)
        assert [future.result(timeout=120)[0] for future in asked] == [8, 8, 8]
        assert sum("lost" in each for each in news) == 1
        until = time.monotonic() + 120
        while executor.at_once < 2 and time.monotonic() < until:
            time.sleep(0.5)
        assert executor.at_once == 2


def test_a_fit_that_ends_its_worker_again_and_again_is_given_up(cluster: Any) -> None:
    news: list[Any] = []
    with RayExecutor(1, cluster.address) as executor, pytest.raises(FitError, match="ended by SIGKILL"):
        executor.run(kill_itself, progress=news.append)
    assert not news  # its own process alone was lost: that is no matter of the node


def test_nodes_with_another_release_are_not_used_and_what_differs_is_said(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = AboutNode(tuple((name, "9.9" if name == "numpy" else version) for name, version in about().versions))
    monkeypatch.setattr("bakeoff.executors._ray.about", lambda: other)
    with pytest.raises(SettingsError, match=f"it has numpy {np.__version__}; here it is numpy 9.9"):
        RayExecutor(1, cluster.address)


def test_where_no_node_is_left_fits_are_not_failures_of_contestants(
    make_cluster: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.executors._ray._PATIENCE_SECONDS", 3.0)
    cluster = make_cluster(0)
    only = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    with RayExecutor(1, cluster.address) as executor, ThreadPoolExecutor(1) as pool:
        begun = threading.Event()
        asked = pool.submit(executor.run, count_up, 60, 0.5, progress=lambda _news: begun.set())
        assert begun.wait(60)
        cluster.remove_node(only, allow_graceful=False)
        with pytest.raises(ClusterError, match="no node of the cluster is left"):
            asked.result(timeout=120)


def kill_itself(_report: Any) -> None:
    import os  # noqa: PLC0415
    import signal  # noqa: PLC0415

    os.kill(os.getpid(), signal.SIGKILL)


def test_where_no_cluster_answers_it_is_said_in_one_line() -> None:
    with pytest.raises(SettingsError, match=r"--on ray://127\.0\.0\.1:1: no Ray cluster could be joined"):
        executor_at("ray://127.0.0.1:1", 1)


@pytest.mark.parametrize("on", ["", "Ray", "ray:", "ray//:x", "slurm", "127.0.0.1:6379"])
def test_other_places_are_refused(on: str) -> None:
    with pytest.raises(SettingsError, match="must be local, ray or ray://HOST:PORT"):
        executor_at(on, 1)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys  # noqa: PLC0415

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'bakeoff\[ray\]'"):
        executor_at("ray", 1)
