"""The images that a report shows, chosen while the rows are at hand: a report never reads data again."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import Dataset
from bakeoff.types import Labels, Probabilities, RowIndices

__all__ = ["data_pictures", "distorted_pictures", "mistakes"]

N_SAMPLES = 12
N_MISTAKES = 24
N_DISTORTED = 4  # images
N_DISTORTIONS = 5  # of each


def data_pictures(dataset: Dataset, train: RowIndices | None = None) -> dict[str, NDArray[np.generic]]:
    """Twelve random training rows and one of each class; empty for plain rows.

    The choice depends on the data's hash alone, so the same rows are shown every time.

    Parameters
    ----------
    dataset : Dataset
    train : (n,) positions or None
        Rows to choose from; None: all rows of the training file.
    """
    if dataset.kind != "images":
        return {}
    generator = np.random.default_rng(int(dataset.sha256[:16], 16))
    rows = np.arange(len(dataset.X_train)) if train is None else train
    chosen = generator.permutation(rows)[:N_SAMPLES]
    shuffled = generator.permutation(rows)
    labels = dataset.y_train[shuffled]
    firsts = shuffled[[int(np.argmax(labels == index)) for index in range(dataset.n_classes)]]
    return {
        "sample_images": dataset.images(dataset.X_train[chosen]),
        "sample_labels": dataset.y_train[chosen],
        "class_images": dataset.images(dataset.X_train[firsts]),
    }


def distorted_pictures(
    dataset: Dataset, contestant: str, strengths: Mapping[str, float], images: NDArray[np.uint8]
) -> dict[str, NDArray[np.generic]]:
    """A few images, each followed by some of the distortions of it that a network is trained on.

    Parameters
    ----------
    dataset : Dataset
    contestant : str
    strengths : mapping
        Of the resolved setting ``augment``.
    images : (n, height, width) or (n, height, width, 3) uint8
        As they are shown, from 0 to 255. The first of them are taken.

    Returns
    -------
    mapping
        Of one array (images, distortions and the image itself before them, height, width), with colours (..., 3).
    """
    from bakeoff.dense import Distortion, Image, distorted_copies  # noqa: PLC0415 - loads JAX

    if dataset.image_shape is None:
        return {}
    few = images[:N_DISTORTED]
    rows = few.reshape(len(few), -1)
    changed = distorted_copies(rows, Image(*dataset.image_shape, 255), Distortion(**strengths), N_DISTORTIONS)
    lines = np.concatenate([rows[None], changed]).swapaxes(0, 1)
    return {f"distorted_{contestant}_images": lines.reshape(*lines.shape[:2], *images.shape[1:])}


def mistakes(
    dataset: Dataset, contestant: str, rows: RowIndices, truth: Labels, arrays: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.generic]]:
    """The validation rows that one fit got most wrong, surest first.

    Parameters
    ----------
    dataset : Dataset
    contestant : str
    rows : (n,) positions in the training rows
    truth : (n,) int32
    arrays : mapping
        ``labels`` (n,), and ``probabilities`` or ``scores`` (n, n_classes) where the model has them.
    """
    said: Labels = np.asarray(arrays["labels"])
    wrong = np.flatnonzero(said != truth)
    sureness = _sureness(said, arrays)
    worst = wrong[np.argsort(-sureness[wrong], kind="stable")][:N_MISTAKES]
    known = "probabilities" in arrays
    shown: Sequence[tuple[str, NDArray[np.generic]]] = [
        ("images", dataset.images(dataset.X_train[rows[worst]])),
        ("said", said[worst]),
        ("true", truth[worst]),
        ("confidence", (sureness[worst] if known else np.full(len(worst), np.nan)).astype(np.float32)),
        ("row", rows[worst]),
    ]
    return {f"mistakes_{contestant}_{name}": array for name, array in shown}


def _sureness(said: Labels, arrays: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float32]:
    """What each row's said class was given: a probability, a score, or nothing to go by."""
    values: Probabilities | None = arrays.get("probabilities", arrays.get("scores"))  # type: ignore[assignment]
    if values is None:
        return np.zeros(len(said), dtype=np.float32)
    # An unused output column can be said too; it has no probability of its own.
    inside = np.clip(said, 0, values.shape[1] - 1)
    return np.take_along_axis(values, inside[:, None], axis=1)[:, 0].astype(np.float32)
