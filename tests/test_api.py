"""`import bakeoff`: what a notebook or a script can do."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

import bakeoff
from bakeoff import api
from bakeoff.api import _audits as audits
from bakeoff.contest import Run
from bakeoff.errors import AuditRefused, InputError, RecipeError
from bakeoff.recipe import parse_recipe
from bakeoff.testing import make_blurs


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


@pytest.mark.parametrize("option", ["seeds", "contestants", "n_folds", "ignored"])
def test_an_option_that_an_audit_would_do_nothing_with_is_refused(option: str) -> None:
    with pytest.raises(RecipeError, match=f"{option}: unknown option of audit_data"):
        bakeoff.audit_data("digits", probes=False, **{option: 3})


def test_an_option_that_a_split_would_do_nothing_with_is_refused(workspace: Path) -> None:
    with pytest.raises(RecipeError, match="seeds: unknown option of split"):
        api.split("digits", workspace / "assignment", seeds=3)


def test_an_audit_leaves_the_rows_alone_that_a_run_sets_aside(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blurs = make_blurs(n_train=5000, n_test=None)
    np.savez(workspace / "many.npz", X=blurs.X_train, y=blurs.y_train)
    answer = bakeoff.audit_data("many.npz", image_shape=(4, 4), probes=False)
    assert answer.card["decisions"][-1].startswith("Of the 5,000 rows, a run sets 1,000 aside as test rows")
    seen: dict[str, Any] = {}
    monkeypatch.setattr(audits, "data_pictures", lambda dataset, rows: seen.update(rows=rows) or {})
    answer.write_pictures(workspace / "pictures")
    assert len(seen["rows"]) == 4000


def test_labels_are_drawn_where_the_finding_speaks(workspace: Path) -> None:
    answer = bakeoff.audit_data("digits", probes=False)
    candidate = {"row": 7, "label": 1, "suggested": 2, "confidence": 0.75}
    labels = {"n_candidates": 1, "n_rows": 1797, "by": "a small network", "accuracy": 0.97, "wrong_share": 0.01}

    def drawn(evidence: float, ignore: Sequence[str] = ()) -> bool:
        probes = {**answer.card["probes"], "labels": {**labels, "evidence": evidence, "candidates": [candidate]}}
        judged = replace(answer, card={**answer.card, "probes": probes}, ignore=ignore)
        return "label-candidates" in {path.stem for path in judged.write_pictures(workspace / "pictures")}

    assert drawn(30.0)
    assert not drawn(1.0)
    assert not drawn(30.0, ["D010"])


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
