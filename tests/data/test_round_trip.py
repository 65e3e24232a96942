"""Whatever is written comes back: any table, any line ends, any separator."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bakeoff.data import DataOptions, Dataset, load

SHAPES = st.tuples(st.integers(4, 30), st.integers(1, 12))
FLOATS = st.floats(width=32, allow_infinity=False, allow_nan=True)


def written_and_read(
    lines: list[list[str]], options: DataOptions, separator: str = ",", line_end: str = "\n"
) -> Dataset:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes((line_end.join(separator.join(line) for line in lines) + line_end).encode())
        return load(path, options)


@settings(max_examples=60, deadline=None)
@given(
    X=SHAPES.flatmap(lambda shape: arrays.arrays(np.float32, shape, elements=FLOATS)),
    separator=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    missing=st.sampled_from(["", "NA", "nan", "NULL"]),
)
def test_plain_rows_come_back_exactly(X: np.ndarray, separator: str, line_end: str, missing: str) -> None:
    y = np.arange(len(X)) % 2
    cells = [[str(label), *(missing if np.isnan(v) else repr(float(v)) for v in row)] for label, row in zip(y, X)]  # noqa: B905
    header = ["label", *(f"c{i}" for i in range(X.shape[1]))]
    dataset = written_and_read([header, *cells], DataOptions(rows=True), separator, line_end)
    np.testing.assert_array_equal(dataset.X_train, X)
    np.testing.assert_array_equal(dataset.y_train, y)


@settings(max_examples=60, deadline=None)
@given(
    X=arrays.arrays(np.uint8, st.tuples(st.integers(4, 20), st.just(12))),
    labels=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])), min_size=2, max_size=4),
)
def test_pixels_and_labels_of_any_text_come_back(X: np.ndarray, labels: list[str]) -> None:
    names = sorted({f"<{label.strip()}>" for label in labels} | {"<a>", "<b>"})[: len(X) // 2]
    y = [names[i % len(names)] for i in range(len(X))]
    quoted = ['"' + label.replace('"', '""') + '"' for label in y]
    cells = [[label, *map(str, row)] for label, row in zip(quoted, X.tolist(), strict=True)]
    header = ["label", *(f"p{i}" for i in range(12))]
    dataset = written_and_read([header, *cells], DataOptions(image_shape=(3, 4)))
    np.testing.assert_array_equal(dataset.X_train, X)
    assert [dataset.class_names[i] for i in dataset.y_train] == y
