"""New images and rows to predict."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bakeoff.data import read_images, read_rows
from bakeoff.errors import DataError


def test_pictures_of_the_right_size_come_unchanged(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 6, 5), np.uint8)
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
    read = read_images([str(tmp_path)], (6, 5, 1), 255)
    np.testing.assert_array_equal(read.rows, pixels.reshape(3, -1))
    assert [Path(name).name for name in read.names] == ["0.png", "1.png", "2.png"]
    assert list(read.notes) == []


def test_a_folder_comes_in_natural_order(tmp_path: Path) -> None:
    for i in (10, 9, 1):
        Image.new("L", (2, 2), i).save(tmp_path / f"{i}.png")
    assert read_images([str(tmp_path)], (2, 2, 1), 255).rows[:, 0].tolist() == [1, 9, 10]


def test_a_larger_picture_is_resized_with_antialiasing_and_it_is_said(tmp_path: Path) -> None:
    board = np.indices((32, 32)).sum(axis=0) % 2 * 255  # skipping pixels would give all black or all white
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "a.png")
    read = read_images([str(tmp_path / "a.png")], (8, 8, 1), 255)
    assert np.abs(read.rows.astype(int) - 128).max() <= 2
    assert "Resized to 8x8" in read.notes[0]
    assert "a.png (32x32)" in read.notes[0]


def test_colour_becomes_grey_by_luminance_and_it_is_said(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), (200, 100, 50)).save(tmp_path / "a.png")
    read = read_images([str(tmp_path / "a.png")], (4, 4, 1), 255)
    assert read.rows[0, 0] == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)  # ITU-R 601
    assert "grey" in read.notes[0]


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    Image.new("L", (2, 2), 9).save(tmp_path / "a.png")
    assert read_images([str(tmp_path / "a.png")], (2, 2, 3), 255).rows.tolist() == [[9] * 12]


def test_transparent_pixels_lie_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert (read_images([str(tmp_path / "a.png")], (2, 2, 1), 255).rows == 255).all()


def test_brightness_is_scaled_to_the_levels_of_the_data(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 128, 255]], np.uint8)).save(tmp_path / "a.png")
    read = read_images([str(tmp_path / "a.png")], (1, 3, 1), 16)
    assert read.rows.tolist() == [[0, 8, 16]]
    assert "0..16" in read.notes[0]


def test_all_unreadable_pictures_are_listed(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError) as caught:
        read_images([str(tmp_path)], (2, 2, 1), 255)
    assert len(caught.value.problems) == 2
    with pytest.raises(DataError, match="no such file"):
        read_images([str(tmp_path / "c.png")], (2, 2, 1), 255)
    with pytest.raises(DataError, match="no picture was given"):
        read_images([], (2, 2, 1), 255)


def test_rows_are_found_by_the_names_of_their_columns(rows: Any) -> None:
    cells = [row[::-1] for row in rows.cells("test")]
    read = read_rows(str(rows.csv(cells)), 4, rows.names[1:])
    np.testing.assert_array_equal(read.rows, rows.X_test)
    assert read.names[0] == "train.csv, line 2"
    assert "'label'" in read.notes[0]


@pytest.mark.parametrize("first", [0, 1])
def test_rows_without_names_are_found_by_their_order(images: Any, first: int) -> None:
    cells = [row[1:] for row in images.cells("test")[first:]]
    read = read_rows(str(images.csv(cells)), 64, None, pixel_max=255)
    np.testing.assert_array_equal(read.rows, images.X_test)
    assert read.rows.dtype == np.uint8


def test_rows_of_another_form_are_refused(rows: Any, images: Any) -> None:
    with pytest.raises(DataError, match="missing: 'f9'"):
        read_rows(str(rows.csv()), 5, [*rows.names[1:], "f9"])
    with pytest.raises(DataError, match="the 9 columns that the model was trained on; it has 4"):
        read_rows(str(rows.csv()), 9)
    with pytest.raises(DataError, match="line 3, column 'f1': a pixel must be a whole number from 0 to 16"):
        read_rows(str(images.csv([row[1:] for row in images.changed(3, 2, "17.5")], "i.csv")), 64, None, pixel_max=16)


def test_advice_on_a_wrong_pixel_names_no_option_that_predict_lacks(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("a,b\n1,2\n300,?\n")
    with pytest.raises(DataError) as caught:
        read_rows(str(tmp_path / "new.csv"), 2, ["a", "b"], pixel_max=255)
    assert caught.value.problems == (
        "new.csv, line 3, column 'a': a pixel must be a whole number from 0 to 255; got 300. Correct it.",
        "new.csv, line 3, column 'b': a pixel must be a whole number from 0 to 255; got '?'. Correct it.",
    )
