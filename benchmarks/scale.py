"""What a cluster costs and what it gives: measured here, computed for 1, 10 and 100 nodes.

Measured: joining a cluster and the start of its nodes, an empty task there and here, moving the rows, and every job of
`bakeoff study notebook` and of a bake-off, one after the other on this machine. Computed: the same jobs handed out by
the same rule (in order, to whoever is free) to nodes like this machine, each job with the cost of a task, each node
with its start and the rows over a network of 1 Gbit/s. Nothing is assumed to be divided further than it is: a job is a
population of networks, or one classical fit.

Usage: python benchmarks/scale.py [--where mnist] [--write docs/scale.md]
"""

import argparse
import heapq
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ray.cluster_utils import Cluster

from bakeoff import api
from bakeoff.contest import ContestOptions, Event, JobFinished
from bakeoff.executors import LocalExecutor
from bakeoff.executors._ray import RayExecutor
from bakeoff.study import Question

MARKS = ("<!-- measured -->", "<!-- /measured -->")
NODES = (1, 10, 100)
NETWORK = 1e9 / 8  # bytes a second
TASKS = 40


def nothing(_report: Any) -> None:
    """An empty task."""


def median_seconds(call: Callable[[], object], times: int = TASKS) -> float:
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def costs(rows: Any) -> dict[str, float]:
    """Of tasks and rows, here and on a cluster of two nodes on this machine."""
    found: dict[str, float] = {}
    with LocalExecutor(1) as executor:
        executor.run(nothing)
        found["task here"] = median_seconds(lambda: executor.run(nothing))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        begun = time.perf_counter()
        with RayExecutor(1, cluster.address) as executor, tempfile.TemporaryDirectory() as folder:
            executor.prepare(nothing)
            found["join"] = time.perf_counter() - begun
            found["task"] = median_seconds(lambda: executor.run(nothing))
            cpu = time.process_time()
            for _ in range(TASKS):
                executor.run(nothing)
            found["task, of this process"] = (time.process_time() - cpu) / TASKS
            path = Path(folder) / "X.npy"
            np.save(path, rows)
            found["bytes"] = float(path.stat().st_size)
            begun = time.perf_counter()
            executor.share(path)
            found["put"] = time.perf_counter() - begun
            begun = time.perf_counter()
            executor.prepare(nothing)  # on both: either fetches the rows
            found["place"] = (time.perf_counter() - begun) / 2
    finally:
        cluster.shutdown()
    return found


class Jobs:
    """Listens for how long each job of each contestant and stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, list[float]]] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, JobFinished):
            self.seconds.setdefault(event.contestant, {}).setdefault(event.stage, []).append(event.seconds)

    @property
    def works(self) -> list[list[list[float]]]:
        """Of each contestant its stages, of each stage its jobs."""
        return [list(stages.values()) for stages in self.seconds.values()]


def finished_after(works: Sequence[Sequence[Sequence[float]]], nodes: int, task: float, driver: float) -> float:
    """When the last job ends, from when the nodes stand ready.

    Parameters
    ----------
    works : of each work its stages, of each stage the seconds of its jobs
        Stages of one work follow each other.
    nodes : int
    task : float
        Seconds that a job costs beside its own.
    driver : float
        Seconds that this process needs to hand one out: it does so one after the other.
    """
    now, handed = 0.0, 0.0
    running: list[tuple[float, int]] = []
    to_begin, ready = list(range(len(works))), []
    stage, open_jobs = dict.fromkeys(to_begin, -1), dict.fromkeys(to_begin, 0)

    def advance(work: int) -> None:
        stage[work] += 1
        if stage[work] < len(works[work]):
            open_jobs[work] = len(works[work][stage[work]])
            ready.extend((work, seconds) for seconds in works[work][stage[work]])

    while True:
        while (ready or to_begin) and len(running) < nodes:
            if not ready:
                advance(to_begin.pop(0))
                continue
            work, seconds = ready.pop(0)
            handed = max(handed, now) + driver
            heapq.heappush(running, (handed + seconds + task, work))
        if not running:
            return now
        now, work = heapq.heappop(running)
        open_jobs[work] -= 1
        if not open_jobs[work]:
            advance(work)


def measured_jobs(where: str) -> Mapping[str, Jobs]:
    """Every job of two commands, each on this whole machine."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        recipe = api.make_recipe(where)
        jobs = found[f"`bakeoff study notebook {where}`"] = Jobs()
        planned = api.plan_of_study(recipe, Question("notebook"))
        api.run_study_plan(planned, ContestOptions(Path(folder), jobs))
        jobs = found[f"`bakeoff run {where} --no-probes`"] = Jobs()
        recipe = api.make_recipe(where, probes=False)
        api.run_plan(api.plan(recipe), ContestOptions(Path(folder), jobs))
    return found


def table(found: Mapping[str, float], jobs: Mapping[str, Jobs]) -> str:
    megabytes = found["bytes"] / 1e6
    lines = [
        "| measured on one machine | |",
        "|---|---:|",
        f"| joining a cluster of two nodes, their children ready | {found['join']:.1f} s |",
        f"| an empty task on the cluster | {1000 * found['task']:.0f} ms |",
        f"| ... of which this process computes | {1000 * found['task, of this process']:.0f} ms |",
        f"| an empty task in a child here | {1000 * found['task here']:.1f} ms |",
        f"| {megabytes:.1f} MB of rows into the cluster's memory | {found['put']:.2f} s |",
        f"| ... from there to a node's disk | {found['place']:.2f} s |",
        "",
        "| computed | jobs | longest | one machine | " + " | ".join(f"{n:,} nodes" for n in NODES) + " |",
        "|---|---:|---:|---:|" + "---:|" * len(NODES),
    ]
    for command, each in jobs.items():
        works = each.works
        every = [seconds for stages in works for stage in stages for seconds in stage]
        alone = finished_after(works, 1, 0.0, 0.0)
        cells = []
        for nodes in NODES:
            hops = int(np.ceil(np.log2(nodes + 1)))  # nodes that have the rows pass them on
            start = found["join"] + found["put"] + found["place"] + hops * found["bytes"] / NETWORK
            there = start + finished_after(works, nodes, found["task"], found["task, of this process"])
            cells.append(f"{there:,.0f} s ({alone / there:.1f} x)")
        lines.append(f"| {command} | {len(every)} | {max(every):.0f} s | {alone:,.0f} s | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scale")
    parser.add_argument("--where", default="mnist")
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the tables between the page's marks")
    options = parser.parse_args()
    recipe = api.make_recipe(options.where)
    dataset = api.plan(recipe).dataset
    rows = dataset.X_train if dataset.X_test is None else np.concatenate([dataset.X_train, dataset.X_test])
    text = table(costs(rows), measured_jobs(options.where))
    print(text)
    if options.write:
        page = options.write.read_text()
        before, rest = page.split(MARKS[0])
        options.write.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
