"""Bad tables: one clear line for each problem, all problems of a file together."""

import errno
import gzip
import io
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bakeoff.data import DataOptions, load
from bakeoff.data import _files as files
from bakeoff.errors import DataError


def problems_of(path: Path, **options: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        load(path, DataOptions(**options))
    for problem in caught.value.problems:
        assert "\n" not in problem
        assert "\x1b" not in problem
    return list(caught.value.problems)


def only_problem(path: Path, **options: Any) -> str:
    problems = problems_of(path, **options)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.parquet", "x.npz", "x.zip", "x-images-idx3-ubyte"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert only_problem(tmp_path / name).startswith(f"{name}: the file is empty")


def test_a_gzip_file_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b""))
    assert "the file is empty" in only_problem(tmp_path / "x.csv.gz")


def test_a_header_without_rows_is_refused(corpus: Any) -> None:
    assert "a header and no rows" in only_problem(corpus.csv(corpus.cells()[:1]))


def test_a_parquet_table_without_rows_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"label": [], "a": []}).write_parquet(tmp_path / "x.parquet")
    assert "no rows" in only_problem(tmp_path / "x.parquet")


def test_a_text_cell_is_named_by_line_and_column(corpus: Any) -> None:
    problem = only_problem(corpus.csv(corpus.changed(7, 3, "abc")))
    assert problem.startswith("train.csv, line 7, column 'f2': a feature must be a number; got 'abc'")


def test_a_column_of_text_is_one_problem(rows: Any) -> None:
    cells = [[*row, "sex" if i == 0 else "male"] for i, row in enumerate(rows.cells())]
    assert "and text in 59 more rows of this column" in only_problem(rows.csv(cells))


def test_a_text_cell_after_blank_lines_and_quoted_line_ends_has_its_own_line(rows: Any, tmp_path: Path) -> None:
    lines = [",".join(row) for row in rows.cells()]
    lines[0] = '"label",f0,f1,f2,"f\n3"'  # two lines of the file
    lines.insert(2, "")
    lines[10] = lines[10].rsplit(",", 1)[0] + ",x"
    path = tmp_path / "odd.csv"
    path.write_text("\n".join(lines))
    assert ", line 12, column 'f\\n3'" in only_problem(path)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "an empty cell"),
        ("NaN", "NaN"),
        ("NA", "'NA'"),
        ("?", "'?'"),
        ("1e39", "inf, or a number beyond 3.4e+38"),
    ],
)
def test_a_pixel_that_is_no_number_is_said_as_the_file_has_it(images: Any, text: str, got: str) -> None:
    assert only_problem(images.csv(images.changed(9, 5, text))) == (
        f"train.csv, line 9, column 'f4': a pixel must be a whole number from 0 to 255; got {got}. "
        "Correct it, or read plain rows of numbers with --rows."
    )


def test_many_columns_with_the_same_fault_are_one_line(images: Any) -> None:
    cells = images.changed(9, 5, "?")
    cells[8][1:11], cells[9][1:3] = ["?"] * 10, ["", "1e39"]
    assert only_problem(images.csv(cells)) == (
        "train.csv, line 9, column 'f0': a pixel must be a whole number from 0 to 255; got '?' (and 11 more wrong "
        "cells, in 10 columns). Correct it, or read plain rows of numbers with --rows."
    )
    words = [images.names, *([row[0], *(["x"] * 64)] for row in images.cells()[1:])]
    assert only_problem(images.csv(words)) == (
        "train.csv, line 2, column 'f0': a feature must be a number; got 'x' (and text in 3,839 more cells, in several "
        "columns). Write it as a number, leave the cell empty if it is missing, or leave the column out."
    )


def test_the_text_of_a_cell_is_known_after_rows_are_divided(images: Any) -> None:
    cells = [[*row, "split" if i == 0 else "test" if i % 2 else "train"] for i, row in enumerate(images.cells())]
    cells[9][4] = "?"
    assert "line 10, column 'f3': a pixel must be a whole number from 0 to 255; got '?'" in only_problem(
        images.csv(cells)
    )


@pytest.mark.parametrize("text", ["-1", "256", "1.5", "1e9"])
def test_a_pixel_out_of_range_is_refused(images: Any, text: str) -> None:
    problem = only_problem(images.csv(images.changed(3, 64, text)))
    assert f"line 3, column 'f63': a pixel must be a whole number from 0 to 255; got {float(text):.7g}" in problem
    assert "--rows" in problem


def test_the_same_values_are_welcome_in_plain_rows(images: Any) -> None:
    dataset = load(images.csv(images.changed(3, 64, "-1.5")), DataOptions(rows=True))
    assert dataset.X_train[1, 63] == -1.5


@pytest.mark.parametrize("text", ["inf", "-inf", "1e39"])
def test_a_number_that_is_not_finite_is_refused(rows: Any, text: str) -> None:
    assert "line 3, column 'f1': a feature must be a finite number" in only_problem(rows.csv(rows.changed(3, 2, text)))


def test_fractions_of_one_are_explained_as_divided_pixels(images: Any) -> None:
    path = images.npz(X=(images.X_train / 255).reshape(-1, 8, 8), y=images.y_train)
    assert "division by 255" in only_problem(path)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_line_of_another_length_is_refused(corpus: Any, change: int) -> None:
    cells = corpus.cells()
    width = len(cells[0])
    cells[5] = cells[5][:-1] if change < 0 else [*cells[5], "0"]
    problem = only_problem(corpus.csv(cells))
    assert problem.startswith(
        f"train.csv, line 6: a line must have {width} cells, as the first has; got {width + change}"
    )


def test_all_problems_of_a_file_come_together(images: Any) -> None:
    cells = images.changed(3, 1, "x")
    cells[4][2], cells[6][0], cells[8] = "-4", "", cells[8][:-2]
    problems = problems_of(images.csv(cells), class_names=["one"])
    marks = ("line 9", "line 3", "line 5", "line 7", "--class-names")
    assert [next(mark for mark in marks if mark in problem) for problem in problems] == list(marks)


def test_problems_of_both_files_come_together(rows: Any) -> None:
    test = rows.csv(rows.changed(2, 1, "x", "test"), "test.csv")
    problems = problems_of(rows.csv(rows.changed(4, 2, "y")), test=str(test))
    assert [problem.split(":")[0] for problem in problems] == [
        "train.csv, line 4, column 'f1'",
        "test.csv, line 2, column 'f0'",
    ]


def test_lines_with_the_same_fault_are_one_line(rows: Any) -> None:
    cells = [rows.names, *(row[:-1] for row in rows.cells()[1:])]
    cells[4] = cells[4][:-1]
    rule = "a line must have 5 cells, as the first has; got {}. Complete the line or remove it."
    assert problems_of(rows.csv(cells)) == [
        f"train.csv, line 2 (and 58 more lines): {rule.format(4)}",
        f"train.csv, line 5: {rule.format(3)}",
    ]


def test_a_thousand_problems_are_shortened(rows: Any) -> None:
    cells = [rows.names, *([f"c{i}", *row[1:]] for i, row in enumerate(rows.cells()[1:]))]
    test = rows.csv([rows.names, *([f"d{i % 30}", *row[1:]] for i, row in enumerate(rows.cells()[1:]))], "test.csv")
    for i in range(30):
        cells[1 + i][0] = cells[31 + i][0] = str(i)
    problems = problems_of(rows.csv(cells), test=str(test))
    assert len(problems) == 21
    assert problems[-1] == "... and 10 more labels that training lacks."


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "an empty cell"),
        (" ", "an empty cell"),
        ("nan", "'nan', which stands for none"),
        ("?", "'?', which stands for none"),
    ],
)
def test_a_missing_label_is_refused(corpus: Any, text: str, got: str) -> None:
    assert only_problem(corpus.csv(corpus.changed(6, 0, text))) == (
        f"train.csv, line 6: every row needs a label; got {got}. Fill it in or remove the row."
    )


def test_a_question_mark_is_a_class_where_labels_are_text(rows: Any) -> None:
    cells = [[["a", "?", "!"][int(row[0])], *row[1:]] if i else row for i, row in enumerate(rows.cells())]
    assert list(load(rows.csv(cells)).class_names) == ["!", "?", "a"]


def test_labels_with_the_same_fault_are_one_line(rows: Any) -> None:
    cells = rows.cells()
    missing = [["" if i % 2 else row[0], *row[1:]] if i else row for i, row in enumerate(cells)]
    assert only_problem(rows.csv(missing)) == (
        "train.csv, line 2 (and 29 more rows): every row needs a label; got an empty cell. "
        "Fill it in or remove the row."
    )
    halves = [["1.5" if i % 2 else row[0], *row[1:]] if i else row for i, row in enumerate(cells)]
    assert only_problem(rows.csv(halves)) == (
        "train.csv, line 2, column 'label': a label must be a whole number or text; got 1.5 (and 29 more rows with a "
        "fraction). Correct it, or name the label column with --label."
    )


def test_a_fractional_label_is_refused(corpus: Any) -> None:
    problem = only_problem(corpus.csv(corpus.changed(6, 0, "1.5")))
    assert "line 6, column 'label': a label must be a whole number or text; got 1.5" in problem


def test_one_class_only_is_refused(corpus: Any) -> None:
    cells = [corpus.names, *(["7", *row[1:]] for row in corpus.cells()[1:])]
    assert "all rows are of class '7' in column 'label'" in only_problem(corpus.csv(cells))


def test_a_class_with_one_row_is_refused(corpus: Any) -> None:
    problem = only_problem(corpus.csv(corpus.changed(6, 0, "9")))
    assert "line 6: every class needs at least two rows" in problem
    assert "class '9' has one" in problem


def test_a_column_of_measurements_as_label_is_explained(rows: Any) -> None:
    cells = [["id", *rows.names[1:]], *([str(i), *row[1:]] for i, row in enumerate(rows.cells()[1:]))]
    assert "is --label another column?" in problems_of(rows.csv(cells))[-1]


def test_a_test_class_that_training_lacks_is_refused(corpus: Any) -> None:
    test = corpus.csv(corpus.changed(4, 0, "8", "test"), "test.csv")
    problem = only_problem(corpus.csv(), test=str(test))
    assert "test.csv, line 4: a test label must be one of the classes of train.csv; got '8' (1 row(s))" in problem


def test_a_test_file_of_another_width_is_refused(corpus: Any) -> None:
    test = corpus.csv([row[:-1] for row in corpus.cells("test")], "test.csv")
    assert f"missing: '{corpus.names[-1]}'" in only_problem(corpus.csv(), test=str(test))
    wider = corpus.csv([[*row, "extra" if i == 0 else "1"] for i, row in enumerate(corpus.cells("test"))], "wide.csv")
    assert "has columns that train.csv lacks: 'extra'" in only_problem(corpus.csv(), test=str(wider))


@pytest.mark.parametrize("name", ["x.zip", "x.npz", "x.parquet", "x.csv.gz"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("label,a\n0,1\n")
    problem = only_problem(tmp_path / name)
    assert any(words in problem for words in ("not a ZIP archive", "not an NPZ", "not a sound Parquet", "says gzip"))


@pytest.mark.parametrize("name", ["x.zip", "x.npz", "x.parquet", "x.csv.gz"])
def test_a_file_that_is_cut_off_is_refused(corpus: Any, tmp_path: Path, name: str) -> None:
    if name == "x.zip":
        whole = corpus.zip({"a.csv": "\n".join(map(",".join, corpus.cells()))})
    elif name == "x.npz":
        whole = corpus.npz(X=corpus.X_train, y=corpus.y_train)
    else:
        whole = corpus.parquet() if name == "x.parquet" else corpus.csv(name="whole.csv.gz")
    content = whole.read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) * 2 // 3])
    only_problem(tmp_path / name)


def test_damage_inside_a_gzip_file_is_refused(corpus: Any) -> None:
    path = corpus.csv(name="train.csv.gz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    only_problem(path)


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "C:\\evil.csv", "..\\evil.csv"])
def test_a_zip_with_a_name_that_leads_out_is_refused(corpus: Any, name: str) -> None:
    path = corpus.zip({"train.csv": "\n".join(map(",".join, corpus.cells())), name: "label,a\n0,1\n"})
    assert "leads out" in only_problem(path)
    assert not (corpus.folder.parent / "evil.csv").exists()


def test_a_zip_without_tables_or_with_unclear_ones_is_refused(corpus: Any) -> None:
    assert "holds no table" in only_problem(corpus.zip({"readme.txt": "x"}))
    assert "it holds a.csv, b.csv" in only_problem(corpus.zip({"a.csv": "x", "b.csv": "y"}))


def test_a_zip_that_would_unpack_to_too_much_is_refused(corpus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10_000)
    path = corpus.zip({"train.csv": "label,a\n" + "0,1\n" * 10_000})
    assert "at most 10,000 bytes" in only_problem(path)


def test_a_gzip_file_that_would_unpack_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10_000)
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"label,a\n" + b"0,1\n" * 10_000))
    assert "at most 10,000 bytes" in only_problem(tmp_path / "x.csv.gz")


def test_npz_with_objects_is_refused_and_nothing_is_run(tmp_path: Path, corpus: Any) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "trapped",))

    trap = np.empty(60, dtype=object)
    trap[:] = [Trap() for _ in range(60)]
    problem = only_problem(corpus.npz(X=corpus.X_train, y=trap))
    assert "y holds Python objects, which are never read" in problem
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": np.zeros(3)}, "must hold X_train and y_train"),
        ({"X": np.zeros((4, 3)), "y": np.zeros(3)}, "data.npz: X has 4 rows and y 3. Both must have as many."),
        (
            {"X_train": np.zeros((4, 3)), "y_train": np.zeros(4), "X_test": np.zeros((2, 3)), "y_test": np.zeros(4)},
            "data.npz: X_test has 2 rows and y_test 4. Both must have as many.",
        ),
        ({"X": np.zeros((4, 3)), "y": np.eye(4)}, "argmax"),
        ({"X": np.zeros(4), "y": np.zeros(4)}, "Reshape it"),
        ({"X": np.zeros((4, 2, 2, 2)), "y": np.zeros(4)}, "Reshape it"),
        ({"X": np.zeros((4, 3), complex), "y": np.zeros(4)}, "must hold numbers; it holds complex128"),
        ({"X": np.array([["a"]] * 4), "y": np.zeros(4)}, "must hold numbers; it holds <U1"),
    ],
)
def test_npz_arrays_that_do_not_fit_are_refused(rows: Any, arrays: dict[str, Any], words: str) -> None:
    assert words in only_problem(rows.npz(**arrays))


def test_npz_whose_header_lies_about_its_size_is_refused(rows: Any, tmp_path: Path) -> None:
    path = rows.npz(X=rows.X_train, y=rows.y_train)
    content = path.read_bytes()
    assert content.count(b"(60, 4)") == 1
    path.write_bytes(content.replace(b"(60, 4)", b"(90, 4)"))
    only_problem(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"label": "lable"}, "--label must name a column of the table; there is no 'lable': did you mean 'label'?"),
        ({"group": "writer"}, "--group must name a column of the table; there is no 'writer'"),
        ({"image_shape": (3, 3)}, "--image-shape 3x3 needs 9 columns"),
        ({"image_shape": (8, 8), "rows": True}, "exclude each other"),
        ({"class_names": ["a", "b"]}, "must be 3 names"),
        ({"class_names": ["a", "b", "a"]}, "'a' come more than once"),
        ({"test": "nowhere.csv"}, "there is no such file"),
    ],
)
def test_options_that_do_not_fit_the_table_are_refused(corpus: Any, options: dict[str, Any], words: str) -> None:
    assert words in only_problem(corpus.csv(), **options)


def test_column_names_that_repeat_are_refused(rows: Any) -> None:
    cells = [["label", "a", "b", "a", "b"], *rows.cells()[1:]]
    assert len(problems_of(rows.csv(cells))) == 2


def test_a_split_column_with_other_words_is_refused(rows: Any) -> None:
    cells = [[*row, "split" if i == 0 else "train"] for i, row in enumerate(rows.cells())]
    assert "marks no row as test" in only_problem(rows.csv(cells))
    cells[3][-1] = "maybe"
    assert "line 4, column 'split': must say train or test; got 'maybe'" in only_problem(rows.csv(cells))


def test_a_group_that_is_missing_is_refused(rows: Any) -> None:
    cells = [[*row, "who" if i == 0 else f"s{i % 7}"] for i, row in enumerate(rows.cells())]
    cells[12][-1] = ""
    assert "line 13: every row needs a group" in only_problem(rows.csv(cells), group="who")


@pytest.mark.parametrize(("line", "column"), [(1, 0), (5, 0), (5, 2), (61, 4)])
def test_a_quote_that_is_never_closed_is_named_by_its_line(rows: Any, line: int, column: int) -> None:
    cells = rows.changed(line, column, '"1')
    assert only_problem(rows.csv(cells)) == (
        f"train.csv, line {line}: a quote is opened and not closed, so that the lines after it run together. "
        "Close the quote or remove it."
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_named(rows: Any, encoding: str) -> None:
    path = rows.csv()
    path.write_bytes(path.read_text().encode(encoding))
    assert only_problem(path) == (
        "train.csv: a table must be UTF-8 text; this one is UTF-16. Save it as UTF-8 (Excel: CSV UTF-8)."
    )


@pytest.mark.parametrize("line", [2, 40])
def test_latin_1_is_shown_as_what_it_reads(rows: Any, line: int) -> None:
    path = rows.csv(rows.changed(line, 0, "groß"))
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    problem = only_problem(path)
    assert problem.startswith(f"train.csv, line {line}: a table must be UTF-8 text; this line is not. In Latin-1 it ")
    assert "'groß" in problem
    assert problem.endswith("Save it as UTF-8 (Excel: CSV UTF-8).")


def test_what_is_no_npz_is_said_in_a_plain_line(rows: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_text("label,a\n0,1\n")
    assert only_problem(path) == "x.npz: is not an NPZ archive, whatever its name says. Write it with numpy.savez."
    np.save(tmp_path / "x.npy", rows.X_train)
    assert only_problem((tmp_path / "x.npy").rename(path)) == (
        "x.npz: is a single NumPy array, not an NPZ archive. Save X and y together with numpy.savez."
    )
    np.save(tmp_path / "x.npy", rows.X_train)
    assert only_problem(tmp_path / "x.npy") == (
        "x.npy: a single NumPy array has no labels beside it. Save X and y together with numpy.savez and give the .npz "
        "file."
    )
    path.write_bytes(rows.npz(X=rows.X_train, y=rows.y_train).read_bytes()[:900])
    assert only_problem(path) == (
        "x.npz: the NPZ archive is cut off or damaged. Fetch it again, or write it with numpy.savez."
    )


def _npz_of_zeros(path: Path, rows: int, labels: int) -> Path:
    """A small NPZ whose arrays would take a gigabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, shape in (("X", (rows, 1000)), ("y", (labels,))):
            head = io.BytesIO()
            np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": shape})  # type: ignore[no-untyped-call]
            with archive.open(f"{key}.npy", "w") as file:
                file.write(head.getvalue())
                for _ in range(shape[0]):
                    file.write(bytes(1000 if key == "X" else 1))
    return path


@pytest.mark.parametrize(
    ("rows", "labels", "said"),
    [
        (50_000, 3, "x.npz: X has 50,000 rows and y 3. Both must have as many."),
        (50_000, 50_000, "x.npz: X: at most 40,000,000 bytes are read into memory, and this would take 50,000,000."),
    ],
)
def test_an_npz_that_cannot_be_used_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, labels: int, said: str
) -> None:
    if labels == rows:
        monkeypatch.setattr(files, "MAX_BYTES", 40_000_000)
    path = _npz_of_zeros(tmp_path / "x.npz", rows, labels)
    tracemalloc.start()
    assert only_problem(path).removesuffix(" Use fewer rows or smaller images.") == said
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000  # a tenth of the array


def test_a_table_larger_than_the_machine_is_refused_before_it_is_parsed(
    rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_memory_bytes", lambda: 500)
    assert only_problem(rows.csv()).startswith("train.csv: at most 500 bytes are read into memory, and this would take")


def test_a_zip_of_pictures_says_what_is_read(rows: Any) -> None:
    assert only_problem(rows.zip({"a/1.png": "x", "b/2.JPG": "y"})) == (
        "archive.zip: of a ZIP only tables (CSV) are read; it holds none, and 2 pictures. Unpack it and give the "
        "folder, with one subfolder of pictures for each class."
    )


def test_binary_rubbish_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(bytes(range(256)) * 9)
    assert "binary data" in only_problem(tmp_path / "x.csv")


def test_a_name_that_is_nowhere_is_answered_with_the_nearest(workspace: Path) -> None:
    assert "did you mean 'mnist'?" in only_problem(Path("mnits"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "holds no subfolders of pictures" in only_problem(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_refused_for_real(corpus: Any) -> None:
    path = corpus.csv()
    path.chmod(0)
    assert "no permission" in only_problem(path)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "no permission to read it"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left"),
        (OSError(errno.EIO, "Input/output error"), "cannot be read (Input/output error)"),
    ],
)
def test_what_the_system_refuses_is_said_in_one_line(
    corpus: Any, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    path = corpus.csv(name="train.csv.gz")
    really_open = Path.open

    def refuse(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if (error.errno == errno.ENOSPC) == ("w" in mode):
            raise error
        return really_open(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    assert words in only_problem(path)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$x^2$", "=1+1", "a\x1b[31mred", "läßt 文字"])
def test_class_names_are_kept_as_they_are_and_shown_harmlessly(rows: Any, name: str) -> None:
    cells = [[name if cell == "0" and i else cell, *rest] for i, (cell, *rest) in enumerate(rows.cells())]
    dataset = load(rows.csv(cells))
    assert name in dataset.class_names
    assert dataset.label_codes is None
    cells[5][0] = name + "?"
    only_problem(rows.csv(cells))


def test_the_label_column_cannot_be_the_group(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("label,a\n" + "0,1.5\n1,2.5\n" * 5)
    assert "--group 'label' names the label column" in only_problem(tmp_path / "x.csv", group="label")
