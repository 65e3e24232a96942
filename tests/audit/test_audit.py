"""Checks: each has a case in which it speaks and one in which it is silent."""

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bakeoff.audit
from bakeoff.audit import check_data, check_run, find_label_candidates, harm_sentence
from bakeoff.compare import CompareOptions, summarise

PAGES = Path(__file__).parents[2] / "docs" / "checks"

Json = dict[str, Any]


def clean_card() -> Json:
    return {
        "name": "clean",
        "kind": "images",
        "n_train": 1000,
        "n_test": 200,
        "n_rows": 1200,
        "n_features": 64,
        "class_names": ["a", "b", "c", "d"],
        "label_codes": [0, 1, 2, 3],
        "pixel_max": 255,
        "class_counts": {"train": [250, 240, 260, 250], "validation": None, "test": None},
        "missing_values": 0,
        "constant_features": 0,
        "value_range": [0, 255],
        "exact_copies": {"train": 0, "test_in_train": 0},
        "groups": {
            "declared": False,
            "found": False,
            "n_groups": None,
            "median_size": None,
            "largest": None,
            "leaking": None,
            "n_rows_with_copies": 0,
            "n_mixed": 0,
            "threshold": 0.98,
            "n_test_copies": 0,
            "too_large": [],
        },
        "probes": {"harm": None, "unlike": None, "labels": None},
    }


def score(mean: float, half_width: float = 0.02, values: list[float] | None = None) -> Json:
    return {"mean": mean, "low": mean - half_width, "high": mean + half_width, "values": values or [mean]}


def entry(name: str, family: str, mean: float, **more: Any) -> Json:
    scores = {"f1_macro": score(mean), "accuracy": score(mean)}
    return {
        "name": name,
        "family": family,
        "is_random": False,
        "seeds": [0],
        "settings": {},
        "validation": copy.deepcopy(scores),
        "test": scores,
        "fits": [{"notes": []}],
        "history": [],
        **more,
    }


def clean_results() -> Json:
    network = entry(
        "net",
        "dense",
        0.9,
        is_random=True,
        seeds=[0, 1, 2, 3, 4],
        settings={"output_units": 4, "output_activation": "softmax", "loss": "categorical_crossentropy"},
        history=[{"stage": "validation", "accuracy": [0.5, 0.91], "val_accuracy": [0.5, 0.9], "val_loss": [0.9, 0.3]}],
    )
    network["test"]["f1_macro"]["values"] = [0.89, 0.895, 0.9, 0.905, 0.91]
    return {
        "data": {**clean_card(), "n_classes": 4},
        "protocol": {
            "test": "file",
            "validation": 0.2,
            "primary_metric": "f1_macro",
            "margin": 0.005,
            "confidence": 0.95,
        },
        "contestants": [network, entry("svc", "svc", 0.8), entry("dummy", "dummy", 0.1)],
        "comparisons": [],
        "claims": [],
        "openings": {"this_run": 1, "ever": 1, "history": [{"run": "this", "times": 1}]},
    }


def harm(seems: float = 0.999, is_right: float = 0.712, source: str = "found") -> Json:
    return {
        "metric": "accuracy",
        "from": source,
        "n_train": 800,
        "n_validation": 200,
        "n_rows": 1000,
        "copies_of_a_row": 20,
        "contestants": [
            {"name": "nearest", "words": "1-nearest-neighbour", "random": score(seems), "grouped": score(is_right)}
        ],
    }


def claim(contestant: str, metric: str, published: float) -> Json:
    return {"contestant": contestant, "metric": metric, "published": published, "digits": 4, "on": "test"}


def unlike(mean: float) -> Json:
    return {"accuracy": score(mean), "chance": 0.5, "n_rows": 400}


def labels(evidence: float) -> Json:
    of = {"n_candidates": 9, "n_rows": 1000, "by": "a small network", "candidates": []}
    return {**of, "accuracy": 0.95, "wrong_share": 0.01, "evidence": evidence}


def lost_to_knn(decision: str) -> Json:
    return {"a": "knn", "b": "svc", "metric": "f1_macro", "on": "test", "decision": decision}


KNN = entry("knn", "knn", 0.85)
GRID = {"parameters": {"param_grid": {"C": [1, 10, 100], "gamma": ["a", "b"]}}}
MIXED = [claim("net", "f1_macro", 0.8055), claim("svc", "f1_weighted", 0.8442)]
RISEN = [{"stage": "validation", "accuracy": [0.99], "val_accuracy": [0.9], "val_loss": [0.2, 0.3]}]
LOW = [{"stage": "validation", "accuracy": [0.70], "val_accuracy": [0.69], "val_loss": [0.9]}]
WEAK = {"accuracy": score(0.69), "f1_macro": score(0.69)}
EARLIER = {"this_run": 1, "ever": 3, "history": [{"run": "old", "times": 2}, {"run": "this", "times": 1}]}

SPEAKS: list[tuple[str, Json, Json]] = [
    ("D001", {"data.missing_values": 768}, {"missing": 768, "cells": 76_800}),
    ("D002", {"data.constant_features": 3}, {"constant": 3, "n_features": 64}),
    ("D003", {"data.label_codes": [0, 1, 2, 4]}, {"absent": 1, "first_absent": 3}),
    ("D004", {"data.class_counts.train": [20, 320, 330, 330]}, {"rarest": 20, "mean": 250, "largest": 330}),
    ("D005", {"data.exact_copies.train": 5}, {"copies": 5, "n_train": 1000}),
    ("D006", {"data.exact_copies.test_in_train": 5}, {"copies": 5, "n_test": 200}),
    ("D007", {"data.value_range": [0, 1]}, {"low": 0, "high": 1, "possible": 255}),
    ("D008", {"data.groups.n_rows_with_copies": 30}, {"rows_with_copies": 30, "n_train": 1000, "n_groups": None}),
    (
        "D008",
        {"data.groups.n_groups": 90, "data.groups.declared": True, "data.probes.harm": harm(source="declared")},
        {
            "rows_with_copies": 0,
            "n_train": 1000,
            "n_groups": 90,
            "nearest_random": 0.999,
            "nearest_grouped": 0.712,
        },
    ),
    ("D009", {"data.probes.unlike": unlike(0.6)}, {"accuracy": 0.6, "low": 0.58, "high": 0.62, "n_rows": 400}),
    (
        "D010",
        {"data.probes.labels": labels(30.0)},
        {"candidates": 9, "n_rows": 1000, "wrong_share": 0.01, "evidence": 30.0},
    ),
    ("D012", {"data.groups.n_test_copies": 8}, {"copies": 8, "n_test": 200}),
    ("P001", {"protocol.validation": "test"}, {"this_run": 1, "ever": 1}),
    ("P002", {"data.groups.leaking": 7, "data.groups.declared": True, "data.groups.n_groups": 90},
     {"leaking": 7, "n_groups": 90}),
    ("P003", {"contestants.0.seeds": [0]}, {"fewest": 1, "contestants": 1}),
    ("P003", {"claims": [claim("net", "f1_macro", 0.9)]}, {"seeds": 5, "lowest": 0.89, "highest": 0.91}),
    ("P004", {"openings": EARLIER}, {"before": 2, "earlier_runs": 1, "ever": 3}),
    ("P006", {"contestants.1.family": "GridSearchCV", "contestants.1.settings": GRID}, {"most": 6, "fewest": 1}),
    ("P007", {"contestants.0.settings.output_units": 5}, {"output_units": 5, "n_classes": 4}),
    ("P006", {"contestants.0.searched": 40}, {"most": 40, "fewest": 1}),
    ("P008", {"contestants.0.settings.loss": "mean_squared_error"}, {"output_activation": "softmax"}),
    (
        "P009",
        {"contestants.0.searched": 40, "contestants.1.searched": 40, "protocol.test": "folds"},
        {"searched": 2},
    ),
    ("R001", {"contestants.0.history": RISEN}, {"train": 0.99, "other": 0.9, "contestants": 1}),
    (
        "R002",
        {"contestants.0.history": LOW, "contestants.0.validation": WEAK, "contestants.0.test": WEAK},
        {"train": 0.70, "best": 0.8},
    ),
    ("R003", {"contestants.0.fits": [{"notes": ["It did not converge in 5 iterations."]}]}, {"notes": 1}),
    (
        "R004",
        {"contestants.1.test.f1_macro": score(0.1), "contestants.1.validation": None},
        {"score": 0.1, "dummy": 0.1},
    ),
    (
        "R005",
        {"contestants.2": KNN, "comparisons": [lost_to_knn("better")]},
        {"score": 0.8, "nearest": 0.85, "contestants": 1},
    ),
    ("R006", {"contestants.1.validation.f1_macro": score(0.9)}, {"validation": 0.9, "test": 0.8}),
    ("R007", {"contestants.1.test.f1_macro": score(0.9), "contestants.1.validation": None},
     {"pairs": 1, "difference": 0.0, "spread": 0.02}),
    ("R007", {"contestants.0.test.f1_macro.values": [0.79, 0.81, 0.95], "contestants.1.test.f1_macro":
              score(0.8, values=[0.79, 0.8, 0.81])}, {"pairs": 1, "spread": 0.16}),
]  # fmt: skip

SILENT: list[tuple[str, Json]] = [
    ("D008", {"data.groups.declared": True, "data.probes.harm": harm(0.72, source="declared")}),
    ("D009", {"data.probes.unlike": unlike(0.534)}),
    ("D010", {"data.probes.labels": labels(1.0)}),
    ("P002", {"data.groups.leaking": 7, "data.groups.found": True}),
    ("P003", {"claims": [claim("svc", "accuracy", 0.8)]}),
    ("P004", {"openings": {"this_run": 50, "ever": 50, "history": [{"run": "this", "times": 50}]}}),
    ("P005", {"claims": [claim("svc", "f1_macro", 0.8055), claim("svc", "f1_weighted", 0.8442)]}),
    ("P006", {"contestants.1.family": "dense"}),
    ("P006", {"contestants.0.searched": 40, "contestants.1.searched": 40}),
    ("P009", {"contestants.0.searched": 40}),
    ("R001", {"contestants.0.history": LOW}),
    ("R005", {"contestants.2": KNN, "comparisons": [lost_to_knn("undecided")]}),
    ("R006", {"contestants.1.validation.f1_macro": score(0.81)}),
    ("R006", {"contestants.1.validation.f1_macro": score(0.9), "protocol.test": "folds"}),
    ("R007", {"contestants.0.test.f1_macro.values": [0.85, 0.95]}),
]


def changed(changes: Json) -> Json:
    results = copy.deepcopy(clean_results())
    for path, value in changes.items():
        place: Any = results
        *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
        for step in steps:
            place = place[step]
        place[last] = copy.deepcopy(value)
    return results


def test_clean_data_and_a_clean_run_raise_nothing() -> None:
    assert check_data(clean_card()) == []
    assert check_run(clean_results()) == []


@pytest.mark.parametrize(("code", "changes", "numbers"), SPEAKS)
def test_a_check_speaks_where_its_case_is_and_only_it(code: str, changes: Json, numbers: Json) -> None:
    results = changed(changes)
    found = check_run(results)
    assert [finding.code for finding in found] == [code]
    assert {key: found[0].numbers[key] for key in numbers} == pytest.approx(numbers)
    assert found[0].detail.endswith(".")
    assert check_run(results, ignore=[code]) == []


@pytest.mark.parametrize(("code", "changes"), SILENT)
def test_a_check_is_silent_near_its_case(code: str, changes: Json) -> None:
    assert code not in [finding.code for finding in check_run(changed(changes))]


def test_groups_too_large_are_a_finding_and_leak_in_the_split_that_was_made() -> None:
    results = changed({"data.groups.too_large": [40, 30]})
    assert [finding.code for finding in check_run(results)] == ["D011", "P002"]
    assert check_run(results)[0].numbers == {"groups": 2, "rows": 70, "largest": 40}
    assert check_data(results["data"], ignore=["D011"]) == []
    assert "2 groups of 40, 30 near-copies would be more than 1 %" in check_run(results)[0].detail
    whole = changed({"data.groups.whole_class": [25]})
    assert [finding.code for finding in check_run(whole)] == ["D011", "P002"]
    assert "a group of 25 near-copies would be a whole class" in check_run(whole)[0].detail
    results["protocol"]["validation"] = "none"
    assert [finding.code for finding in check_run(results)] == ["D011"]


def test_rows_too_alike_to_be_compared_with_all_others_are_a_finding() -> None:
    sentence = "90 of 1,250 training rows resemble so many others that only the nearest were looked at."
    results = changed({"data.groups.not_searched": 90, "data.groups.not_searched_words": sentence})
    (found,) = check_run(results)
    assert (found.code, found.numbers["not_searched"]) == ("D011", 90)
    assert found.detail.startswith(f"{sentence} They were not grouped")
    assert check_run(changed({"data.groups.not_searched": 0, "data.groups.not_searched_words": None})) == []


def test_copies_among_test_rows_that_are_watched_leak() -> None:
    results = changed({"data.groups.n_test_copies": 8, "protocol.validation": "test"})
    assert [finding.code for finding in check_run(results, ignore=["P001"])] == ["D012", "P002"]


def test_copies_in_the_test_rows_come_with_the_scores_without_them() -> None:
    without = {"f1_macro": score(0.76)}
    results = changed({"data.groups.n_test_copies": 8, "contestants.1.test_without_copies": without})
    (found,) = check_run(results)
    assert "svc 0.7600 instead of 0.8000" in found.detail
    assert found.numbers["largest_change"] == pytest.approx(-0.04)


def test_mixed_averages_are_set_right_like_for_like() -> None:
    results = changed({"claims": MIXED})
    found = {finding.code: finding for finding in check_run(results)}
    assert set(found) == {"P003", "P005"}
    assert "0.8055 is the macro F1 of net, 0.8442 the weighted one of svc" in found["P005"].detail
    assert "like for like it is 0.9000 against 0.8000 (macro)" in found["P005"].detail


def test_figures_of_different_rows_are_not_set_side_by_side() -> None:
    results = changed({"claims": [MIXED[0], {**MIXED[1], "on": "validation"}]})
    assert "P005" not in [finding.code for finding in check_run(results)]


def test_where_the_test_rows_are_watched_a_validation_figure_is_put_like_for_like_on_them() -> None:
    on_validation = [{**one, "on": "validation"} for one in MIXED]
    results = changed({"claims": on_validation, "protocol.validation": "test"})
    for entry_ in results["contestants"]:
        entry_["validation"] = None
    found = {finding.code: finding for finding in check_run(results)}
    assert "like for like it is 0.9000 against 0.8000 (macro)" in found["P005"].detail
    assert found["P005"].numbers["measured_macro"] == 0.9
    assert found["P003"].numbers["highest"] == 0.91


def test_an_f1_of_unsaid_average_is_one_seed_too_and_a_loss_has_no_points() -> None:
    results = changed({"claims": [claim("net", "f1", 0.9)]})
    (found,) = check_run(results)
    assert "macro F1 from 0.8900 to 0.9100 here, 2.0 points apart" in found.detail
    loss = {"mean": 1.1, "low": 1.0, "high": 1.2, "values": [0.9, 1.3]}
    results = changed({"claims": [claim("net", "log_loss", 1.0)], "contestants.0.test.log_loss": loss})
    (found,) = check_run(results)
    assert "log loss from 0.9000 to 1.3000 here, 0.4000 apart" in found.detail


def test_seeds_that_were_scored_are_counted_and_not_those_that_were_planned() -> None:
    (found,) = check_run(changed({"contestants.0.seeds_scored": [1, 3]}))
    assert (found.code, found.numbers["fewest"]) == ("P003", 2)
    assert "Seeds whose fits failed: 3 of net." in found.detail
    assert check_run(changed({"contestants.0.seeds_scored": []})) == []  # that none was scored is told elsewhere


def test_the_harm_is_said_in_one_sentence_with_both_figures() -> None:
    card = clean_card()
    assert harm_sentence(card) is None
    card["probes"]["harm"] = harm()
    assert harm_sentence(card) == (
        "Of every picture there are about 20 nearly equal ones: if they are dealt at random, some to learn from and "
        "some to check with, 1-nearest-neighbour (it answers with the most similar picture that it has learnt) seems "
        "to be right 99.9% of the time, but on pictures that it has learnt no copy of it is right 71.2% (69.2 to 73.2)."
    )
    card["probes"]["harm"] = harm(0.712, source="declared")
    said = str(harm_sentence(card))
    assert "and on pictures of groups that it never met it is right 71.2%" in said
    assert said.endswith("(69.2 to 73.2): no harm that could be shown.")


def test_near_copies_that_do_no_harm_are_a_note() -> None:
    results = changed({"data.groups.n_rows_with_copies": 500, "data.probes.harm": harm(0.72)})
    assert check_run(results)[0].severity == "note"
    # Each half-width is 2 points: together 2.8.
    assert "in points: 1-nearest-neighbour +0.8 (-2.0 to +3.6)." in check_run(results)[0].detail
    results["data"]["probes"]["harm"] = harm()
    assert check_run(results)[0].severity == "warning"


def test_with_too_few_groups_nothing_is_said_of_harm() -> None:
    unknown = harm(0.9, 0.7, source="declared")
    for kind in ("random", "grouped"):
        unknown["contestants"][0][kind] |= {"low": None, "high": None}
    results = changed({"data.groups.declared": True, "data.probes.harm": unknown})
    assert check_run(results) == []
    assert str(harm_sentence(results["data"])).endswith("it is right 70.0%: too few groups to tell.")
    results = changed({"data.groups.n_rows_with_copies": 500, "data.probes.harm": unknown})
    assert check_run(results)[0].severity == "warning"  # as where it was not measured
    assert "cannot be told: there are too few groups" in check_run(results)[0].detail


def test_what_a_random_split_gives_away_is_never_negative() -> None:
    both = harm()
    network = {"name": "network", "words": "a small network", "random": score(0.7), "grouped": score(0.72)}
    both["contestants"].append(network)
    results = changed({"data.groups.n_rows_with_copies": 500, "data.probes.harm": both})
    (found,) = check_run(results)
    assert "would give away 28.7 points to 1-nearest-neighbour." in found.detail
    assert "seems to be right 70.0% of the time, and is right 72.0%" in str(harm_sentence(results["data"]))


@pytest.mark.parametrize(("n_groups", "size"), [(10, 30), (200, 10), (1000, 3)])
def test_groups_that_do_nothing_are_seldom_called_harmful(n_groups: int, size: int) -> None:
    """Two probes of skill 0.8 on held-out fifths of the same rows; groups differ, but no split helps."""
    spoke = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        groups = np.repeat(np.arange(n_groups), size)
        skill = np.clip(random.normal(0.8, 0.1, n_groups), 0, 1)[groups]
        y = groups % 2
        rows = {
            "random": random.permutation(len(y))[: len(y) // 5],
            "grouped": np.flatnonzero(np.isin(groups, random.permutation(n_groups)[: n_groups // 5])),
        }
        probes = []
        for name in ("nearest", "network"):
            said = np.where(random.random(len(y)) < skill, y, 1 - y)
            scores = {}
            for kind, held in rows.items():
                found = summarise(said[held], y[held], groups[held], 2, CompareOptions(metric="accuracy"))
                scores[kind] = {"mean": found.mean, "low": found.low, "high": found.high}
            probes.append({"name": name, "words": name, **scores})
        measured = {**harm(source="declared"), "contestants": probes}
        card = changed({"data.groups.declared": True, "data.groups.n_groups": n_groups})["data"]
        card["probes"]["harm"] = measured
        spoke += bool(check_data(card))
    assert spoke <= 6  # of 100 at one-sided 2.5 % for both probes together: above 6 with probability 0.01


def test_copies_across_declared_groups_leak_and_the_groups_kept_are_named() -> None:
    changes = {
        "data.groups.n_across_declared": 4,
        "data.groups.n_rows_with_copies": 80,
        "data.groups.n_groups": 90,
        "data.groups.declared": True,
    }
    results = changed(changes)
    found = {finding.code: finding for finding in check_run(results)}
    assert set(found) == {"D008", "P002"}
    assert found["P002"].numbers == {"across_declared": 4, "n_groups": 90}
    assert "keeps the declared groups whole, which takes 4 groups of near-copies apart (P002)" in found["D008"].detail
    results["protocol"]["validation"] = "none"
    assert [finding.code for finding in check_run(results)] == ["D008"]  # no split was made


@pytest.mark.parametrize(
    ("test", "validation", "scores"),
    [
        ("file", 0.2, "the validation scores are"),
        ("holdout", 0.2, "the validation and the test scores are"),
        ("holdout", "none", "the test scores are"),
        ("folds", "none", "the test scores are"),
        ("folds", "folds", "the validation and the test scores are"),
        ("file", "none", None),
        ("file", "test", None),
    ],
)
def test_groups_too_large_leak_where_a_split_was_made(test: str, validation: Any, scores: str | None) -> None:
    results = changed({"data.groups.too_large": [40], "protocol.test": test, "protocol.validation": validation})
    found = [finding.detail for finding in check_run(results) if finding.code == "P002"]
    assert len(found) == (scores is not None)
    assert scores is None or scores in found[0]


def test_of_a_holdout_the_groups_too_large_are_counted_among_all_rows_that_were_searched() -> None:
    changes = {"data.groups.too_large": [600], "data.n_rows_searched": 1250, "protocol.test": "holdout"}
    found = {finding.code: finding.detail for finding in check_run(changed(changes))}
    assert found["D011"].startswith("Of 1,250 pictures that were searched")
    assert found["P002"].startswith("600 of 1,250 rows")


@pytest.mark.parametrize(
    ("difference", "half_width", "severity"),
    [(-0.2, 0.1, "error"), (0.0, 0.004, "error"), (0.01, 0.1, "warning"), (0.3, 0.1, None)],
)
@pytest.mark.parametrize("metric", ["f1_macro", "log_loss"])
@pytest.mark.parametrize("is_turned", [False, True])
def test_no_better_than_guessing_is_judged_by_the_paired_comparison(
    difference: float, half_width: float, severity: str | None, metric: str, is_turned: bool
) -> None:
    results = changed({"protocol.primary_metric": metric})
    for one in results["contestants"]:
        one["test"][metric] = score(1.0)
    own = difference if metric == "f1_macro" else -difference
    own = -own if is_turned else own
    names = ("dummy", "svc") if is_turned else ("svc", "dummy")
    half_width = half_width if metric == "f1_macro" or difference else 0.0  # a loss has no margin of equality
    ends = {"difference": own, "low": own - half_width, "high": own + half_width}
    pair = {"a": names[0], "b": names[1], "metric": metric, "on": "test", "decision": "undecided", **ends}
    better = {**pair, "a": "net", "b": "dummy", "difference": 1, "low": 1, "high": 1}
    better |= dict.fromkeys(ends, -1) if metric == "log_loss" else {}
    results["comparisons"] = [pair, better]
    found = [finding for finding in check_run(results) if finding.code == "R004"]
    assert [finding.severity for finding in found] == [severity] * (severity is not None)


def test_without_intervals_only_a_mean_that_is_no_better_speaks() -> None:
    alone = {"mean": 0.5, "low": None, "high": None, "values": [0.5]}
    results = changed({"contestants.1.test.f1_macro": alone})
    assert check_run(results) == []
    results["contestants"][1]["test"]["f1_macro"]["mean"] = 0.05
    assert [(finding.code, finding.severity) for finding in check_run(results)] == [("R004", "warning")]


def test_a_network_that_leads_on_equal_rows_is_not_under_fitted() -> None:
    """Validation rows can be harder than test rows for everyone: the network's 0.69 there is no match for svc's 0.8."""
    results = changed({"contestants.0.history": LOW, "contestants.0.validation": WEAK})
    assert "R002" not in [finding.code for finding in check_run(results)]


def test_it_is_said_that_an_accuracy_of_training_is_a_mean_over_the_epoch() -> None:
    changes = {"contestants.0.history": LOW, "contestants.0.validation": WEAK, "contestants.0.test": WEAK}
    (found,) = check_run(changed(changes))
    assert "70.0% of its own training rows at the end of training (the mean over its last epoch" in found.detail
    (found,) = check_run(changed({**changes, "contestants.0.settings.train_scores": "exact"}))
    assert "at the end of training; svc" in found.detail


def test_an_earlier_opening_is_counted_in_words() -> None:
    once = {"this_run": 1, "ever": 2, "history": [{"run": "old", "times": 1}, {"run": "this", "times": 1}]}
    (found,) = check_run(changed({"openings": once}))
    assert "were opened once before, by an earlier run here" in found.detail


def test_it_is_said_where_only_some_of_the_rows_were_measured() -> None:
    results = changed({"data.groups.n_rows_with_copies": 500, "data.probes.harm": {**harm(), "n_rows": 90_000}})
    assert "(measured on 1,000 of 90,000 rows, in whole groups)" in check_run(results)[0].detail


def test_below_the_probe_counts_where_no_nearest_neighbours_entered() -> None:
    results = changed({"data.groups.declared": True, "data.probes.harm": harm(0.92, 0.91)})
    (found,) = [finding for finding in check_run(results) if finding.code == "R005"]
    assert found.numbers == {"score": 0.8, "nearest": 0.91, "contestants": 1}


@pytest.mark.parametrize(
    "counts",
    [
        [1, 3, 2, 2],  # few rows: chance alone
        [957, 1294, 1100, 1150],  # Sign Language MNIST, which the notebook calls unbalanced
        [100] * 1000,  # many classes
    ],
)
def test_class_counts_that_chance_or_mild_difference_explain_are_no_finding(counts: list[int]) -> None:
    card = {**clean_card(), "class_counts": {"train": counts}, "class_names": [str(i) for i in range(len(counts))]}
    card["label_codes"] = None
    assert check_data(card) == []


def simulated(n_classes: int, seed: int) -> Json:
    """A clean bake-off: balanced classes, three contestants clearly apart, validation and test of one kind."""
    random = np.random.default_rng(seed)
    n_rows = max(600, 3 * n_classes)
    results = clean_results()
    results["data"] |= {
        "n_classes": n_classes,
        "class_names": [str(number) for number in range(n_classes)],
        "label_codes": list(range(n_classes)),
        "class_counts": {"train": random.multinomial(n_rows, np.full(n_classes, 1 / n_classes)).tolist()},
        "n_train": n_rows,
        "n_test": n_rows,
    }
    results["contestants"][0]["settings"]["output_units"] = n_classes
    for one, skill in zip(results["contestants"], (0.95, 0.75, 1 / n_classes), strict=True):
        n_seeds = len(one["seeds"])
        for part in ("validation", "test"):
            y = random.permutation(np.arange(n_rows) % n_classes)
            right = random.random((n_seeds, n_rows)) < skill
            said = np.where(right, y, (y + 1 + random.integers(0, n_classes - 1, (n_seeds, n_rows))) % n_classes)
            for metric in ("accuracy", "f1_macro"):
                estimate = summarise(said, y, None, n_classes, CompareOptions(metric=metric), not one["is_random"])  # type: ignore[arg-type]
                one[part][metric] = {key: getattr(estimate, key) for key in ("mean", "low", "high", "values")}
        train = float(np.mean(random.random(n_rows) < skill))
        for history in one["history"]:
            history["accuracy"] = [train]
    return results


@pytest.mark.parametrize("n_classes", [10, 100, 1000])
def test_clean_sets_of_any_number_of_classes_raise_nothing(n_classes: int) -> None:
    found = [[finding.code for finding in check_run(simulated(n_classes, seed))] for seed in range(20)]
    # These two compare scores of different rows at 95 %: one clean bake-off of twenty may raise either by chance.
    assert {code for codes in found for code in codes} <= {"R001", "R006"}
    assert sum(len(codes) for codes in found) <= 2


def posteriors(n_classes: int, sharpness: float, seed: int) -> tuple[Any, Any]:
    """What a perfect model says of rows whose classes overlap, and classes drawn from just that."""
    random = np.random.default_rng(seed)
    n_rows = max(2000, 4 * n_classes)
    logits = random.normal(0, 1, (n_rows, n_classes))
    logits[np.arange(n_rows), np.arange(n_rows) % n_classes] += sharpness
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (random.random((n_rows, 1)) > probabilities.cumsum(axis=1)).sum(axis=1).clip(max=n_classes - 1)
    return y.astype(np.int32), probabilities.astype(np.float32)


def label_finding(found: Json) -> list[str]:
    card = clean_card()
    card["probes"]["labels"] = found
    return [finding.code for finding in check_data(card)]


@pytest.mark.parametrize(
    ("n_classes", "sharpness", "temperature"),
    [
        # Models that are too sure (0.5) and too unsure (2.0) of themselves.
        *[(n_classes, sharp, heat) for n_classes, sharp in ((10, 3), (10, 9), (100, 6)) for heat in (0.5, 1.0, 2.0)],
        (1000, 9, 1.0),
    ],
)
def test_labels_are_not_doubted_where_classes_merely_overlap(
    n_classes: int, sharpness: float, temperature: float
) -> None:
    y, probabilities = posteriors(n_classes, sharpness, seed=n_classes)
    said = probabilities ** (1 / temperature)
    found = find_label_candidates(y, said / said.sum(axis=1, keepdims=True), None, np.arange(len(y)), "a model")
    assert label_finding(found) == []


def test_wrong_labels_are_found_and_their_share_is_measured() -> None:
    y, probabilities = posteriors(10, 9.0, seed=1)
    random = np.random.default_rng(2)
    wrong = random.choice(len(y), 40, replace=False)
    y[wrong] = (y[wrong] + random.integers(1, 10, 40)) % 10
    rows = np.arange(len(y)) + 1000
    found = find_label_candidates(y, probabilities, None, rows, "a model")
    assert label_finding(found) == ["D010"]
    # 40 of 2,000 are wrong: 0.02, give or take two binomial standard errors.
    assert found["wrong_share"] == pytest.approx(0.02 * 10 / 9, abs=0.0063)
    named = {candidate["row"] - 1000 for candidate in found["candidates"]}
    assert len(named) == 24
    assert len(named & set(wrong.tolist())) >= 22


def test_of_a_group_of_copies_one_row_is_shown() -> None:
    y, probabilities = posteriors(10, 9.0, seed=1)
    y[:40] = (y[0] + 1) % 10
    probabilities[:40] = probabilities[0]
    groups = np.arange(len(y))
    groups[:40] = 0
    found = find_label_candidates(y, probabilities, groups.astype(np.int64), np.arange(len(y)), "a model")
    assert sum(candidate["row"] < 40 for candidate in found["candidates"]) == 1


def test_errors_come_first() -> None:
    results = clean_results()
    results["data"]["constant_features"] = 3
    results["data"]["missing_values"] = 3
    results["protocol"]["validation"] = "test"
    assert [finding.severity for finding in check_run(results)] == ["error", "warning", "note"]


def test_every_code_has_a_page_a_line_in_the_index_and_a_case_here() -> None:
    sources = Path(bakeoff.audit.__file__).parent.glob("_*.py")
    codes = {code for source in sources for code in re.findall(r'"([DPR]\d{3})"', source.read_text(encoding="utf-8"))}
    assert codes == {page.stem for page in PAGES.glob("[DPR]*.md") if page.stem != "README"}
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert codes == set(re.findall(r"^\| \[([DPR]\d{3})\]\(\1\.md\)", index, re.MULTILINE))
    assert codes == {code for code, *_ in SPEAKS} | {"D011", "P005"}
    for code in codes:
        page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {code}: ")
        assert f"`ignore: [{code}]`" in page
