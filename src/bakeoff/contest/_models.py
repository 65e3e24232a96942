"""Models that a run kept."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.contest._run import Run
from bakeoff.contestants import Facts
from bakeoff.errors import InputError

__all__ = ["KeptModel", "facts_of_run", "find_model"]


@dataclass(frozen=True, slots=True, eq=False)
class KeptModel:
    """One fitted model of a run.

    Parameters
    ----------
    contestant : str
    seed : int
    files : mapping of file name to bytes
        As the fit left them.
    facts : Facts
        Of the data that it was trained on.
    class_names : sequence of str
    feature_names : sequence of str or None
    """

    contestant: str
    seed: int
    files: Mapping[str, bytes]
    facts: Facts
    class_names: list[str]
    feature_names: list[str] | None


def find_model(run: Run, contestant: str | None = None, seed: int | None = None) -> KeptModel:
    """A model of a run.

    Parameters
    ----------
    run : Run
    contestant : str, optional
        None: of those that were kept, the best on validation rows, since choosing by a test score would spend it; on
        all rows where no validation rows scored every one of them.
    seed : int, optional
        None: the first that has a model.

    Raises
    ------
    InputError
        If it was not kept, or never was.
    """
    entry = _entry(run, contestant)
    data = run.results["data"]
    chosen = (_seeds_kept(run, entry) or entry["seeds"])[0] if seed is None else seed
    files = _model_files(run, entry, chosen)
    return KeptModel(entry["name"], chosen, files, facts_of_run(run), data["class_names"], data["feature_names"])


def facts_of_run(run: Run) -> Facts:
    """What the models of a run know of the data that they were trained on."""
    data = run.results["data"]
    return Facts(
        kind=data["kind"],
        n_train=data["n_train"],
        n_features=data["n_features"],
        n_classes=data["n_classes"],
        image_shape=None if data["image_shape"] is None else tuple(data["image_shape"]),
        pixel_max=data["pixel_max"],
        label_codes=None if data["label_codes"] is None else tuple(data["label_codes"]),
    )


def _entry(run: Run, contestant: str | None) -> Mapping[str, Any]:
    if contestant is not None:
        return run.contestant(contestant)
    kept = [entry for entry in run.results["contestants"] if entry["family"] != "dummy" and _seeds_kept(run, entry)]
    if not kept:
        raise InputError(f"{run.name}: no model was kept that could predict")
    best: Mapping[str, Any] = min(kept, key=lambda entry: _loss(entry, run.results["protocol"]["primary_metric"]))
    return best if all(_is_validated(entry) for entry in kept) else kept[0]


def _is_validated(entry: Mapping[str, Any]) -> bool:
    return entry["validation"] is not None


def _loss(entry: Mapping[str, Any], metric: str) -> float:
    """Lower is better: the metric on validation rows."""
    score = (entry["validation"] or {}).get(metric)
    if score is None:
        return math.inf
    return float(score["mean"] if metric == "log_loss" else -score["mean"])


def _seeds_kept(run: Run, entry: Mapping[str, Any]) -> list[int]:
    """Seeds of which a model was kept: a fit that failed left none."""
    return [seed for seed in entry["seeds"] if _model_folder(run, entry, seed).is_dir()]


def _model_folder(run: Run, entry: Mapping[str, Any], seed: int) -> Path:
    name = f"{entry['name']}-{seed}"
    if Path(name).name != name:  # results come from someone's disk
        raise InputError(f"{run.name}: {name!r:.100} can name no model")
    return run.folder / "models" / name


def _model_files(run: Run, entry: Mapping[str, Any], seed: int) -> dict[str, bytes]:
    folder = _model_folder(run, entry, seed)
    if not folder.is_dir():
        known = ", ".join(map(str, _seeds_kept(run, entry)))
        have = f"it has models with {known}" if known else "it has none at all"
        raise InputError(f"{run.name}: no model of {entry['name']} with seed {seed}; {have}")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
