"""What a run leaves on the disk; ``docs/results.md`` lists it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bakeoff.contest._contestant_results import PARTS, PartTruth, gather
from bakeoff.contest._folder import RunFolder
from bakeoff.contest._job import Fit
from bakeoff.contest._pictures import data_pictures, distorted_pictures, mistakes
from bakeoff.contest._plan import Plan
from bakeoff.contest._probe_pictures import copies_pictures, label_pictures
from bakeoff.contest._results import Outcome
from bakeoff.contestants import strengths_of
from bakeoff.data import Dataset
from bakeoff.store import fingerprint_rows

__all__ = ["shown_rows", "write_run"]


def write_run(
    plan: Plan, folder: RunFolder, fits: Mapping[str, list[Fit]], outcome: Outcome, environment: Mapping[str, Any]
) -> None:
    """Write every file of a run but its recipe, its log and its report; ``results.json`` last."""
    results = outcome.results
    folder.write_arrays("predictions/truth.npz", _truth_arrays(plan, outcome.truth))
    if plan.parts.test == "file":
        folder.write_arrays("predictions/rows.npz", _test_row_arrays(plan.dataset))
    _write_predictions(plan, folder, fits)
    _write_pictures(plan, folder, outcome)
    folder.write_json("environment.json", {**environment, "threads": plan.threads, "command": results["command"]})
    folder.write_json("data.json", results["data"])
    _write_leaderboard(folder, results)
    for entry in results["contestants"]:
        for history in entry["history"]:
            _write_history(folder, entry["name"], history)
    for name, own in fits.items():
        for fit in own:
            if fit.record is not None and fit.record.model_files:
                folder.write_files(f"models/{name}-{fit.seed}", fit.record.model_files)
    # Last, since its presence says that the run is whole.
    folder.write_json("results.json", results)


def _write_leaderboard(folder: RunFolder, results: Mapping[str, Any]) -> None:
    metrics = ("accuracy", "f1_macro", "f1_weighted", "log_loss")
    header = ["contestant", "family", "status", "seeds", "parameters"]
    header += [f"{part}_{metric}{end}" for part in PARTS for metric in metrics for end in ("", "_low", "_high")]
    header += ["fit_seconds", "compile_seconds", "predict_seconds", "predict_one_ms"]
    lines = []
    for entry in results["contestants"]:
        line = [entry["name"], entry["family"], entry["status"], len(entry["seeds_scored"]), entry["parameters"]]
        for part in PARTS:
            for metric in metrics:
                known = (entry[part] or {}).get(metric) or {}
                line += [known.get("mean"), known.get("low"), known.get("high")]
        line += [entry["seconds"][key] for key in ("fit", "compile", "predict", "predict_one_ms")]
        lines.append(line)
    folder.write_table("leaderboard.csv", header, lines)


def _write_history(folder: RunFolder, name: str, history: Mapping[str, Any]) -> None:
    curves = {key: values for key, values in history.items() if isinstance(values, list)}
    end = "-refit" if history["stage"] == "refit" else ""
    fold = f"-fold{history['division'] + 1}" if history["division"] else ""
    lines = [(epoch + 1, *values) for epoch, values in enumerate(zip(*curves.values(), strict=True))]
    folder.write_table(f"history/{name}-{history['seed']}{fold}{end}.csv", ["epoch", *curves], lines)


def _truth_arrays(plan: Plan, truth: Mapping[str, PartTruth | None]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for part, known in truth.items():
        if known is not None:
            arrays[f"{part}_rows"] = shown_rows(plan, part, known.rows)
            arrays[f"{part}_labels"] = known.labels
    return arrays


def _test_row_arrays(dataset: Dataset) -> dict[str, Any]:
    """What whoever keeps the labels needs to score these predictions: which rows they are, and their groups."""
    arrays: dict[str, Any] = {}
    if dataset.X_test is not None:
        arrays["test_fingerprints"] = fingerprint_rows(dataset.X_test)
    if dataset.groups_test is not None:
        arrays["test_groups"] = dataset.groups_test
    return arrays


def shown_rows(plan: Plan, part: str, rows: Any) -> Any:
    """Positions in the file that the rows came from."""
    return rows - len(plan.dataset.X_train) if part == "test" and plan.parts.test == "file" else rows


def _write_predictions(plan: Plan, folder: RunFolder, fits: Mapping[str, list[Fit]]) -> None:
    for name, own in fits.items():
        by_seed: dict[int, list[Fit]] = {}
        for fit in own:
            by_seed.setdefault(fit.seed, []).append(fit)
        for seed, of_seed in by_seed.items():
            arrays: dict[str, Any] = {}
            for part in PARTS:
                whole = gather(part, of_seed)
                if whole is None:
                    continue
                arrays[f"{part}_rows"] = shown_rows(plan, part, whole.rows)
                arrays[f"{part}_labels"] = whole.labels[0]
                if whole.probabilities is not None:
                    arrays[f"{part}_probabilities"] = whole.probabilities[0]
                if whole.scores is not None:
                    arrays[f"{part}_scores"] = whole.scores[0]
            if arrays:
                folder.write_arrays(f"predictions/{name}-{seed}.npz", arrays)


def _write_pictures(plan: Plan, folder: RunFolder, outcome: Outcome) -> None:
    """Of folds, the mistakes are those out of fold; else those on validation rows: the test rows stay unseen."""
    train = plan.parts.divisions[0].train
    pictures = data_pictures(plan.dataset, train)
    if not pictures:
        return
    pictures |= copies_pictures(plan.dataset, train)
    pictures |= label_pictures(plan.dataset, outcome.results["data"]["probes"]["labels"])
    part = "test" if plan.parts.test == "folds" else "validation"
    truth = outcome.truth[part]
    for name, own in outcome.predictions.items():
        said = own[part]
        if said is None or truth is None:
            continue
        arrays = {"labels": said.labels[0]}
        if said.probabilities is not None:
            arrays["probabilities"] = said.probabilities[0]
        elif said.scores is not None:
            arrays["scores"] = said.scores[0]
        pictures |= mistakes(plan.dataset, name, said.rows, truth.at(said.rows).labels, arrays)
    samples = np.asarray(pictures["sample_images"], np.uint8)
    for entry in outcome.results["contestants"]:
        augment = entry["settings"].get("augment")
        if isinstance(augment, Mapping):
            pictures |= distorted_pictures(plan.dataset, entry["name"], strengths_of(augment), samples)
    folder.write_arrays("pictures.npz", pictures)
