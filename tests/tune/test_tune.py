"""Searches: the same budget for everybody, weak candidates stopped, winners on fresh seeds, nothing of the test."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

import bakeoff
from bakeoff.contest import ContestOptions, StageFinished
from bakeoff.errors import InputError, RecipeError, SettingsError
from bakeoff.executors import InlineExecutor
from bakeoff.recipe import Recipe
from bakeoff.report import view, write_report
from bakeoff.store import Store
from bakeoff.testing import make_blurs
from bakeoff.tune import Budget, Tuning, TuningPlan, plan_tuning, run_tuning
from bakeoff.tune._search import SEARCH_SEED, _Search

QUICK = {"hidden_layer_sizes": [8], "epochs": 9, "augment": "none"}
SPACE = {"learning_rate": {"low": 1e-4, "high": 0.1, "log": True}, "dropout": [0.0, 0.3]}
NETWORK = {"name": "net", "family": "dense", "settings": QUICK, "tune": {"space": SPACE}}
NEAR = {"name": "near", "family": "knn", "settings": {"pca": None}, "tune": {"space": {"n_neighbors": [1, 3, 5, 9]}}}


def planned(budget: Budget, *entries: Any, n_train: int = 240, **protocol: Any) -> TuningPlan:
    recipe = Recipe.model_validate(
        {
            "name": "blurs",
            "data": {"source": "blurs"},
            "protocol": {"threads": 1, "seeds": 3, **protocol},
            "contestants": list(entries),
        }
    )
    return plan_tuning(recipe, make_blurs(n_train), budget)


def done(plan: TuningPlan, workspace: Path, events: list[Any] | None = None) -> Tuning:
    with InlineExecutor() as executor:
        listen = (lambda _event: None) if events is None else events.append
        return run_tuning(plan, ContestOptions(workspace, listen=listen, executor=executor, command="bakeoff tune"))


@pytest.fixture(scope="module")
def tuning(tmp_path_factory: pytest.TempPathFactory) -> Tuning:
    return done(planned(Budget(20), NETWORK, NEAR), tmp_path_factory.mktemp("tune"))


def test_everybody_gets_the_same_number_of_candidates(tuning: Tuning) -> None:
    network, near = tuning.results["searches"]
    assert network["n_candidates"] == 20
    assert near["n_candidates"] == 5  # as it is, and the four that there are: nothing is tried twice
    assert tuning.results["equal_budgets"]


def test_a_third_of_a_population_goes_on_twice_after_a_ninth_and_a_third_of_the_epochs(tuning: Tuning) -> None:
    network = tuning.results["searches"][0]
    first = network["candidates"][:18]
    stopped = [each for each in first if each["status"] == "stopped early"]
    whole = [each for each in first if each["status"] == "ok"]
    assert [sum(each["share"] == share for each in stopped) for share in (1 / 9, 1 / 3)] in ([12, 4], [11, 5], [11, 4])
    assert {each["share"] for each in whole} == {1.0}
    assert first[0]["settings"] == {}  # the contestant as it is, which is never stopped
    assert first[0] in whole
    assert len(whole) in (2, 3)  # with the first, where it was not among the two
    with Store(tuning.folder.parents[1], read_only=True) as store:
        keys = [row[0] for row in store._connection.execute("SELECT key FROM fits WHERE contestant = 'net'")]
        records = [record for key in keys if (record := store.find_fit(key)) is not None]
    searched = [record for record in records if record.seed == SEARCH_SEED]
    assert {record.facts["epochs"] for record in searched} == {1, 3, 9}


def asked(space: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Settings of the first candidates, of which none is fitted."""
    tuning = planned(Budget(count), {**NETWORK, "tune": {"space": space}})
    nowhere: Any = None
    searching = _Search(tuning.plan.contestants[0], QUICK, *tuning.searches["net"], tuning.plan, nowhere)
    return [each.settings for each in searching._asked(count)]


def test_a_population_is_of_six_programs_and_its_candidates_differ_in_rates() -> None:
    shapes = [[units] for units in range(4, 16)]
    found = asked({**SPACE, "hidden_layer_sizes": shapes, "batch_size": [16, 32, 64]}, 18)
    assert found[0] == {}  # the contestant as it is
    programs = [(each["hidden_layer_sizes"][0], each["batch_size"]) for each in found[1:]]
    assert len(set(programs)) == 6
    assert {programs.count(program) for program in programs} <= {2, 3, 4}
    assert len({each["learning_rate"] for each in found[1:]}) == 17


def test_where_every_setting_is_of_the_program_any_number_of_programs_is_tried() -> None:
    found = asked({"hidden_layer_sizes": [[units] for units in range(4, 16)]}, 12)
    assert len({each.get("hidden_layer_sizes", [0])[0] for each in found}) == 12


def test_every_third_population_is_looked_at_after_a_third_of_the_epochs_alone(tmp_path: Path) -> None:
    [found] = done(planned(Budget(54), NETWORK), tmp_path).results["searches"]
    stopped = [[each["share"] for each in found["candidates"][start : start + 18] if each["status"] == "stopped early"]
               for start in (0, 18, 36)]  # fmt: skip
    assert [min(shares) for shares in stopped] == pytest.approx([1 / 9, 1 / 9, 1 / 3])


def test_the_best_is_one_that_was_fitted_whole_and_its_score_scikit_learns(tuning: Tuning) -> None:
    for search in tuning.results["searches"]:
        whole = [each for each in search["candidates"] if each["share"] == 1.0 and each["score"] is not None]
        ranked = sorted(whole, key=lambda each: -each["score"])
        finalists = [each for each in whole if each["again"]]
        assert bool(finalists) == (search["name"] == "net")
        assert all(each["score"] >= ranked[min(2, len(ranked) - 1)]["score"] for each in finalists)
        assert all(len(each["again"]) == 2 for each in finalists)
        merits = [np.mean([each["score"], *each["again"]]) for each in finalists or whole]
        assert np.mean([search["best"]["score"], *search["best"]["again"]]) == pytest.approx(max(merits))


def test_the_winner_is_scored_with_the_seeds_of_the_bake_off(tuning: Tuning) -> None:
    network = tuning.results["searches"][0]
    recipe = tuning.recipe_path
    run = bakeoff.parse_recipe(recipe.read_text()).contestants
    assert run is not None
    own = next(entry for entry in run if entry.name == "net")
    assert own.settings == {**QUICK, **network["best"]["settings"]}
    assert own.searched == 20
    assert own.tune is None
    assert len(network["fresh"]["values"]) == 3
    dataset = make_blurs()
    with Store(tuning.folder.parents[1], read_only=True) as store:
        keys = [row[0] for row in store._connection.execute("SELECT key FROM fits WHERE contestant = 'net'")]
        fresh = [one for key in keys if (one := store.find_fit(key)) is not None and one.seed < SEARCH_SEED]
    assert sorted(record.seed for record in fresh) == [0, 0, 1, 1, 2, 2]  # as it was, and as it was found
    scores = {
        (
            record.seed,
            f1_score(
                dataset.y_train[record.arrays["validation_rows"]], record.arrays["validation_labels"], average="macro"
            ),
        )
        for record in fresh
    }
    for which in ("fresh", "fresh_before"):
        for seed, value in enumerate(network[which]["values"]):
            assert any(seed == own and value == pytest.approx(score, abs=1e-12) for own, score in scores)


def test_both_are_shown_with_fresh_seeds_and_nothing_where_no_seed_matters(tuning: Tuning) -> None:
    network, near = tuning.results["searches"]
    assert len(network["fresh_before"]["values"]) == 3
    assert near["fresh"] is None
    assert near["fresh_before"] is None
    assert "near" in tuning.results["sentence"]
    assert "(no seed matters)" in tuning.results["sentence"]


def test_the_test_rows_stay_sealed(tuning: Tuning) -> None:
    with Store(tuning.folder.parents[1], read_only=True) as store:
        assert store._connection.execute("SELECT count(*) FROM openings").fetchone() == (0,)


def test_the_same_search_again_asks_for_the_same_and_fits_nothing(tmp_path: Path) -> None:
    first, second = [], []
    one = done(planned(Budget(8), NETWORK), tmp_path, first)
    two = done(planned(Budget(8), NETWORK), tmp_path, second)
    [before], [after] = ([each for each in events if isinstance(each, StageFinished)] for events in (first, second))
    assert before.n_reused == 0
    assert after.n_reused == after.n_fits == before.n_fits

    def timeless(search: dict[str, Any]) -> dict[str, Any]:
        candidates = [{**each, "seconds": 0} for each in search["candidates"]]
        return {**search, "seconds": 0, "best": {**search["best"], "seconds": 0}, "candidates": candidates}

    assert [timeless(each) for each in one.results["searches"]] == [timeless(each) for each in two.results["searches"]]


def test_a_candidate_alone_scores_as_in_its_population(tmp_path: Path) -> None:
    # In one program with others, of which some drop outputs: the same network, to rounding.
    together = done(planned(Budget(5), NETWORK), tmp_path / "together").results["searches"][0]["candidates"]
    alone = done(planned(Budget(1), NETWORK), tmp_path / "alone").results["searches"][0]["candidates"]
    assert together[0]["settings"] == alone[0]["settings"] == {}
    assert together[0]["score"] == pytest.approx(alone[0]["score"], abs=0.03)  # a row of 48 or two may turn


def test_seconds_end_a_search(tmp_path: Path) -> None:
    [search] = done(planned(Budget(None, 1e-9), NEAR), tmp_path).results["searches"]
    assert search["n_candidates"] == 1
    assert search["budget"] == {"fits": None, "seconds": 1e-9}


def test_a_search_in_which_nothing_can_be_fitted_ends(tmp_path: Path) -> None:
    # The loss of every network is no number: by seconds alone it would never end.
    entry = {**NETWORK, "settings": {**QUICK, "optimizer": "sgd"}, "tune": {"space": {"learning_rate": [1e29, 1e30]}}}
    tuning = done(planned(Budget(None, 1e9), entry), tmp_path)
    [search] = tuning.results["searches"]
    failed = [each for each in search["candidates"] if each["score"] is None]
    assert len(failed) == 2
    assert all(each["reason"] and each["seconds"] > 0 for each in failed)
    assert search["best"]["number"] == 0


def test_unequal_budgets_are_said(tmp_path: Path) -> None:
    few = {**NEAR, "name": "few", "tune": {"space": {"n_neighbors": [1, 3]}, "fits": 2}}
    tuning = done(planned(Budget(4), NEAR, few), tmp_path)
    assert not tuning.results["equal_budgets"]
    assert [search["n_candidates"] for search in tuning.results["searches"]] == [4, 2]
    words = [block.text for block in view(tuning.folder).sections[0].blocks if block.kind == "words"]  # type: ignore[union-attr]
    assert words[0].startswith("Contestants got unequal budgets")


@pytest.mark.parametrize(("fits", "seconds"), [(None, None), (0, None), (None, 0.0), (None, float("inf"))])
def test_a_budget_is_a_number_of_fits_or_of_seconds(fits: int | None, seconds: float | None) -> None:
    with pytest.raises(SettingsError, match="tune: "):
        Budget(fits, seconds)


@pytest.mark.parametrize(
    ("entries", "protocol", "error", "message"),
    [
        ([NEAR], {"validation": "none"}, RecipeError, "no rows"),
        ([NEAR], {"primary_metric": "log_loss"}, RecipeError, "looks at f1_macro"),
        ([{"name": "x", "family": "GaussianProcessClassifier"}], {}, SettingsError, "no search space"),
        ([{**NEAR, "tune": {"space": {"n_neighbors": 3}}}], {}, SettingsError, "a list of values"),
        ([{**NEAR, "tune": {"space": {"neighbours": [3]}}}], {}, SettingsError, "neighbours"),
        ([{**NETWORK, "tune": {"space": {"early_stopping": [True, False]}}}], {}, SettingsError, "cannot be searched"),
        (["dummy"], {}, RecipeError, "nobody is left to tune"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    entries: list[Any], protocol: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        planned(Budget(2), *entries, **protocol)


def test_a_recipe_is_tuned_and_then_run_with_what_was_found(workspace: Path) -> None:
    path = workspace / "mine.yaml"
    path.write_text(
        "schema: 1\nname: mine\ndata: {source: digits}\nprotocol: {threads: 1, probes: false}\ncontestants:\n"
        "  - {name: near, family: knn, tune: {fits: 4, space: {n_neighbors: [1, 3, 5, 25]}}}\n"
        "  - {name: plain, family: bayes}\n"
    )
    run = bakeoff.run(path)
    near = run.contestant("near")
    assert near["searched"] == 4
    found = json.loads((run.folder / "tuning.json").read_text())["searches"][0]["best"]["settings"]
    assert near["settings"]["n_neighbors"] == found.get("n_neighbors", 3)
    codes = {finding["code"]: finding for finding in run.results["findings"]}
    assert "near entered with 4 settings" in codes["P006"]["detail"]  # bayes had one
    assert "settings of near were searched" in codes["P009"]["detail"]  # digits is scored in folds
    assert any(section.name == "tuning" for section in view(run.folder).sections)
    assert run.results["openings"]["this_run"] == 1


def test_tune_can_be_called_and_looked_at(workspace: Path) -> None:
    tuning = bakeoff.run_tuning("digits", contestants=["knn"], fits=3, threads=1, workspace=workspace)
    assert tuning.table["candidates"].to_list() == [3]
    assert len(tuning.candidates("knn")) == 3
    assert len(tuning.plot().axes) == 1
    assert "knn" in tuning._repr_html_()
    with pytest.raises(InputError, match="it has knn"):
        tuning.candidates("svc")
    assert tuning.report("pdf").read_bytes().startswith(b"%PDF")
    assert "knn" in tuning.report("md").read_text()
    with pytest.raises(SettingsError, match="has html, pdf and md"):
        write_report(tuning.folder, "ipynb")
