"""Pictures that a run keeps for its report."""

import numpy as np

from bakeoff.contest._pictures import data_pictures, distorted_pictures
from bakeoff.data import load
from bakeoff.dense import PRESETS


def test_images_are_kept_with_distortions_of_them_each_another_one() -> None:
    digits = load("digits")
    samples = data_pictures(digits)["sample_images"]
    kept = distorted_pictures(digits, "dense", PRESETS["affine"].as_mapping(), samples)
    assert list(kept) == ["distorted_dense_images"]
    lines = kept["distorted_dense_images"]
    assert lines.shape == (4, 6, 8, 8)
    assert lines.dtype == np.uint8
    np.testing.assert_array_equal(lines[:, 0], samples[:4])
    for line in lines:
        assert len({image.tobytes() for image in line}) == 6
        # Distorted, not another picture: it stays nearer to its image than to a random one of the same pixels.
        for changed in line[1:]:
            assert np.corrcoef(line[0].ravel(), changed.ravel())[0, 1] > 0.5


def test_the_same_run_keeps_the_same_distortions() -> None:
    digits = load("digits")
    samples = data_pictures(digits)["sample_images"]
    first, again = (distorted_pictures(digits, "a", {"rotation": 20.0}, samples) for _ in range(2))
    np.testing.assert_array_equal(first["distorted_a_images"], again["distorted_a_images"])
