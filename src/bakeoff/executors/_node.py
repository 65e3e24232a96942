"""What runs on each node of a cluster: children for the fits there, and the files that they share."""

import os
import platform
import queue
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from pickle import loads
from typing import Any

from bakeoff.errors import BakeoffError
from bakeoff.executors._executor import SharedFile, traceback_text
from bakeoff.executors._left_behind import owned_folder
from bakeoff.executors._local import LocalExecutor
from bakeoff.executors._pickling import dumps

__all__ = ["AboutNode", "Node", "NodeFile", "about"]

_FOLDER = "BAKEOFF_NODE_FOLDER"
_KIND = "bakeoff-node"
_MOST_NEWS_WAITING = 256


@dataclass(frozen=True, slots=True)
class NodeFile(SharedFile):
    """A file that each node has in a folder of its own."""

    def here(self) -> Path:
        """Where it lies on the node that asks."""
        return Path(os.environ[_FOLDER]) / self.name


@dataclass(frozen=True, slots=True)
class AboutNode:
    """What must be the same everywhere."""

    bakeoff: str
    python: str


def about() -> AboutNode:
    """Of this process."""
    return AboutNode(version("bakeoff"), ".".join(platform.python_version_tuple()[:2]))


class Node:
    """One node's children: an actor of the cluster.

    Every method but the last may be called while others run.

    Parameters
    ----------
    n_slots : int
        How many fits run at once.
    threads : int
        Of each.
    environment : mapping of str to str
    """

    def __init__(self, n_slots: int, threads: int, environment: Mapping[str, str]) -> None:
        self._closing = ExitStack()
        self._folder = self._closing.enter_context(owned_folder(Path(tempfile.gettempdir()), _KIND))
        self._slots: queue.SimpleQueue[_Slot] = queue.SimpleQueue()
        self._news: dict[int, deque[tuple[str, Any]]] = {}
        self._writing = threading.Lock()
        self._all_slots = [_Slot(threads, {**environment, _FOLDER: str(self._folder)}) for _ in range(n_slots)]
        for slot in self._all_slots:
            self._closing.enter_context(slot.executor)
            self._slots.put(slot)

    def about(self) -> AboutNode:
        """What must be the same everywhere."""
        return about()

    def place(self, name: str, content: Any) -> None:
        """Write a file that fits here will read.

        Parameters
        ----------
        name : str
        content : bytes-like
        """
        with self._writing, (self._folder / name).open("wb") as file:
            file.write(memoryview(content))

    def run(self, number: int, call: bytes, time_limit_seconds: float | None) -> tuple[str, Any]:
        """Run a pickled ``(function, args)`` in a child.

        Returns
        -------
        ("result", bytes) or ("error", (error, text of its traceback))
            An error that a table can show; its cause would not come through.
        """
        news = self._news.setdefault(number, deque(maxlen=_MOST_NEWS_WAITING))

        def told(values: Mapping[str, Any]) -> None:
            news.append(("news", values))

        slot = self._slots.get()
        try:
            slot.listen = lambda text: news.append(("output", text))
            packed = slot.executor.run(_call, call, time_limit_seconds=time_limit_seconds, progress=told)
        except BakeoffError as error:
            return "error", (error, traceback_text(error))
        else:
            return "result", packed
        finally:
            self._slots.put(slot)

    def news(self, number: int) -> list[tuple[str, Any]]:
        """What a call has told since the last time: ``("news", mapping)`` and ``("output", text)``."""
        waiting = self._news.setdefault(number, deque(maxlen=_MOST_NEWS_WAITING))
        return [waiting.popleft() for _ in range(len(waiting))]

    def forget(self, number: int) -> None:
        """Nobody will ask for news of this call any more."""
        self._news.pop(number, None)

    def close(self) -> None:
        """End the children, whatever they do, and remove the files."""
        for slot in self._all_slots:
            slot.executor.kill()
        self._closing.close()


class _Slot:
    """A child, and who listens to what it writes."""

    def __init__(self, threads: int, environment: Mapping[str, str]) -> None:
        self.listen: Any = None
        self.executor = LocalExecutor(threads, environment, output=self._tell)

    def _tell(self, text: str) -> None:
        if self.listen is not None:
            self.listen(text)


def _call(packed: bytes, report: Any) -> bytes:
    """In the child: neither the node's own process nor Ray has to know what is called, or what it returns."""
    function, args = loads(packed)  # noqa: S301 - from our own driver, over the cluster that it has joined
    return dumps(function(*args, report))
