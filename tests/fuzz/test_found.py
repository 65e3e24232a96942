"""Inputs that fuzzing found, each once a crash or a traceback."""

import gzip
import io
import resource
import zipfile

import numpy as np
import polars as pl
import pytest
from PIL import Image

from bakeoff.errors import FitError
from fuzz_targets import TARGETS, outcome


def npy(header: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table", b"\xef\xbb\xbf"),  # a byte order mark and nothing: there was no first line
        ("table", gzip.compress(b"\xef\xbb\xbf\n", mtime=0)),
        # Bytes that are no text, after the lines that are looked at first and beside a quote that is not closed.
        ("table", b'a,b\n1,"2\n' + b"0,1\n" * 3000 + b"\xff\xff\n"),
        ("npz-array", npy(b"{'descr': '|u1', 'fortran_order': False, 'shape': (40, 64\n")),  # tokenize's own error
        ("results", b"[" * 100_000),  # lists in lists without end
        ("skops-schema", b"[" * 100_000),
        ("page-row", b"\xff{"),  # the answer could not be written, since it said again what had come
    ],
    ids=range(7),
)
def test_what_was_found_is_refused_in_words(name: str, content: bytes) -> None:
    assert outcome(TARGETS[name], content) in ("DataError", "StoreError", "FitError", "read")
    if name != "page-row":
        assert outcome(TARGETS[name], content) != "read"


def test_a_null_in_a_search_space_is_written_out_again() -> None:
    recipe = b"""{"schema": 1, "name": "b", "data": {"source": "x.csv"}, "contestants": [{"name": "k", "family": "knn",
    "tune": {"fits": 4, "space": {"C": {"low": null}}}}]}"""
    assert outcome(TARGETS["recipe"], recipe) == "read"


def test_a_body_that_is_no_text_is_answered_with_422() -> None:
    head = b"POST /api/predict/row\nhost: 127.0.0.1\n\n"
    assert outcome(TARGETS["page-request"], head + b"\x80") == "read"


def test_a_parquet_file_of_few_bytes_and_many_equal_rows_takes_no_memory() -> None:
    """Polars would make 400 MB of it, over the bound: one byte a value was counted, and a float takes eight."""
    stream = io.BytesIO()
    columns = [pl.lit(0.5).alias(f"p{number}") for number in range(4)]
    pl.DataFrame({"label": np.zeros(10_000_000, np.int64)}).with_columns(columns).write_parquet(stream)
    content = stream.getvalue()
    assert len(content) < 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert outcome(TARGETS["parquet"], content) == "DataError"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_camera_may_write_nonsense_beside_the_pixels() -> None:
    """Pillow warns of it, and a warning is no error."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.new("RGB", (9, 9)).save(stream, "JPEG", exif=exif)
    content = stream.getvalue()
    place = content.index(b"MM\x00*") + 8
    assert outcome(TARGETS["picture"], content[:place] + b"\xff" + content[place + 1 :]) == "read"


def test_a_model_that_would_unpack_to_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bakeoff.contestants._model_files._LARGEST_UNPACKED", 1_000_000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(2_000_000))
    with pytest.raises(FitError, match="would unpack to 2,000,000 bytes; at most 1,000,000 are read"):
        TARGETS["skops"].read(stream.getvalue())
