"""Fits on the nodes of a Ray cluster."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from pickle import loads
from types import TracebackType
from typing import Any

from bakeoff.errors import BakeoffError, ClusterError, FitError, SettingsError
from bakeoff.executors._executor import FitExecutor, Progress, RemoteTraceback, SharedFile
from bakeoff.executors._local import packed
from bakeoff.executors._node import Node, NodeFile, about, packing
from bakeoff.executors._ray_module import first_line, join, ray_module
from bakeoff.executors._threads import available_threads

__all__ = ["RayExecutor"]

_POLL_SECONDS = 0.25
_LOOK_SECONDS = 5.0  # for nodes that have joined
_START_SECONDS = 180.0  # of a node's actor: it may have to be started on a busy machine
_PAUSE_SECONDS = 60.0  # until a node that could not be started is tried again
_PATIENCE_SECONDS = 120.0  # without any node, and none being started
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
        If no cluster answers, or none of its nodes is like this machine.
    """

    def __init__(
        self,
        threads: int | None = None,
        address: str | None = None,
        environment: Mapping[str, str] | None = None,
        output: Callable[[str], None] | None = None,
    ) -> None:
        self._ray = ray_module()
        # What is lost when a node, an actor or the way there is. What a function raises comes back as an answer.
        self._lost_errors: tuple[type[BaseException], ...] = (self._ray.exceptions.RayError, ConnectionError)
        self._start_errors: tuple[type[BaseException], ...] = (*self._lost_errors, BakeoffError, RuntimeError)
        self._threads = available_threads() if threads is None else threads
        self._environment, self._output = dict(environment or {}), output
        self._links: dict[str, _Link] = {}
        self._starting: set[str] = set()
        self._not_before: dict[str, float] = {}  # nodes that could not be started, and when they are tried again
        self._problems: list[str] = []  # why nodes are not used
        self._files: dict[str, Any] = {}
        self._preparations: list[bytes] = []
        self._numbers = itertools.count()
        self._change = threading.Condition()
        self._problem: ClusterError | None = None
        self._closed = False
        self._pool: ThreadPoolExecutor | None = None
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            join(self._ray, address)
        try:
            for thread in self._look_for_nodes():
                thread.join()
            if not self._links:
                raise SettingsError(["--on ray: the cluster has no node that can fit", *self._problems])
        except BaseException:
            self.shutdown()
            raise
        threading.Thread(target=self._keep_looking, name="bakeoff-nodes", daemon=True).start()

    @property
    def threads(self) -> int:
        """How many threads the numerical libraries use in each child."""
        return self._threads

    @property
    def at_once(self) -> int:
        """Fits that the nodes run at once; it changes as nodes come and go."""
        with self._change:
            return max(1, sum(link.n_slots for link in self._links.values()))

    @property
    def takes_several(self) -> bool:
        """Yes."""
        return True

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

        def call_it(_report: Any) -> tuple[bool, Any]:
            try:
                return True, function(*args, **kwargs)
            except Exception as error:  # a future holds the function's own
                return False, error

        def ask() -> Any:
            is_value, value = self.run(call_it)
            if is_value:
                return value
            raise value

        return self._pool.submit(ask)

    def prepare(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """`run` a function on every node, and on those that join later before they get fits.

        A node where it raises is not used any more, unless it raises on all.
        """
        self._refuse_when_closed()
        call = packed((packing(function), args, True))
        self._preparations.append(call)
        results: list[Any] = []
        ours: BakeoffError | None = None
        for link in list(self._links.values()):
            try:
                results.append(self._run_on(link, call, None, None))
            except BakeoffError as error:
                ours = error
                self._lose(link, error)
            except self._lost_errors as error:
                self._lose(link, error)
        if results:
            return results[0]
        raise ours or ClusterError("no node of the cluster is left")

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

        Raises
        ------
        ClusterError
            If no node is left, and none comes.
        """
        self._refuse_when_closed()
        call = packed((packing(function), args, True))
        for _ in range(_ATTEMPTS):
            with self._slot() as link:
                try:
                    return self._run_on(link, call, time_limit_seconds, progress)
                except self._lost_errors as error:
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
            with self._change:
                link.n_busy -= 1
                self._change.notify_all()

    def _taken(self) -> _Link:
        last_seen = time.monotonic()
        with self._change:
            while True:
                self._refuse_when_closed()
                if self._problem is not None:
                    raise self._problem
                free = [link for link in self._links.values() if link.n_busy < link.n_slots]
                if free:
                    link = max(free, key=lambda each: each.n_slots - each.n_busy)
                    link.n_busy += 1
                    return link
                if self._links or self._starting:
                    last_seen = time.monotonic()
                elif time.monotonic() - last_seen > _PATIENCE_SECONDS:
                    raise ClusterError(f"no node of the cluster is left; waited {_PATIENCE_SECONDS:g} s for another")
                self._change.wait(1.0)

    # Nodes -------------------------------------------------------------------------------------------------------

    def _keep_looking(self) -> None:
        """In a thread of its own: start what joins, and what is there again."""
        while not self._closed:
            time.sleep(_LOOK_SECONDS)
            try:
                if not self._closed:
                    self._look_for_nodes()
            except self._start_errors as error:
                if not self._closed:
                    with self._change:
                        self._problem = ClusterError(f"the cluster is lost: {first_line(error)}")
                        self._change.notify_all()
                return

    def _look_for_nodes(self) -> list[threading.Thread]:
        """Start an actor on each node that has none, each in a thread: one that dies is waited for by nobody else."""
        nodes = [node for node in self._ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        now = time.monotonic()
        with self._change:
            taken = {*self._links, *self._starting, *(name for name, then in self._not_before.items() if then > now)}
            found = [node for node in nodes if node["NodeID"] not in taken]
            self._starting |= {node["NodeID"] for node in found}
        threads = [threading.Thread(target=self._start, args=(node,), daemon=True) for node in found]
        for thread in threads:
            thread.start()
        return threads

    def _start(self, node: Mapping[str, Any]) -> None:
        """Start a node's actor, look whether it can fit, and prepare it."""
        link, problem = None, "it was being started when all ended"
        try:
            link = self._started(node)
            problem = self._problem_of(link) or ""
        except self._start_errors as error:
            problem = first_line(error)
        is_used = link is not None and not problem and not self._closed
        with self._change:
            self._starting.discard(node["NodeID"])
            if is_used and link is not None:
                self._links[link.node_id] = link
            else:
                self._not_before[node["NodeID"]] = time.monotonic() + _PAUSE_SECONDS
            self._change.notify_all()
        if not is_used:
            name = node["NodeID"][:8] if link is None else link.name
            self._problems.append(f"{name}: {problem}")
            self._tell(f"a node of the cluster is not used: {self._problems[-1]}\n")
            if link is not None:
                self._end(link)

    def _problem_of(self, link: _Link) -> str | None:
        """Why a node cannot fit; None where it can, and is prepared."""
        try:
            there, here = self._ray.get(link.actor.about.remote(), timeout=_START_SECONDS), about()
            if there != here:
                return f"it has {there.unlike(here)}; here it is {here.unlike(there)}"
            for call in self._preparations:
                self._run_on(link, call, None, None)
        except self._start_errors as error:
            return first_line(error)
        return None

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

    def _lose(self, link: _Link, error: BaseException) -> None:
        """Its node, or its process there, has gone: what is left of it must not be waited for."""
        with self._change:
            if self._links.pop(link.node_id, None) is None:
                return  # another fit has said so
            if isinstance(error, BakeoffError):
                self._not_before[link.node_id] = time.monotonic() + _PAUSE_SECONDS
        self._tell(f"{link.name} is lost: {first_line(error)}\n")
        self._end(link)

    def _end(self, link: _Link) -> None:
        with contextlib.suppress(*self._lost_errors):
            self._ray.kill(link.actor)

    def _tell(self, text: str) -> None:
        if self._output is not None:
            self._output(text)

    # The end -----------------------------------------------------------------------------------------------------

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End everything on the nodes, and leave the cluster; one that was started here ends."""
        was_closed = self._closed
        if cancel_futures:
            self._closed = True  # what runs is not waited for
        if self._pool is not None:
            self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)
        if was_closed:
            return
        self._closed = True
        links = list(self._links.values())
        with contextlib.suppress(*self._lost_errors):
            closing = [link.actor.close.remote() for link in links]
            if closing:
                self._ray.wait(closing, num_returns=len(closing), timeout=10)
        for link in links:
            self._end(link)
        if self._is_ours:
            with contextlib.suppress(*self._lost_errors):
                self._ray.shutdown()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown(cancel_futures=error is not None)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
