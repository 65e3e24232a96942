"""The same rows come out of every format."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bakeoff.data import DataOptions, Dataset, load
from bakeoff.errors import DataError


def require_train(dataset: Dataset, corpus: Any) -> None:
    np.testing.assert_array_equal(dataset.X_train, corpus.X_train)
    assert dataset.X_train.dtype == (np.uint8 if corpus.kind == "images" else np.float32)
    assert dataset.X_train.flags.c_contiguous
    np.testing.assert_array_equal(dataset.y_train, corpus.y_train)
    assert dataset.y_train.dtype == np.int32
    assert dataset.kind == corpus.kind
    assert list(dataset.class_names) == ["0", "1", "2"]
    assert dataset.label_codes == [0, 1, 2]
    assert (dataset.image_shape, dataset.pixel_max) == (((8, 8, 1), 255) if corpus.kind == "images" else (None, None))


def require_test(dataset: Dataset, corpus: Any) -> None:
    np.testing.assert_array_equal(dataset.X_test, corpus.X_test)
    np.testing.assert_array_equal(dataset.y_test, corpus.y_test)


@pytest.mark.parametrize("name", ["train.csv", "train.csv.gz"])
def test_a_table_and_its_test_table_are_read(corpus: Any, name: str) -> None:
    test = corpus.csv(corpus.cells("test"), "test.csv")
    dataset = load(corpus.csv(name=name), DataOptions(test=str(test)))
    require_train(dataset, corpus)
    require_test(dataset, corpus)
    assert [source.name for source in dataset.sources] == [name, "test.csv"]
    assert list(dataset.feature_names or ()) == corpus.names[1:]


def test_a_table_alone_has_no_test_rows(corpus: Any) -> None:
    dataset = load(corpus.csv())
    assert dataset.X_test is None
    assert dataset.y_test is None
    assert dataset.name == "train"


def test_a_split_column_tells_training_from_test_rows(corpus: Any) -> None:
    cells = [[*row, mark] for row, mark in zip(corpus.cells(), ["split"] + ["train"] * 60, strict=True)]
    cells += [[*row, "Test"] for row in corpus.cells("test")[1:]]
    dataset = load(corpus.csv(cells))
    require_train(dataset, corpus)
    require_test(dataset, corpus)
    assert "split" not in (dataset.feature_names or ())
    assert len(dataset.sources) == 1


def test_a_zip_with_two_tables_gives_training_and_test_rows(corpus: Any) -> None:
    text = {part: "\n".join(map(",".join, corpus.cells(part))) for part in ("train", "test")}
    members = {
        "d/my_train.csv": text["train"],
        "my_test.csv": text["test"],
        "__MACOSX/x.csv": "x",
        "readme.txt": "hello",
    }
    dataset = load(corpus.zip(members | {"d/d/my_train.csv": text["train"]}))
    require_train(dataset, corpus)
    require_test(dataset, corpus)


def test_a_zip_may_hold_a_gzipped_table(corpus: Any, tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.csv.gz", gzip.compress("\n".join(map(",".join, corpus.cells())).encode()))
    require_train(load(path), corpus)


def test_parquet_is_read(corpus: Any) -> None:
    require_train(load(corpus.parquet()), corpus)


def test_parquet_with_wider_types_gives_the_same_rows(corpus: Any) -> None:
    wide = {f"f{i}": corpus.X_train[:, i].astype(np.float64) for i in range(corpus.X.shape[1])}
    dataset = load(corpus.parquet(**wide))
    require_train(dataset, corpus)
    assert dataset.sha256 == load(corpus.csv()).sha256


def test_npz_with_both_parts_is_read(corpus: Any) -> None:
    arrays = {"x_train": corpus.X_train, "y_train": corpus.y_train, "x_test": corpus.X_test, "y_test": corpus.y_test}
    dataset = load(corpus.npz(**arrays))
    require_train(dataset, corpus)
    require_test(dataset, corpus)


def test_npz_with_x_and_y_is_read(corpus: Any) -> None:
    require_train(load(corpus.npz(X=corpus.X_train, y=corpus.y_train[:, None])), corpus)


def test_npz_of_square_arrays_says_its_shape_itself(images: Any) -> None:
    dataset = load(images.npz(X=images.X_train.reshape(-1, 4, 16), y=images.y_train))
    assert dataset.image_shape == (4, 16, 1)


def test_npz_declares_groups_by_the_name_of_an_array(rows: Any) -> None:
    path = rows.npz(X=rows.X_train, y=rows.y_train, writer=np.arange(60) // 6)
    dataset = load(path, DataOptions(group="writer"))
    assert dataset.groups_train is not None
    assert np.array_equal(dataset.groups_train, np.arange(60) // 6)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_finds_its_labels_and_test_rows_beside_it(images: Any, idx: Callable[..., Path], suffix: str) -> None:
    dataset = load(idx(suffix))
    require_train(dataset, images)
    require_test(dataset, images)


def test_a_folder_of_idx_files_is_read(images: Any, idx: Callable[..., Path]) -> None:
    require_test(load(idx().parent), images)


def test_a_folder_of_tables_is_read(corpus: Any) -> None:
    corpus.csv()
    corpus.csv(corpus.cells("test"), "test.csv")
    require_test(load(corpus.folder), corpus)


def test_a_folder_of_pictures_has_a_class_a_subfolder(images: Any, pictures: Callable[..., Path]) -> None:
    dataset = load(pictures())
    for label in range(3):  # pictures come class by class, and within a class in natural order
        np.testing.assert_array_equal(
            dataset.X_train[dataset.y_train == label], images.X_train[images.y_train == label]
        )
    assert dataset.pixel_max == 255
    assert dataset.image_shape == (8, 8, 1)


def test_a_folder_with_train_and_test_has_both_parts(images: Any, pictures: Callable[..., Path]) -> None:
    pictures("all/train"), pictures("all/test", "test")
    dataset = load(images.folder / "all")
    assert len(dataset.X_train) == 60
    assert dataset.X_test is not None
    assert np.bincount(dataset.y_test).tolist() == np.bincount(images.y_test).tolist()


def test_the_test_pictures_may_be_a_second_folder(images: Any, pictures: Callable[..., Path]) -> None:
    dataset = load(pictures(), DataOptions(test=str(pictures("second", "test"))))
    assert dataset.X_test is not None
    assert len(dataset.X_test) == 30


def test_one_picture_in_colour_makes_all_of_them_colour(images: Any, pictures: Callable[..., Path]) -> None:
    folder = pictures()
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[..., 0] = 200
    Image.fromarray(colour).save(folder / "0" / "0.png")
    dataset = load(folder)
    assert dataset.image_shape == (8, 8, 3)
    np.testing.assert_array_equal(dataset.X_train[0].reshape(8, 8, 3), colour)
    assert any("in colour" in sentence for sentence in dataset.decisions)


def test_jpeg_and_other_files_in_a_folder(images: Any, pictures: Callable[..., Path]) -> None:
    folder = pictures()
    Image.fromarray(np.full((8, 8), 77, np.uint8)).save(folder / "0" / "a.JPG", "JPEG")
    (folder / "1" / "notes.txt").write_text("x")
    dataset = load(folder)
    assert len(dataset.X_train) == 61
    assert any("notes.txt" in sentence for sentence in dataset.decisions)


def test_every_format_gives_the_same_hash(images: Any, idx: Callable[..., Path]) -> None:
    arrays = {
        "X_train": images.X_train,
        "y_train": images.y_train,
        "X_test": images.X_test,
        "y_test": images.y_test,
    }
    hashes = {
        load(idx()).sha256,
        load(images.npz(**arrays)).sha256,
        load(images.csv(), DataOptions(test=str(images.csv(images.cells("test"), "second.csv")))).sha256,
    }
    assert len(hashes) == 1


def test_digits_come_with_scikit_learn() -> None:
    dataset = load("digits")
    assert dataset.X_train.shape == (1797, 64)
    assert dataset.X_train.dtype == np.uint8
    assert (dataset.pixel_max, dataset.image_shape) == (16, (8, 8, 1))
    assert dataset.images(dataset.X_train).max() == 255


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_seen(rows: Any, tmp_path: Path, separator: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("\n".join(map(separator.join, rows.cells())))
    require_train(load(path), rows)


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_change_nothing(corpus: Any, tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    text = "\r\n".join(map(",".join, corpus.cells()))
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n\r\n")
    require_train(load(path), corpus)


def test_a_table_without_a_header_is_seen(corpus: Any) -> None:
    dataset = load(corpus.csv(corpus.cells()[1:]), DataOptions(test=str(corpus.csv(corpus.cells("test")[1:], "t.csv"))))
    require_train(dataset, corpus)
    require_test(dataset, corpus)
    assert dataset.feature_names is None
    assert any("no header" in sentence for sentence in dataset.decisions)


def test_spaces_around_cells_and_quotes_do_not_matter(rows: Any) -> None:
    cells = rows.changed(5, 2, f" {rows.X_train[3, 1]} ")
    cells[7] = [f'"{cell}"' for cell in cells[7]]
    require_train(load(rows.csv(cells)), rows)


def test_a_path_with_glob_characters_is_a_path(rows: Any) -> None:
    require_train(load(rows.csv(name="a[1]*.csv")), rows)


def test_row_numbers_without_a_name_are_left_out_and_it_is_said(rows: Any) -> None:
    cells = [["", *rows.cells()[0]], *([str(i), *row] for i, row in enumerate(rows.cells()[1:]))]
    dataset = load(rows.csv(cells))
    require_train(dataset, rows)
    assert any("row numbers" in sentence for sentence in dataset.decisions)


def test_a_missing_number_in_plain_rows_is_nan(rows: Any) -> None:
    cells = rows.changed(4, 2, "")
    cells[8][1] = "NA"
    cells[9][4] = "NaN"
    X = load(rows.csv(cells)).X_train
    assert np.argwhere(np.isnan(X)).tolist() == [[2, 1], [7, 0], [8, 3]]


def test_a_column_that_turns_fractional_late_is_still_read(rows: Any) -> None:
    whole = [[row[0], *(str(int(float(cell))) for cell in row[1:])] for row in rows.cells()[1:]]
    cells = [rows.names, *whole, ["0", "0.5", "-3", "1e3", "7"]]
    assert load(rows.csv(cells)).X_train[-1].tolist() == [0.5, -3.0, 1000.0, 7.0]


def test_the_test_columns_may_come_in_another_order(rows: Any) -> None:
    test = [row[::-1] for row in rows.cells("test")]
    require_test(load(rows.csv(), DataOptions(test=str(rows.csv(test, "test.csv")))), rows)


@pytest.mark.parametrize("header", [True, False])
def test_a_test_table_without_labels_is_unlabelled_only_if_it_fits_exactly(corpus: Any, header: bool) -> None:
    first = 0 if header else 1
    bare = [row[1:] for row in corpus.cells("test")[first:]]
    dataset = load(corpus.csv(corpus.cells()[first:]), DataOptions(test=str(corpus.csv(bare, "bare.csv"))))
    assert dataset.y_test is None
    np.testing.assert_array_equal(dataset.X_test, corpus.X_test)
    shorter = corpus.csv([row[:-1] for row in bare], "short.csv")
    with pytest.raises(DataError, match=f"the {corpus.X.shape[1]} features"):
        load(corpus.csv(corpus.cells()[first:]), DataOptions(test=str(shorter)))


def test_a_large_idx_file_is_mapped_and_gives_the_same_rows(
    images: Any, idx: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = load(idx())
    monkeypatch.setattr("bakeoff.data._idx._MAPPED_BYTES", 1)
    mapped = load(idx())
    assert mapped.sha256 == read.sha256
    assert not mapped.X_train.flags.writeable
    np.testing.assert_array_equal(mapped.X_test, images.X_test)


def test_a_mapped_idx_file_of_another_length_than_it_says_is_refused(
    idx: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.data._idx._MAPPED_BYTES", 1)
    path = idx()
    content = path.read_bytes()
    for changed, words in ((content[:-1], "cannot hold them"), (content + b"x", "it holds more")):
        path.write_bytes(changed)
        with pytest.raises(DataError, match=words):
            load(path)
