"""The child's side: settle in, then serve one call after the other until the parent closes the link.

Messages are pairs of a kind and a value. The parent sends ``(function, args, reports)``; the child answers with
``("started", None)``, any number of ``("progress", event)``, and one of ``("result", value)`` and
``("error", (exception or None, name, reason, traceback))``.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pickle import PicklingError, loads
from typing import Any

from bakeoff.executors._pickling import dumps

__all__ = ["serve"]

_MOST_EVENTS_WAITING = 64


def serve(link: Connection, lifeline: Connection, output_path: str) -> None:
    """Serve calls until the link closes."""
    _settle_in(lifeline, output_path)
    outbox = _Outbox(link)
    while True:
        try:
            request = link.recv_bytes()
        except (EOFError, OSError):
            return
        outbox.answer(_answer(request, outbox))
        sys.stdout.flush()
        sys.stderr.flush()


def _settle_in(lifeline: Connection, output_path: str) -> None:
    """Own process group, deaf to Ctrl-C, output to a file, and gone when the parent is."""
    # The terminal sends Ctrl-C to every process of its group; the parent decides what ends here, not the terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(output_path, os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()


def _end_with_parent(lifeline: Connection) -> None:
    """Wait for the end of the parent, which closes its end of the lifeline however it ends, and end too."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


class _Outbox:
    """Sends progress from a thread of its own, so that a parent that is slow to read never holds up training.

    When too many events wait, the oldest is dropped: the latest matters.
    """

    def __init__(self, link: Connection) -> None:
        self._link = link
        self._events: deque[bytes] = deque(maxlen=_MOST_EVENTS_WAITING)
        self._answer: bytes | None = None
        self._something = threading.Condition()
        threading.Thread(target=self._send_all, daemon=True).start()

    def started(self) -> None:
        # The sending thread is idle between an answer and the next start.
        self._link.send_bytes(dumps(("started", None)))

    def report(self, event: Mapping[str, Any]) -> None:
        message = dumps(("progress", dict(event)))
        with self._something:
            self._events.append(message)
            self._something.notify()

    def answer(self, message: bytes) -> None:
        with self._something:
            self._answer = message
            self._something.notify()

    def _send_all(self) -> None:
        while True:
            with self._something:
                self._something.wait_for(lambda: self._events or self._answer is not None)
                message: bytes | None
                if self._events:
                    message = self._events.popleft()
                else:
                    message, self._answer = self._answer, None
            assert message is not None  # noqa: S101 - says to the type checker what wait_for ensures
            try:
                self._link.send_bytes(message)
            except OSError:
                return  # the parent has gone; the lifeline ends this process


def _answer(request: bytes, outbox: _Outbox) -> bytes:
    try:
        function, args, reports = loads(request)  # noqa: S301 - from our own parent, over a private pipe
        outbox.started()
        value = function(*args, outbox.report) if reports else function(*args)
        return dumps(("result", value))
    except BaseException as error:  # whatever it is, it goes to the parent, which raises it
        return _pack_error(error)


def _pack_error(error: BaseException) -> bytes:
    text = "".join(traceback.format_exception(error))
    name, reason = type(error).__name__, str(error)
    try:
        packed = dumps(("error", (error, name, reason, text)))
        loads(packed)  # noqa: S301 - an exception may pickle and still not come back: its __init__ may want more
    except (PicklingError, TypeError, ValueError, AttributeError):
        packed = dumps(("error", (None, name, reason, text)))
    return packed
