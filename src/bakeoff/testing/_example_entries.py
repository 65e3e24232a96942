"""The contestants of a made-up run as ``results.json`` has them."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from bakeoff.testing._example_contestants import ExampleRows, confusion, history, per_class, reliability, score_table
from bakeoff.testing._example_probes import clean_test_scores
from bakeoff.testing._example_run import FAMILIES, RANDOM_FAMILIES, ExampleRun

__all__ = ["Fits", "contestant_entry", "failed_entry"]

Fits: TypeAlias = Mapping[tuple[str, int], Mapping[str, Any]]
"""Class scores of each part, by contestant and seed."""


def contestant_entry(rows: ExampleRows, run: ExampleRun, name: str, fits: Fits) -> dict[str, Any]:
    """One of ``contestants`` that was scored on made-up predictions."""
    family = run.contestants[name]
    mine = [parts for (owner, _), parts in fits.items() if owner == name]
    has_probabilities = run.has_probabilities(name) and not run.bare
    y = {"validation": rows.y_validation, "test": rows.y_test}
    parts: dict[str, Any] = dict.fromkeys(("validation", "test"))
    tables: dict[str, dict[str, Any]] = {key: dict(parts) for key in ("per_class", "confusion", "reliability")}
    for part in mine[0]:
        parts[part] = score_table(y[part], [fit[part] for fit in mine], has_probabilities)
        mean = np.mean([fit[part] for fit in mine], axis=0)
        tables["per_class"][part] = per_class(y[part], mean, run.names)
        tables["confusion"][part] = np.mean([confusion(y[part], fit[part]) for fit in mine], axis=0).tolist()
        tables["reliability"][part] = reliability(y[part], mean) if has_probabilities else None
    is_network = family == "dense"
    seeds = list(run.seeds(family))
    entry: dict[str, Any] = {
        "name": name,
        "family": family,
        "is_random": family in RANDOM_FAMILIES,
        "seeds": seeds,
        "parameters": FAMILIES[family][2] or None,
        "bytes": 104_312,
        "settings": {"hidden_layer_sizes": [32, 16], "learning_rate": 0.001} if is_network else {"C": 1.0},
        **parts,
        "seconds": _SECONDS[family],
        "fits": [_fit(seed, stage) for seed in seeds for stage in ("validation", "refit")],
        "status": "ok",
        "reason": None,
        **tables,
        "history": [
            {"seed": seed, "stage": "validation", **history(seed, run.epochs, 0.97)} for seed in seeds if run.epochs
        ]
        if is_network
        else [],
        "summary": _SUMMARY if is_network else [{"name": "StandardScaler", "output": "64", "parameters": None}],
    }
    if run.is_probed:
        opened = [fit["test"] for fit in mine if "test" in fit]
        entry["test_without_copies"] = clean_test_scores(rows.y_test, opened, has_probabilities) if opened else None
    if run.bare:
        for key in ("per_class", "confusion", "reliability", "history", "summary", "settings"):
            del entry[key]
        entry |= {"parameters": None, "bytes": None, "seconds": dict.fromkeys(entry["seconds"])}
    return entry


_SECONDS = {
    "dense": {"fit": 1.84, "compile": 1.31, "predict": 0.021, "predict_one_ms": 0.42},
    "svc": {"fit": 0.092, "compile": 0.0, "predict": 0.061, "predict_one_ms": 0.19},
    "forest": {"fit": 0.31, "compile": 0.0, "predict": 0.034, "predict_one_ms": 6.8},
    "knn": {"fit": 0.002, "compile": 0.0, "predict": 0.12, "predict_one_ms": 1.9},
    "logistic": {"fit": 0.21, "compile": 0.0, "predict": 0.003, "predict_one_ms": 0.11},
}
_SUMMARY = [
    {"name": "dense (relu)", "output": "(None, 32)", "parameters": 25_120},
    {"name": "dense_1 (relu)", "output": "(None, 16)", "parameters": 528},
    {"name": "dense_2 (softmax)", "output": "(None, 10)", "parameters": 170},
]


def _fit(seed: int, stage: str, status: str = "ok", reason: str | None = None) -> dict[str, Any]:
    key = f"{seed:02x}" * 32
    return {"seed": seed, "stage": stage, "status": status, "reason": reason, "key": key, "epochs": None,
            "reused": False, "notes": []}  # fmt: skip


def failed_entry(name: str) -> dict[str, Any]:
    """One of ``contestants`` that ran past its time."""
    reason = "ran past its time limit of 600 s"
    return {
        "name": name,
        "family": "boosting",
        "is_random": True,
        "seeds": [0],
        "parameters": None,
        "bytes": None,
        "settings": {},
        "validation": None,
        "test": None,
        "seconds": {"fit": None, "compile": None, "predict": None, "predict_one_ms": None},
        "fits": [_fit(0, "validation", "timed out", reason)],
        "status": "timed out",
        "reason": reason,
        "per_class": {"validation": None, "test": None},
        "confusion": {"validation": None, "test": None},
        "reliability": {"validation": None, "test": None},
        "history": [],
        "summary": [],
    }
