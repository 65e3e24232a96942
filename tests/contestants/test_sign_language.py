"""The notebook's support vector machine on Sign Language MNIST: it is deterministic, so its figures are exact."""

import gzip
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from bakeoff.contestants import Facts, Fitted, Job, MemberPlan, make_contestant
from bakeoff.executors import LocalExecutor

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.timeout(1200)]

NOTEBOOK: Mapping[str, Any] = {
    "C": 1.0,
    "gamma": "scale",
    "kernel": "rbf",
    "random_state": 42,
    "scaling": "unit",
    "pca": None,
}


@pytest.fixture(scope="module")
def job() -> Job:
    folder = next(
        path / "sign-mnist"
        for path in map(Path, os.environ["BAKEOFF_DATA"].split(os.pathsep))
        if (path / "sign-mnist").is_dir()
    )
    parts = []
    for part in ("train", "test"):
        with gzip.open(folder / f"sign_mnist_{part}.csv.gz") as file:
            parts.append(polars.read_csv(file.read()).to_numpy())
    train, test = parts
    table = np.concatenate(parts)
    codes, y = np.unique(table[:, 0], return_inverse=True)
    facts = Facts("images", len(train), 784, len(codes), (28, 28, 1), 255, [int(code) for code in codes])
    rows = np.arange(len(train), len(table))
    plan = MemberPlan(0, np.arange(len(train)), None, {"test": rows})
    assert len(test) == len(rows) == 7172
    return Job(table[:, 1:].astype(np.uint8), y.astype(np.int32), facts, [plan])


def fit(job: Job, engine: str) -> Fitted:
    contestant = make_contestant("svc", "svc", {**NOTEBOOK, "engine": engine})
    with LocalExecutor() as executor:
        (fitted,) = executor.run(contestant.fit, job)
    return fitted


def test_the_plain_svc_gives_the_published_figures_and_the_accelerated_one_agrees_in_half_the_time(job: Job) -> None:
    truth = job.y[job.members[0].predict["test"]]
    plain = fit(job, "sklearn")
    labels = plain.predictions["test"].labels
    assert round(accuracy_score(truth, labels), 4) == 0.8417
    assert round(f1_score(truth, labels, average="weighted"), 4) == 0.8442
    # The report as published, by original label: precision, recall, F1, support.
    report = np.stack(precision_recall_fscore_support(truth, labels), axis=1)
    codes = list(job.facts.label_codes or ())
    for code, expected in {
        0: (0.94, 1.00, 0.97, 331),
        5: (0.78, 0.83, 0.80, 247),
        10: (0.79, 0.59, 0.67, 331),
        16: (1.00, 0.99, 0.99, 164),
        17: (0.28, 0.54, 0.37, 144),
        18: (0.71, 0.78, 0.74, 246),
        20: (0.57, 0.63, 0.60, 266),
        22: (0.57, 0.76, 0.65, 206),
        24: (0.85, 0.76, 0.80, 332),
    }.items():
        np.testing.assert_allclose(report[codes.index(code)], expected, atol=0.00501)

    pytest.importorskip("sklearnex")
    load_before = os.getloadavg()[0]
    accelerated = fit(job, "intelex")
    load_after = os.getloadavg()[0]
    assert np.mean(accelerated.predictions["test"].labels == labels) >= 0.998
    seconds, plain_seconds = (f.seconds.fit + f.seconds.predict for f in (accelerated, plain))
    print(
        f"plain: fit {plain.seconds.fit:.1f} s, predict {plain.seconds.predict:.1f} s; "
        f"accelerated: fit {accelerated.seconds.fit:.1f} s, predict {accelerated.seconds.predict:.1f} s; agreement "
        f"{np.mean(accelerated.predictions['test'].labels == labels):.4%}; one row "
        f"{plain.seconds.predict_one_ms:.1f} and {accelerated.seconds.predict_one_ms:.1f} ms; bytes "
        f"{[sum(map(len, f.model_files.values())) for f in (plain, accelerated)]}, {accelerated.notes}"
    )
    # It uses all cores where libsvm uses one, so times compare only where nothing else wanted them.
    if load_before > 1.3 or load_after > (os.cpu_count() or 1) + 0.3:
        pytest.skip(f"times were not compared, for the machine was busy: {load_before:.1f} and {load_after:.1f}")
    assert seconds < plain_seconds / 2
