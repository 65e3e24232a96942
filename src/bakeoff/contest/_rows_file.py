"""All rows of a data set in one file, which every process that fits maps into its memory."""

from pathlib import Path

import numpy as np

from bakeoff.data import Dataset

__all__ = ["write_rows"]

_BLOCK_BYTES = 1 << 26


def write_rows(path: Path, dataset: Dataset) -> None:
    """Write the rows of the training file, then those of the test file, as one ``.npy`` file, a block at a time.

    Parameters
    ----------
    path : Path
    dataset : Dataset

    Raises
    ------
    OSError
        If there is no space.
    """
    parts = [dataset.X_train] if dataset.X_test is None else [dataset.X_train, dataset.X_test]
    shape = (sum(map(len, parts)), dataset.n_features)
    dtype = np.result_type(*(part.dtype for part in parts))
    block = max(1, _BLOCK_BYTES // max(1, shape[1] * dtype.itemsize))
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(
            file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        )
        for part in parts:
            for start in range(0, len(part), block):
                file.write(np.ascontiguousarray(part[start : start + block], dtype).data)
