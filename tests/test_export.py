"""`bakeoff export`: what is written says what the run says, or is not kept."""

import numpy as np
import pytest
from click.testing import CliRunner

import bakeoff
from bakeoff import api
from bakeoff.cli import bakeoff as command
from bakeoff.errors import InteropError, SettingsError, StoreError

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("exporting")
    contestants = {
        "network": {"family": "dense", "settings": {"hidden_layer_sizes": [16], "epochs": 3}},
        "few": {"family": "dense:ensemble", "settings": {"hidden_layer_sizes": [8], "epochs": 2, "ensemble_size": 2}},
        "svc": "svc",
        "dummy": "dummy",
    }
    return bakeoff.run("digits", contestants=contestants, seeds=1, probes=False, workspace=place)


@pytest.mark.parametrize(
    ("contestant", "form"),
    [
        ("network", "keras"), ("network", "onnx"), ("network", "safetensors"),
        ("few", "keras"), ("few", "onnx"), ("svc", "onnx"), ("svc", "skops"),
    ],
)  # fmt: skip
def test_a_written_file_says_what_the_run_says(run, contestant, form, tmp_path):
    done = api.export(run, form, contestant=contestant, path=tmp_path / f"model.{form}")
    # The model of the first of five folds; it has not seen these rows.
    assert done.n_rows == 359
    assert done.largest_difference < 1e-5
    assert [path.name for path in tmp_path.iterdir()] == [f"model.{form}"]


def test_forms_that_a_model_does_not_have_are_named(run):
    with pytest.raises(InteropError, match="no skops form; it can be exported to keras or onnx or safetensors"):
        api.export(run, "skops", contestant="network")
    with pytest.raises(InteropError, match="DummyClassifier has no form in ONNX"):
        api.export(run, "onnx", contestant="dummy")
    with pytest.raises(SettingsError, match="must be one of keras, onnx, safetensors, skops"):
        api.export(run, "pickle")


def test_a_file_that_says_something_else_is_not_kept(run, tmp_path, monkeypatch):
    from bakeoff.api import _exports  # noqa: PLC0415

    honest = _exports.ask_file

    def lying(*arguments):
        said = honest(*arguments)
        return type(said)(said.labels, probabilities=said.probabilities + np.float32(1e-4))

    monkeypatch.setattr(_exports, "ask_file", lying)
    with pytest.raises(InteropError, match=r"differs from the run by 1\.0e-04, more than 1e-05: not kept"):
        api.export(run, "onnx", contestant="network", path=tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(run, tmp_path):
    (tmp_path / "model.onnx").write_text("mine")
    with pytest.raises(StoreError, match="is there already"):
        api.export(run, "onnx", contestant="network", path=tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_text() == "mine"


def test_the_command_prints_where_the_file_is(run, tmp_path):
    out = tmp_path / "model.safetensors"
    arguments = ["export", str(run.folder), "--to", "safetensors", "--contestant", "network", "--out", str(out)]
    answer = CliRunner().invoke(command, arguments)
    assert answer.exit_code == 0
    assert answer.stdout.strip() == str(out)
    assert "says of 359 rows what the run says" in answer.stderr
