"""What runs on each node of a cluster: children for the fits there, and the files that they share."""

import os
import platform
import queue
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

import bakeoff
from bakeoff.executors._executor import SharedFile, as_fit_error, traceback_text
from bakeoff.executors._left_behind import owned_folder
from bakeoff.executors._local import LocalExecutor
from bakeoff.executors._pickling import dumps

__all__ = ["AboutNode", "Node", "NodeFile", "about", "packing"]

_FOLDER = "BAKEOFF_NODE_FOLDER"
_KIND = "bakeoff-node"
_MOST_NEWS_WAITING = 64
_MOST_TEXTS_WAITING = 4096
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "scikit-learn-intelex", "jax", "jaxlib", "optax")

_News: TypeAlias = deque[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class NodeFile(SharedFile):
    """A file that each node has in a folder of its own."""

    def here(self) -> Path:
        """Where it lies on the node that asks."""
        return Path(os.environ[_FOLDER]) / self.name


@dataclass(frozen=True, slots=True)
class AboutNode:
    """What must be the same everywhere: fits are kept under names that say it.

    Parameters
    ----------
    versions : tuple of (str, str)
        Of Python, of the libraries that determine a fit, of the processor's kind, and of Bakeoff's own files.
    """

    versions: tuple[tuple[str, str], ...]

    def unlike(self, other: "AboutNode") -> str:
        """What is here and not there."""
        return ", ".join(
            f"{name} {version}" for name, version in self.versions if (name, version) not in other.versions
        )


@cache
def about() -> AboutNode:
    """Of this process."""
    versions = {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "processor": platform.machine(),
        "Bakeoff": version("bakeoff"),
    }
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "(none)"
    digest = sha256()
    for file in sorted(Path(bakeoff.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return AboutNode((*versions.items(), ("files of Bakeoff", digest.hexdigest()[:12])))


def packing(function: Callable[..., Any]) -> Callable[..., bytes]:
    """The function with its answer as bytes: a node's own process has to know nothing of what it passes on."""

    def call(*args: Any) -> bytes:
        return dumps(function(*args))

    return call


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
        self._news: dict[int, tuple[_News, _News]] = {}
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
        """Run in a child what `packed` made of a `packing` function and its arguments.

        Returns
        -------
        ("result", bytes) or ("error", (error, text of its traceback))
            An error that a table can show; its cause would not come through.
        """
        news, written = self._waiting(number)

        def told(values: Mapping[str, Any]) -> None:
            news.append(("news", values))

        slot = self._slots.get()
        try:
            slot.listen = lambda text: written.append(("output", text))
            return "result", slot.executor.run_packed(call, time_limit_seconds, told)
        except Exception as error:  # whatever it is, it is an answer: this node is as well as it was
            ours = as_fit_error(error)
            return "error", (ours, traceback_text(ours))
        finally:
            self._slots.put(slot)

    def news(self, number: int) -> list[tuple[str, Any]]:
        """What a call has told since the last time: ``("news", mapping)`` and ``("output", text)``."""
        return [waiting.popleft() for waiting in self._waiting(number) for _ in range(len(waiting))]

    def _waiting(self, number: int) -> tuple[_News, _News]:
        """News of a call, of which the latest matter, and what it wrote."""
        made: tuple[_News, _News] = (deque(maxlen=_MOST_NEWS_WAITING), deque(maxlen=_MOST_TEXTS_WAITING))
        return self._news.setdefault(number, made)

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
