"""Requests that wait for the same models are answered together, and no more wait than can be answered soon."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.contestants import Predictions
from bakeoff.types import Rows

__all__ = ["Batches", "Overloaded"]


class Overloaded(Exception):
    """More requests wait than are taken."""


class Batches:
    """One thread that asks all models about the rows that have come in since it was last free.

    Thirty-two rows in one product cost little more than one, so many clients wait hardly longer than a single one.

    Parameters
    ----------
    ask : callable
        Rows (n, n_features) to the predictions of each model.
    most_waiting : int
        Requests; another one is refused.
    largest : int
        Rows that are asked about at once.
    """

    def __init__(self, ask: Callable[[Rows], Sequence[Predictions]], most_waiting: int = 64, largest: int = 32) -> None:
        self._ask, self._most_waiting, self._largest = ask, most_waiting, largest
        self._waiting: deque[tuple[Rows, asyncio.Future[list[Predictions]]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bakeoff-models")
        self._worker: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether another request would be refused."""
        return len(self._waiting) >= self._most_waiting

    async def predict(self, row: Rows) -> list[Predictions]:
        """What each model says of one row (1, n_features).

        Raises
        ------
        Overloaded
            If too many wait.
        """
        if self.is_full:
            raise Overloaded
        future: asyncio.Future[list[Predictions]] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
            rows = np.concatenate([row for row, _ in taken])
            try:
                said = await loop.run_in_executor(self._thread, self._ask, rows)
            except Exception as error:  # whoever waits is told, whatever it is
                for _, future in taken:
                    if not future.done():
                        future.set_exception(error)
                continue
            for number, (_, future) in enumerate(taken):
                if not future.done():
                    future.set_result([_one(each, number) for each in said])

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _one(said: Predictions, number: int) -> Predictions:
    def own(values: NDArray[Any] | None) -> Any:
        return None if values is None else values[number : number + 1]

    return Predictions(said.labels[number : number + 1], own(said.probabilities), own(said.scores))
