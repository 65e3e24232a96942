"""The nearest neighbours in very large sets, found by faiss without comparing all pairs."""

import numpy as np

from bakeoff.data._similarity import LOWEST, Features, Pairs
from bakeoff.errors import MissingExtraError
from bakeoff.types import ProgressCallback

__all__ = ["neighbour_pairs"]

_NEIGHBOURS = 48
_CELLS_PROBED = 12
_BLOCK_ROWS = 16_384
_LEARNT_FROM = 40  # rows a cell that its centre is learnt from


def neighbour_pairs(features: Features, progress: ProgressCallback | None = None) -> Pairs:
    """Find most of the near pairs: the rows are put into cells, and each is compared with those of the nearest cells.

    An inverted file of 8-bit codes; what it finds is compared again from the features themselves.

    Parameters
    ----------
    features : (n, n_features)
        Rows of norm 1 or 0.
    progress : callable or None
        Is told ``{"stage": "comparing", "name": "images", "done", "total"}`` in rows.

    Returns
    -------
    Pairs
        Its floor is a row's own: the similarity of the last of its 48 neighbours, or 0.9.

    Raises
    ------
    MissingExtraError
        If faiss is not installed.
    """
    try:
        import faiss  # noqa: PLC0415 - optional, and only sets of this size need it
    except ImportError as error:
        raise MissingExtraError("the search for near-copies in so many rows", "large") from error
    n, width = features.shape
    n_cells = max(1, min(int(4 * np.sqrt(n)), n // _LEARNT_FROM))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(width), width, n_cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.nprobe = min(_CELLS_PROBED, n_cells)
    sample = np.linspace(0, n - 1, min(n, n_cells * _LEARNT_FROM)).astype(np.int64)
    index.train(features[sample].astype(np.float32))
    for start in range(0, n, _BLOCK_ROWS):
        index.add(features[start : start + _BLOCK_ROWS].astype(np.float32))
    codes, floor = [], np.full(n, LOWEST, dtype=np.float32)
    for start in range(0, n, _BLOCK_ROWS):
        block = features[start : start + _BLOCK_ROWS].astype(np.float32)
        similarity, neighbours = index.search(block, min(_NEIGHBOURS, n))
        floor[start : start + len(block)] = np.maximum(similarity[:, -1], LOWEST)
        row, rank = np.nonzero((similarity >= LOWEST) & (neighbours >= 0))
        first, second = row + start, neighbours[row, rank]
        codes.append(np.minimum(first, second)[first != second] * n + np.maximum(first, second)[first != second])
        if progress is not None:
            progress({"stage": "comparing", "name": "images", "done": start + len(block), "total": n})
    first, second = np.divmod(np.unique(np.concatenate(codes)), n)
    return Pairs(first, second, _similarity(features, first, second), floor)


def _similarity(features: Features, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    similarity = np.empty(len(first), dtype=np.float32)
    for start in range(0, len(first), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        similarity[part] = np.einsum(
            "ij,ij->i", features[first[part]].astype(np.float32), features[second[part]].astype(np.float32)
        )
    return similarity
