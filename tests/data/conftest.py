"""Small data sets in every form, made from the real digits that scikit-learn ships."""

import gzip
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.datasets import load_digits

N_TRAIN, N_TEST = 60, 30


class Corpus:
    """Rows, labels, and the ways to write them."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        if kind == "images":
            digits = load_digits()
            pixels = np.minimum(digits.data * 16, 255).astype(np.uint8)
            keep = digits.target < 3
            self.X, self.y = pixels[keep][: N_TRAIN + N_TEST], digits.target[keep][: N_TRAIN + N_TEST].astype(int)
        else:
            random = np.random.default_rng(5)
            self.y = np.arange(N_TRAIN + N_TEST) % 3
            self.X = (random.normal(size=(N_TRAIN + N_TEST, 4)) + self.y[:, None]).astype(np.float32)
        self.X_train, self.y_train = self.X[:N_TRAIN], self.y[:N_TRAIN]
        self.X_test, self.y_test = self.X[N_TRAIN:], self.y[N_TRAIN:]
        self.names = ["label", *(f"f{i}" for i in range(self.X.shape[1]))]

    def cells(self, part: str = "train") -> list[list[str]]:
        """The table as text, header first."""
        X, y = (self.X_train, self.y_train) if part == "train" else (self.X_test, self.y_test)
        return [self.names, *([str(label), *map(str, row.tolist())] for label, row in zip(y, X, strict=True))]

    def csv(self, cells: Sequence[Sequence[str]] | None = None, name: str = "train.csv") -> Path:
        path = self.folder / name
        text = "".join(",".join(row) + "\n" for row in (cells or self.cells()))
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")
        return path

    def changed(self, line: int, column: int, text: str, part: str = "train") -> list[list[str]]:
        """The table with another text in one cell; lines count from 1 with the header."""
        cells = self.cells(part)
        cells[line - 1] = [*cells[line - 1][:column], text, *cells[line - 1][column + 1 :]]
        return cells

    def zip(self, members: dict[str, str], name: str = "archive.zip") -> Path:
        path = self.folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, text in members.items():
                archive.writestr(member, text)
        return path

    def parquet(self, name: str = "train.parquet", **columns: Any) -> Path:
        path = self.folder / name
        table = {"label": self.y_train} | {f"f{i}": self.X_train[:, i] for i in range(self.X.shape[1])} | columns
        pl.DataFrame(table).write_parquet(path)
        return path

    def npz(self, name: str = "data.npz", **arrays: Any) -> Path:
        path = self.folder / name
        np.savez(path, **arrays)
        return path


@pytest.fixture(params=["images", "rows"])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Corpus:
    """Both kinds of data, one after the other."""
    return Corpus(tmp_path, request.param)


@pytest.fixture
def images(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path, "images")


@pytest.fixture
def rows(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path, "rows")


def _idx_bytes(array: np.ndarray[Any, Any], type_code: int = 8) -> bytes:
    """An array in the IDX form, written independently of the reader."""
    return bytes([0, 0, type_code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def idx_bytes() -> Callable[..., bytes]:
    return _idx_bytes


@pytest.fixture
def idx(images: Corpus) -> Callable[..., Path]:
    """Write IDX files of the images; returns the training images' path."""

    def write(suffix: str = "", train: bytes | None = None, labels: bytes | None = None) -> Path:
        pack = gzip.compress if suffix == ".gz" else bytes
        files = {
            "train-images-idx3-ubyte": train or _idx_bytes(images.X_train.reshape(-1, 8, 8)),
            "train-labels-idx1-ubyte": labels or _idx_bytes(images.y_train.astype(np.uint8)),
            "t10k-images-idx3-ubyte": _idx_bytes(images.X_test.reshape(-1, 8, 8)),
            "t10k-labels-idx1-ubyte": _idx_bytes(images.y_test.astype(np.uint8)),
        }
        for name, content in files.items():
            (images.folder / (name + suffix)).write_bytes(pack(content))
        return images.folder / ("train-images-idx3-ubyte" + suffix)

    return write


@pytest.fixture
def pictures(images: Corpus) -> Callable[..., Path]:
    """Write a folder with one subfolder of PNG files a class."""

    def write(name: str = "pictures", part: str = "train") -> Path:
        folder = images.folder / name
        X, y = (images.X_train, images.y_train) if part == "train" else (images.X_test, images.y_test)
        for i, (row, label) in enumerate(zip(X, y, strict=True)):
            path = folder / str(label) / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(row.reshape(8, 8)).save(path)
        return folder

    return write
