"""The whole job with contestants that are quick: what is fitted, kept, opened, compared and written."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from bakeoff.contest import (
    ContestOptions,
    Event,
    JobFinished,
    JobProgress,
    JobStarted,
    Plan,
    Run,
    open_run,
    predict,
    run_contest,
)
from bakeoff.data import NearCopies
from bakeoff.errors import InputError, RecipeError
from bakeoff.executors import InlineExecutor, LocalExecutor
from bakeoff.executors._left_behind import owned_prefix
from bakeoff.store import Store
from bakeoff.testing import CentroidContestant, check_results, make_blurs

RunHere = Callable[..., Run]
PlanOf = Callable[..., Plan]


def entry(run: Run, name: str) -> dict[str, Any]:
    return dict(run.contestant(name))


def predictions(run: Run, name: str, seed: int) -> dict[str, np.ndarray]:
    with np.load(run.folder / "predictions" / f"{name}-{seed}.npz") as archive:
        return dict(archive)


def test_scores_are_those_of_scikit_learn_on_the_stored_predictions(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, shaky: CentroidContestant
) -> None:
    dataset = make_blurs()
    done = run(plan_of(dataset, [centroid, shaky]))
    assert dataset.y_test is not None
    for name, seeds in (("centroid", [0]), ("shaky", [0, 1, 2])):
        scores = entry(done, name)["test"]
        for index, seed in enumerate(seeds):
            stored = predictions(done, name, seed)
            np.testing.assert_array_equal(stored["test_rows"], np.arange(90))
            truth, said = dataset.y_test, stored["test_labels"]
            probabilities = stored["test_probabilities"].astype(float)
            probabilities /= probabilities.sum(axis=1, keepdims=True)  # float32 sums to 1 within 1e-7
            expected = {
                "accuracy": accuracy_score(truth, said),
                "f1_macro": f1_score(truth, said, average="macro"),
                "f1_weighted": f1_score(truth, said, average="weighted"),
                "log_loss": log_loss(truth, probabilities),
            }
            for metric, value in expected.items():
                assert scores[metric]["values"][index] == pytest.approx(value, abs=1e-6)
        matrices = [confusion_matrix(dataset.y_test, predictions(done, name, seed)["test_labels"]) for seed in seeds]
        np.testing.assert_allclose(entry(done, name)["confusion"]["test"], np.mean(matrices, axis=0))


def test_the_results_keep_their_contract(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, shaky: CentroidContestant
) -> None:
    done = run(plan_of(make_blurs(), [centroid, shaky]))
    assert check_results(dict(done.results)) == []
    assert json.loads((done.folder / "results.json").read_text()) == done.results
    for name in ("recipe.yaml", "environment.json", "data.json", "leaderboard.csv", "log.txt", "pictures.npz"):
        assert (done.folder / name).is_file(), name
    assert (done.folder.parent / "latest").resolve() == done.folder
    assert open_run("latest", done.folder.parents[1]).folder == done.folder


def test_a_contestant_that_is_not_random_is_fitted_with_one_seed(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, shaky: CentroidContestant
) -> None:
    done = run(plan_of(make_blurs(), [centroid, shaky]))
    assert entry(done, "centroid")["seeds"] == [0]
    assert entry(done, "shaky")["seeds"] == [0, 1, 2]


def test_the_test_rows_see_a_fit_on_all_training_rows(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    dataset = make_blurs()
    done = run(plan_of(dataset, [centroid]))
    X, y = dataset.X_train.astype(np.float32), dataset.y_train
    means = np.stack([X[y == label].mean(axis=0) for label in range(3)])
    assert dataset.X_test is not None
    distances = ((dataset.X_test[:, None, :] - means) ** 2).sum(axis=2)
    np.testing.assert_array_equal(predictions(done, "centroid", 0)["test_labels"], distances.argmin(axis=1))
    kept = np.frombuffer((done.folder / "models" / "centroid-0" / "means.bin").read_bytes(), "<f4")
    np.testing.assert_allclose(kept.reshape(3, 16), means, rtol=1e-6)


def test_folds_score_every_row_by_a_fit_that_never_saw_it(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    dataset = make_blurs(n_test=None)
    done = run(plan_of(dataset, [centroid]))
    stored = predictions(done, "centroid", 0)
    np.testing.assert_array_equal(stored["test_rows"], np.arange(240))
    assert "validation_labels" not in stored
    fits = entry(done, "centroid")["fits"]
    assert sorted(fit["division"] for fit in fits if fit["stage"] == "refit") == [0, 1, 2, 3, 4]
    assert done.results["protocol"]["test"] == "folds"
    assert entry(done, "centroid")["test"]["accuracy"]["mean"] == pytest.approx(
        accuracy_score(dataset.y_train, stored["test_labels"])
    )


@pytest.mark.parametrize(("chooses", "n_validation"), [(True, 240), (False, 48)])
def test_in_folds_a_contestant_that_watches_has_a_fold_set_aside_and_one_that_chooses_has_it_always(
    plan_of: PlanOf, run: RunHere, shaky: CentroidContestant, chooses: bool, n_validation: int
) -> None:
    done = run(plan_of(make_blurs(n_test=None), [replace(shaky, chooses_on_validation=chooses)]))
    stored = predictions(done, "shaky", 0)
    assert len(np.unique(stored["validation_rows"])) == n_validation
    np.testing.assert_array_equal(stored["test_rows"], np.arange(240))
    assert {fit["stage"] for fit in entry(done, "shaky")["fits"]} == {"validation", "refit"}
    assert [path.name for path in sorted((done.folder / "models").iterdir()) if "shaky" in path.name] == [
        "shaky-0",
        "shaky-1",
        "shaky-2",
    ]


def test_the_same_command_again_fits_nothing_and_gives_the_same(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, shaky: CentroidContestant
) -> None:
    plan = plan_of(make_blurs(), [centroid, shaky])
    first, events = run(plan), list[Event]()
    second = run(plan, events)
    finished = [event for event in events if isinstance(event, JobFinished) and event.contestant != "dummy"]
    assert all(event.n_reused for event in finished)
    assert not any(isinstance(event, JobProgress) for event in events)
    for one, other in zip(first.results["contestants"], second.results["contestants"], strict=True):
        assert one["test"] == other["test"]
        assert one["seconds"] == other["seconds"]
    assert first.folder != second.folder


def test_a_new_contestant_is_the_only_one_fitted(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, shaky: CentroidContestant
) -> None:
    run(plan_of(make_blurs(), [centroid]))
    events: list[Event] = []
    run(plan_of(make_blurs(), [centroid, shaky]), events)
    fitted = {event.contestant for event in events if isinstance(event, JobFinished) and not event.n_reused}
    assert fitted == {"shaky"}


@pytest.mark.parametrize(
    "change",
    [
        lambda contestant, dataset: (CentroidContestant("centroid", version="2"), dataset),
        lambda contestant, dataset: (CentroidContestant("centroid", shake=1.0), dataset),
        lambda contestant, dataset: (contestant, make_blurs(seed=1)),
        lambda contestant, dataset: (contestant, make_blurs(n_train=243)),
    ],
    ids=["library version", "setting", "rows", "number of rows"],
)
def test_whatever_determines_a_fit_changes_its_name(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, change: Any
) -> None:
    dataset = make_blurs()
    run(plan_of(dataset, [centroid]))
    other, rows = change(centroid, dataset)
    events: list[Event] = []
    run(plan_of(rows, [other]), events)
    assert not any(
        event.n_reused for event in events if isinstance(event, JobFinished) and event.contestant == "centroid"
    )


def test_another_name_for_the_same_contestant_is_the_same_fit(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    run(plan_of(make_blurs(), [centroid]))
    events: list[Event] = []
    run(plan_of(make_blurs(), [CentroidContestant("other")]), events)
    assert all(event.n_reused for event in events if isinstance(event, JobFinished))


def test_retime_fits_again_and_takes_the_new_clock(plan_of: PlanOf, run: RunHere, centroid: CentroidContestant) -> None:
    plan = plan_of(make_blurs(), [centroid])
    first = run(plan)
    second = run(plan, retime=True)
    assert not any(fit["reused"] for fit in entry(second, "centroid")["fits"])
    assert entry(first, "centroid")["test"] == entry(second, "centroid")["test"]
    assert entry(run(plan), "centroid")["seconds"] == entry(second, "centroid")["seconds"]


def test_a_failed_contestant_stays_in_every_table_with_its_reason(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    done = run(plan_of(make_blurs(), [CentroidContestant("broken", misbehaves="raises"), centroid]))
    broken = entry(done, "broken")
    assert (broken["status"], broken["reason"]) == ("failed", "the means met a wall")
    assert (broken["test"], broken["validation"]) == (None, None)
    assert entry(done, "centroid")["status"] == "ok"
    assert "broken" in (done.folder / "leaderboard.csv").read_text()
    assert done.exit_status == 1
    assert check_results(dict(done.results)) == []


def test_one_seed_that_fails_leaves_the_others_in_the_score(plan_of: PlanOf, run: RunHere) -> None:
    done = run(plan_of(make_blurs(), [CentroidContestant("s", is_random=True, misbehaves="raises on seed 1")]))
    assert len(entry(done, "s")["test"]["accuracy"]["values"]) == 2
    assert entry(done, "s")["status"] == "failed"
    assert (entry(done, "s")["seeds"], entry(done, "s")["seeds_scored"]) == ([0, 1, 2], [0, 2])
    (few,) = [finding for finding in done.results["findings"] if finding["code"] == "P003"]
    assert few["numbers"]["fewest"] == 2


def test_of_a_holdout_only_the_training_rows_are_counted(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    """Every row has a copy, and one column never changes: neither count may exceed the rows that are trained on."""
    blurs = make_blurs(n_train=240, n_test=None)
    X = np.repeat(blurs.X_train[:120], 2, axis=0)
    X[:, 0] = 7
    X[1::2, 1] ^= 1  # near-copies; one in ten is exact
    X[1:24:2] = X[0:24:2]
    groups = np.repeat(np.arange(120), 2).astype(np.int64)
    dataset = replace(
        blurs,
        X_train=X,
        y_train=np.repeat(blurs.y_train[:120], 2),
        groups_train=groups,
        groups_from="found",
        near_copies=NearCopies(0.98, groups),
    )
    done = run(plan_of(dataset, [centroid], test="holdout", holdout_fraction=0.25))
    data = done.results["data"]
    assert (data["n_train"], data["n_test"], data["n_rows"], data["n_rows_searched"]) == (180, 60, 240, 240)
    assert data["groups"]["n_rows_with_copies"] == 180
    assert data["groups"]["n_groups"] == 90
    assert (data["groups"]["leaking"], data["groups"]["n_test_copies"]) == (0, 0)
    assert 0 < data["exact_copies"]["train"] <= 12
    assert data["exact_copies"]["test_in_train"] == 0
    assert sum(data["class_counts"]["train"]) == 180
    assert data["sha256"] == dataset.sha256
    details = [finding["detail"] for finding in done.results["findings"]]
    assert any(detail.startswith("180 of 180 training pictures have a near-copy") for detail in details)
    assert check_results(dict(done.results)) == []


def test_when_all_fail_the_run_still_says_so(plan_of: PlanOf, run: RunHere) -> None:
    plan = plan_of(make_blurs(), [CentroidContestant("broken", misbehaves="raises")])
    done = run(plan)
    assert done.exit_status == 1
    assert done.verdict


@pytest.mark.parametrize("refit", [True, False])
def test_folds_with_and_without_a_refit_score_all_rows(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, shaky: CentroidContestant, refit: bool
) -> None:
    done = run(plan_of(make_blurs(n_test=None), [centroid, shaky], refit=refit))
    for name in ("centroid", "shaky"):
        assert len(predictions(done, name, 0)["test_labels"]) == 240


def test_another_contestant_leaves_the_fits_of_the_first_as_they_are(
    plan_of: PlanOf, run: RunHere, shaky: CentroidContestant
) -> None:
    run(plan_of(make_blurs(n_test=None), [shaky]))
    events: list[Event] = []
    chooser = CentroidContestant("chooser", is_random=True, shake=20.0, epochs=3, chooses_on_validation=True)
    run(plan_of(make_blurs(n_test=None), [shaky, chooser]), events)
    fitted = {event.contestant for event in events if isinstance(event, JobFinished) and not event.n_reused}
    assert fitted == {"chooser"}


def test_one_member_that_fails_leaves_the_others_of_its_population(plan_of: PlanOf, run: RunHere) -> None:
    contestant = CentroidContestant("p", is_random=True, trains_populations=True, misbehaves="diverges on seed 1")
    done = run(plan_of(make_blurs(), [contestant]))
    statuses = {fit["seed"]: fit["status"] for fit in entry(done, "p")["fits"] if fit["stage"] == "validation"}
    assert statuses == {0: "ok", 1: "failed", 2: "ok"}
    assert len(entry(done, "p")["test"]["accuracy"]["values"]) == 2


def test_predictions_that_are_no_numbers_fail_the_fit_and_not_the_run(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant
) -> None:
    done = run(plan_of(make_blurs(), [CentroidContestant("nan", misbehaves="predicts no numbers"), centroid]))
    assert "no numbers" in entry(done, "nan")["reason"]
    assert entry(done, "centroid")["status"] == "ok"


@pytest.mark.parametrize("validation", ["test", "none"])
def test_sealed_test_rows_need_validation_rows(plan_of: PlanOf, centroid: CentroidContestant, validation: str) -> None:
    with pytest.raises(RecipeError, match="they came without labels"):
        plan_of(replace(make_blurs(), y_test=None), [centroid], validation=validation)


def test_rows_that_a_killed_process_left_are_taken_away(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, workspace: Path
) -> None:
    left = workspace / "artifacts" / owned_prefix(".rows").replace(str(os.getpid()), "999999999")
    left.mkdir(parents=True)
    run(plan_of(make_blurs(), [centroid]))
    assert not list((workspace / "artifacts").glob(".rows-*"))


@pytest.mark.parametrize("misbehaviour", ["sleeps", "dies"])
def test_a_fit_that_hangs_or_dies_is_ended_and_the_next_one_runs(
    plan_of: PlanOf, workspace: Path, centroid: CentroidContestant, misbehaviour: Any
) -> None:
    bad = CentroidContestant("bad", misbehaves=misbehaviour)
    plan = plan_of(make_blurs(), [bad, centroid], time_limit_seconds=2)
    with LocalExecutor(threads=1) as executor:
        done = run_contest(plan, ContestOptions(workspace=workspace, executor=executor))
    assert entry(done, "bad")["status"] == {"sleeps": "timed out", "dies": "failed"}[misbehaviour]
    assert entry(done, "bad")["reason"]
    assert entry(done, "centroid")["status"] == "ok"


def test_an_interrupted_run_keeps_what_was_fitted(
    plan_of: PlanOf, run: RunHere, workspace: Path, centroid: CentroidContestant, shaky: CentroidContestant
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, JobProgress) and event.contestant == "shaky":
            raise KeyboardInterrupt

    plan = plan_of(make_blurs(), [centroid, shaky])
    with pytest.raises(KeyboardInterrupt), InlineExecutor() as executor:
        run_contest(plan, ContestOptions(workspace=workspace, listen=interrupt, executor=executor))
    with Store(workspace) as store:
        assert [record.status for record in store.runs()] == ["interrupted"]
    events: list[Event] = []
    run(plan, events)
    reused = {e.contestant for e in events if isinstance(e, JobFinished) and e.n_reused}
    assert "centroid" in reused
    assert "shaky" not in reused


# Prediction ----------------------------------------------------------------------------------------------------


def test_an_unknown_contestant_seed_or_run_is_named(
    plan_of: PlanOf, run: RunHere, centroid: CentroidContestant, workspace: Path
) -> None:
    done = run(plan_of(make_blurs(), [centroid]))
    with pytest.raises(InputError, match="no contestant 'svc'"):
        predict(done, ["x.png"], contestant="svc")
    with pytest.raises(InputError, match="nowhere: no run of that name here"):
        predict("nowhere", ["x.png"], workspace=workspace)


def test_a_population_that_is_too_large_trains_in_equal_parts_by_the_recipe_alone(
    plan_of: PlanOf, run: RunHere
) -> None:
    contestant = CentroidContestant("p", is_random=True, trains_populations=True, shake=20.0)
    whole, divided = (plan_of(make_blurs(), [contestant], memory_limit_mib=limit) for limit in (2048, 2))
    assert not [sentence for sentence in whole.decisions if "parts" in sentence]
    told = [sentence for sentence in divided.decisions if "parts" in sentence]
    assert told == [
        f"p: 3 fits train in 2 parts of 2 or fewer ({stage}): together they would need more than 2 MiB "
        "(--memory-limit changes it)."
        for stage in ("validation", "refit")
    ]
    events: list[Event] = []
    done = run(divided, events)
    jobs = [event for event in events if isinstance(event, JobStarted) and event.contestant == "p"]
    assert [(job.n_members, job.seeds) for job in jobs] == [(2, [0, 1]), (1, [2])] * 2
    assert [(job.number, job.n_jobs) for job in jobs] == [(3, 6), (4, 6), (5, 6), (6, 6)]
    # Who trained together is part of a fit's name: the whole population finds nothing of this in the store.
    again: list[Event] = []
    run(whole, again)
    assert all(event.n_reused == 0 for event in again if isinstance(event, JobFinished) and event.contestant == "p")
    assert len(entry(done, "p")["test"]["accuracy"]["values"]) == 3
