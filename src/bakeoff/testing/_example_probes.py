"""What a made-up run says of the trust in its scores: groups, probes, openings, and the pictures to look at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.testing._example_contestants import ExampleRows, score_table

__all__ = ["clean_test_scores", "found_groups", "opening_record", "probe_findings", "probe_pictures", "probe_results"]

Floats = NDArray[np.float64]

_N_COPIES = 8
_N_CANDIDATES = 12
_EVERY = 30  # of the test rows, one has a near-copy in training


def found_groups(rows: ExampleRows, has_test: bool) -> dict[str, Any]:
    """``data.groups`` after a search that found 30 groups of `_N_COPIES` rows."""
    n_copies = 30 * _N_COPIES
    return {
        "declared": False,
        "found": True,
        "n_groups": len(rows.y_train) - n_copies + 30,
        "median_size": 1.0,
        "largest": _N_COPIES,
        "leaking": 12 if has_test else None,
        "n_rows_with_copies": n_copies,
        "n_mixed": 1,
        "threshold": 0.98,
        "n_test_copies": int(_copied(len(rows.y_test)).sum()) if has_test else None,
        "too_large": [],
        "whole_class": [],
        "n_pairs": 30 * _N_COPIES * (_N_COPIES - 1) // 2,
        "expected_by_chance": 0.01,
    }


def probe_results(rows: ExampleRows, run_kind: str, has_test: bool) -> dict[str, Any]:
    """``data.probes``: grouped scores far below random ones, a few labels to look at, and parts that are alike."""
    order, suggested, confidence = _candidates(rows)
    candidates = [
        {"row": int(row), "label": int(rows.y_train[row]), "suggested": int(suggested[row]),
         "confidence": float(confidence[row])}
        for row in order
    ]  # fmt: skip
    n_rows = len(rows.y_train)
    harm = {
        "metric": "accuracy",
        "from": "found",
        "n_train": n_rows * 4 // 5,
        "n_validation": n_rows // 5,
        "contestants": [
            {"name": "nearest", "words": "1-nearest-neighbour", "random": _score(0.998), "grouped": _score(0.712)},
            {"name": "network", "words": "a small network", "random": _score(0.971), "grouped": _score(0.653)},
        ],
    }
    return {
        "harm": harm if run_kind == "images" else None,
        "unlike": {"accuracy": {"mean": 0.503, "low": 0.472, "high": 0.534}, "chance": 0.5, "n_rows": 700}
        if has_test
        else None,
        "labels": {
            "n_candidates": len(candidates),
            "n_rows": n_rows,
            "by": "a small network",
            "accuracy": 0.965,
            "wrong_share": 0.008,
            "evidence": 25.0,
            "candidates": candidates,
        },
    }


def probe_findings() -> list[dict[str, Any]]:
    """``findings`` of the checks that tell of groups and of labels."""
    return [
        {
            "code": "D008",
            "severity": "warning",
            "title": "Near-copies in groups",
            "detail": "240 of 1,150 training pictures have a near-copy among the others. A random split would promise "
            "1-nearest-neighbour 99.8 % instead of 71.2 % (69.2 to 73.2).",
            "numbers": {"rows_with_copies": 240, "nearest_random": 0.998, "nearest_grouped": 0.712},
        },
        {
            "code": "D010",
            "severity": "note",
            "title": "Labels to look at",
            "detail": f"A small network doubts {_N_CANDIDATES} labels, more surely than its own mistakes explain.",
            "numbers": {"candidates": _N_CANDIDATES, "evidence": 25.0},
        },
    ]


def _score(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.02, "high": min(mean + 0.02, 1.0)}


def clean_test_scores(y: NDArray[np.int32], seeds: list[Floats], has_probabilities: bool) -> dict[str, Any]:
    """``contestants[].test_without_copies``: scores of the test rows that have no near-copy in training."""
    clean = ~_copied(len(y))
    return score_table(y[clean], [scores[clean] for scores in seeds], has_probabilities)


def _copied(n_rows: int) -> NDArray[np.bool_]:
    return np.asarray(np.arange(n_rows) % _EVERY == 0)


def opening_record(is_open: bool) -> dict[str, Any]:
    """``openings``: this run is the third that looks at its test labels."""
    if not is_open:
        return {"this_run": 0, "ever": 0, "sentences": ["The test labels were never opened."], "history": []}
    history = [
        {"created": f"2026-11-{day}T17:00:00Z", "run": f"digits-202611{day}T165500Z", "purpose": purpose, "times": 1,
         "shared_rows": rows}
        for day, purpose, rows in (
            (20, "scores of svc", 360), (21, "scores of dense, svc", 180), (22, "scores of dense, svc, forest", 360)
        )
    ]  # fmt: skip
    sentences = ["The labels of these test rows were opened 3 times, once by this run.",
                 "One of the earlier openings was of a test set that shares 180 of the 360 rows."]  # fmt: skip
    return {"this_run": 1, "ever": 3, "sentences": sentences, "history": history}


def probe_pictures(rows: ExampleRows) -> dict[str, NDArray[Any]]:
    """Arrays for ``pictures.npz``: a digit with its copies, brighter and noisier, and the labels to look at."""
    chance = np.random.default_rng(3)
    first = rows.train[0].astype(np.float64)
    gains = np.linspace(1.0, 0.6, _N_COPIES)
    noise = chance.normal(0, 6, (_N_COPIES, *first.shape)) * (np.arange(_N_COPIES) > 0)[:, None, None]
    copies = np.clip(first * gains[:, None, None] + noise, 0, 255).astype(np.uint8)
    order, suggested, confidence = _candidates(rows)
    return {
        "group_images": copies,
        "group_rows": np.arange(_N_COPIES) * 17,
        "group_similarity": np.array([np.corrcoef(first.ravel(), copy.ravel())[0, 1] for copy in copies], np.float32),
        "label_images": rows.train[order],
        "label_rows": order,
        "label_given": rows.y_train[order],
        "label_suggested": suggested[order].astype(np.int32),
        "label_confidence": confidence[order].astype(np.float32),
    }


def _candidates(rows: ExampleRows) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Training rows with the nearest image of another class for its distance, the oddest first."""
    X = rows.train.reshape(len(rows.train), -1) / 255.0
    squared = (X**2).sum(1)
    far = np.sqrt(np.maximum(squared[:, None] + squared - 2 * X @ X.T, 0))
    np.fill_diagonal(far, np.inf)
    nearest = np.stack([far[:, rows.y_train == c].min(axis=1) for c in range(int(rows.y_train.max()) + 1)], axis=1)
    own = nearest[np.arange(len(X)), rows.y_train]
    nearest[np.arange(len(X)), rows.y_train] = np.inf
    confidence = own / (own + nearest.min(axis=1))
    return np.argsort(-confidence, kind="stable")[:_N_CANDIDATES], nearest.argmin(axis=1), confidence
