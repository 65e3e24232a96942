"""Works that ask and wait: order, room, errors."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from bakeoff.contest._conductor import Turn, Work, conduct


class Job(Turn):
    """Writes down what happens to it."""

    def __init__(self, name: str, log: list[str], *, known: Any = None, do: Callable[[], Any] | None = None) -> None:
        self._name, self._log, self._known, self._do = name, log, known, do
        self.thread: threading.Thread | None = None

    def begin(self) -> Any:
        self._log.append(f"begin {self._name}")
        return self._known

    def run(self, hear: Callable[[Mapping[str, Any]], None]) -> Any:
        self.thread = threading.current_thread()
        hear({"from": self._name})
        return self._name if self._do is None else self._do()

    def hear(self, values: Mapping[str, Any]) -> None:
        assert threading.current_thread() is threading.main_thread()
        self._log.append(f"news {values['from']}")

    def end(self, outcome: Any) -> Any:
        assert threading.current_thread() is threading.main_thread()
        self._log.append(f"end {self._name}")
        return outcome


def work(*stages: Sequence[Turn]) -> Work[list[Any]]:
    answers: list[Any] = []
    for stage in stages:
        answers += yield stage
    return answers


def test_one_at_a_time_is_one_work_after_the_other_in_this_thread() -> None:
    log: list[str] = []
    jobs = {name: Job(name, log) for name in "abcd"}
    works = [work([jobs["a"], jobs["b"]], [jobs["c"]]), work([], [jobs["d"]])]
    assert conduct(works, lambda: 1, False) == [["a", "b", "c"], ["d"]]
    assert log == [f"{what} {name}" for name in "abcd" for what in ("begin", "news", "end")]
    assert {job.thread for job in jobs.values()} == {threading.main_thread()}


def test_what_is_known_is_not_run() -> None:
    log: list[str] = []
    assert conduct([work([Job("a", log, known="kept", do=lambda: 1 / 0)])], lambda: 1, False) == [["kept"]]
    assert log == ["begin a", "end a"]


def test_as_many_run_at_once_as_there_is_room_for_and_stages_wait_for_their_own() -> None:
    log: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def meet() -> str:
        both.wait()
        return "met"

    works = [work([Job("a", log, do=meet)], [Job("b", log)]), work([Job("c", log, do=meet)])]
    assert conduct(works, lambda: 2, True) == [["met", "b"], ["met"]]
    assert log.index("begin b") > log.index("end a")


def test_answers_come_in_the_order_that_they_were_asked_for() -> None:
    log: list[str] = []
    slow = threading.Event()

    def wait() -> str:
        assert slow.wait(10)
        return "slow"

    def release() -> str:
        slow.set()
        return "quick"

    assert conduct([work([Job("a", log, do=wait), Job("b", log, do=release)])], lambda: 2, True) == [["slow", "quick"]]


def test_room_that_comes_later_is_used() -> None:
    log: list[str] = []
    room = [1]
    both = threading.Barrier(2, timeout=30)

    def grow_and_meet() -> str:
        room[0] = 2
        both.wait()
        return "met"

    jobs = [Job("a", log, do=grow_and_meet), Job("b", log, do=lambda: both.wait() * 0)]
    assert conduct([work(jobs)], lambda: room[0], True) == [["met", 0]]


def test_an_error_ends_all_and_what_had_come_back_is_kept() -> None:
    log: list[str] = []
    is_back = threading.Event()

    def fail() -> None:
        assert is_back.wait(10)
        time.sleep(0.1)
        raise KeyError("no")

    def come_back() -> str:
        is_back.set()
        return "back"

    works = [work([Job("a", log, do=fail)]), work([Job("b", log, do=come_back)])]
    with pytest.raises(KeyError):
        conduct(works, lambda: 2, True)
    assert "end b" in log
    assert "end a" not in log
