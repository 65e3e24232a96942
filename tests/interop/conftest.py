"""Keras' own arithmetic promotes types and ranks, as JAX does where nobody forbids it."""

import numpy as np
import pytest


@pytest.fixture
def keras():
    import keras  # noqa: PLC0415 - seconds, for these tests alone

    keras.utils.set_random_seed(0)
    return keras


@pytest.fixture(scope="session")
def digits():
    """(600, 64) from 0 to 1, and their classes."""
    from sklearn.datasets import load_digits  # noqa: PLC0415

    rows, labels = load_digits(return_X_y=True)
    return (rows[:600] / 16).astype(np.float32), labels[:600]
