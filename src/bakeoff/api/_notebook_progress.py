"""What a notebook shows while a bake-off runs: a line for each stage that is done, and one for the job that runs."""

import time
from collections.abc import Callable
from html import escape
from typing import Any

from bakeoff.contest import (
    Event,
    JobFinished,
    JobProgress,
    JobStarted,
    Listener,
    Said,
    StageFinished,
    finished_words,
    news_words,
    started_words,
)

__all__ = ["notebook_listener"]


def notebook_listener() -> Listener | None:
    """A listener for the notebook that this runs in; None where it runs in none."""
    try:
        from IPython import get_ipython  # noqa: PLC0415 - there is one only in a notebook
        from IPython.display import HTML, display  # noqa: PLC0415
    except ImportError:
        return None
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    return _Lines(HTML, display)


class _Lines:
    """Lines in one output of the notebook."""

    def __init__(self, as_html: Callable[[str], Any], display: Callable[..., Any]) -> None:
        self._as_html = as_html
        self._done: list[str] = []
        self._running: dict[int, tuple[str, float]] = {}  # what jobs tell, and when they began
        self._handle = display(as_html(""), display_id=True)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Said):
            self._done.append(escape(event.text))
        elif isinstance(event, StageFinished):
            mark = "✗" if event.n_failed else "✓"
            self._done.append(f"{mark} {escape(finished_words(event))}")
        elif isinstance(event, JobStarted):
            self._running[event.number] = (escape(started_words(event)), time.monotonic())
        elif isinstance(event, JobProgress):
            _, begun = self._running.get(event.number, ("", time.monotonic()))
            news = news_words(event.values, time.monotonic() - begun)
            self._running[event.number] = (escape(f"{event.contestant}: {news or 'fitting'}"), begun)
        elif isinstance(event, JobFinished):
            self._running.pop(event.number, None)
        else:
            return
        lines = [*self._done, *(f"… {text}" for text, _ in self._running.values())]
        self._handle.update(self._as_html("<br>".join(lines)))
