"""The made-up runs keep the contract of results.json, and what departs from it is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bakeoff.testing._results_schema import check_results
from bakeoff.testing._run_folder import ExampleRun, write_example_run

LINE_UP = {"dense": "dense", "svc": "svc"}


def made(folder: Path, **options: Any) -> dict[str, Any]:
    write_example_run(folder, ExampleRun(**({"contestants": LINE_UP, "n_seeds": 2, "epochs": 3} | options)))
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"test": "sealed"},
        {"test": "none"},
        {"kind": "rows"},
        {"n_classes": 12},
        {"contestants": {}},
    ],
)
def test_a_made_up_run_keeps_the_contract(options: dict[str, Any], tmp_path: Path) -> None:
    assert check_results(made(tmp_path, **options)) == []


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(results: dict[str, Any]) -> None:
        place: Any = results
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


WRONG = {
    "schema": (put("schema", value=2), "schema: must be 1, got 2"),
    "kind": (put("data", "kind", value="text"), "data.kind"),
    "too few names": (put("data", "class_names", value=["a"]), "data.class_names"),
    "score above 1": (put("contestants", 0, "test", "accuracy", "mean", value=97.3), "accuracy.mean"),
    "not a number": (put("contestants", 0, "seconds", "fit", value="1 s"), "seconds.fit"),
    "truth as a number": (put("contestants", 0, "parameters", value=True), "parameters"),
    "interval upside down": (put("comparisons", 0, "low", value=5.0), "low must not exceed high"),
    "stranger": (put("comparisons", 0, "a", value="nobody"), "must be a contestant"),
    "ragged history": (put("contestants", 0, "history", 0, "loss", value=[1.0]), "one number an epoch"),
    "decision": (put("comparisons", 0, "decision", value="maybe"), "decision"),
    "threshold": (put("data", "groups", "threshold", value=98), "groups.threshold"),
    "probe": (put("data", "probes", "harm", "contestants", 0, "random", "mean", value=99.8), "random.mean"),
    "candidate": (put("data", "probes", "labels", "candidates", 0, "row", value=-1), "candidates[0].row"),
    "without copies": (put("contestants", 0, "test_without_copies", "accuracy", value=0.9), "test_without_copies"),
    "finding": (put("findings", 0, "code", value="X1"), "findings[0].code"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_departure_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    change, words = WRONG[name]
    results = made(tmp_path)
    change(results)
    assert any(words in sentence for sentence in check_results(results))


@pytest.mark.parametrize("key", ["data", "contestants", "comparisons", "openings", "verdict", "claims", "findings"])
def test_a_missing_key_is_named(key: str, tmp_path: Path) -> None:
    results = made(tmp_path)
    del results[key]
    assert f"{key}: is missing" in check_results(results)
