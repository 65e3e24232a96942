"""Fits on the nodes of a Ray cluster."""

import contextlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from pickle import loads
from types import TracebackType
from typing import Any

from bakeoff.errors import BakeoffError, FitError, MissingExtraError, SettingsError
from bakeoff.executors._executor import FitExecutor, Progress, RemoteTraceback, SharedFile
from bakeoff.executors._local import packed
from bakeoff.executors._node import Node, NodeFile, about
from bakeoff.executors._threads import available_threads

__all__ = ["RayExecutor"]

_POLL_SECONDS = 0.25
_LOOK_SECONDS = 5.0  # for nodes that have joined
_START_SECONDS = 180.0  # of a node's actor: it may have to be started on a busy machine
_PATIENCE_SECONDS = 120.0  # without any node
_CLIENT = "ray://"
_KNOCK_SECONDS = 10.0
_ATTEMPTS = 5  # workers that one fit may lose


@dataclass(eq=False)
class _Link:
    """A node, and what runs there."""

    node_id: str
    name: str
    actor: Any
    n_slots: int
    n_busy: int = 0
    placed: set[str] = field(default_factory=set)
    placing: threading.Lock = field(default_factory=threading.Lock)


class RayExecutor(FitExecutor):
    """Children on every node of a Ray cluster, as `LocalExecutor` has one here.

    Each node runs as many fits at once as its cores allow; a node with GPUs runs one, on all of them. Rows go to a node
    once. The fits of a worker that is lost run again on another; nodes that join are used from then on.

    Parameters
    ----------
    threads : int or None
        Threads for the numerical libraries in each child; None: as many as this machine has.
    address : str or None
        ``"ray://HOST:PORT"`` or ``"HOST:PORT"`` of a cluster. None: the one that ``RAY_ADDRESS`` names or that runs on
        this machine, else a new one on this machine.
    environment : mapping of str to str, optional
        More variables for the children.
    output : callable, optional
        Is given what children write, as text.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    SettingsError
        If no cluster answers, or one with another release of Bakeoff or Python.
    """

    def __init__(
        self,
        threads: int | None = None,
        address: str | None = None,
        environment: Mapping[str, str] | None = None,
        output: Callable[[str], None] | None = None,
    ) -> None:
        self._ray = _ray_module()
        self._threads = available_threads() if threads is None else threads
        self._environment, self._output = dict(environment or {}), output
        self._links: dict[str, _Link] = {}
        self._not_to_ask: set[str] = set()  # their actor could not be started, or is being started
        self._files: dict[str, Any] = {}
        self._preparations: list[bytes] = []
        self._numbers = itertools.count()
        self._free = threading.Condition()
        self._looked = 0.0
        self._closed = False
        self._pool: ThreadPoolExecutor | None = None
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            _join(self._ray, address)
        try:
            self._look_for_nodes(first=True)
        except BaseException:
            self.shutdown()
            raise

    @property
    def threads(self) -> int:
        """How many threads the numerical libraries use in each child."""
        return self._threads

    @property
    def at_once(self) -> int:
        """Fits that the nodes run at once."""
        with self._free:
            return max(1, sum(link.n_slots for link in self._links.values()))

    @property
    def has_our_files(self) -> bool:
        """No: other machines have other disks."""
        return False

    @property
    def place(self) -> str:
        """For people: how many nodes there are."""
        n_nodes = len(self._links)
        return f"Ray, {n_nodes} node{'' if n_nodes == 1 else 's'}, {self.at_once} at once"

    def share(self, path: Path) -> SharedFile:
        """Put a file into the cluster's memory; each node fetches it once, when its first fit wants it."""
        import numpy as np  # noqa: PLC0415 - what Ray passes on without a copy

        file = NodeFile(f"{len(self._files)}-{path.name}")
        self._files[file.name] = self._ray.put(np.fromfile(path, np.uint8))
        return file

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``function(*args, **kwargs)`` on a node that is free."""
        self._refuse_when_closed()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max(32, self.at_once), thread_name_prefix="bakeoff-ray")

        def call_it(_report: Any) -> Any:
            return function(*args, **kwargs)

        return self._pool.submit(self.run, call_it)

    def prepare(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """`run` a function on every node, and on those that join later before they get fits.

        A node where it raises is not used any more, unless it raises on all.
        """
        self._refuse_when_closed()
        self._preparations.append(packed((function, args)))
        results, errors = [], []
        for link in list(self._links.values()):
            try:
                results.append(self._run_on(link, self._preparations[-1], None, None))
            except (BakeoffError, self._ray.exceptions.RayError) as error:
                errors.append(error)
                self._lose(link, error)
                self._not_to_ask.add(link.node_id)
        if results:
            return results[0]
        ours = next((error for error in errors if isinstance(error, BakeoffError)), None)
        raise ours or FitError("no node of the cluster is left")

    def run(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,
        time_limit_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Call ``function(*args, report)`` on a node and wait; see `FitExecutor.run`.

        May be called from several threads at once. `progress` is also told ``{"lost": node}``.
        """
        self._refuse_when_closed()
        call = packed((function, args))
        for _ in range(_ATTEMPTS):
            with self._slot() as link:
                try:
                    return self._run_on(link, call, time_limit_seconds, progress)
                except self._ray.exceptions.RayError as error:
                    self._refuse_when_closed()
                    self._lose(link, error)
            if progress is not None:
                progress({"lost": link.name})
        raise FitError(f"{_ATTEMPTS} workers were lost while it ran, one after the other: it may need more memory")

    def _run_on(self, link: _Link, call: bytes, limit: float | None, progress: Progress | None) -> Any:
        ray, actor, number = self._ray, link.actor, next(self._numbers)
        self._place_files(link)
        answer = actor.run.remote(number, call, limit)
        is_done = False
        while not is_done:
            is_done = bool(ray.wait([answer], timeout=_POLL_SECONDS)[0])
            for kind, value in ray.get(actor.news.remote(number)):
                if kind == "output" and self._output is not None:
                    self._output(value)
                elif kind == "news" and progress is not None:
                    progress(value)
            self._refuse_when_closed()
        kind, value = ray.get(answer)
        actor.forget.remote(number)
        if kind == "error":
            error, text = value
            raise error from RemoteTraceback(text)
        return loads(value)  # noqa: S301 - from our own child there

    def _place_files(self, link: _Link) -> None:
        with link.placing:
            for name, content in list(self._files.items()):
                if name not in link.placed:
                    self._ray.get(link.actor.place.remote(name, content))
                    link.placed.add(name)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[_Link]:
        """A node with room for one more, as soon as there is one."""
        link = self._taken()
        try:
            yield link
        finally:
            with self._free:
                link.n_busy -= 1
                self._free.notify_all()

    def _taken(self) -> _Link:
        last_seen = time.monotonic()
        while True:
            self._refuse_when_closed()
            self._look_for_nodes()
            with self._free:
                free = [link for link in self._links.values() if link.n_busy < link.n_slots]
                if free:
                    link = max(free, key=lambda each: each.n_slots - each.n_busy)
                    link.n_busy += 1
                    return link
                if self._links:
                    last_seen = time.monotonic()
                elif time.monotonic() - last_seen > _PATIENCE_SECONDS:
                    raise FitError(f"no node of the cluster is left; waited {_PATIENCE_SECONDS:g} s for another")
                self._free.wait(1.0)

    def _look_for_nodes(self, first: bool = False) -> None:
        """Start an actor on each node that has none; a node that cannot have one is not asked again."""
        with self._free:
            if time.monotonic() - self._looked < _LOOK_SECONDS and not first:
                return
            self._looked = time.monotonic()
            known = {*self._links, *self._not_to_ask}
            found = [node for node in self._nodes() if node["Alive"] and node["NodeID"] not in known]
            found = [node for node in found if node["Resources"].get("CPU", 0) >= 1]
            self._not_to_ask |= {node["NodeID"] for node in found}
        started = [self._started(node) for node in found]
        problems = []
        for link in started:
            try:
                there = self._ray.get(link.actor.about.remote(), timeout=_START_SECONDS)
            except self._ray.exceptions.RayError as error:
                problems.append(f"{link.name}: {_first_line(error)}")
                continue
            if there != about():
                problems.append(
                    f"{link.name} has Bakeoff {there.bakeoff} on Python {there.python}; here it is {about().bakeoff} "
                    f"on {about().python}"
                )
                continue
            try:
                for call in self._preparations:
                    self._run_on(link, call, None, None)
            except (BakeoffError, self._ray.exceptions.RayError) as error:
                problems.append(f"{link.name}: {_first_line(error)}")
                continue
            with self._free:
                self._not_to_ask.discard(link.node_id)
                self._links[link.node_id] = link
                self._free.notify_all()
        if first and not self._links:
            raise SettingsError(["--on ray: the cluster has no node that can fit", *problems])
        for problem in problems:
            if self._output is not None:
                self._output(f"a node of the cluster is not used: {problem}\n")

    def _nodes(self) -> list[Any]:
        try:
            return list(self._ray.nodes())
        except (self._ray.exceptions.RayError, ConnectionError, RuntimeError) as error:
            raise FitError(f"the cluster is lost: {_first_line(error)}") from None

    def _started(self, node: Mapping[str, Any]) -> _Link:
        n_cores, n_gpus = int(node["Resources"].get("CPU", 0)), int(node["Resources"].get("GPU", 0))
        n_slots = 1 if n_gpus else max(1, n_cores // self._threads)
        strategies = self._ray.util.scheduling_strategies
        actor = self._ray.remote(Node).options(
            num_cpus=min(n_cores, n_slots * self._threads),
            num_gpus=n_gpus,
            max_concurrency=3 * n_slots + 8,  # runs, their news, and files
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        )
        made = actor.remote(n_slots, self._threads, self._environment)
        return _Link(node["NodeID"], str(node.get("NodeManagerHostname") or node["NodeID"][:8]), made, n_slots)

    def _lose(self, link: _Link, error: Exception) -> None:
        """Its node, or its process there, has gone: what is left of it must not be waited for."""
        with self._free:
            if self._links.pop(link.node_id, None) is None:
                return  # another fit has said so
            self._looked = 0.0
        if self._output is not None:
            self._output(f"{link.name} is lost: {_first_line(error)}\n")
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(link.actor)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End everything on the nodes, and leave the cluster; one that was started here ends."""
        if self._pool is not None:
            self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)
        if self._closed:
            return
        self._closed = True
        links = list(self._links.values())
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.get([link.actor.close.remote() for link in links], timeout=10)
        for link in links:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.kill(link.actor)
        if self._is_ours:
            self._ray.shutdown()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown(cancel_futures=error is not None)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")


def _ray_module() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    try:
        import ray  # noqa: PLC0415
        import ray._private.worker  # noqa: PLC0415
        import ray.exceptions  # noqa: PLC0415
        import ray.util.scheduling_strategies  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("--on ray", "ray") from None
    # It prints the last lines of a lost node's log to standard output, which is for results, whatever it is told.
    if hasattr(ray._private.worker, "print_to_stdstream"):
        ray._private.worker.print_to_stdstream = _print_nothing
    return ray


def _print_nothing(*_args: Any, **_others: Any) -> None:
    pass


def _join(ray: Any, address: str | None) -> None:
    try:
        if address is not None and address.startswith(_CLIENT):
            _knock(address.removeprefix(_CLIENT))
        ray.init(address=address, logging_level="ERROR", log_to_driver=False, include_dashboard=False)
    except (OSError, RuntimeError, ValueError) as error:  # no connection and no answer in time are OSErrors
        where = "ray" if address is None else address
        raise SettingsError(f"--on {where}: no Ray cluster could be joined or started: {_first_line(error)}") from None


def _knock(address: str) -> None:
    """Fail at once where nobody listens: Ray would try for half a minute."""
    host, _, port = address.partition("/")[0].rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("it must have a host and a port")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS).close()


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
