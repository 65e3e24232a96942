"""A small data set of images that is quick to learn and not too easy."""

import numpy as np

from bakeoff.data import Dataset

__all__ = ["make_blurs"]


def make_blurs(n_train: int = 240, n_test: int | None = 90, *, grouped: bool = False, seed: int = 0) -> Dataset:
    """Three classes of blurred 4x4 images.

    Parameters
    ----------
    n_train : int
    n_test : int or None
        None: no test rows.
    grouped : bool
        Declare groups of six training rows, each of all three classes.
    seed : int

    Returns
    -------
    Dataset

    Examples
    --------
    >>> make_blurs().X_train.shape, make_blurs().class_names
    ((240, 16), ('a', 'b', 'c'))
    """
    generator = np.random.default_rng(seed)
    n_rows = n_train + (n_test or 0)
    y = np.arange(n_rows, dtype=np.int32) % 3
    centres = generator.integers(60, 200, (3, 16))
    X = np.clip(centres[y] + generator.normal(0, 60, (n_rows, 16)), 0, 255).astype(np.uint8)
    return Dataset(
        name="blurs",
        kind="images",
        X_train=X[:n_train],
        y_train=y[:n_train],
        X_test=None if n_test is None else X[n_train:],
        y_test=None if n_test is None else y[n_train:],
        class_names=("a", "b", "c"),
        image_shape=(4, 4, 1),
        pixel_max=255,
        label_codes=(0, 1, 2),
        groups_train=(np.arange(n_train) // 6).astype(np.int64) if grouped else None,
        groups_from="declared" if grouped else None,
        decisions=("Made by a test.",),
    )
