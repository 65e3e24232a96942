"""The parent's side: one child process, what it answers, and how it ends."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.util import Finalize
from pathlib import Path
from pickle import loads
from typing import Any

from loky.backend import get_context

from bakeoff.errors import FitError, FitTimedOut
from bakeoff.executors._child import serve
from bakeoff.executors._executor import Progress, RemoteTraceback, time_limit_message
from bakeoff.executors._left_behind import owned_prefix, remove_left_behind

__all__ = ["Worker"]

_START_SECONDS = 120.0
"""A child that has not begun to call the function by then never will; added to a fit's own limit."""
_GOODBYE_SECONDS = 2.0
_OUTPUT = "bakeoff-fits"

_CAUSES = {
    "SIGKILL": "most likely the system ended it because memory ran out",
    "SIGSEGV": "a crash in compiled code",
    "SIGBUS": "a crash in compiled code, or a file that was cut short while it was mapped",
    "SIGILL": "compiled code for another processor",
    "SIGFPE": "a crash in compiled code",
    "SIGABRT": "compiled code gave up",
    "SIGTERM": "another program asked it to end",
}


class Worker:
    """One spawned child process that serves calls.

    Parameters
    ----------
    environment : mapping of str to str
        Variables that the child sees from its first instruction.
    output : callable or None
        Is given what the child wrote to its standard output and error, as text, while and after a call.
    """

    def __init__(self, environment: Mapping[str, str], output: Callable[[str], None] | None) -> None:
        self._output = output
        remove_left_behind(Path(tempfile.gettempdir()), _OUTPUT)
        descriptor, name = tempfile.mkstemp(prefix=owned_prefix(_OUTPUT), suffix=".txt")
        os.close(descriptor)
        self._output_path = Path(name)
        self._output_read = 0
        self._link, child_link = Pipe(duplex=True)
        child_lifeline, self._lifeline = Pipe(duplex=False)
        # Spawned without importing the user's __main__ again: scripts without a main guard and notebooks work.
        self._process = get_context("loky").Process(
            target=serve, args=(child_link, child_lifeline, name), env=dict(environment), name="bakeoff-fits"
        )
        try:
            self._process.start()
        finally:
            child_link.close()
            child_lifeline.close()
        # Before multiprocessing's own end, which would wait for the child to come to its end by itself.
        self._finalize = Finalize(
            self, _end, args=(self._process, self._link, self._lifeline, self._output_path), exitpriority=100
        )

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether the child can serve another call."""
        return self._finalize.still_active() and bool(self._process.is_alive())

    def call(self, request: bytes, time_limit_seconds: float | None, progress: Progress | None) -> Any:
        """Send a call and wait for its answer.

        The child is ended before any error leaves this method that is not the function's own.
        """
        try:
            kind, value = self._exchange(request, time_limit_seconds, progress)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise self._death() from None
        except BaseException:
            self.kill()
            raise
        self._pass_output_on()
        if kind == "result":
            return value
        error, name, reason, text = value
        if error is None:
            error = FitError(f"{name}: {' '.join(reason.split())}")
        raise error from RemoteTraceback(text)

    def _exchange(self, request: bytes, limit: float | None, progress: Progress | None) -> tuple[str, Any]:
        self._link.send_bytes(request)
        deadline = None if limit is None else time.monotonic() + limit + _START_SECONDS
        while True:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                self.kill()
                raise FitTimedOut(time_limit_message(limit or 0))
            ready = wait([self._link, self._process.sentinel], remaining)
            if self._link in ready:
                kind, value = loads(self._link.recv_bytes())  # noqa: S301 - from our own child, over a private pipe
                if kind == "started":
                    deadline = None if limit is None else time.monotonic() + limit
                elif kind == "progress":
                    self._pass_output_on()
                    if progress is not None:
                        progress(value)
                else:
                    return kind, value
            elif ready:
                raise EOFError

    def _death(self) -> FitError:
        """Why the child ended without an answer."""
        _kill(self._process)
        self._process.join()
        code = self._process.exitcode
        self.kill()
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            cause = _CAUSES.get(name)
            return FitError(f"its process was ended by {name}" + (f": {cause}" if cause else ""))
        return FitError(f"its process ended by itself with exit status {code}")

    def stop(self) -> None:
        """End an idle child: ask it, and end it if it does not."""
        if self._finalize.still_active():
            self._link.close()
            self._process.join(_GOODBYE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the child and its own children at once. Harmless when repeated."""
        if self._finalize.still_active():
            _kill(self._process)
            self._pass_output_on()
            self._finalize()

    def _pass_output_on(self) -> None:
        if self._output is None or not self._output_path.exists():
            return
        with self._output_path.open("rb") as file:
            file.seek(self._output_read)
            text = file.read()
        if text:
            self._output_read += len(text)
            self._output(text.decode(errors="replace"))


def _end(process: Any, link: Connection, lifeline: Connection, output_path: Path) -> None:
    _kill(process)
    process.join()
    link.close()
    lifeline.close()
    output_path.unlink(missing_ok=True)


def _kill(process: Any) -> None:
    """End a child and the process group that it leads; it may have ended already, but has not been waited for."""
    if process.exitcode is not None:
        return
    if not hasattr(signal, "SIGKILL"):
        process.terminate()
        return
    for end in (os.killpg, os.kill):
        # No such group: the child has not made it yet. No such process: it ended by itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(process.pid, signal.SIGKILL)
