"""A photograph becomes an image of the training rows' form, and it is said how."""

import numpy as np
import pytest
from PIL import Image

from bakeoff.data import read_images
from bakeoff.errors import DataError


def saved(folder, array, name="photo.jpg", **options):
    path = folder / name
    Image.fromarray(array).save(path, **options)
    return [str(path)]


def test_a_large_photograph_is_cropped_to_its_middle_made_grey_and_small(tmp_path):
    # 3,000 x 4,000 pixels: a bright square in the middle of the dark, and something bright at the edges, which go.
    photo = np.zeros((3000, 4000, 3), np.uint8)
    photo[500:2500, 1000:3000] = (250, 250, 250)
    photo[:, :400] = 255
    read = read_images(saved(tmp_path, photo, quality=95), (28, 28, 1))
    seen = read.rows.reshape(28, 28).astype(int)
    assert abs(seen[14, 14] - 250) < 4
    assert seen[1, 1] < 6
    # 3,000 in the middle are left of the 4,000: the square is 2,000 of them, in the middle.
    assert ((seen > 125).sum(axis=1)[14], (seen > 125).sum(axis=0)[14]) == pytest.approx((18.7, 18.7), abs=1)
    assert [note.split(":")[0] for note in read.notes] == [
        "Cropped to the middle, to keep its proportions",
        "Resized to 28x28 (height x width) with antialiasing",
        "Turned from colour into grey",
    ]


def test_it_is_turned_as_the_camera_was_held(tmp_path):
    photo = np.zeros((80, 80), np.uint8)
    photo[:20] = 255  # the upper edge; held on its side, it is the right one
    exif = Image.Exif()
    exif[0x0112] = 6
    read = read_images(saved(tmp_path, photo, "held.png", exif=exif), (8, 8, 1))
    seen = read.rows.reshape(8, 8)
    assert (seen[:, -2:] > 230).all()
    assert (seen[:, :5] < 25).all()
    assert read.notes[0] == "Turned as the camera was held: held.png."


def test_a_picture_of_the_right_proportions_is_not_cropped(tmp_path):
    read = read_images(saved(tmp_path, np.full((56, 56), 7, np.uint8), "twice.png"), (28, 28, 1))
    assert [note.split(" ")[0] for note in read.notes] == ["Resized"]
    assert (read.rows == 7).all()


def test_a_photograph_of_more_pixels_than_are_decoded_elsewhere_is_read_smaller(tmp_path):
    photo = np.full((5000, 5000), 200, np.uint8)  # 25 million
    read = read_images(saved(tmp_path, photo), (28, 28, 1))
    assert np.abs(read.rows.astype(int) - 200).max() < 4
    with pytest.raises(DataError, match="may have at most"):
        read_images(saved(tmp_path, photo, "whole.png"), (28, 28, 1))


def test_what_a_camera_says_may_be_damaged(tmp_path):
    path = saved(tmp_path, np.full((8, 8), 7, np.uint8), "odd.png", exif=b"Exif\x00\x00no TIFF at all")
    assert (read_images(path, (8, 8, 1)).rows == 7).all()
