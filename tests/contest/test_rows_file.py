"""The file of all rows that processes share."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bakeoff.contest._rows_file import write_rows
from bakeoff.testing import make_blurs


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("n_test", [None, 7])
def test_the_file_holds_training_rows_then_test_rows(
    n_test: int | None, dtype: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.contest._rows_file._BLOCK_BYTES", 100)  # several blocks a part
    dataset = make_blurs(50, n_test)
    X_test = None if dataset.X_test is None else dataset.X_test.astype(dtype)
    dataset = replace(dataset, X_train=dataset.X_train.astype(dtype), X_test=X_test)
    write_rows(tmp_path / "X.npy", dataset)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r", allow_pickle=False)
    expected = dataset.X_train if X_test is None else np.concatenate([dataset.X_train, X_test])
    np.testing.assert_array_equal(mapped, expected)
    assert mapped.dtype == dtype
    assert mapped.ctypes.data % 64 == 0  # what maps it need not copy it to align it
