"""An ensemble is its networks, and says the mean of what they say."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from bakeoff.contestants import Contestant, Facts, Job, MemberPlan, make_contestant, predict_with
from bakeoff.errors import DataError, SettingsError
from bakeoff.store import CheckpointFile

QUICK = {"hidden_layer_sizes": [24], "epochs": 6, "batch_size": 64, "learning_rate": 0.01}
FACTS = Facts("images", 1400, 64, 10, (8, 8, 1), 16, tuple(range(10)))


@pytest.fixture(scope="module")
def job() -> Job:
    rows, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(rows))
    parts = {"test": order[1400:]}
    members = [MemberPlan(seed, order[:1400], order[1400:1600], parts) for seed in (0, 2)]
    return Job(rows.astype(np.uint8), labels.astype(np.int32), FACTS, members)


@pytest.fixture(scope="module")
def fitted(job: Job):
    return make_contestant("three", "dense:ensemble", {**QUICK, "ensemble_size": 3}).fit(job, lambda _: None)


def test_it_keeps_the_protocol() -> None:
    assert isinstance(make_contestant("e", "dense:ensemble"), Contestant)


def test_it_says_the_mean_of_the_networks_of_its_seeds(job: Job, fitted) -> None:
    networks = [MemberPlan(seed, plan.train, plan.validation, plan.predict) for plan in job.members
                for seed in range(3 * plan.seed, 3 * plan.seed + 3)]  # fmt: skip
    alone = make_contestant("dense", "dense", QUICK).fit(Job(job.X, job.y, FACTS, networks), lambda _: None)
    for number, ensemble in enumerate(fitted):
        own = [network.predictions["test"].probabilities for network in alone[3 * number : 3 * number + 3]]
        said = ensemble.predictions["test"]
        np.testing.assert_allclose(said.probabilities, np.mean(own, axis=0), atol=1e-6)
        np.testing.assert_array_equal(said.labels, said.probabilities.argmax(axis=1))
    assert len({network.predictions["test"].probabilities.tobytes() for network in alone}) == 6


def test_it_goes_on_from_the_checkpoint_of_its_job(job: Job, fitted, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(news) -> None:
        told.append(news)
        if len(told) == 4:
            raise Stopped

    told: list = []
    ensemble = make_contestant("three", "dense:ensemble", {**QUICK, "ensemble_size": 3})
    with pytest.raises(Stopped):
        ensemble.fit(replace(job, checkpoints=CheckpointFile(tmp_path, "job", 0.0)), stop)
    told.clear()
    again = ensemble.fit(replace(job, checkpoints=CheckpointFile(tmp_path, "job", 1e9)), told.append)
    assert told[0]["checkpoint"] == "used"
    assert told[0]["epoch"] == 6 - len(told[1:]) > 0
    for one, other in zip(again, fitted, strict=True):
        assert one.model_files == other.model_files
        assert one.history == other.history


def test_history_size_and_clock_are_those_of_all_networks(fitted) -> None:
    ensemble = fitted[0]
    assert len(ensemble.history["val_accuracy"]) == 6
    assert ensemble.n_parameters == 3 * (64 * 24 + 24 + 24 * 10 + 10)
    assert ensemble.summary[0].name == "3 networks, each:"
    assert ensemble.epochs == 6


def test_a_model_read_again_predicts_the_same(job: Job, fitted) -> None:
    for ensemble in fitted:
        said = predict_with(ensemble.model_files, job.X[job.members[0].predict["test"]], FACTS)
        np.testing.assert_allclose(said.probabilities, ensemble.predictions["test"].probabilities, atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"networks": 3}', b'{"format": "bakeoff-ensemble", "version": 2, "networks": 3}',
     b'{"format": "bakeoff-ensemble", "version": 1, "networks": 3000000}', b"\xff\xfe"],
)  # fmt: skip
def test_a_damaged_description_is_refused_in_a_line(fitted, content: bytes) -> None:
    with pytest.raises(DataError, match=r"ensemble\.json is no description of an ensemble"):
        predict_with({**fitted[0].model_files, "ensemble.json": content}, np.zeros((1, 64), np.uint8), FACTS)


def test_a_network_that_is_missing_is_named(fitted) -> None:
    files = {name: content for name, content in fitted[0].model_files.items() if name != "network-1-model.json"}
    with pytest.raises(DataError, match=r"model\.json is missing"):
        predict_with(files, np.zeros((1, 64), np.uint8), FACTS)


def test_resolving_is_idempotent_and_plain_json() -> None:
    once = make_contestant("e", "dense:ensemble", {"ensemble_size": 4}).resolve(FACTS)
    again = make_contestant("e", "dense:ensemble", json.loads(json.dumps(once))).resolve(FACTS)
    assert once == again
    assert once["ensemble_size"] == 4


@pytest.mark.parametrize("size", [1, 51, 2.0, True, "3", None])
def test_a_wrong_size_is_refused_together_with_all_else_that_is_wrong(size: object) -> None:
    with pytest.raises(SettingsError) as caught:
        make_contestant("e", "dense:ensemble", {"ensemble_size": size, "epochs": 0})
    assert len(caught.value.problems) == 2
    assert f"The 'ensemble_size' parameter of e must be an int in the range [2, 50]. Got {size!r}" in str(caught.value)


def test_a_network_that_explodes_takes_its_ensemble_with_it_and_no_other(job: Job) -> None:
    wild = make_contestant("wild", "dense:ensemble", {**QUICK, "ensemble_size": 2, "optimizer": "sgd",
                                                      "learning_rate": 1e30, "label_smoothing": 0.0})  # fmt: skip
    outcomes = wild.fit(job, lambda _: None)
    assert all("the loss became" in str(outcome) for outcome in outcomes)
