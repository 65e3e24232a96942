"""Work that asks for fits and waits for them, as many fits at once as the executor runs.

Whoever needs fits is a generator: it yields the jobs that it needs and is sent what became of them, in their order.
Everything but a job's `run` happens in the thread that conducts, so that stores and listeners have one caller.
"""

import queue
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

__all__ = ["Turn", "Work", "conduct"]

T = TypeVar("T")


class Turn(ABC):
    """A job on its way: begun, run, ended."""

    @abstractmethod
    def begin(self) -> Any | None:
        """What is known of its outcome before it is run, or None."""

    @abstractmethod
    def run(self, hear: Callable[[Mapping[str, Any]], None]) -> Any:
        """Its outcome; may be called in another thread, and may take long.

        Parameters
        ----------
        hear : callable
            Is given news.
        """

    @abstractmethod
    def hear(self, values: Mapping[str, Any]) -> None:
        """News that `run` gave."""

    @abstractmethod
    def end(self, outcome: Any) -> Any:
        """What is sent to who asked for it."""


Work: TypeAlias = Generator[Sequence[Turn], list[Any], T]


def conduct(works: Sequence[Work[T]], at_once: Callable[[], int]) -> list[T]:
    """Do all works; where one job runs at a time, one work after the other.

    Parameters
    ----------
    works : sequence of generators
    at_once : callable
        How many jobs may run now.

    Returns
    -------
    list
        What each work returned.
    """
    return _Conductor(works, at_once).conduct()


class _Conductor:
    def __init__(self, works: Sequence[Work[Any]], at_once: Callable[[], int]) -> None:
        self._works, self._at_once = works, at_once
        self._to_begin = deque(range(len(works)))
        self._results: list[Any] = [None] * len(works)
        self._ready: deque[tuple[int, int, Turn]] = deque()  # work, position in what it asked for
        self._answers: dict[int, dict[int, Any]] = {}
        self._asked: dict[int, int] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._n_running = 0

    def conduct(self) -> list[Any]:
        while True:
            while (self._ready or self._to_begin) and self._n_running < self._at_once():
                if self._ready:
                    self._start(*self._ready.popleft())
                else:
                    self._advance(self._to_begin.popleft(), None)
            if self._n_running:
                self._inbox.get()()
            elif not self._ready and not self._to_begin:
                return self._results

    def _advance(self, work: int, answers: Any) -> None:
        """Let a work go on until it asks for something, or is done."""
        try:
            turns = self._works[work].send(answers)
            while not turns:
                turns = self._works[work].send([])
        except StopIteration as end:
            self._results[work] = end.value
            return
        self._asked[work], self._answers[work] = len(turns), {}
        self._ready.extend((work, position, turn) for position, turn in enumerate(turns))

    def _start(self, work: int, position: int, turn: Turn) -> None:
        known = turn.begin()
        if known is not None:
            self._finish(work, position, turn, known)
        elif self._at_once() == 1:
            self._finish(work, position, turn, turn.run(turn.hear))
        else:
            self._n_running += 1
            # A daemon: where this process is told to end, nobody waits for what runs elsewhere.
            threading.Thread(target=self._run, args=(work, position, turn), daemon=True).start()

    def _run(self, work: int, position: int, turn: Turn) -> None:
        """In a thread of its own."""
        put = self._inbox.put
        try:
            outcome = turn.run(lambda values: put(lambda: turn.hear(values)))
        except BaseException as error:  # whatever it is, it is raised where it is conducted
            put(lambda error=error: self._raise(error))  # type: ignore[misc]
        else:
            put(lambda: self._ended(work, position, turn, outcome))

    def _ended(self, work: int, position: int, turn: Turn, outcome: Any) -> None:
        self._n_running -= 1
        self._finish(work, position, turn, outcome)

    @staticmethod
    def _raise(error: BaseException) -> None:
        raise error

    def _finish(self, work: int, position: int, turn: Turn, outcome: Any) -> None:
        answers = self._answers[work]
        answers[position] = turn.end(outcome)
        if len(answers) == self._asked[work]:
            self._advance(work, [answers[each] for each in sorted(answers)])
