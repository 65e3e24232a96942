"""What a contest says while it runs; a listener shows it, or does not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["Event", "JobFinished", "JobProgress", "JobStarted", "Listener", "Logged", "Said", "StageFinished"]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for people, also written to ``log.txt``."""

    text: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A text for ``log.txt`` alone, such as the traceback behind a fit that failed."""

    text: str


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job begins.

    Parameters
    ----------
    contestant : str
    stage : {"validation", "refit"}
    number, n_jobs : int
        Which job of how many, from 1.
    n_members : int
        Fits in it.
    seeds : sequence of int
        All that occur in it.
    estimate_seconds : float
        A rough guess made before.
    """

    contestant: str
    stage: str
    number: int
    n_jobs: int
    n_members: int
    seeds: Sequence[int]
    estimate_seconds: float


@dataclass(frozen=True, slots=True)
class JobProgress:
    """News from inside a job; `values` as in `bakeoff.contestants.Contestant.fit`, `number` as in `JobStarted`."""

    contestant: str
    values: Mapping[str, Any]
    number: int


@dataclass(frozen=True, slots=True)
class JobFinished:
    """A job is over.

    Parameters
    ----------
    contestant : str
    stage : {"validation", "refit"}
    status : {"ok", "failed", "timed out"}
    reason : str or None
    seconds : float
        Wall time.
    n_members, n_reused : int
        Fits in it, and how many of them were found in the store.
    number : int
        As in `JobStarted`.
    """

    contestant: str
    stage: str
    status: str
    reason: str | None
    seconds: float
    n_members: int
    n_reused: int
    number: int


@dataclass(frozen=True, slots=True)
class StageFinished:
    """All fits of one contestant on one kind of rows are over.

    Parameters
    ----------
    contestant : str
    stage : {"validation", "refit"}
    n_fits, n_reused, n_failed : int
    reason : str or None
        Of the first that failed.
    seconds : float
        Wall time.
    """

    contestant: str
    stage: str
    n_fits: int
    n_reused: int
    n_failed: int
    reason: str | None
    seconds: float


Event: TypeAlias = Said | Logged | JobStarted | JobProgress | JobFinished | StageFinished
Listener: TypeAlias = Callable[[Event], None]
