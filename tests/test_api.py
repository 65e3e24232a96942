"""`import bakeoff`: what a notebook or a script can do."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

import bakeoff
from bakeoff import api
from bakeoff.contest import Run
from bakeoff.errors import AuditRefused, InputError, RecipeError
from bakeoff.recipe import parse_recipe


def test_a_run_takes_families_settings_and_classifiers_of_ones_own(workspace: Path) -> None:
    run = bakeoff.run(
        "digits",
        contestants={
            "near": {"family": "knn", "settings": {"n_neighbors": 1}},
            "floor": "dummy",
            "ridge": RidgeClassifier(),
        },
        threads=1,
        probes=False,
    )
    scores = {entry["name"]: entry["test"]["f1_macro"]["mean"] for entry in run.results["contestants"]}
    assert list(scores) == ["near", "ridge", "floor"]
    assert scores["near"] > 0.97
    assert run.contestant("near")["settings"]["n_neighbors"] == 1
    assert (run.folder / "report.html").is_file()
    assert bakeoff.open_run(run.folder).verdict == run.verdict
    assert workspace in run.folder.parents


def test_a_recipe_is_made_from_a_name_with_changes() -> None:
    recipe = api.make_recipe("digits", seeds=2, contestants=("svc", "knn"), validation=0.3, name="mine")
    assert recipe.name == "mine"
    assert recipe.protocol.seeds == (0, 1)
    assert recipe.protocol.validation == 0.3
    assert [entry.name for entry in recipe.contestants or ()] == ["svc", "knn"]


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("data/sign_mnist_train.csv.gz", "sign_mnist_train"),
        ("mnist", "mnist"),
        ("train-images-idx3-ubyte.gz", "train-images-idx3"),
        ("my data (1).csv", "my-data-1"),
        ("Größe.csv", "Gr-e"),
        ("con.csv", "con-data"),
        ("...", "data"),
    ],
)
def test_a_bake_off_is_named_after_its_data(where: str, name: str) -> None:
    assert api.make_recipe(where).name == name


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(RecipeError, match="sedes: unknown option; did you mean 'seeds'"):
        api.make_recipe("digits", sedes=3)


def test_the_described_plan_is_a_recipe_with_comments() -> None:
    plan = api.plan(api.make_recipe("digits", contestants=["dummy"]))
    text = api.describe_plan(plan)
    assert parse_recipe(text) == plan.recipe
    assert "# What would run: 5 fits" in text


def test_an_audit_gives_card_and_findings(workspace: Path) -> None:
    answer = bakeoff.audit_data("digits")
    assert answer.card["n_train"] == 1797
    assert [finding.code for finding in answer.found] == ["D002"]
    assert json.loads(answer.to_json())["findings"][0]["numbers"] == {"constant": 3, "n_features": 64}
    assert len(answer.write_pictures(workspace / "pictures")) == 3
    answer.refuse_errors()


def test_strict_refuses_a_run_with_an_error(workspace: Path) -> None:
    finding = {"code": "P001", "title": "x", "severity": "error"}
    (workspace / "results.json").write_text(json.dumps({"schema": 1, "findings": [finding]}))
    with pytest.raises(AuditRefused, match="P001 x"):
        api.refuse_errors(Run(workspace))


def test_prediction_needs_images_for_images_and_tables_for_rows(workspace: Path) -> None:
    run = bakeoff.run("digits", contestants=["knn"], threads=1, probes=False)
    with pytest.raises(InputError, match=r"nothing\.png"):
        bakeoff.predict(run, ["nothing.png"])


def test_a_list_of_own_classifiers_enters_whole_and_alone(workspace: Path) -> None:
    run = bakeoff.run("digits", contestants=[RidgeClassifier(), RidgeClassifier(alpha=9.0)], threads=1, probes=False)
    assert {entry["name"] for entry in run.results["contestants"]} == {"RidgeClassifier", "RidgeClassifier-2"}
    digits = load_digits()
    Image.fromarray((digits.images[0] * 15.9375).astype(np.uint8)).save(workspace / "zero.png")
    answers = bakeoff.predict(run, ["zero.png"], contestant="RidgeClassifier-2")
    assert answers.predictions[0].classes[0][0] == "0"


def test_contestants_of_a_recipe_are_chosen_by_name_with_their_settings() -> None:
    recipe = parse_recipe(
        "{name: r, data: {source: digits}, contestants: [{name: near, family: knn, settings: {n_neighbors: 1}}, svc], "
        "claims: [{contestant: svc, metric: accuracy, published: 0.9}]}"
    )
    chosen = api.make_recipe(recipe, contestants=["near", "dummy"])
    assert chosen.contestants is not None
    assert chosen.contestants[0].settings == {"n_neighbors": 1}
    assert chosen.contestants[1].family == "dummy"
    assert chosen.claims == ()


def test_limits_and_seeds_that_are_asked_for_count_for_every_contestant() -> None:
    recipe = parse_recipe(
        "{name: r, data: {source: digits}, contestants: [{family: forest, seeds: [7], time_limit_seconds: 5}]}"
    )
    changed = api.make_recipe(recipe, seeds=2, time_limit_seconds=60.0)
    assert changed.contestants is not None
    assert (changed.contestants[0].seeds, changed.contestants[0].time_limit_seconds) == (None, None)


@pytest.mark.parametrize("name", ["a b", "con", "x/y"])
def test_names_of_own_classifiers_keep_the_rules_of_a_recipe(name: str) -> None:
    with pytest.raises(RecipeError, match="that can name a file"):
        bakeoff.run("digits", contestants={name: RidgeClassifier()})


@pytest.mark.parametrize(("where", "name"), [("aux.csv", "aux-data"), ("a" * 60 + ".csv", "a" * 40)])
def test_any_file_name_gives_a_name_that_can_be_written(where: str, name: str) -> None:
    assert api.make_recipe(where).name == name


def test_no_data_at_all_is_one_clear_line() -> None:
    with pytest.raises(RecipeError, match=r"data\.source"):
        api.make_recipe("")
