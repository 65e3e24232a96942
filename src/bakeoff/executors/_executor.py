"""What every place where fits run offers, and how errors come back from there."""

import traceback
from abc import abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeAlias

from bakeoff.errors import BakeoffError, FitError

__all__ = [
    "FitExecutor",
    "Progress",
    "RemoteTraceback",
    "SharedFile",
    "as_fit_error",
    "time_limit_message",
    "traceback_text",
]

Progress: TypeAlias = Callable[[Mapping[str, Any]], None]

_LONGEST_REASON = 400


class RemoteTraceback(Exception):
    """The traceback of an error in another process, as text; set as the ``__cause__`` of what is raised here."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)

    def __str__(self) -> str:
        return f"\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that fits find where they run.

    Parameters
    ----------
    name : str
        Its path, or what it is called there.
    """

    name: str

    def here(self) -> Path:
        """Its path in the process that asks."""
        return Path(self.name)


class FitExecutor(Executor):
    """A `concurrent.futures.Executor` that also runs one fit with a time limit and with progress.

    `submit` behaves as in the standard library: the future holds the function's own exception. `run` is for fits:
    it waits, and what goes wrong is an error that a table can show in one line.
    """

    @property
    @abstractmethod
    def threads(self) -> int:
        """How many threads the numerical libraries use there."""

    @property
    def at_once(self) -> int:
        """How many fits run at once."""
        return 1

    @property
    def takes_several(self) -> bool:
        """Whether `run` may be called from several threads at once."""
        return False

    @property
    def has_our_files(self) -> bool:
        """Whether fits there may write where this process reads."""
        return True

    @property
    def place(self) -> str:
        """For people: where it is."""
        return "this machine"

    def share(self, path: Path) -> SharedFile:
        """Make a file readable where fits run; it must stay as it is until they are done."""
        return SharedFile(str(path))

    def prepare(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """`run` a function wherever fits will run, before any does.

        Returns
        -------
        object
            What it returned at one of these places.
        """
        return self.run(function, *args)

    @abstractmethod
    def run(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,
        time_limit_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Call ``function(*args, report)`` there and wait for what it returns.

        Parameters
        ----------
        function : callable
            Its last argument is a callable that takes a mapping and may be called any number of times.
        *args : object
        time_limit_seconds : float or None
            None: no limit.
        progress : callable or None
            Is given the mappings, in the thread that called `run`.

        Raises
        ------
        FitTimedOut
            If the function was ended at its time limit.
        FitError
            If it raised anything but a `BakeoffError`, or ended its process. The traceback is the ``__cause__``.
        BakeoffError
            As raised by the function.
        """

    def __enter__(self) -> Self:
        return self


def as_fit_error(error: BaseException) -> BakeoffError:
    r"""The error as one that a table can show: our own as they are, any other as a `FitError` of one line.

    Examples
    --------
    >>> as_fit_error(ValueError("n_neighbors must be\n  at most 12"))
    FitError('ValueError: n_neighbors must be at most 12')
    """
    if isinstance(error, BakeoffError):
        return error
    reason = " ".join(str(error).split())
    if len(reason) > _LONGEST_REASON:
        reason = reason[: _LONGEST_REASON - 1] + "…"
    name = type(error).__name__
    fit_error = FitError(f"{name}: {reason}" if reason else name)
    fit_error.__cause__ = error.__cause__ if isinstance(error.__cause__, RemoteTraceback) else error
    return fit_error


def traceback_text(error: BaseException) -> str:
    """The traceback behind an error that `FitExecutor.run` raised, from where it happened, for a log file."""
    if isinstance(error.__cause__, RemoteTraceback):
        return error.__cause__.text
    return "".join(traceback.format_exception(error))


def time_limit_message(seconds: float) -> str:
    """The reason that a table shows for a fit ended at its limit."""
    return f"stopped after its limit of {seconds:g} s; --time-limit changes it"
