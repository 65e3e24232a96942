"""Fits in this process: for what cannot be sent to another, and for tests."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from bakeoff.errors import FitTimedOut
from bakeoff.executors._executor import FitExecutor, Progress, as_fit_error, time_limit_message
from bakeoff.executors._threads import available_threads

__all__ = ["InlineExecutor"]


class InlineExecutor(FitExecutor):
    """Runs every call at once, in the calling thread.

    Notes
    -----
    Nothing can end a function from outside in its own process. A time limit is therefore checked whenever the
    function reports progress; one that never reports runs to its end.

    Examples
    --------
    >>> with InlineExecutor() as executor:
    ...     executor.run(lambda x, report: x + 1, 41)
    42
    """

    def __init__(self) -> None:
        self._closed = False

    @property
    def threads(self) -> int:
        """How many cores this process may use."""
        return available_threads()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function now; the future that comes back is done."""
        self._refuse_when_closed()
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # a future carries any error of its function
            future.set_exception(error)
        return future

    def run(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,
        time_limit_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Call ``function(*args, report)`` here; see `FitExecutor.run`."""
        self._refuse_when_closed()
        started = time.monotonic()

        def report(event: Mapping[str, Any]) -> None:
            if time_limit_seconds is not None and time.monotonic() - started > time_limit_seconds:
                raise FitTimedOut(time_limit_message(time_limit_seconds))
            if progress is not None:
                progress(event)

        try:
            return function(*args, report)
        except Exception as error:
            fit_error = as_fit_error(error)
            if fit_error is error:
                raise
            raise fit_error from error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Refuse further calls; nothing can be pending."""
        self._closed = True

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
