"""The rows that all race on, as workers read them."""

from pathlib import Path

import numpy as np

from bakeoff.data import load

__all__ = ["write_rows"]


def write_rows(folder: Path) -> None:
    """The rows of both data sets with their original labels, as workers read them."""
    for name in ("mnist", "sign-mnist"):
        dataset = load(name)
        codes = np.asarray(dataset.label_codes)
        for part, X, y in (("train", dataset.X_train, dataset.y_train), ("test", dataset.X_test, dataset.y_test)):
            np.save(folder / f"{name}-X_{part}.npy", X)
            np.save(folder / f"{name}-y_{part}.npy", codes[y])
