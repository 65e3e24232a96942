"""Sound inputs of every kind that is read: what fuzzing begins from."""

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from bakeoff.contestants._kept import MODEL_SKOPS
from bakeoff.contestants._model_files import save_pipeline
from bakeoff.store import CheckpointFile
from bakeoff.types import Snapshot

N_ROWS = 6
"""Test rows of the runs and label files."""


def some_digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes a second

    X, y = load_digits(return_X_y=True)
    return X[:40].astype(np.uint8), y[:40]


def as_table(X: np.ndarray, y: Sequence[object]) -> str:
    header = ",".join(["label", *(f"pixel{number}" for number in range(X.shape[1]))])
    return "\n".join([header, *(",".join(map(str, [label, *row])) for label, row in zip(y, X.tolist(), strict=True))])


@cache
def tables() -> Sequence[bytes]:
    X, y = some_digits()
    rows = "class;a;b;split;who\n" + "\n".join(f"{'xy'[i % 2]};{i / 7};{-i};{['train', 'test'][i % 3 == 0]};{i % 4}"
                                               for i in range(12))  # fmt: skip
    quoted = '"label","a\n1",b\r\n0,1,2\r\n1,"3",\r\n0,NaN,1e3\r\n1,-inf,4\r\n'
    table = as_table(X, y.tolist()).encode()
    return [table, rows.encode(), quoted.encode(), gzip.compress(table), b"\xef\xbb\xbf" + rows.encode(),
            rows.encode("utf-16")]  # fmt: skip


@cache
def zips() -> Sequence[bytes]:
    return [packed({"a/train.csv": tables()[0], "a/test.csv": tables()[0]}), packed({"rows.csv.gz": tables()[3]})]


def packed(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def as_npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@cache
def npz_files() -> Sequence[bytes]:
    X, y = some_digits()
    stream = io.BytesIO()
    np.savez_compressed(stream, X_train=X[:30], y_train=y[:30], X_test=X[30:], y_test=y[30:], groups=np.arange(30))
    return [stream.getvalue(), packed({"X.npy": as_npy(X), "y.npy": as_npy(y)})]


@cache
def labels_npy() -> bytes:
    return as_npy(some_digits()[1])


def as_idx(images: np.ndarray) -> bytes:
    shape = b"".join(int(n).to_bytes(4, "big") for n in images.shape)
    return bytes([0, 0, 8, images.ndim]) + shape + images.astype(np.uint8).tobytes()


def array_files() -> Sequence[bytes]:
    return [as_npy(some_digits()[0])]


def idx_files() -> Sequence[bytes]:
    return [as_idx(some_digits()[0].reshape(-1, 8, 8))]


@cache
def parquet_files() -> Sequence[bytes]:
    X, y = some_digits()
    found = []
    for compression in ("uncompressed", "snappy", "zstd"):
        stream = io.BytesIO()
        columns = {"label": y[:12] % 2, **{f"p{i}": X[:12, i] / 2 for i in range(4)}}
        pl.DataFrame(columns).write_parquet(stream, compression=compression)
        found.append(stream.getvalue())
    return found


@cache
def pictures() -> Sequence[bytes]:
    X, _ = some_digits()
    found = []
    for mode, form, more in (("L", "PNG", {}), ("RGB", "JPEG", {}), ("RGBA", "PNG", {}), ("P", "PNG", {}),
                             ("1", "PNG", {}), ("I;16", "PNG", {})):  # fmt: skip
        stream = io.BytesIO()
        image = Image.fromarray((X[0].reshape(8, 8) * 15).astype(np.uint8)).resize((12, 9))
        (image.convert("I").convert(mode) if mode == "I;16" else image.convert(mode)).save(stream, form, **more)
        found.append(stream.getvalue())
    turned = Image.new("RGB", (9, 5), (200, 10, 10))
    exif = turned.getexif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    turned.save(stream, "JPEG", exif=exif)
    return [*found, stream.getvalue()]


LABELS = [b"label\n" + b"\n".join(str(i % 3).encode() for i in range(N_ROWS)), b"a;b;a\n", b"id,label\n1,x\n2,y\n3,x"]


RECIPES = [
    b"""schema: 1
name: a
data: {source: digits}
protocol: {seeds: 3, primary_metric: accuracy, validation: 0.2}
contestants:
- {name: net, family: dense, settings: {hidden_layer_sizes: [32, 16], augment: {shift: 0.1}}}
- svc
claims:
- {contestant: svc, metric: accuracy, published: 98.61 %}
ignore: [P003]
""",
    b"""{"schema": 1, "name": "b", "data": {"source": "x.csv", "image_shape": [8, 8]}, "contestants": [{"name": "k",
"family": "knn", "tune": {"fits": 4, "space": {"n_neighbors": [1, 3], "C": {"low": 1, "high": 2.5, "log": true}}}}]}
""",
    b"schema: 1\nname: &a c\ndata: {source: *a}\n",
]


CLAIMS = [
    b"contestant,metric,published\nsvc,accuracy,97.3 %\ndense,f1_macro,0.98\n",
    b"contestant;metric;published\nsvc;accuracy;1",
]


@cache
def network_files() -> Mapping[str, bytes]:

    from bakeoff.contestants._dense_model import write_network  # noqa: PLC0415
    from bakeoff.dense import Network, NetworkSpec, Scaling, init  # noqa: PLC0415

    spec = NetworkSpec(64, (4, 3), 10, batch_normalization=True)
    parameters, averages = init(0, spec)
    own = [
        [{name: np.asarray(array) for name, array in layer.items()} for layer in each]
        for each in (parameters, averages)
    ]
    return write_network(Network(spec, tuple(range(10)), *own, Scaling(factor=np.asarray(1 / 16))))


@cache
def safetensors_files() -> Sequence[bytes]:
    from bakeoff.interop._safetensors import to_safetensors  # noqa: PLC0415

    return [to_safetensors(network_files(), [str(number) for number in range(10)])]


@cache
def skops_models() -> Sequence[bytes]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import MinMaxScaler  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    X, y = some_digits()
    models = (GaussianNB(), LogisticRegression(max_iter=50), DecisionTreeClassifier(max_depth=2))
    fitted = [make_pipeline(MinMaxScaler(), model).fit(X, y) for model in models]
    return [save_pipeline(pipeline, {"engine": "sklearn"})[0][MODEL_SKOPS] for pipeline in fitted]


def skops_schemas() -> Sequence[bytes]:
    return [zipfile.ZipFile(io.BytesIO(skops_models()[0])).read("schema.json")]  # the other members are this one's


@cache
def keras_members() -> Mapping[str, bytes]:
    import keras  # noqa: PLC0415

    layers = [
        keras.Input((8, 8)),
        keras.layers.Flatten(),
        keras.layers.Dense(4, "relu"),
        keras.layers.Dense(3, "softmax"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.keras"
        keras.Sequential(layers).save(path)
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def keras_files() -> Sequence[bytes]:
    return [packed(keras_members())]


def checkpoints() -> Sequence[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        file = CheckpointFile(Path(folder), "job", interval_seconds=0.0)
        file.save(Snapshot({"weights": np.ones((2, 3), np.float32), "steps": np.zeros((), np.int32)}, {"epoch": 3}))
        return [(Path(folder) / "job.safetensors").read_bytes()]


def results_files() -> Sequence[bytes]:
    def score(value: float) -> dict[str, Any]:
        return {"accuracy": {"mean": value, "low": value, "high": value, "sd_seeds": None, "values": [value]}}

    results = {
        "schema": 1, "verdict": "a", "findings": [], "comparisons": [], "claims": [], "openings": {},
        "data": {"name": "d", "kind": "rows", "n_test": N_ROWS, "n_classes": 2, "class_names": ["x", "y"],
                 "label_codes": [0, 1]},
        "protocol": {"test": "file", "primary_metric": "accuracy", "seeds": 1, "validation": 0.2},
        "contestants": [{"name": "svc", "family": "svc", "seeds": [0], "status": "ok", "fits": [{"seed": 0}],
                         "test": score(0.5), "validation": score(0.5)}],
    }  # fmt: skip
    return [json.dumps(results).encode()]


def predictions_files() -> Sequence[bytes]:
    stream = io.BytesIO()
    rows = np.arange(N_ROWS)
    probabilities = np.full((N_ROWS, 2), 0.5)
    np.savez_compressed(stream, test_rows=rows, test_labels=rows % 2, test_probabilities=probabilities)
    return [stream.getvalue()]


ROWS = [json.dumps({"row": [0.0] * 64}).encode(), json.dumps({"row": [1e400, -1, 16.5] * 21}).encode()]
REQUESTS = [
    b"GET /\nhost: 127.0.0.1:8000\n\n",
    b"GET /api/runs\nhost: localhost\norigin: http://localhost\n\n",
    b"GET /api/rows/12\nhost: [::1]:80\ncookie: bakeoff=x; a=b\n\n",
    b"GET /report?run=..%2f..\nhost: 127.0.0.1\nsec-fetch-site: same-origin\n\n",
    b"POST /api/predict/row\nhost: 127.0.0.1\ncontent-type: application/json\ncontent-length: 12\n\n{\"row\": [1]}",
    b"GET /openapi.json?token=a\nhost: 127.0.0.1\nauthorization: Bearer a\n\n",
]  # fmt: skip
