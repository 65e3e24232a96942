"""Whatever Bakeoff reads is data: under an audit hook, armed after import, no file makes anything run."""

import gzip
import io
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bakeoff import api
from bakeoff.contest import ContestOptions
from bakeoff.executors import InlineExecutor

pytestmark = pytest.mark.reliability

READER = Path(__file__).parent / "reader.py"


class Runs:
    """Unpickled, it would leave a file behind."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self._mark}",)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything that is written: a run with four models, its exports, its store."""
    folder = tmp_path_factory.mktemp("written")
    recipe = api.make_recipe(
        "digits", contestants=("dense", "svc", "forest", "bayes"), seeds=1, threads=1, probes=False, name="run",
        validation=0.25,
    )  # fmt: skip
    entries = [
        entry.model_copy(update={"settings": {"epochs": 2, "hidden_layer_sizes": [8]}})
        if entry.family == "dense"
        else entry
        for entry in recipe.contestants or ()
    ]
    plan = api.plan(recipe.model_copy(update={"contestants": tuple(entries)}))
    with InlineExecutor() as executor:
        run = api.run_plan(plan, ContestOptions(folder, executor=executor))
    for form in ("keras", "onnx", "safetensors"):
        api.export(run, form, contestant="dense", path=folder / f"dense.{form}")
    rows, labels = load_digits(return_X_y=True)
    rows, labels = rows[:200].astype(np.uint8), labels[:200]
    np.savez(folder / "rows.npz", X=rows, y=labels)
    header = ",".join(["label", *(f"pixel{number}" for number in range(1, 65))])
    lines = [header, *(",".join(map(str, [label, *row])) for row, label in zip(rows, labels, strict=True))]
    (folder / "rows.csv").write_text("\n".join(lines))
    (folder / "rows.csv.gz").write_bytes(gzip.compress((folder / "rows.csv").read_bytes()))
    with zipfile.ZipFile(folder / "rows.zip", "w") as archive:
        archive.write(folder / "rows.csv", "rows.csv")
    Image.fromarray((rows[0].reshape(8, 8) * 15).astype(np.uint8)).save(folder / "one.png")
    return folder


def hostile(folder: Path, mark: Path) -> list[tuple[str, Path]]:
    """Files that would run something, each in its own way."""
    made: list[tuple[str, Path]] = []

    def write(kind: str, name: str, content: bytes) -> Path:
        path = folder / name
        path.write_bytes(content)
        made.append((kind, path))
        return path

    runs = Runs(mark)
    pickled = pickle.dumps(runs)
    objects = np.empty(1, object)
    objects[0] = runs
    stream = io.BytesIO()
    np.savez(stream, X=objects, y=np.zeros(1))
    for name in ("pickled.npz", "pickled.csv", "pickled.png", "pickled.parquet", "pickled.zip"):
        write("data", name, pickled)
    write("data", "objects.npz", stream.getvalue())
    stream = io.BytesIO()
    np.save(stream, objects)
    with zipfile.ZipFile(folder / "inside.npz", "w") as archive:
        archive.writestr("X.npy", stream.getvalue())
        archive.writestr("y.npy", stream.getvalue())
    made.append(("data", folder / "inside.npz"))
    with zipfile.ZipFile(folder / "climbing.zip", "w") as archive:
        archive.writestr("../../outside.csv", "label,a\n1,2\n")
    made.append(("data", folder / "climbing.zip"))
    write("recipe", "object.yaml", f"!!python/object/apply:os.system ['touch {mark}']".encode())
    write("recipe", "new.yaml", f"schema: 1\nname: !!python/object/new:os.system ['touch {mark}']".encode())
    code = folder / "model.py"
    code.write_text(f"import os\nos.system('touch {mark}')\ndef build(*_): pass\n")
    text = {
        "schema": 1, "name": "own", "data": {"source": "digits"}, "protocol": {},
        "contestants": [{"name": "own", "family": f"keras:{code}:build"}],
    }  # fmt: skip
    write("plan", "own.json", json.dumps(text).encode())
    for name in ("model.skops", "model.safetensors"):
        model = folder / f"pickled-{name}"
        model.mkdir()
        (model / name).write_bytes(pickled)
        (model / "model.json").write_text("{}")
        made.append(("model", model))
    schema = {
        "__class__": "str", "__module__": "builtins", "__loader__": "MethodNode", "__id__": 1,
        "content": {"func": "system", "obj": {"__class__": "os", "__module__": "os", "__loader__": "TypeNode"}},
        "protocol": 2, "_skops_version": "0.12",
    }  # fmt: skip
    model = folder / "methods"
    model.mkdir()
    with zipfile.ZipFile(model / "model.skops", "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    (model / "model.json").write_text("{}")
    made.append(("model", model))
    return made


def with_a_lambda(keras_file: Path, to: Path) -> Path:
    """A `.keras` file with a layer that holds code."""
    with zipfile.ZipFile(keras_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"].insert(
        1, {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}
    )
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return to


def with_a_trigger(store: Path, to: Path) -> Path:
    """A store whose schema would do things of its own."""
    to.mkdir()
    source = sqlite3.connect(store / "bakeoff.sqlite")
    copy = sqlite3.connect(to / "bakeoff.sqlite")
    source.backup(copy)
    copy.execute("CREATE TRIGGER spy AFTER INSERT ON runs BEGIN DELETE FROM fits; END")
    copy.commit()
    copy.close()
    source.close()
    return to


def test_files_that_are_written_and_hostile_ones_are_read_without_running_anything(
    workspace: Path, tmp_path: Path
) -> None:
    mark, cache = tmp_path / "it-ran", tmp_path / "cache"
    cache.mkdir()
    run = api.open_run("latest", workspace).folder
    to_read: list[tuple[str, Path]] = [
        *(("data", workspace / f"rows.{form}") for form in ("csv", "csv.gz", "zip", "npz")),
        ("picture", workspace / "one.png"),
        ("table", workspace / "rows.csv"),
        ("recipe", run / "recipe.yaml"),
        ("plan", run / "recipe.yaml"),
        *(("model", folder) for folder in sorted((run / "models").iterdir())),
        ("keras", workspace / "dense.keras"),
        ("onnx", workspace / "dense.onnx"),
        ("run", run),
        ("store", workspace),
    ]
    expected = [(kind, path, True) for kind, path in to_read]
    hurtful = workspace / "hostile"
    hurtful.mkdir()
    for kind, path in hostile(hurtful, mark):
        expected.append((kind, path, kind == "plan"))  # a plan names code, and runs none
    expected.append(("keras", with_a_lambda(workspace / "dense.keras", hurtful / "lambda.keras"), False))
    expected.append(("store", with_a_trigger(workspace, hurtful / "spied"), True))
    done = subprocess.run(
        [sys.executable, str(READER), str(workspace), str(cache)],
        input="\n".join(f"{kind}\t{path}" for kind, path, _ in expected),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        # Archives are unpacked, within bounds, into a temporary folder of their own.
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": str(cache)},
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert len(lines) == len(expected)
    for line, (_, path, is_ours) in zip(lines, expected, strict=True):
        assert line.endswith(": read") == is_ours, line
        assert path.name in line
    assert not mark.exists()
    assert not (tmp_path.parent / "outside.csv").exists()


def test_the_hook_itself_sees_what_it_is_there_for(tmp_path: Path) -> None:
    """A reader that unpickles is caught: the test above can fail."""
    path = tmp_path / "pickled"
    path.write_bytes(pickle.dumps(Runs(tmp_path / "it-ran")))
    reader = tmp_path / "reader.py"
    unpickling = '"recipe": lambda path: __import__("pickle").loads(path.read_bytes()),'
    reader.write_text(READER.read_text().replace('"recipe": load_recipe,', unpickling))
    done = subprocess.run(
        [sys.executable, str(reader), str(tmp_path), str(tmp_path)],
        input=f"recipe\t{path}",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert done.returncode == 1
    assert "DID pickle.find_class" in done.stdout
    assert not (tmp_path / "it-ran").exists()
