"""Let a model of a finished run say what images or rows are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.contest._run import Run, open_run
from bakeoff.contestants import Facts, Predictions, predict_with
from bakeoff.data import ReadRows, read_images, read_rows
from bakeoff.errors import InputError

__all__ = ["Answers", "Prediction", "predict"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one image or row.

    Parameters
    ----------
    name : str
        Of the file, or the row's number in it.
    classes : sequence of (str, float or None)
        Class names with probabilities, the likeliest first; with scores where the model has no probabilities.
    is_probability : bool
    """

    name: str
    classes: Sequence[tuple[str, float | None]]
    is_probability: bool

    def to_line(self, top: int) -> str:
        """One line for people."""
        shown = self.classes[: top if self.is_probability else 1]
        said = ", ".join(
            name if value is None or not self.is_probability else f"{name} {value:.1%}" for name, value in shown
        )
        return f"{self.name}: {said}"

    def to_dict(self, top: int) -> dict[str, Any]:
        """Plain data for programs."""
        key = "probability" if self.is_probability else "score"
        classes = [{"class": name, key: value} for name, value in self.classes[:top]]
        return {"name": self.name, "classes": classes}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says of all images or rows that it was given.

    Parameters
    ----------
    contestant : str
        Which model.
    predictions : sequence of Prediction
    notes : sequence of str
        What was done to the images or rows to make them fit.
    """

    contestant: str
    predictions: Sequence[Prediction]
    notes: Sequence[str]


def predict(
    run: str | Path | Run,
    paths: Sequence[str | Path],
    *,
    contestant: str | None = None,
    seed: int | None = None,
    workspace: Path | None = None,
) -> Answers:
    """Let a model of a run say what images or rows are.

    Parameters
    ----------
    run : str, Path or Run
    paths : sequence of str or Path
        Images, folders of images, or CSV files with the columns of the training rows.
    contestant : str, optional
        None: of those that were kept, the best on validation rows, since choosing by a test score would spend it; on
        all rows where no validation rows scored every one of them.
    seed : int, optional
        None: the first that has a model.
    workspace : Path, optional
        Where a run is looked up by its name; None: here.

    Raises
    ------
    InputError
        If there is no such run, contestant, seed or file, none is given, or one does not fit the model.
    """
    found = run if isinstance(run, Run) else open_run(run, workspace)
    entry = _entry(found, contestant)
    data = found.results["data"]
    facts = Facts(
        kind=data["kind"],
        n_train=data["n_train"],
        n_features=data["n_features"],
        n_classes=data["n_classes"],
        image_shape=None if data["image_shape"] is None else tuple(data["image_shape"]),
        pixel_max=data["pixel_max"],
        label_codes=None if data["label_codes"] is None else tuple(data["label_codes"]),
    )
    kept = _seeds_kept(found, entry)
    files = _model_files(found, entry, (kept or entry["seeds"])[0] if seed is None else seed)
    read = _read(paths, facts, data["feature_names"])
    said = predict_with(files, read.rows, facts)
    answers = [_answer(index, name, said, data["class_names"]) for index, name in enumerate(read.names)]
    return Answers(entry["name"], answers, read.notes)


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
    return run.folder / "models" / f"{entry['name']}-{seed}"


def _model_files(run: Run, entry: Mapping[str, Any], seed: int) -> dict[str, bytes]:
    folder = _model_folder(run, entry, seed)
    if not folder.is_dir():
        known = ", ".join(map(str, _seeds_kept(run, entry)))
        have = f"it has models with {known}" if known else "it has none at all"
        raise InputError(f"{run.name}: no model of {entry['name']} with seed {seed}; {have}")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _read(paths: Sequence[str | Path], facts: Facts, feature_names: Sequence[str] | None) -> ReadRows:
    """Images and tables in the order in which they are given."""
    if not paths:
        raise InputError("predict: nothing was given. Give images, folders of images or CSV files.")
    read = []
    for is_table, run_of_paths in groupby(map(str, paths), _is_table):
        some = list(run_of_paths)
        if is_table:
            read += [read_rows(path, facts.n_features, feature_names, facts.pixel_max) for path in some]
        elif facts.image_shape is None or facts.pixel_max is None:
            raise InputError(
                f"{some[0]}: this run was trained on plain rows, not images; give a CSV file with its columns"
            )
        else:
            read.append(read_images(some, facts.image_shape, facts.pixel_max))
    return ReadRows(
        np.concatenate([some.rows for some in read]),
        [name for some in read for name in some.names],
        [note for some in read for note in some.notes],
    )


def _is_table(path: str) -> bool:
    return path.lower().endswith((".csv", ".csv.gz"))


def _answer(index: int, name: str, said: Predictions, class_names: Sequence[str]) -> Prediction:
    values = said.probabilities if said.probabilities is not None else said.scores
    label = int(said.labels[index])
    if values is None:
        return Prediction(name, [(_class_name(class_names, label), None)], False)
    order = [int(column) for column in np.argsort(-values[index], kind="stable")]
    # What the model says comes first, also where a tie or an unused output would sort otherwise.
    order = [label, *(column for column in order if column != label)]
    classes = [
        (_class_name(class_names, column), float(values[index, column]) if 0 <= column < values.shape[1] else None)
        for column in order
    ]
    return Prediction(name, classes, said.probabilities is not None)


def _class_name(class_names: Sequence[str], label: int) -> str:
    return class_names[label] if 0 <= label < len(class_names) else "(an unused output)"
