"""Work that asks for fits and waits for them, as many fits at once as the executor runs.

Whoever needs fits is a generator: it yields the jobs that it needs and is sent what became of them, in their order.
Everything but a job's `run` happens in the thread that conducts, so that stores and listeners have one caller.
"""

import queue
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, TypeAlias, TypeVar

__all__ = ["Turn", "Work", "conduct"]

T = TypeVar("T")

_LOOK_SECONDS = 5.0
_What: TypeAlias = Literal["news", "ended", "raised"]


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


def conduct(works: Sequence[Work[T]], at_once: Callable[[], int], in_threads: bool) -> list[T]:
    """Do all works; where one job runs at a time, one work after the other.

    Whatever ends it, jobs that have come back are ended first: what they found is kept.

    Parameters
    ----------
    works : sequence of generators
    at_once : callable
        How many jobs may run now.
    in_threads : bool
        Whether jobs run in threads of their own; otherwise in this one.

    Returns
    -------
    list
        What each work returned.
    """
    return _Conductor(works, at_once, in_threads).conduct()


class _Conductor:
    def __init__(self, works: Sequence[Work[Any]], at_once: Callable[[], int], in_threads: bool) -> None:
        self._works, self._at_once, self._in_threads = works, at_once, in_threads
        self._to_begin = deque(range(len(works)))
        self._results: list[Any] = [None] * len(works)
        self._ready: deque[tuple[int, int, Turn]] = deque()  # work, position in what it asked for
        self._answers: dict[int, dict[int, Any]] = {}
        self._asked: dict[int, int] = {}
        self._inbox: queue.SimpleQueue[tuple[_What, Turn | None, Any]] = queue.SimpleQueue()
        self._n_running = 0

    def conduct(self) -> list[Any]:
        try:
            return self._conduct()
        except BaseException:
            self._save_what_came()
            raise

    def _conduct(self) -> list[Any]:
        while True:
            while (self._ready or self._to_begin) and self._n_running < self._at_once():
                if self._ready:
                    self._start(*self._ready.popleft())
                else:
                    self._advance(self._to_begin.popleft(), None)
            if self._n_running:
                with suppress(queue.Empty):
                    # Not for ever: meanwhile there may be room for more.
                    self._take(*self._inbox.get(timeout=_LOOK_SECONDS))
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
        elif not self._in_threads:
            self._finish(work, position, turn, turn.run(turn.hear))
        else:
            self._n_running += 1
            # A daemon: where this process is told to end, nobody waits for what runs elsewhere.
            threading.Thread(target=self._run, args=(work, position, turn), daemon=True).start()

    def _run(self, work: int, position: int, turn: Turn) -> None:
        """In a thread of its own."""
        try:
            outcome = turn.run(lambda values: self._inbox.put(("news", turn, values)))
        except BaseException as error:  # whatever it is, it is raised where it is conducted
            self._inbox.put(("raised", None, error))
        else:
            self._inbox.put(("ended", turn, (work, position, outcome)))

    def _take(self, what: _What, turn: Turn | None, value: Any) -> None:
        if turn is None:
            raise value
        if what == "news":
            turn.hear(value)
        else:
            self._n_running -= 1
            work, position, outcome = value
            self._finish(work, position, turn, outcome)

    def _save_what_came(self) -> None:
        with suppress(queue.Empty):
            while True:
                what, turn, value = self._inbox.get_nowait()
                if what == "ended" and turn is not None:
                    with suppress(Exception):  # the error that ends all this is the one to tell
                        turn.end(value[2])

    def _finish(self, work: int, position: int, turn: Turn, outcome: Any) -> None:
        answers = self._answers[work]
        answers[position] = turn.end(outcome)
        if len(answers) == self._asked[work]:
            self._advance(work, [answers[each] for each in sorted(answers)])
