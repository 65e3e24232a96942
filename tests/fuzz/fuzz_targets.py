"""Every reader as a function of bytes, with sound inputs to begin from.

Whatever the bytes are, a reader answers or raises one of our own errors. Archives and files of several parts have
targets for their insides too: no mutation of an archive gets past its checksums.
"""

import asyncio
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from bakeoff.contest import Run
from bakeoff.contestants import Facts, make_contestant, predict_with
from bakeoff.contestants._kept import MODEL_JSON, MODEL_SKOPS, MODEL_TENSORS
from bakeoff.contestants._model_files import load_pipeline, save_pipeline
from bakeoff.data import DataOptions, _archive, _files, load, read_drawing, read_label_file, read_picture, read_rows
from bakeoff.errors import BakeoffError
from bakeoff.interop import from_keras
from bakeoff.interop._safetensors import from_safetensors
from bakeoff.recipe import dump_recipe, load_claims, parse_recipe
from bakeoff.scoring._submission import read_submission
from bakeoff.store import CheckpointFile
from bakeoff.types import Snapshot

__all__ = ["BOUND_BYTES", "TARGETS", "Target", "outcome"]

BOUND_BYTES = 1 << 27
"""What readers of data may take, instead of 8 GiB: so that more is seen, and hurts nobody."""
_files.MAX_BYTES = _archive.MAX_BYTES = BOUND_BYTES

_MEMORY = Path("/dev/shm")  # files that are written a million times
FOLDER = Path(tempfile.mkdtemp(prefix="bakeoff-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))
_FACTS = Facts("images", 100, 64, 10, (8, 8, 1), 16)
_N_ROWS = 6


@dataclass(frozen=True)
class Target:
    """A reader.

    Parameters
    ----------
    read : callable
        Takes the bytes.
    seeds : callable
        Gives sound inputs.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]


def outcome(target: Target, content: bytes) -> str:
    """``"read"``, or the name of our error; whatever else is raised goes on."""
    try:
        target.read(content)
    except BakeoffError as error:
        text = str(error)
        assert text.strip(), "an error says something"
        assert "\x1b" not in text, "an error is text for a terminal"
        return type(error).__name__
    return "read"


# Data ----------------------------------------------------------------------------------------------------------


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes a second

    X, y = load_digits(return_X_y=True)
    return X[:40].astype(np.uint8), y[:40]


def _written(name: str, content: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(content)
    return path


def _load(name: str) -> Callable[[bytes], object]:
    return lambda content: load(_written(name, content), DataOptions())


def _table(X: np.ndarray, y: Sequence[object]) -> str:
    header = ",".join(["label", *(f"pixel{number}" for number in range(X.shape[1]))])
    return "\n".join([header, *(",".join(map(str, [label, *row])) for label, row in zip(y, X.tolist(), strict=True))])


@cache
def _tables() -> Sequence[bytes]:
    X, y = _digits()
    rows = "class;a;b;split;who\n" + "\n".join(f"{'xy'[i % 2]};{i / 7};{-i};{['train', 'test'][i % 3 == 0]};{i % 4}"
                                               for i in range(12))  # fmt: skip
    quoted = '"label","a\n1",b\r\n0,1,2\r\n1,"3",\r\n0,NaN,1e3\r\n1,-inf,4\r\n'
    table = _table(X, y.tolist()).encode()
    return [table, rows.encode(), quoted.encode(), gzip.compress(table), b"\xef\xbb\xbf" + rows.encode(),
            rows.encode("utf-16")]  # fmt: skip


@cache
def _zips() -> Sequence[bytes]:
    return [_zip({"a/train.csv": _tables()[0], "a/test.csv": _tables()[0]}), _zip({"rows.csv.gz": _tables()[3]})]


def _zip(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@cache
def _npz() -> Sequence[bytes]:
    X, y = _digits()
    stream = io.BytesIO()
    np.savez_compressed(stream, X_train=X[:30], y_train=y[:30], X_test=X[30:], y_test=y[30:], groups=np.arange(30))
    return [stream.getvalue(), _zip({"X.npy": _npy(X), "y.npy": _npy(y)})]


@cache
def _labels_npy() -> bytes:
    return _npy(_digits()[1])


def _idx(images: np.ndarray) -> bytes:
    shape = b"".join(int(n).to_bytes(4, "big") for n in images.shape)
    return bytes([0, 0, 8, images.ndim]) + shape + images.astype(np.uint8).tobytes()


def _read_idx(content: bytes) -> object:
    labels = FOLDER / "x-labels-idx1-ubyte"
    if not labels.exists():
        labels.write_bytes(_idx(_digits()[1]))
    return load(_written("x-images-idx3-ubyte", content), DataOptions())


@cache
def _parquet() -> Sequence[bytes]:
    X, y = _digits()
    found = []
    for compression in ("uncompressed", "snappy", "zstd"):
        stream = io.BytesIO()
        columns = {"label": y[:12] % 2, **{f"p{i}": X[:12, i] / 2 for i in range(4)}}
        pl.DataFrame(columns).write_parquet(stream, compression=compression)
        found.append(stream.getvalue())
    return found


@cache
def _pictures() -> Sequence[bytes]:
    X, _ = _digits()
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


_LABELS = [b"label\n" + b"\n".join(str(i % 3).encode() for i in range(_N_ROWS)), b"a;b;a\n", b"id,label\n1,x\n2,y\n3,x"]


# Recipes -------------------------------------------------------------------------------------------------------

_RECIPES = [
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


def _read_recipe(content: bytes) -> None:
    recipe = parse_recipe(content.decode("utf-8", "replace"))
    assert parse_recipe(dump_recipe(recipe)) == recipe
    for entry in recipe.contestants or ():
        contestant = make_contestant(entry.name, entry.family, entry.settings)
        contestant.resolve(_FACTS)


_CLAIMS = [
    b"contestant,metric,published\nsvc,accuracy,97.3 %\ndense,f1_macro,0.98\n",
    b"contestant;metric;published\nsvc;accuracy;1",
]


def _read_claims(content: bytes) -> object:
    return load_claims(_written("claims.csv", content), {"svc": "svc", "dense": "dense"})


# Models --------------------------------------------------------------------------------------------------------


@cache
def _network_files() -> Mapping[str, bytes]:

    from bakeoff.contestants._dense_model import write_network  # noqa: PLC0415
    from bakeoff.dense import Network, NetworkSpec, Scaling, init  # noqa: PLC0415

    spec = NetworkSpec(64, (4, 3), 10, batch_normalization=True)
    parameters, averages = init(0, spec)
    own = [
        [{name: np.asarray(array) for name, array in layer.items()} for layer in each]
        for each in (parameters, averages)
    ]
    return write_network(Network(spec, tuple(range(10)), *own, Scaling(factor=np.asarray(1 / 16))))


def _network_part(name: str) -> Target:
    def read(content: bytes) -> object:
        files = {**_network_files(), name: content}
        return predict_with(files, np.zeros((2, 64), np.uint8), _FACTS)

    return Target(read, lambda: [_network_files()[name]])


@cache
def _safetensors() -> Sequence[bytes]:
    from bakeoff.interop._safetensors import to_safetensors  # noqa: PLC0415

    return [to_safetensors(_network_files(), [str(number) for number in range(10)])]


def _read_safetensors(content: bytes) -> object:
    return predict_with(from_safetensors(content), np.zeros((2, 64), np.uint8), _FACTS)


@cache
def _skops() -> Sequence[bytes]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import MinMaxScaler  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    X, y = _digits()
    models = (GaussianNB(), LogisticRegression(max_iter=50), DecisionTreeClassifier(max_depth=2))
    fitted = [make_pipeline(MinMaxScaler(), model).fit(X, y) for model in models]
    return [save_pipeline(pipeline, {"engine": "sklearn"})[0][MODEL_SKOPS] for pipeline in fitted]


def _read_skops(content: bytes) -> object:
    return load_pipeline({MODEL_SKOPS: content})


def _skops_schemas() -> Sequence[bytes]:
    return [zipfile.ZipFile(io.BytesIO(_skops()[0])).read("schema.json")]  # the other members are this one's


def _read_skops_schema(content: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(_skops()[0])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return _read_skops(_zip({**members, "schema.json": content}))


@cache
def _keras() -> Mapping[str, bytes]:
    import keras  # noqa: PLC0415

    layers = [
        keras.Input((8, 8)),
        keras.layers.Flatten(),
        keras.layers.Dense(4, "relu"),
        keras.layers.Dense(3, "softmax"),
    ]
    path = FOLDER / "seed.keras"
    keras.Sequential(layers).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _read_keras(content: bytes) -> object:
    return from_keras(_written("x.keras", content))


def _keras_part(name: str) -> Target:
    return Target(lambda content: _read_keras(_zip({**_keras(), name: content})), lambda: [_keras()[name]])


# The store and runs --------------------------------------------------------------------------------------------


def _checkpoints() -> Sequence[bytes]:
    file = CheckpointFile(FOLDER, "job", interval_seconds=0.0)
    file.save(Snapshot({"weights": np.ones((2, 3), np.float32), "steps": np.zeros((), np.int32)}, {"epoch": 3}))
    return [(FOLDER / "job.safetensors").read_bytes()]


def _read_checkpoint(content: bytes) -> object:
    _written("job.safetensors", content)
    file = CheckpointFile(FOLDER, "job")
    assert file.spent_seconds() >= 0
    return file.load(1 << 20)


def _results() -> Sequence[bytes]:
    def score(value: float) -> dict[str, Any]:
        return {"accuracy": {"mean": value, "low": value, "high": value, "sd_seeds": None, "values": [value]}}

    results = {
        "schema": 1, "verdict": "a", "findings": [], "comparisons": [], "claims": [], "openings": {},
        "data": {"name": "d", "kind": "rows", "n_test": _N_ROWS, "n_classes": 2, "class_names": ["x", "y"],
                 "label_codes": [0, 1]},
        "protocol": {"test": "file", "primary_metric": "accuracy", "seeds": 1, "validation": 0.2},
        "contestants": [{"name": "svc", "family": "svc", "seeds": [0], "status": "ok", "fits": [{"seed": 0}],
                         "test": score(0.5), "validation": score(0.5)}],
    }  # fmt: skip
    return [json.dumps(results).encode()]


def _read_results(content: bytes) -> None:
    folder = _run_folder()
    (folder / "results.json").write_bytes(content)
    _ = Run(folder).results
    read_submission("one", folder, _N_ROWS)


def _read_predictions(content: bytes) -> object:
    folder = _run_folder()
    (folder / "results.json").write_bytes(_results()[0])
    (folder / "predictions" / "svc-0.npz").write_bytes(content)
    return read_submission("one", folder, _N_ROWS)


def _predictions() -> Sequence[bytes]:
    stream = io.BytesIO()
    rows = np.arange(_N_ROWS)
    probabilities = np.full((_N_ROWS, 2), 0.5)
    np.savez_compressed(stream, test_rows=rows, test_labels=rows % 2, test_probabilities=probabilities)
    return [stream.getvalue()]


@cache
def _run_folder() -> Path:
    folder = FOLDER / "run"
    (folder / "predictions").mkdir(parents=True)
    (folder / "predictions" / "svc-0.npz").write_bytes(_predictions()[0])
    return folder


# The page ------------------------------------------------------------------------------------------------------


class _Page:
    """The page's application, asked without a network."""

    def __init__(self) -> None:
        from bakeoff import api  # noqa: PLC0415
        from bakeoff.contest import ContestOptions  # noqa: PLC0415
        from bakeoff.executors import InlineExecutor  # noqa: PLC0415
        from bakeoff.serve import open_tried_run  # noqa: PLC0415
        from bakeoff.serve._app import make_app  # noqa: PLC0415

        workspace = FOLDER / "served"
        recipe = api.make_recipe("digits", contestants=("bayes",), seeds=1, threads=1, probes=False, name="served")
        with InlineExecutor() as executor:
            run = api.run_plan(api.plan(recipe), ContestOptions(workspace, executor=executor))
        self._app = make_app(open_tried_run(run, lambda _run: api.plan(recipe)), workspace)
        self._loop = asyncio.new_event_loop()

    def ask(self, method: str, path: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> int:
        """The status of the answer, which is JSON where it is no page."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": list(headers), "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._app(scope, receive, send))
        status = int(sent[0]["status"])
        assert status < 500 or status == 503, sent
        return status


@cache
def _page() -> _Page:
    return _Page()


_HOST = (b"host", b"127.0.0.1:8000")


def _ask_picture(content: bytes) -> None:
    for path in ("/api/predict", "/api/predict?drawing=true"):
        _page().ask("POST", path, [_HOST, (b"content-type", b"image/png")], content)


def _ask_row(content: bytes) -> None:
    _page().ask("POST", "/api/predict/row", [_HOST, (b"content-type", b"application/json")], content)


def _ask_anything(content: bytes) -> None:
    """First line: method and address; then headers to an empty line; then the body."""
    head, _, body = content.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, path = first.decode("latin-1").partition(" ")
    headers = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
    _page().ask(method or "GET", path if path.startswith("/") else f"/{path}", headers, body)


_ROWS = [json.dumps({"row": [0.0] * 64}).encode(), json.dumps({"row": [1e400, -1, 16.5] * 21}).encode()]
_REQUESTS = [
    b"GET /\nhost: 127.0.0.1:8000\n\n",
    b"GET /api/runs\nhost: localhost\norigin: http://localhost\n\n",
    b"GET /api/rows/12\nhost: [::1]:80\ncookie: bakeoff=x; a=b\n\n",
    b"GET /report?run=..%2f..\nhost: 127.0.0.1\nsec-fetch-site: same-origin\n\n",
    b"POST /api/predict/row\nhost: 127.0.0.1\ncontent-type: application/json\ncontent-length: 12\n\n{\"row\": [1]}",
    b"GET /openapi.json?token=a\nhost: 127.0.0.1\nauthorization: Bearer a\n\n",
]  # fmt: skip


TARGETS: Mapping[str, Target] = {
    "table": Target(_load("x.csv"), _tables),
    "zip": Target(_load("x.zip"), _zips),
    "zip-table": Target(lambda content: _load("x.zip")(_zip({"train.csv": content})), lambda: _tables()[:3]),
    "npz": Target(_load("x.npz"), _npz),
    "npz-array": Target(
        lambda content: _load("x.npz")(_zip({"X.npy": content, "y.npy": _labels_npy()})), lambda: [_npy(_digits()[0])]
    ),
    "idx": Target(_read_idx, lambda: [_idx(_digits()[0].reshape(-1, 8, 8))]),
    "parquet": Target(_load("x.parquet"), _parquet),
    "picture": Target(lambda content: read_picture(content, "x", (8, 8, 1), 16), _pictures),
    "drawing": Target(lambda content: read_drawing(content, (8, 8, 1), 16), _pictures),
    "labels": Target(lambda content: read_label_file(_written("labels.csv", content)), lambda: _LABELS),
    "rows": Target(lambda content: read_rows(str(_written("rows.csv", content)), 64, None, 16), _tables),
    "recipe": Target(_read_recipe, lambda: _RECIPES),
    "claims": Target(_read_claims, lambda: _CLAIMS),
    "network-json": _network_part(MODEL_JSON),
    "network-tensors": _network_part(MODEL_TENSORS),
    "safetensors": Target(_read_safetensors, _safetensors),
    "skops": Target(_read_skops, _skops),
    "skops-schema": Target(_read_skops_schema, _skops_schemas),
    "keras": Target(_read_keras, lambda: [_zip(_keras())]),
    "keras-config": _keras_part("config.json"),
    "keras-weights": _keras_part("model.weights.h5"),
    "checkpoint": Target(_read_checkpoint, _checkpoints),
    "results": Target(_read_results, _results),
    "predictions": Target(_read_predictions, _predictions),
    "page-picture": Target(_ask_picture, _pictures),
    "page-row": Target(_ask_row, lambda: _ROWS),
    "page-request": Target(_ask_anything, lambda: _REQUESTS),
}
"""By name."""
