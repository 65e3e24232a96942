"""A whole study: matched seeds, the same validation rows, nothing of the test, and what it leaves."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from bakeoff.contest import ContestOptions, StageFinished, divide, facts_of
from bakeoff.data import Dataset
from bakeoff.errors import DataError, RecipeError, SettingsError
from bakeoff.executors import InlineExecutor
from bakeoff.recipe import Recipe
from bakeoff.study import Question, Study, StudyPlan, make_base, plan_study, run_study
from bakeoff.testing import make_blurs


def planned(dataset: Dataset, questions: Sequence[Question], **protocol: Any) -> StudyPlan:
    recipe = Recipe.model_validate(
        {"name": "blurs-study", "data": {"source": "blurs"}, "protocol": {"threads": 1, **protocol}}
    )
    parts = divide(dataset, recipe.protocol)
    facts = facts_of(dataset, max(len(part.inner_train) for part in parts.divisions))
    base = make_base("small", facts)
    quick = {**base.settings, "hidden_layer_sizes": [8], "epochs": 4}
    return plan_study(recipe, dataset, type(base)("small", "dense", quick), questions)


def done(plan: StudyPlan, workspace: Path, events: list[Any] | None = None) -> Study:
    with InlineExecutor() as executor:
        listen = (lambda _event: None) if events is None else events.append
        return run_study(plan, ContestOptions(workspace, listen=listen, executor=executor, command="bakeoff study"))


@pytest.fixture(scope="module")
def width(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return done(planned(make_blurs(), [Question("width", ["2", "8"])]), tmp_path_factory.mktemp("study"))


def test_scores_of_a_level_are_those_of_scikit_learn_over_its_fits(width: Study) -> None:
    from bakeoff.store import Store  # noqa: PLC0415 - beside the one test that looks inside

    [question] = width.results["questions"]
    dataset = make_blurs()
    part = divide(dataset, Recipe.model_validate({"name": "x", "data": {"source": "x"}}).protocol).divisions[0]
    assert part.validation is not None
    with Store(width.folder.parents[1], read_only=True) as store:
        keys = [row[0] for row in store._connection.execute("SELECT key FROM fits")]
        records = [record for key in keys if (record := store.find_fit(key)) is not None]
    assert len(records) == 10
    for level in question["levels"]:
        own = sorted((record for record in records if record.contestant == level["name"]), key=lambda one: one.seed)
        truth = dataset.y_train[part.validation]
        f1 = [f1_score(truth, record.arrays["validation_labels"], average="macro") for record in own]
        assert level["scores"]["f1_macro"]["values"] == pytest.approx(f1, abs=1e-12)
        learnt = [accuracy_score(dataset.y_train[part.inner_train], record.arrays["train_labels"]) for record in own]
        assert level["train"]["accuracy"]["values"] == pytest.approx(learnt, abs=1e-12)
        assert level["gap"]["mean"] == pytest.approx(
            np.mean(level["train"]["f1_macro"]["values"]) - np.mean(f1), abs=1e-12
        )
        assert level["scores"]["f1_macro"]["low"] < np.mean(f1) < level["scores"]["f1_macro"]["high"]
        assert all(
            set(record.arrays) == {"validation_rows", "validation_labels", "train_rows", "train_labels"}
            for record in own
        )
        assert not any(record.model_files for record in own)


def test_the_test_rows_stay_sealed(width: Study) -> None:
    from bakeoff.store import Store  # noqa: PLC0415

    with Store(width.folder.parents[1], read_only=True) as store:
        assert store._connection.execute("SELECT count(*) FROM openings").fetchone() == (0,)


def test_a_study_leaves_its_numbers_and_can_be_read_again(width: Study) -> None:
    assert {path.name for path in width.folder.iterdir()} >= {
        "study.json",
        "levels.csv",
        "recipe.yaml",
        "environment.json",
    }
    again = Study(width.folder)
    assert again.results == json.loads((width.folder / "study.json").read_text())
    assert list(again.answers) == ["width"]
    assert len(again.answers["width"]) == 2
    assert again.exit_status == 0
    lines = (width.folder / "levels.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("width,2,,ok,")


def test_the_same_study_again_trains_nothing(tmp_path: Path) -> None:
    first, second = [], []
    plan = planned(make_blurs(), [Question("dropout", ["0", "0.5"])])
    one = done(plan, tmp_path, first)
    two = done(planned(make_blurs(), [Question("dropout", ["0", "0.5"])]), tmp_path, second)
    reused = [event.n_reused for event in second if isinstance(event, StageFinished)]
    assert reused == [5, 5]
    assert one.results["questions"] == two.results["questions"]
    assert one.folder != two.folder


def test_levels_of_one_seed_see_the_same_rows_and_begin_alike(tmp_path: Path) -> None:
    # Nothing is dropped at 0 and l2 of 0 is no penalty: three levels that are the same network must score the same.
    study = done(planned(make_blurs(), [Question("dropout", ["0", "0.9"]), Question("l2", ["0", "0.1"])]), tmp_path)
    dropout, l2 = study.results["questions"]
    assert dropout["levels"][0]["scores"] == l2["levels"][0]["scores"]
    assert dropout["levels"][0]["scores"] != dropout["levels"][1]["scores"]


def test_training_sizes_grow_by_whole_groups_and_steps_stay(tmp_path: Path) -> None:
    plan = planned(make_blurs(1200, grouped=True), [Question("train-size", ["0.25", "1"])])
    [(_, _, cells)] = plan.questions
    small, whole = (cell.planned.parts.divisions[0] for cell in cells if cell.planned.parts is not None)
    groups = plan.plan.dataset.groups_train
    assert groups is not None
    assert set(small.inner_train) < set(whole.inner_train)
    assert not set(groups[small.inner_train]) & set(np.delete(groups, small.inner_train))
    np.testing.assert_array_equal(small.validation, whole.validation)
    # As many steps at every size: a quarter of the rows, four times the epochs.
    assert [cell.settings["epochs"] for cell in cells] == [16, 4]
    study = done(plan, tmp_path)
    sizes = [level["n_train"] for level in study.results["questions"][0]["levels"]]
    assert sizes == [len(small.inner_train), len(whole.inner_train)]


def test_a_training_size_is_called_what_it_came_to(tmp_path: Path) -> None:
    # Twenty pieces at most: 1 % and 2 % are both 5 %.
    plan = planned(make_blurs(1200), [Question("train-size", ["1%", "2%", "50%"])])
    [(_, _, cells)] = plan.questions
    assert [round(float(cell.value), 2) for cell in cells] == [0.05, 0.5]
    assert [cell.settings["epochs"] for cell in cells] == [80, 8]


def test_a_split_is_judged_by_the_same_outer_rows(tmp_path: Path) -> None:
    plan = planned(make_blurs(600), [Question("split", ["50/50", "90/10"])])
    [(_, _, cells)] = plan.questions
    parts = [cell.planned.parts.divisions[0] for cell in cells if cell.planned.parts is not None]
    np.testing.assert_array_equal(parts[0].test, parts[1].test)
    for part in parts:
        assert part.validation is not None and part.test is not None
        assert not set(part.inner_train) & set(part.validation)
        assert not (set(part.inner_train) | set(part.validation)) & set(part.test)
    study = done(plan, tmp_path)
    for level, part in zip(study.results["questions"][0]["levels"], parts, strict=True):
        assert level["held"]["n_rows"] == len(part.validation if part.validation is not None else ())
        off = level["held"]["mean"] - level["scores"]["f1_macro"]["mean"]
        assert level["held"]["off"]["mean"] == pytest.approx(off, abs=1e-12)
    assert len(study.answers["split"]) == 2


def test_crossed_factors_change_both_settings(tmp_path: Path) -> None:
    plan = planned(make_blurs(), [Question("depth", ["1", "2"], "width", ["4", "8"])])
    [(_, _, cells)] = plan.questions
    assert [cell.settings["hidden_layer_sizes"] for cell in cells] == [[4], [4, 4], [8], [8, 8]]
    [question] = done(plan, tmp_path).results["questions"]
    assert [(level["label"], level["by"]) for level in question["levels"]] == [
        ("1", "4"), ("2", "4"), ("1", "8"), ("2", "8"),
    ]  # fmt: skip
    assert len(question["comparisons"]) == 6


def test_a_level_that_breaks_stays_in_the_table_with_its_reason(tmp_path: Path) -> None:
    plan = planned(make_blurs(), [Question("learning-rate", ["0.001", "1e30"])])
    study = done(plan, tmp_path)
    broken = study.results["questions"][0]["levels"][1]
    assert broken["status"] == "failed"
    assert "lower the learning rate" in broken["reason"]
    assert study.exit_status == 1
    assert any("lower the learning rate" in sentence for sentence in study.answers["learning-rate"])


def test_small_data_is_scored_on_every_row_once(tmp_path: Path) -> None:
    dataset = make_blurs(300, None)
    [question] = done(planned(dataset, [Question("width", ["2", "8"])]), tmp_path).results["questions"]
    assert question["n_rows"] == 300  # the validation rows of five folds
    assert question["n_seeds"] == 5


@pytest.mark.parametrize(
    ("question", "protocol", "error", "message"),
    [
        (Question("colour"), {}, SettingsError, "no factor 'colour'"),
        (Question("width", ["x", "8"]), {}, SettingsError, "whole number"),
        (Question("width"), {"seeds": 3}, RecipeError, "a study needs 5 or more"),
        (Question("width"), {"validation": "test"}, RecipeError, "no rows to score"),
        (Question("width"), {"primary_metric": "log_loss"}, RecipeError, "looks at f1_macro"),
        (Question("width", None, "width"), {}, SettingsError, "cannot be crossed"),
        (Question("width", None, "split"), {}, SettingsError, "cannot be crossed"),
        (Question("seeds", None, "width"), {}, SettingsError, "cannot be crossed"),
        (Question("width", None, None, ["8"]), {}, SettingsError, "levels of a second factor"),
    ],
)
def test_what_cannot_be_studied_is_refused(
    question: Question, protocol: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        planned(make_blurs(), [question], **protocol)


def test_too_few_rows_for_sizes_are_refused() -> None:
    dataset = make_blurs(48, 9, grouped=True)
    with pytest.raises(DataError, match=r"train-size|folds|divided"):
        planned(dataset, [Question("train-size", ["0.01", "0.02"])])
