"""Run folders made up from real digits and contestants that were never trained, in the form of `docs/results.md`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bakeoff.testing._example_contestants import (
    ExampleRows,
    confusion,
    digit_rows,
    fake_scores,
    history,
    per_class,
    reliability,
    score_table,
)

__all__ = ["ExampleRun", "write_example_run"]

_FAMILIES: Mapping[str, tuple[float, float, int]] = {  # family: sharpness, noise, parameters
    "dense": (7.0, 0.08, 25_818),
    "svc": (9.0, 0.02, 0),
    "forest": (3.0, 0.22, 0),
    "knn": (5.0, 0.14, 0),
    "logistic": (4.0, 0.30, 650),
}


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """What a made-up run has and lacks.

    Parameters
    ----------
    contestants : mapping of name to family
    n_classes : int
        Up to 10: real 8x8 digits. More: two of them side by side, 8x16.
    class_names : sequence of str or None
        None: the numbers.
    n_seeds : int
        For the contestants that are random.
    kind : {"images", "rows"}
        Plain rows have no pictures.
    test : {"opened", "sealed", "none"}
    epochs : int
        Of the networks; 0 leaves no histories.
    failed : sequence of str
        Names of contestants that are entered and fail.
    bare : bool
        Leave out every key that may be missing and make null what may be null.
    """

    contestants: Mapping[str, str]
    n_classes: int = 10
    class_names: Sequence[str] | None = None
    n_seeds: int = 5
    kind: Literal["images", "rows"] = "images"
    test: Literal["opened", "sealed", "none"] = "opened"
    epochs: int = 20
    failed: Sequence[str] = ("boosting",)
    bare: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the classes."""
        return list(self.class_names or map(str, range(self.n_classes)))


_DEFAULT = ExampleRun({"dense": "dense", "svc": "svc", "forest": "forest"})


def write_example_run(folder: str | Path, run: ExampleRun = _DEFAULT) -> Path:
    """Write a run folder that nothing was trained for.

    Parameters
    ----------
    folder : path
        Made where it does not exist.
    run : ExampleRun

    Returns
    -------
    The folder.
    """
    folder = Path(folder)
    (folder / "predictions").mkdir(parents=True, exist_ok=True)
    rows = digit_rows(run.n_classes)
    parts = ("validation", "test") if run.test == "opened" else ("validation",)
    fits = {
        (name, seed): {part: fake_scores(rows, part, *_FAMILIES[family][:2], seed) for part in parts}
        for name, family in run.contestants.items()
        for seed in _seeds(run, family)
    }
    _write_predictions(folder, rows, run, fits)
    if run.kind == "images":
        _write_pictures(folder, rows, run, fits)
    results = _results(rows, run, fits)
    for name, content in {"results.json": results, "environment.json": _ENVIRONMENT}.items():
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / "recipe.yaml").write_text("schema: 1\nname: digits\ndata: digits\ncontestants: [dense, svc, forest]\n")
    return folder


_ENVIRONMENT = {
    "machine": {"processor": "x86_64", "cores": 2, "memory_gib": 8.0},
    "operating_system": "Linux 6.1",
    "python": "3.11.9",
    "versions": {"bakeoff": "0.1.0", "jax": "0.10.1", "numpy": "2.4.6", "scikit-learn": "1.9.1"},
    "devices": ["cpu:0"],
    "threads": 2,
    "command": "bakeoff run digits",
}

_Fits = Mapping[tuple[str, int], Mapping[str, Any]]


def _seeds(run: ExampleRun, family: str) -> range:
    return range(run.n_seeds) if family in {"dense", "forest"} else range(1)


def _write_predictions(folder: Path, rows: ExampleRows, run: ExampleRun, fits: _Fits) -> None:
    truth: dict[str, Any] = {
        "validation_rows": np.arange(len(rows.y_validation)),
        "validation_labels": rows.y_validation,
    }
    if run.test == "opened":
        truth |= {"test_rows": np.arange(len(rows.y_test)), "test_labels": rows.y_test}
    np.savez(folder / "predictions" / "truth.npz", **truth)
    for number, ((_, seed), parts) in enumerate(fits.items()):
        arrays: dict[str, Any] = {}
        for part, scores in parts.items():
            arrays[f"{part}_rows"] = np.arange(len(scores))
            arrays[f"{part}_labels"] = scores.argmax(1).astype(np.int32)
            arrays[f"{part}_probabilities"] = scores.astype(np.float32)
        np.savez(folder / "predictions" / f"{number}-{seed}.npz", **arrays)


def _write_pictures(folder: Path, rows: ExampleRows, run: ExampleRun, fits: _Fits) -> None:
    chosen = np.random.default_rng(0).choice(len(rows.train), 12, replace=False)
    arrays: dict[str, Any] = {
        "sample_images": rows.train[chosen],
        "sample_labels": rows.y_train[chosen],
        "class_images": np.stack([rows.train[rows.y_train == c][0] for c in range(run.n_classes)]),
    }
    for (name, seed), parts in fits.items():
        if seed != 0:
            continue
        scores = parts["validation"]
        said, sure = scores.argmax(1), scores.max(1)
        order = [i for i in np.argsort(-sure) if said[i] != rows.y_validation[i]][:24]
        if not _has_probabilities(run, name):
            sure = np.full(len(sure), np.nan)
        found = {"images": rows.validation, "said": said, "true": rows.y_validation, "confidence": sure}
        for key, values in {**found, "row": np.arange(len(said))}.items():
            arrays[f"mistakes_{name}_{key}"] = values[order]
    np.savez_compressed(folder / "pictures.npz", **arrays)


def _has_probabilities(run: ExampleRun, name: str) -> bool:
    return run.contestants[name] != "svc"


def _results(rows: ExampleRows, run: ExampleRun, fits: _Fits) -> dict[str, Any]:
    contestants = [_contestant(rows, run, name, fits) for name in run.contestants]
    contestants += [_failed(name) for name in run.failed]
    results: dict[str, Any] = {
        "schema": 1,
        "name": "digits",
        "created": "2026-11-22T17:00:00Z",
        "command": "bakeoff run recipe.yaml",
        "data": _data(rows, run),
        "protocol": _protocol(run),
        "findings": [] if run.bare else _FINDINGS,
        "contestants": contestants,
        "comparisons": [] if run.bare else _comparisons(contestants, run),
        "claims": [] if run.bare else _claims(contestants, run),
        "openings": {"this_run": int(run.test == "opened"), "ever": 3 if run.test == "opened" else 0},
        "verdict": (
            "dense and svc cannot be told apart on macro F1; both are better than forest. "
            "The difference between dense and svc is 0.31 points (95 % interval −1.0 to 1.7), for these fits."
        ),
    }
    return results


_FINDINGS = [
    {
        "code": "P003",
        "severity": "warning",
        "title": "Five seeds or fewer",
        "detail": "With 5 seeds the spread between seeds is known only roughly.",
        "numbers": {"seeds": 5},
    },
    {"code": "D004", "severity": "note", "title": "Classes are balanced", "detail": "174 to 183 rows.", "numbers": {}},
]


def _data(rows: ExampleRows, run: ExampleRun) -> dict[str, Any]:
    n_test = 0 if run.test == "none" else len(rows.y_test)
    counts = {
        "train": np.bincount(rows.y_train, minlength=run.n_classes).tolist(),
        "validation": np.bincount(rows.y_validation, minlength=run.n_classes).tolist(),
        "test": np.bincount(rows.y_test, minlength=run.n_classes).tolist() if run.test == "opened" else None,
    }
    images = run.kind == "images"
    height, width = rows.train.shape[1:]
    return {
        "name": "digits",
        "kind": run.kind,
        "n_train": len(rows.y_train),
        "n_validation": len(rows.y_validation),
        "n_test": n_test,
        "n_classes": run.n_classes,
        "sha256": "9b71c0" + "0" * 58,
        "groups": {"declared": False, "n_groups": None, "median_size": None, "largest": None, "leaking": None},
        "class_names": run.names,
        "image_shape": [height, width, 1] if images else None,
        "pixel_max": 16 if images else None,
        "n_features": height * width,
        "feature_names": None if images else [f"feature {i}" for i in range(height * width)],
        "class_counts": counts,
        "missing_values": 0,
        "value_range": [0, 16],
        "exact_copies": {"train": 0, "test_in_train": 0},
        "decisions": [f"The rows are {run.kind}: {height * width} columns of whole numbers from 0 to 16."],
        "sources": [{"name": "digits.csv.gz", "sha256": "ab" * 32, "n_bytes": 57523}],
    }


def _protocol(run: ExampleRun) -> dict[str, Any]:
    return {
        "test": "file",
        "validation": 0.2,
        "refit": True,
        "primary_metric": "f1_macro",
        "seeds": list(range(run.n_seeds)),
        "threads": 2,
        "margin": 0.005,
        "confidence": 0.95,
        "time_limit_seconds": 600,
        "sentences": [
            "A fifth of the training rows, the same share of each class, was kept for validation.",
            "Every contestant was then fitted again on all training rows, and that fit saw the test rows.",
        ],
    }


def _contestant(rows: ExampleRows, run: ExampleRun, name: str, fits: _Fits) -> dict[str, Any]:
    family = run.contestants[name]
    mine = [parts for (owner, _), parts in fits.items() if owner == name]
    has_probabilities = _has_probabilities(run, name) and not run.bare
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
    seeds = list(_seeds(run, family))
    entry: dict[str, Any] = {
        "name": name,
        "family": family,
        "seeds": seeds,
        "parameters": _FAMILIES[family][2] or None,
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


def _failed(name: str) -> dict[str, Any]:
    reason = "ran past its time limit of 600 s"
    return {
        "name": name,
        "family": "boosting",
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


def _comparisons(contestants: Sequence[Mapping[str, Any]], run: ExampleRun) -> list[dict[str, Any]]:
    on = "test" if run.test == "opened" else "validation"
    ranked = sorted((c for c in contestants if c[on]), key=lambda c: -c[on]["f1_macro"]["mean"])
    pairs = []
    for i, a in enumerate(ranked):
        for b in ranked[i + 1 :]:
            difference = a[on]["f1_macro"]["mean"] - b[on]["f1_macro"]["mean"]
            low, high = difference - 0.012, difference + 0.012
            decision = "better" if low > 0 else "undecided"
            pairs.append(
                {"a": a["name"], "b": b["name"], "metric": "f1_macro", "on": on, "estimand": "this fit",
                 "n_groups": 360, "difference": difference, "low": low, "high": high,
                 "p_value": 0.0004 if decision == "better" else 0.41, "probability_better": None,
                 "decision": decision, "groups_needed": None if decision == "better" else 2900}
            )  # fmt: skip
    return pairs


def _claims(contestants: Sequence[Mapping[str, Any]], run: ExampleRun) -> list[dict[str, Any]]:
    on = "test" if run.test == "opened" else "validation"
    first = next((c for c in contestants if c[on]), None)
    if first is None:
        return []
    score = first[on]["accuracy"]
    claim = {"contestant": first["name"], "metric": "accuracy", "published": round(score["mean"], 4),
             "measured": score["mean"], "low": score["low"], "high": score["high"], "agrees": True,
             "explanation": "It lies in the prediction interval of five seeds."}  # fmt: skip
    missed = {**claim, "published": 0.5, "agrees": False, "explanation": "It lies below every seed."}
    return [claim, missed]
