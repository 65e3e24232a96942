"""Labels that were kept apart: what is not what it seems is refused in one line."""

from pathlib import Path

import numpy as np
import pytest

from bakeoff.data import read_label_column, read_label_file
from bakeoff.errors import DataError


def refused(path: Path, content: bytes, **columns: str) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_label_file(path, **columns)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


@pytest.mark.parametrize("content", [b"label\nParis\nWashington, DC\n", b"row,label\n1,Paris\n2,Washington, DC\n"])
def test_a_line_with_more_cells_than_the_header_is_not_cut_off(tmp_path: Path, content: bytes) -> None:
    said = refused(tmp_path / "labels.csv", content)
    assert said.startswith("labels.csv, line 3: must have ") and "double quotes" in said


def test_a_quoted_comma_is_part_of_the_label(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text('row,label,\n1,Paris,\n2,"Washington, DC",\n')
    assert read_label_column(tmp_path / "labels.csv").labels == ["Paris", "Washington, DC"]


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    """Read with a stand-in for what cannot be read, two classes would become one."""
    said = refused(tmp_path / "labels.csv", "label\nschön\nschän\n".encode("latin-1"))
    assert said.startswith("labels.csv, line 2: must be text in UTF-8; it holds the byte 0xf6.")


@pytest.mark.parametrize("flag", ["label", "group"])
def test_columns_are_not_accepted_where_there_are_none(tmp_path: Path, flag: str) -> None:
    idx = bytes([0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    np.savez(tmp_path / "a.npz", y=np.arange(2))
    npz = (tmp_path / "a.npz").read_bytes()
    for name, content in (("labels.idx", idx), ("labels.npz", npz), ("labels.txt", b"0\n1\n")):
        assert f"--{flag} names a column, and" in refused(tmp_path / name, content, **{flag: "who"})


def test_the_label_of_an_npz_file_with_rows_is_its_array_y(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.arange(4).reshape(2, 2), y=np.arange(2))
    content = (tmp_path / "a.npz").read_bytes()
    assert "--label names a column" in refused(tmp_path / "b.npz", content, label="who")
