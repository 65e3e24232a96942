"""Checks: each has a case in which it speaks and one in which it is silent."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

import bakeoff.audit
from bakeoff.audit import check_data, check_run

PAGES = Path(__file__).parents[2] / "docs" / "checks"


def clean_card() -> dict[str, Any]:
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
    }


def clean_results() -> dict[str, Any]:
    network = {
        "name": "net",
        "family": "dense",
        "is_random": True,
        "seeds": [0, 1, 2, 3, 4],
        "settings": {"output_units": 4, "output_activation": "softmax", "loss": "categorical_crossentropy"},
        "test": {"f1_macro": {"mean": 0.9}},
        "validation": None,
        "fits": [{"notes": []}],
    }
    dummy = {**network, "name": "dummy", "family": "dummy", "is_random": False, "seeds": [0], "settings": {}}
    dummy["test"] = {"f1_macro": {"mean": 0.1}}
    return {
        "data": {**clean_card(), "n_classes": 4},
        "protocol": {"validation": 0.2, "primary_metric": "f1_macro"},
        "contestants": [network, dummy],
        "openings": {"this_run": 1, "ever": 1},
    }


def test_clean_data_and_a_clean_run_raise_nothing() -> None:
    assert check_data(clean_card()) == []
    assert check_run(clean_results()) == []


@pytest.mark.parametrize(
    ("code", "path", "value", "numbers"),
    [
        ("D001", "data.missing_values", 768, {"missing": 768, "cells": 76_800}),
        ("D002", "data.constant_features", 3, {"constant": 3, "n_features": 64}),
        ("D003", "data.label_codes", [0, 1, 2, 4], {"absent": 1, "first_absent": 3}),
        ("D004", "data.class_counts.train", [20, 320, 330, 330], {"rarest": 20, "mean": 250, "largest": 330}),
        ("D005", "data.exact_copies.train", 5, {"copies": 5, "n_train": 1000}),
        ("D006", "data.exact_copies.test_in_train", 5, {"copies": 5, "n_test": 200}),
        ("D007", "data.value_range", [0, 1], {"low": 0, "high": 1, "possible": 255}),
        ("P001", "protocol.validation", "test", {"this_run": 1, "ever": 1}),
        ("P003", "contestants.0.seeds", [0], {"fewest": 1, "contestants": 1}),
        ("P007", "contestants.0.settings.output_units", 5, {"output_units": 5, "n_classes": 4}),
        ("P008", "contestants.0.settings.loss", "mean_squared_error", {"output_activation": "softmax"}),
        ("R003", "contestants.0.fits", [{"notes": ["did not converge in 5 iterations"]}], {"notes": 1}),
        ("R004", "contestants.0.test.f1_macro.mean", 0.1, {"score": 0.1, "dummy": 0.1}),
    ],
)
def test_a_check_speaks_where_its_case_is_and_only_it(
    code: str, path: str, value: Any, numbers: dict[str, Any]
) -> None:
    results = copy.deepcopy(clean_results())
    place: Any = results
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    place[last] = value
    found = check_run(results)
    assert [finding.code for finding in found] == [code]
    assert found[0].numbers == numbers
    assert check_run(results, ignore=[code]) == []


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


def test_errors_come_first() -> None:
    results = clean_results()
    results["data"]["constant_features"] = 3
    results["data"]["missing_values"] = 3
    results["protocol"]["validation"] = "test"
    assert [finding.severity for finding in check_run(results)] == ["error", "warning", "note"]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    sources = Path(bakeoff.audit.__file__).parent.glob("_*.py")
    codes = {code for source in sources for code in re.findall(r'"([DPR]\d{3})"', source.read_text())}
    assert codes == {page.stem for page in PAGES.glob("[DPR]*.md") if page.stem != "README"}
    index = (PAGES / "README.md").read_text()
    assert all(f"[{code}]({code}.md)" in index for code in codes)
