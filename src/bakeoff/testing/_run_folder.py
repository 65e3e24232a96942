"""Run folders made up from real digits and contestants that were never trained, in the form of `docs/results.md`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.testing._example_contestants import ExampleRows, digit_rows, fake_scores
from bakeoff.testing._example_entries import Fits, contestant_entry, failed_entry
from bakeoff.testing._example_probes import (
    found_groups,
    opening_record,
    probe_findings,
    probe_pictures,
    probe_results,
)
from bakeoff.testing._example_run import FAMILIES, ExampleRun

__all__ = ["ExampleRun", "write_example_run"]

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
        (name, seed): {part: fake_scores(rows, part, *FAMILIES[family][:2], seed) for part in parts}
        for name, family in run.contestants.items()
        for seed in run.seeds(family)
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


def _write_predictions(folder: Path, rows: ExampleRows, run: ExampleRun, fits: Fits) -> None:
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


def _write_pictures(folder: Path, rows: ExampleRows, run: ExampleRun, fits: Fits) -> None:
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
        if not run.has_probabilities(name):
            sure = np.full(len(sure), np.nan)
        found = {"images": rows.validation, "said": said, "true": rows.y_validation, "confidence": sure}
        for key, values in {**found, "row": np.arange(len(said))}.items():
            arrays[f"mistakes_{name}_{key}"] = values[order]
        if run.contestants[name] == "dense":
            moved = [np.roll(rows.train[chosen[:4]], k, axis=2) for k in range(4)]
            arrays[f"distorted_{name}_images"] = np.stack(moved, axis=1)
    if run.is_probed:
        arrays |= probe_pictures(rows)
    np.savez_compressed(folder / "pictures.npz", **arrays)


def _results(rows: ExampleRows, run: ExampleRun, fits: Fits) -> dict[str, Any]:
    contestants = [contestant_entry(rows, run, name, fits) for name in run.contestants]
    contestants += [failed_entry(name) for name in run.failed]
    results: dict[str, Any] = {
        "schema": 1,
        "name": "digits",
        "created": "2026-11-22T17:00:00Z",
        "command": "bakeoff run recipe.yaml",
        "data": _data(rows, run),
        "protocol": _protocol(run),
        "findings": _findings(run),
        "contestants": contestants,
        "comparisons": [] if run.bare else _comparisons(contestants, run),
        "claims": [] if run.bare else _claims(contestants, run),
        "claim_sentences": ["Of 2 published figures 1 agrees with what was measured here and 1 does not."],
        "openings": opening_record(run.test == "opened"),
        "verdict": (
            "dense and svc cannot be told apart on macro F1; both are better than forest. "
            "The difference between dense and svc is 0.31 points (95 % interval −1.0 to 1.7), for these fits."
        ),
    }
    if not run.is_probed:
        results["openings"] = {key: results["openings"][key] for key in ("this_run", "ever")}
    return results


def _findings(run: ExampleRun) -> list[dict[str, Any]]:
    if run.bare:
        return []
    return [*(probe_findings() if run.is_probed else ()), *_FINDINGS]


_FINDINGS = [
    {
        "code": "P008",
        "severity": "warning",
        "title": "Saturating output with squared error",
        "detail": "dense trains a softmax output by mean squared error.",
        "numbers": {"output_activation": "softmax"},
    },
    {
        "code": "D003",
        "severity": "note",
        "title": "A label never occurs",
        "detail": "The labels run from 0 to 10, but 9 never occurs.",
        "numbers": {"absent": 1, "first_absent": 9},
    },
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
    groups = {"declared": False, "n_groups": None, "median_size": None, "largest": None, "leaking": None}
    if run.is_probed:
        groups = found_groups(rows, n_test > 0)
    card = {
        "name": "digits",
        "kind": run.kind,
        "n_train": len(rows.y_train),
        "n_validation": len(rows.y_validation),
        "n_test": n_test,
        "n_classes": run.n_classes,
        "sha256": "9b71c0" + "0" * 58,
        "groups": groups,
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
    return card | {"probes": probe_results(rows, run.kind, n_test > 0)} if run.is_probed else card


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
        "decided_on": "test" if run.test == "opened" else "validation",
        "sentences": [
            "A fifth of the training rows, the same share of each class, was kept for validation.",
            "Every contestant was then fitted again on all training rows, and that fit saw the test rows.",
        ],
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
    claim = {
        "contestant": first["name"],
        "metric": "accuracy",
        "published": round(score["mean"], 4),
        "digits": 4,
        "on": on,
        "source": None,
        "measured": score["mean"],
        "low": score["low"],
        "high": score["high"],
        "agrees": True,
        "explanation": "It lies in the prediction interval of five seeds.",
        "like_for_like": None,
    }
    missed = {**claim, "published": 0.5, "agrees": False, "explanation": "It lies below every seed."}
    return [claim, missed]
