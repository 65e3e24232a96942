"""Published figures against a finished run."""

import json
from pathlib import Path
from typing import Any

import pytest

from bakeoff.audit import unlike_averages
from bakeoff.contest import Run, add_claims
from bakeoff.errors import InputError, StoreError
from bakeoff.recipe import Claim

SEEDS = {
    "accuracy": [0.856, 0.827, 0.833, 0.843, 0.841, 0.824, 0.827, 0.846, 0.834, 0.830],
    "f1_macro": [0.842, 0.810, 0.817, 0.829, 0.822, 0.806, 0.806, 0.828, 0.817, 0.815],
    "f1_weighted": [0.856, 0.824, 0.833, 0.841, 0.841, 0.823, 0.827, 0.844, 0.835, 0.834],
}
SVC = {"accuracy": [0.84175], "f1_macro": [0.82535], "f1_weighted": [0.84422]}
SIDE_BY_SIDE = (
    "0.8055 is the macro F1 of network, 0.8442 the weighted one of svc: they cannot be compared; like for like it is "
    "0.8192 against 0.8254 (macro), or 0.8358 against 0.8442 (weighted)."
)


def scores(values: dict[str, list[float]]) -> dict[str, Any]:
    known = {metric: {"mean": sum(runs) / len(runs), "values": runs} for metric, runs in values.items()}
    return {**known, "log_loss": None}


def contestant(name: str, family: str, is_random: bool, test: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "name": name,
        "family": family,
        "is_random": is_random,
        "reason": None,
        "validation": None,
        "test": scores(test),
        "test_without_copies": None,
        "history": [],
    }


def near(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}


def history(accuracy: list[float], val_accuracy: list[float]) -> dict[str, Any]:
    return {"seed": 0, "stage": "refit", "division": 0, "accuracy": accuracy, "val_accuracy": val_accuracy}


@pytest.fixture
def results() -> dict[str, Any]:
    """As recipe A's: ten seeds of a network, one SVC, the test rows watched while training."""
    return {
        "schema": 1,
        "data": {"probes": None},
        "protocol": {"validation": "test"},
        "contestants": [contestant("svc", "svc", False, SVC), contestant("network", "dense", True, SEEDS)],
        "claims": [],
    }


def check(results: dict[str, Any], folder: Path, *claims: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    (folder / "results.json").write_text(json.dumps(results))
    checked = add_claims(Run(folder), [Claim(**claim) for claim in claims])
    return [dict(claim) for claim in checked.claims], list(checked.sentences)


def figure(contestant: str, metric: str, published: str, **more: Any) -> dict[str, Any]:
    return {"contestant": contestant, "metric": metric, "published": published, **more}


def test_two_averages_side_by_side_are_put_like_for_like(results, tmp_path) -> None:
    claims, sentences = check(
        results, tmp_path, figure("network", "f1_macro", "0.8055"), figure("svc", "f1_weighted", "0.8442")
    )
    assert [claim["agrees"] for claim in claims] == [True, True]
    assert sentences[0] == "All 2 published figures agree with what was measured here."
    assert sentences[1:] == [SIDE_BY_SIDE]


def test_an_f1_of_unsaid_average_is_named_and_then_compared(results, tmp_path) -> None:
    claims, sentences = check(results, tmp_path, figure("network", "f1", "0.8055"), figure("svc", "f1", "0.8442"))
    assert [claim["like_for_like"]["metric"] for claim in claims] == ["f1_macro", "f1_weighted"]
    assert claims[1]["explanation"] == (
        "Which F1 it is was not said; 0.8442 is the weighted F1. Measured 0.8442, as published."
    )
    assert "they cannot be compared" in sentences[1]


@pytest.mark.parametrize(
    ("published", "agrees", "said"),
    [
        ("0.8300", True, "and 0.8300 can be the macro or the weighted one. One more run would have a macro F1"),
        ("0.9000", False, "0.9000 is neither the macro nor the weighted one."),
    ],
)
def test_an_f1_that_is_both_or_neither_is_said_to_be(results, tmp_path, published, agrees, said) -> None:
    (claim,), _ = check(results, tmp_path, figure("network", "f1", published))
    assert (claim["agrees"], claim["like_for_like"]) == (agrees, None)
    assert said in claim["explanation"]


def test_the_same_average_of_both_needs_no_sentence(results, tmp_path) -> None:
    _, sentences = check(
        results,
        tmp_path,
        figure("network", "f1_macro", "0.8055"),
        figure("svc", "f1_macro", "0.8254"),
        figure("svc", "f1_weighted", "0.9"),
    )
    assert sentences == ["Of 3 published figures 2 agree with what was measured here and 1 does not."]


def test_figures_of_other_rows_are_found(results, tmp_path) -> None:
    svc, network = results["contestants"]
    svc["test_without_copies"] = scores({"accuracy": [0.8312]})
    network["history"] = [history([0.5, last], [best, 0.5]) for last, best in ((0.99, 0.95), (0.991, 0.951)) * 3]
    claims, _ = check(
        results,
        tmp_path,
        figure("svc", "accuracy", "0.8312"),
        figure("network", "accuracy", "0.9905"),
        figure("network", "accuracy", "0.9505"),
        figure("network", "accuracy", "0.9905", on="training"),
        figure("network", "accuracy", "0.8235", on="validation"),
    )
    said = [claim["explanation"] for claim in claims]
    assert said[0].endswith("0.8312 is the accuracy on the test rows without those that have a copy in training here.")
    assert "As accuracy on the training rows it would be no surprise" in said[1]
    assert "As accuracy of the best epoch instead of the last it would be no surprise" in said[2]
    assert claims[3]["agrees"] is True
    assert claims[4]["agrees"] is True  # where the test rows are watched, a validation score is one on test rows


def test_a_leaking_split_explains_a_score_that_no_honest_one_reaches(results, tmp_path) -> None:
    probes = [
        {"name": "nearest", "words": "1-nearest-neighbour", "random": near(0.9997), "grouped": near(0.71)},
        {"name": "network", "words": "a small network", "random": near(0.97), "grouped": near(0.65)},
    ]
    results["data"] = {"probes": {"harm": {"contestants": probes}}}
    claims, _ = check(results, tmp_path, figure("svc", "accuracy", "0.9990"), figure("network", "accuracy", "0.9700"))
    assert "lift the accuracy of 1-nearest-neighbour from 0.7100 to 0.9997" in claims[0]["explanation"]
    assert "lift the accuracy of a small network from 0.6500 to 0.9700" in claims[1]["explanation"]
    probes[0]["random"] = near(0.7)
    (harmless, *_), _ = check(results, tmp_path, figure("svc", "accuracy", "0.9990"))
    assert "split" not in harmless["explanation"]


def test_what_was_not_measured_cannot_be_judged(results, tmp_path) -> None:
    results["contestants"].append(contestant("slow", "svc", False, {}) | {"test": None, "reason": "timed out"})
    claims, sentences = check(
        results,
        tmp_path,
        figure("network", "log_loss", "0.2"),
        figure("slow", "accuracy", "0.9"),
        figure("svc", "accuracy", "0.9", on="training"),
    )
    assert [claim["agrees"] for claim in claims] == [None] * 3
    assert [claim["explanation"] for claim in claims] == [
        "network cannot be checked: its outputs are not probabilities, so it has no log loss.",
        "slow cannot be checked: timed out.",
        "svc cannot be checked: it has no accuracy on training rows.",
    ]
    assert sentences == ["Of 3 published figures none agree with what was measured here and 3 cannot be judged."]


def test_added_claims_are_kept_beside_results_that_stay_as_they_were(results, tmp_path) -> None:
    check(results, tmp_path, figure("svc", "accuracy", "0.8417"))
    before = (tmp_path / "results.json").read_bytes()
    again = add_claims(Run(tmp_path), [Claim(contestant="svc", metric="f1_macro", published=0.8254)])
    assert [claim["metric"] for claim in again.claims] == ["accuracy", "f1_macro"]
    repeated = add_claims(Run(tmp_path), [Claim(contestant="svc", metric="accuracy", published=0.8417)])
    assert len(repeated.claims) == 2
    assert (tmp_path / "results.json").read_bytes() == before
    assert json.loads((tmp_path / "claims.json").read_text())["claim_sentences"] == list(repeated.sentences)


def test_a_claim_that_the_recipe_has_is_not_added(results, tmp_path) -> None:
    (own, *_), _ = check(results, tmp_path, figure("svc", "accuracy", "0.8417"))
    (tmp_path / "claims.json").unlink()
    claims, _ = check(results | {"claims": [own]}, tmp_path, figure("svc", "accuracy", "0.8417"))
    assert len(claims) == 1
    assert not (tmp_path / "claims.json").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 2, "claims": []}'])
def test_a_broken_file_of_claims_is_refused_in_one_line(results, tmp_path, content) -> None:
    (tmp_path / "claims.json").write_text(content)
    with pytest.raises(StoreError, match=r"claims\.json: .*elete it"):
        check(results, tmp_path, figure("svc", "accuracy", "0.8417"))


def test_a_claim_of_nobody_in_the_run_is_refused_in_one_line(results, tmp_path) -> None:
    with pytest.raises(InputError, match=r"claims: must be of contestants of this run \(svc, network\); got forest"):
        check(results, tmp_path, figure("forest", "accuracy", "0.9"))


def test_the_same_figure_with_other_digits_is_another_claim(results, tmp_path) -> None:
    check(results, tmp_path, figure("svc", "accuracy", "0.8"))
    claims, _ = check(results, tmp_path, figure("svc", "accuracy", "0.800"))
    assert [(claim["digits"], claim["agrees"]) for claim in claims] == [(1, True), (3, False)]


def test_finding_and_sentence_know_the_same_pairs(results, tmp_path) -> None:
    claims, sentences = check(
        results,
        tmp_path,
        figure("network", "f1_macro", "0.8055", on="validation"),
        figure("svc", "f1_weighted", "0.8442", on="validation"),
    )
    (pair,) = unlike_averages(claims, results)
    assert [pair.sentence] == sentences[1:] == [SIDE_BY_SIDE]
