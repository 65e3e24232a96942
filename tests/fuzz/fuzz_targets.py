"""Every reader as a function of bytes, with sound inputs to begin from.

Whatever the bytes are, a reader answers or raises one of our own errors. Archives and files of several parts have
targets for their insides too: no mutation of an archive gets past its checksums.
"""

import asyncio
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import fuzz_seeds as seeds
from bakeoff.contest import Run
from bakeoff.contestants import Facts, make_contestant, predict_with
from bakeoff.contestants._kept import MODEL_JSON, MODEL_SKOPS, MODEL_TENSORS
from bakeoff.contestants._model_files import load_pipeline
from bakeoff.data import DataOptions, _archive, _files, load, read_drawing, read_label_file, read_picture, read_rows
from bakeoff.errors import BakeoffError
from bakeoff.interop import from_keras
from bakeoff.interop._safetensors import from_safetensors
from bakeoff.recipe import dump_recipe, load_claims, parse_recipe
from bakeoff.scoring._submission import read_submission
from bakeoff.store import CheckpointFile

__all__ = ["BOUND_BYTES", "TARGETS", "Target", "outcome"]

BOUND_BYTES = 1 << 27
"""What readers of data may take, instead of 8 GiB: so that more is seen, and hurts nobody."""

_MEMORY = Path("/dev/shm")  # files that are written a million times
_temporary = tempfile.TemporaryDirectory(prefix="bakeoff-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None)
FOLDER = Path(_temporary.name)
FACTS = Facts("images", 100, 64, 10, (8, 8, 1), 16)


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


@contextmanager
def _bounded() -> Iterator[None]:
    before = _files.MAX_BYTES
    _files.MAX_BYTES = _archive.MAX_BYTES = BOUND_BYTES
    try:
        yield
    finally:
        _files.MAX_BYTES = _archive.MAX_BYTES = before


def outcome(target: Target, content: bytes) -> str:
    """``"read"``, or the name of our error; whatever else is raised goes on."""
    try:
        with _bounded():
            target.read(content)
    except BakeoffError as error:
        text = str(error)
        assert text.strip(), "an error says something"
        assert "\x1b" not in text, "an error is text for a terminal"
        return type(error).__name__
    return "read"


# Data ----------------------------------------------------------------------------------------------------------


def _written(name: str, content: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(content)
    return path


def _load(name: str) -> Callable[[bytes], object]:
    return lambda content: load(_written(name, content), DataOptions())


def _read_packed_table(content: bytes) -> object:
    return _load("x.zip")(seeds.packed({"train.csv": content}))


def _read_packed_array(content: bytes) -> object:
    return _load("x.npz")(seeds.packed({"X.npy": content, "y.npy": seeds.labels_npy()}))


def _read_idx(content: bytes) -> object:
    labels = FOLDER / "x-labels-idx1-ubyte"
    if not labels.exists():
        labels.write_bytes(seeds.as_idx(seeds.some_digits()[1]))
    return load(_written("x-images-idx3-ubyte", content), DataOptions())


# Recipes -------------------------------------------------------------------------------------------------------


def _read_recipe(content: bytes) -> None:
    recipe = parse_recipe(content.decode("utf-8", "replace"))
    assert parse_recipe(dump_recipe(recipe)) == recipe
    for entry in recipe.contestants or ():
        contestant = make_contestant(entry.name, entry.family, entry.settings)
        contestant.resolve(FACTS)


def _read_claims(content: bytes) -> object:
    return load_claims(_written("claims.csv", content), {"svc": "svc", "dense": "dense"})


# Models --------------------------------------------------------------------------------------------------------


def _network_part(name: str) -> Target:
    def read(content: bytes) -> object:
        files = {**seeds.network_files(), name: content}
        return predict_with(files, np.zeros((2, 64), np.uint8), FACTS)

    return Target(read, lambda: [seeds.network_files()[name]])


def _read_safetensors(content: bytes) -> object:
    return predict_with(from_safetensors(content), np.zeros((2, 64), np.uint8), FACTS)


def _read_skops(content: bytes) -> object:
    return load_pipeline({MODEL_SKOPS: content})


def _read_skops_schema(content: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(seeds.skops_models()[0])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return _read_skops(seeds.packed({**members, "schema.json": content}))


def _read_keras(content: bytes) -> object:
    return from_keras(_written("x.keras", content))


def _keras_part(name: str) -> Target:
    def read(content: bytes) -> object:
        return _read_keras(seeds.packed({**seeds.keras_members(), name: content}))

    return Target(read, lambda: [seeds.keras_members()[name]])


# The store and runs --------------------------------------------------------------------------------------------


def _read_checkpoint(content: bytes) -> object:
    _written("job.safetensors", content)
    file = CheckpointFile(FOLDER, "job")
    assert file.spent_seconds() >= 0
    return file.load(1 << 20)


def _read_results(content: bytes) -> None:
    folder = _run_folder()
    (folder / "results.json").write_bytes(content)
    _ = Run(folder).results
    read_submission("one", folder, seeds.N_ROWS)


def _read_predictions(content: bytes) -> object:
    folder = _run_folder()
    (folder / "results.json").write_bytes(seeds.results_files()[0])
    (folder / "predictions" / "svc-0.npz").write_bytes(content)
    return read_submission("one", folder, seeds.N_ROWS)


@cache
def _run_folder() -> Path:
    folder = FOLDER / "run"
    (folder / "predictions").mkdir(parents=True)
    (folder / "predictions" / "svc-0.npz").write_bytes(seeds.predictions_files()[0])
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


TARGETS: Mapping[str, Target] = {
    "table": Target(_load("x.csv"), seeds.tables),
    "zip": Target(_load("x.zip"), seeds.zips),
    "zip-table": Target(_read_packed_table, lambda: seeds.tables()[:3]),
    "npz": Target(_load("x.npz"), seeds.npz_files),
    "npz-array": Target(_read_packed_array, seeds.array_files),
    "idx": Target(_read_idx, seeds.idx_files),
    "parquet": Target(_load("x.parquet"), seeds.parquet_files),
    "picture": Target(lambda content: read_picture(content, "x", (8, 8, 1), 16), seeds.pictures),
    "drawing": Target(lambda content: read_drawing(content, (8, 8, 1), 16), seeds.pictures),
    "labels": Target(lambda content: read_label_file(_written("labels.csv", content)), lambda: seeds.LABELS),
    "rows": Target(lambda content: read_rows(str(_written("rows.csv", content)), 64, None, 16), seeds.tables),
    "recipe": Target(_read_recipe, lambda: seeds.RECIPES),
    "claims": Target(_read_claims, lambda: seeds.CLAIMS),
    "network-json": _network_part(MODEL_JSON),
    "network-tensors": _network_part(MODEL_TENSORS),
    "safetensors": Target(_read_safetensors, seeds.safetensors_files),
    "skops": Target(_read_skops, seeds.skops_models),
    "skops-schema": Target(_read_skops_schema, seeds.skops_schemas),
    "keras": Target(_read_keras, seeds.keras_files),
    "keras-config": _keras_part("config.json"),
    "keras-weights": _keras_part("model.weights.h5"),
    "checkpoint": Target(_read_checkpoint, seeds.checkpoints),
    "results": Target(_read_results, seeds.results_files),
    "predictions": Target(_read_predictions, seeds.predictions_files),
    "page-picture": Target(_ask_picture, seeds.pictures),
    "page-row": Target(_ask_row, lambda: seeds.ROWS),
    "page-request": Target(_ask_anything, lambda: seeds.REQUESTS),
}
"""By name."""
