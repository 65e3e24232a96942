"""Fits in a child process of this machine."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pickle import PicklingError
from types import TracebackType
from typing import Any

from bakeoff.errors import FitError
from bakeoff.executors._executor import FitExecutor, Progress, RemoteTraceback, as_fit_error
from bakeoff.executors._pickling import dumps
from bakeoff.executors._threads import available_threads, thread_environment
from bakeoff.executors._worker import Worker

__all__ = ["LocalExecutor", "packed"]

_QUIET = {
    # XLA reports, as an error and for each program that it loads from its cache, a host without "prefer-no-gather";
    # that is no instruction but a preference of its own. What really goes wrong there is raised.
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class LocalExecutor(FitExecutor):
    """One child process that is used for one fit after the other.

    The child is spawned, never forked, so threads and devices of this process are out of its way; it keeps what it
    has imported and compiled between fits, and it is replaced after a time limit or a crash. It ends with this
    process, however that ends.

    Parameters
    ----------
    threads : int or None
        Threads for the numerical libraries in the child; None: all cores that this process may use.
    environment : mapping of str to str, optional
        More variables for the child, such as ``XLA_FLAGS``.
    output : callable, optional
        Is given what the child writes to its standard output and error, as text. It never reaches the terminal.

    Examples
    --------
    >>> with LocalExecutor(threads=1) as executor:
    ...     executor.run(lambda x, report: x + 1, 41, time_limit_seconds=60)
    42
    """

    def __init__(
        self,
        threads: int | None = None,
        environment: Mapping[str, str] | None = None,
        output: Callable[[str], None] | None = None,
    ) -> None:
        self._threads = available_threads() if threads is None else threads
        if self._threads < 1:
            raise ValueError(f"The 'threads' parameter of LocalExecutor must be 1 or more. Got {threads!r} instead.")
        self._environment = _QUIET | thread_environment(self._threads) | dict(environment or {})
        self._output = output
        self._worker: Worker | None = None
        self._turn = threading.Lock()
        self._dispatcher = ThreadPoolExecutor(1, thread_name_prefix="bakeoff-fits")
        self._closed = False

    @property
    def threads(self) -> int:
        """How many threads the numerical libraries use in the child."""
        return self._threads

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``function(*args, **kwargs)`` in the child when it is free."""

        def call_it() -> Any:
            return function(*args, **kwargs)

        return self._dispatcher.submit(lambda: self._call(packed((call_it, (), False)), None, None))

    def run(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,
        time_limit_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Call ``function(*args, report)`` in the child and wait; see `FitExecutor.run`.

        Whatever interrupts the wait (Ctrl-C, an error in `progress`) ends the child.
        """
        return self.run_packed(packed((function, args, True)), time_limit_seconds, progress)

    def run_packed(self, request: bytes, time_limit_seconds: float | None, progress: Progress | None) -> Any:
        """`run` what `packed` made of ``(function, args, True)``; what it takes to read it is no part of the limit."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        try:
            return self._call(request, time_limit_seconds, progress)
        except Exception as error:
            fit_error = as_fit_error(error)
            if fit_error is error or not isinstance(error.__cause__, RemoteTraceback):
                raise  # our own, or not the function's at all, such as an error in `progress`
            raise fit_error from error.__cause__

    def _call(self, request: bytes, limit: float | None, progress: Progress | None) -> Any:
        with self._turn:
            if self._worker is None or not self._worker.alive:
                self._stop_worker()
                self._worker = Worker(self._environment, self._output)
            return self._worker.call(request, limit, progress)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the child once everything that was submitted is done; wait for that unless told otherwise."""
        self._closed = True
        self._dispatcher.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            with self._turn:
                self._stop_worker()
        else:
            threading.Thread(target=self.shutdown, daemon=True).start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.kill()  # nobody is left to read an answer
        self.shutdown(cancel_futures=error is not None)

    def kill(self) -> None:
        """End the child at once, whatever it does; the next call gets a new one."""
        if self._worker is not None:
            self._worker.kill()

    def _stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


def packed(call: tuple[Callable[..., Any], tuple[Any, ...], bool]) -> bytes:
    """What to call, with what, and whether it also takes a callable for progress, as bytes.

    Raises
    ------
    FitError
        If something in it cannot be sent to another process.
    """
    try:
        return dumps(call)
    except (PicklingError, TypeError, AttributeError) as error:
        # What pickle raises depends on what it met: a lock is a TypeError, a missing attribute an AttributeError.
        raise FitError(f"it cannot be sent to another process: {' '.join(str(error).split())}") from error
