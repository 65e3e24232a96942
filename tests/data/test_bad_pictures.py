"""Bad IDX files and pictures: one clear line for each problem."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bakeoff.data import DataOptions, load
from bakeoff.errors import DataError


def problems_of(path: Path, **options: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        load(path, DataOptions(**options))
    assert all("\n" not in problem for problem in caught.value.problems)
    return list(caught.value.problems)


def only_problem(path: Path, **options: Any) -> str:
    problems = problems_of(path, **options)
    assert len(problems) == 1, problems
    return problems[0]


def header(*shape: int, type_code: int = 8) -> bytes:
    return bytes([0, 0, type_code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00\x00", "it has 2"),
        (b"PNG\r" + bytes(100), "begins with 00000803 (hexadecimal); this one begins with 504e470d"),
        (header(60, 8, 8, type_code=0x0D) + bytes(60 * 64 * 4), "begins with 00000d03"),
        (header(60) + bytes(60), "begins with 00000801"),
        (header(60, 8, 8)[:9], "ends within its header"),
        (header(60, 8, 8) + bytes(60 * 64 - 1), "it holds only 3,839"),
        (header(60, 8, 8) + bytes(60 * 64 + 1), "it holds more"),
        (header(2**32 - 1, 2**16, 2**16) + bytes(100), "bytes are read into memory"),
        (header(400, 1000, 1000) + bytes(100), "cannot hold them"),
        (header(0, 8, 8), "holds no pixels"),
        (header(60, 8, 8, 2) + bytes(60 * 128), "1 (grey) or 3 (colour) channels; it is 2"),
    ],
)
def test_an_idx_file_of_wrong_form_is_refused(
    idx: Callable[..., Path], idx_bytes: Callable[..., bytes], content: bytes, words: str, suffix: str
) -> None:
    labels = idx_bytes(np.zeros(0, np.uint8)) if content == header(0, 8, 8) else None
    if "cannot hold" in words and suffix:
        words = "it holds only 100"  # zeros shrink so well that only unpacking shows the lie
        content = header(300, 100, 100) + bytes(100)
    problem = only_problem(idx(suffix, train=content, labels=labels))
    assert words in problem or "cannot hold them" in problem


def test_sizes_that_lie_take_no_memory(idx: Callable[..., Path]) -> None:
    import tracemalloc  # noqa: PLC0415

    path = idx(train=header(2000, 1000, 1000) + bytes(50))
    tracemalloc.start()
    only_problem(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_idx_images_and_labels_of_different_number_are_refused(
    idx: Callable[..., Path], idx_bytes: Callable[..., bytes]
) -> None:
    problem = only_problem(idx(labels=idx_bytes(np.zeros(59, np.uint8))))
    assert "holds 60 images, and train-labels-idx1-ubyte holds 59 labels" in problem


def test_idx_without_its_labels_says_which_file_is_missing(idx: Callable[..., Path]) -> None:
    path = idx()
    path.with_name("train-labels-idx1-ubyte").unlink()
    assert "train-labels-idx1-ubyte" in only_problem(path)


def test_the_labels_file_in_place_of_the_images_is_refused(idx: Callable[..., Path]) -> None:
    assert "give the IDX file with the images" in only_problem(idx().with_name("train-labels-idx1-ubyte"))


def test_test_images_of_another_size_are_refused(
    images: Any, idx: Callable[..., Path], idx_bytes: Callable[..., bytes]
) -> None:
    path = idx()
    (path.with_name("t10k-images-idx3-ubyte")).write_bytes(idx_bytes(images.X_test.reshape(-1, 4, 16)))
    assert "must have the shape of the training images, 8x8x1; they are 4x16x1" in only_problem(path)


def test_a_group_column_cannot_be_asked_of_images(idx: Callable[..., Path], pictures: Callable[..., Path]) -> None:
    assert "--group names a column" in only_problem(idx(), group="who")
    assert "--group names a column" in only_problem(pictures(), group="who")


def test_all_bad_pictures_of_a_folder_are_listed(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    Image.new("L", (9, 7)).save(folder / "0" / "wide.png")
    (folder / "1" / "text.png").write_text("no picture")
    (folder / "2" / "empty.jpg").touch()
    Image.new("I;16", (8, 8)).save(folder / "2" / "deep.png")
    problems = sorted(problems_of(folder))
    assert len(problems) == 4
    assert "pictures/0/wide.png: all pictures must have one size, 8x8 (height x width)" in problems[0]
    assert "this one is 7x9" in problems[0]
    assert "1/text.png: a broken picture" in problems[1]
    assert problems[2] == (
        "pictures/2/deep.png: a pixel must have 8 bits a channel; this picture has more (I;16). Save it with 8 bits."
    )
    assert "2/empty.jpg: a broken picture" in problems[3]


@pytest.mark.parametrize("keep", [20, 45, 60])
def test_a_png_that_is_cut_off_is_refused(pictures: Callable[..., Path], keep: int) -> None:
    folder = pictures()
    path = next(iter(sorted((folder / "1").iterdir())))
    path.write_bytes(path.read_bytes()[:keep])
    assert "a broken picture" in only_problem(folder)


def png_of(width: int, height: int) -> bytes:
    """A tiny PNG whose header says that it is large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [5000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(pictures: Callable[..., Path], side: int) -> None:
    folder = pictures()
    (folder / "1" / "bomb.png").write_bytes(png_of(side, side))
    assert "1/bomb.png: a picture may have at most 16,777,216 pixels" in only_problem(folder)


def test_a_text_chunk_that_unpacks_to_too_much_is_refused(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    path = folder / "1" / "chatty.png"
    content = b"comment\0\0" + zlib.compress(bytes(200 << 20))
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content + struct.pack(">I", zlib.crc32(b"zTXt" + content))
    plain = png_of(8, 8)
    path.write_bytes(plain[:33] + chunk + plain[33:])
    assert "1/chatty.png: a broken picture" in only_problem(folder)


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b"]])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, names: list[str]) -> None:
    folder = tmp_path / "none"
    folder.mkdir()
    for name in names:
        (folder / name).mkdir()
        (folder / name / "notes.txt").write_text("x")
    assert "picture" in only_problem(folder)


def test_a_class_without_pictures_is_refused(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    (folder / "7").mkdir()
    assert "none in: 7" in only_problem(folder)


def test_one_class_folder_only_is_refused(images: Any, pictures: Callable[..., Path]) -> None:
    folder = pictures()
    only_problem(folder / "0")  # a class's own folder holds no class folders
    for label in ("1", "2"):
        for path in (folder / label).iterdir():
            path.unlink()
        (folder / label).rmdir()
    assert "all rows are of class '0'" in only_problem(folder)


def test_a_class_with_one_picture_is_refused_by_its_path(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    (folder / "9").mkdir()
    Image.new("L", (8, 8)).save(folder / "9" / "lonely.png")
    assert "9/lonely.png: every class needs at least two rows" in only_problem(folder)


def test_a_test_folder_with_another_class_or_size_is_refused(pictures: Callable[..., Path]) -> None:
    train, test = pictures(), pictures("second", "test")
    (test / "8").mkdir()
    Image.new("L", (8, 8)).save(test / "8" / "x.png")
    assert "8/x.png: a test label must be one of the classes of pictures; got '8'" in only_problem(
        train, test=str(test)
    )
    Image.new("L", (9, 9)).save(test / "8" / "x.png")
    assert "8x8 (height x width) as the training pictures have; this one is 9x9" in only_problem(train, test=str(test))


def test_a_declared_shape_that_the_pictures_lack_lists_them(pictures: Callable[..., Path]) -> None:
    assert only_problem(pictures(), image_shape=(9, 9)) == (
        "pictures/0/0.png (and 59 more pictures): all pictures must have one size, 9x9 (height x width) as "
        "--image-shape says; this one is 8x8. Resize it or leave it out."
    )


def test_one_picture_is_no_data_set(pictures: Callable[..., Path]) -> None:
    assert "one picture is no data set" in only_problem(pictures() / "0" / "0.png")
