"""Which model predicts where nobody names one."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from bakeoff.contest._models import _entry, _model_files, _seeds_kept
from bakeoff.contest._predict import _read
from bakeoff.contestants import Facts
from bakeoff.errors import InputError


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


def test_a_contestant_whose_first_seed_failed_predicts_with_the_first_that_has_a_model(tmp_path):
    failed_first = {**entry("shaky", 0.9, 0.9), "seeds": [0, 1, 2]}
    run = run_of(tmp_path, [entry("svc", 0.7, 0.7)])
    run.results["contestants"].append(failed_first)
    for seed in (1, 2):
        (tmp_path / "models" / f"shaky-{seed}").mkdir(parents=True)
    assert _entry(run, None)["name"] == "shaky"
    assert _seeds_kept(run, failed_first) == [1, 2]
    with pytest.raises(InputError, match="no model of shaky with seed 0; it has models with 1, 2"):
        _model_files(run, failed_first, 0)


FACTS = Facts(kind="images", n_train=9, n_features=16, n_classes=3, image_shape=(4, 4, 1), pixel_max=255)


def test_images_and_tables_are_answered_in_the_order_in_which_they_are_given(tmp_path):
    names = []
    for number in range(3):
        Image.fromarray(np.full((4, 4), 50 + number, dtype=np.uint8)).save(tmp_path / f"{number}.png")
        names.append(tmp_path / f"{number}.png")
    table = tmp_path / "rows.csv"
    table.write_text("\n".join(",".join([str(value)] * 16) for value in (7, 8)) + "\n")
    read = _read([names[2], table, names[0], names[1]], FACTS, None)
    assert read.rows[:, 0].tolist() == [52, 7, 8, 50, 51]
    assert [name.split(",")[0] for name in read.names[1:3]] == ["rows.csv", "rows.csv"]


def test_nothing_to_predict_is_said_in_one_line():
    with pytest.raises(InputError, match="predict: nothing was given"):
        _read([], FACTS, None)
