"""Which model predicts where nobody names one."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from bakeoff.contest._predict import _entry


def entry(name, validation, test, metric="f1_macro"):
    scores = {
        part: None if mean is None else {metric: {"mean": mean}}
        for part, mean in {"validation": validation, "test": test}.items()
    }
    return {"name": name, "family": name, "seeds": [0], **scores}


def run_of(folder: Path, entries, metric="f1_macro"):
    for one in entries:
        (folder / "models" / f"{one['name']}-0").mkdir(parents=True)
    results = {"protocol": {"primary_metric": metric}, "contestants": entries}
    return SimpleNamespace(folder=folder, name="a-run", results=results)


def test_the_best_on_validation_rows_predicts_and_not_the_best_on_test_rows(tmp_path):
    run = run_of(tmp_path, [entry("svc", 0.70, 0.90), entry("dense", 0.80, 0.85)])
    assert _entry(run, None)["name"] == "dense"


def test_of_losses_the_lowest_is_the_best(tmp_path):
    run = run_of(tmp_path, [entry("svc", 0.7, 0.2, "log_loss"), entry("dense", 0.4, 0.5, "log_loss")], "log_loss")
    assert _entry(run, None)["name"] == "dense"


@pytest.mark.parametrize("validation", [0.99, None])
def test_where_not_all_were_validated_the_leaderboard_decides(tmp_path, validation):
    run = run_of(tmp_path, [entry("svc", None, 0.90), entry("dense", validation, 0.85)])
    assert _entry(run, None)["name"] == "svc"
