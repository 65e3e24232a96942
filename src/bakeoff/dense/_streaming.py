"""Rows that do not lie on the device: steps in blocks, each with the rows that it needs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from bakeoff.dense._plan import Batches
from bakeoff.dense._state import Data

__all__ = ["are_streamed", "blocks_of"]

_MOST_BYTES = 512 * 2**20  # on a processor, where a device's copy is a second one
_SHARE = 0.25  # of another device's memory
_BLOCK_BYTES = 64 * 2**20


def are_streamed(device: Any, bytes_of_rows: int) -> bool:
    """Whether rows are too many to be held on a device for the whole training.

    Examples
    --------
    >>> import jax
    >>> are_streamed(jax.devices("cpu")[0], 60_000 * 784), are_streamed(jax.devices("cpu")[0], 1_000_000 * 784)
    (False, True)
    """
    most: float = _MOST_BYTES
    if device.platform != "cpu":
        most = _SHARE * (device.memory_stats() or {}).get("bytes_limit", 4 * _MOST_BYTES)
    return bytes_of_rows > most


def blocks_of(data: Data, batches: Batches) -> Iterator[tuple[Data, Batches]]:
    """Steps in blocks of equal size, but for the last, with their rows gathered on the host.

    Parameters
    ----------
    data : Data
        Its rows on the host.
    batches : Batches
        Of a whole epoch, or of all rows to score.

    Yields
    ------
    data : Data
        With the rows of the block alone, in the order of its steps.
    batches : Batches
        Positions among those.
    """
    n_steps, *form = batches.index.shape
    n_rows = int(np.prod(form))
    most = max(1, _BLOCK_BYTES // max(1, n_rows * data.rows.shape[1] * data.rows.dtype.itemsize))
    at_once = -(-n_steps // -(-n_steps // most))
    steps_of_epoch = np.count_nonzero(batches.counts, axis=0).astype(np.int32)
    for first in range(0, n_steps, at_once):
        index = batches.index[first : first + at_once]
        rows = index.reshape(-1)
        own = replace(
            data,
            rows=data.rows[rows],
            columns=data.columns[rows],
            sample_weights=None if data.sample_weights is None else data.sample_weights[rows],
        )
        here = np.arange(len(rows), dtype=np.int32).reshape(index.shape)
        yield own, Batches(here, batches.counts[first : first + at_once], steps_of_epoch)
