"""What somebody hands in to be scored: a run's folder, or a table of predicted labels.

It comes from a stranger. Of a run only ``results.json`` and the arrays of ``predictions/`` are read, within bounds;
its models are never opened, and nothing in it is followed that is a link.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import canonical_label, read_label_column
from bakeoff.errors import DataError
from bakeoff.scoring._arrays import plain_file, read_arrays
from bakeoff.store import Fingerprints
from bakeoff.types import Groups, Metric, RowIndices

__all__ = ["Entry", "Submission", "read_submission"]

_MOST_RESULTS_BYTES = 32 << 20
_MOST_CLASSES = 10_000
_MOST_ENTRIES = 200
_MOST_SEEDS = 1000
_MOST_CHARACTERS = 120


@dataclass(frozen=True, eq=False)
class Entry:
    """What one contestant of a submission says of the test rows.

    Parameters
    ----------
    name : str
    seeds : sequence of int
    is_random : bool
    labels : (n_seeds, n) int64
        Positions in the submission's own classes.
    probabilities : (n_seeds, n, n_columns) or None
    shares : tuple or None
        Contestants with the same value share randomness seed by seed.
    problem : str
        Why it cannot be scored; empty where it can.
    """

    name: str
    seeds: Sequence[int] = ()
    is_random: bool = True
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    probabilities: NDArray[np.floating[Any]] | None = None
    shares: tuple[Any, ...] | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Submission:
    """One thing handed in.

    Parameters
    ----------
    name : str
    kind : {"run", "labels"}
    classes : sequence of str
        Its classes in the order of their indices, as `canonical_label` writes labels.
    class_names : sequence of str
        The names shown for them.
    entries : sequence of Entry
    chosen : str
        The contestant that it would have us judge it by: the best on its own validation rows.
    metric : Metric or None
        The primary metric that a run declared.
    fingerprints : (n,) uint64 or None
        Which test rows it says it predicted.
    groups : (n,) int64 or None
    """

    name: str
    kind: str
    classes: Sequence[str]
    class_names: Sequence[str]
    entries: Sequence[Entry]
    chosen: str
    metric: Metric | None = None
    fingerprints: Fingerprints | None = None
    groups: Groups | None = None

    def reordered(self, order: RowIndices) -> "Submission":
        """The same with its rows in another order."""
        entries = [
            entry
            if entry.problem
            else replace(
                entry,
                labels=entry.labels[:, order],
                probabilities=None if entry.probabilities is None else entry.probabilities[:, order],
            )
            for entry in self.entries
        ]
        return replace(
            self,
            entries=entries,
            fingerprints=None if self.fingerprints is None else self.fingerprints[order],
            groups=None if self.groups is None else self.groups[order],
        )


def read_submission(name: str, path: Path, n_rows: int) -> Submission:
    """Read one submission for so many test rows.

    Raises
    ------
    DataError
        In one line, if it is damaged, hostile, or predicts other rows.
    """
    try:
        return _read_labels(name, path, n_rows) if path.is_file() else _read_run(name, path, n_rows)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})") from None


def _read_labels(name: str, path: Path, n_rows: int) -> Submission:
    read = read_label_column(plain_file(path, 1 << 40), most_bytes=(1 << 16) + 512 * n_rows)
    if len(read.labels) != n_rows:
        raise DataError(f"{path.name}: must predict the {n_rows:,} test rows; it has {len(read.labels):,} predictions")
    classes = sorted(set(read.labels))
    index = {label: position for position, label in enumerate(classes)}
    labels = np.array([[index[label] for label in read.labels]], dtype=np.int64)
    return Submission(name, "labels", classes, classes, [Entry("predictions", labels=labels)], "predictions")


def _read_run(name: str, folder: Path, n_rows: int) -> Submission:
    results = _read_results(folder)
    data, protocol = _part(results, "data"), _part(results, "protocol")
    if protocol.get("test") != "file":
        raise DataError("its test rows were taken from the training rows: run it with --test FILE")
    if data.get("n_test") != n_rows:
        raise DataError(f"must predict the {n_rows:,} test rows; it has {_short(data.get('n_test'))}")
    class_names, classes = _classes(data)
    listed = results.get("contestants")
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_ENTRIES:
        raise DataError(f"results.json: must list 1 to {_MOST_ENTRIES} contestants")
    metric = protocol.get("primary_metric")
    known = metric if metric in get_args(Metric) else None
    entries = [_read_entry(folder, entry, n_rows, len(classes)) for entry in listed]
    if len({entry.name for entry in entries}) < len(entries):
        raise DataError("results.json: names a contestant twice")
    rows = _rows(folder, n_rows)
    return Submission(
        name,
        "run",
        classes,
        class_names,
        entries,
        _chosen(listed, known),
        known,
        rows.get("test_fingerprints"),
        rows.get("test_groups"),
    )


def _read_results(folder: Path) -> Mapping[str, Any]:
    if not (folder / "results.json").is_file():
        raise DataError("holds no results.json (the run did not finish) and no CSV file of predicted labels")
    path = plain_file(folder / "results.json", _MOST_RESULTS_BYTES)
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise DataError("results.json: is damaged: it is not JSON") from None
    if not isinstance(content, dict) or content.get("schema") != 1:
        raise DataError("results.json: is not of schema 1, which this release of Bakeoff reads")
    return content


def _part(results: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = results.get(name)
    if not isinstance(part, dict):
        raise DataError(f"results.json: has no {name}")
    return part


def _classes(data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Names of the classes, and what the labels of the training file called them."""
    names, codes = data.get("class_names"), data.get("label_codes")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError("results.json: data.class_names must be a list of text")
    if not 0 < len(set(names)) == len(names) <= _MOST_CLASSES:
        raise DataError(f"results.json: must name 1 to {_MOST_CLASSES:,} different classes")
    if codes is None:
        return names, [canonical_label(name) for name in names]
    if not isinstance(codes, list) or len(codes) != len(names) or not all(type(code) is int for code in codes):
        raise DataError("results.json: data.label_codes must be a whole number for each class")
    return names, [str(code) for code in codes]


def _rows(folder: Path, n_rows: int) -> Mapping[str, NDArray[Any]]:
    path = folder / "predictions" / "rows.npz"
    if not path.exists():
        return {}  # a run of an earlier release
    rows = read_arrays(path, {"test_fingerprints": ("u", (n_rows,)), "test_groups": ("i", (n_rows,))})
    return {name: values.astype(np.uint64 if "fing" in name else np.int64) for name, values in rows.items()}


def _read_entry(folder: Path, listed: Any, n_rows: int, n_classes: int) -> Entry:
    if not isinstance(listed, dict) or not isinstance(listed.get("name"), str) or not listed["name"]:
        raise DataError("results.json: each contestant must have a name")
    name = listed["name"]
    shown = name if len(name) <= _MOST_CHARACTERS else name[:_MOST_CHARACTERS] + "…"
    seeds = listed.get("seeds")
    if not isinstance(seeds, list) or len(seeds) > _MOST_SEEDS or not all(type(seed) is int for seed in seeds):
        raise DataError(f"results.json: seeds must be at most {_MOST_SEEDS:,} whole numbers")
    # Only files that the folder itself lists are opened: a name can lead nowhere else.
    predictions = folder / "predictions"
    is_there = predictions.is_dir() and not predictions.is_symlink()
    listing = {path.name: path for path in predictions.iterdir()} if is_there else {}
    files = {seed: listing[file] for seed in seeds if (file := f"{name}-{seed}.npz") in listing}
    if not files:
        return Entry(shown, problem=f"no predictions: {_short(listed.get('reason') or 'none were handed in')}")
    forms = {
        "test_rows": ("iu", (n_rows,)),
        "test_labels": ("iu", (n_rows,)),
        "test_probabilities": ("f", (n_rows, n_classes + 64)),
    }
    try:
        arrays = [_checked(read_arrays(path, forms), n_rows, n_classes) for path in files.values()]
    except DataError as error:
        return Entry(shown, problem=str(error))
    return Entry(
        shown,
        tuple(files),
        listed.get("is_random") is not False,
        np.stack([own["test_labels"] for own in arrays]).astype(np.int64),
        _stacked([own.get("test_probabilities") for own in arrays]),
        _sharing(listed, tuple(files)),
    )


def _checked(arrays: dict[str, NDArray[Any]], n_rows: int, n_classes: int) -> dict[str, NDArray[Any]]:
    if "test_labels" not in arrays:
        raise DataError("holds no predictions of test rows")
    if "test_rows" not in arrays or not np.array_equal(arrays["test_rows"], np.arange(n_rows)):
        raise DataError("must predict every test row once, in the order of the test file")
    probabilities = arrays.get("test_probabilities")
    if probabilities is not None:
        if probabilities.shape[1] < n_classes:
            raise DataError(f"must have a probability for each of {n_classes} classes; it has {probabilities.shape[1]}")
        if not np.isfinite(probabilities).all() or probabilities.min() < 0:
            raise DataError("holds probabilities that are negative or no numbers")
        sums = probabilities.sum(axis=1, dtype=np.float64)
        if np.abs(sums - 1).max() > 1e-2:
            raise DataError(
                f"holds probabilities that do not sum to 1 in a row, but to {sums[np.abs(sums - 1).argmax()]:.3g}"
            )
    return arrays


def _stacked(probabilities: Sequence[NDArray[Any] | None]) -> NDArray[np.floating[Any]] | None:
    known = [each for each in probabilities if each is not None]
    if len(known) < len(probabilities) or len({each.shape for each in known}) > 1:
        return None
    return np.stack(known)


def _sharing(listed: Mapping[str, Any], seeds: tuple[int, ...]) -> tuple[Any, ...] | None:
    """Networks whose replicates share their batches: same seeds, same batch size."""
    settings = listed.get("settings")
    batch_size = settings.get("batch_size") if isinstance(settings, dict) else None
    return (batch_size, *seeds) if listed.get("family") == "dense" and type(batch_size) is int else None


def _chosen(listed: Sequence[Any], metric: Metric | None) -> str:
    """The contestant with the best validation score as the run states it; without scores, the first."""
    sign = 1 if metric == "log_loss" else -1

    def rank(entry: Mapping[str, Any]) -> float:
        part = entry.get("validation")
        score = part.get(metric) if isinstance(part, dict) and metric else None
        mean = score.get("mean") if isinstance(score, dict) else None
        return sign * float(mean) if isinstance(mean, int | float) and abs(mean) < 1e12 else float("inf")

    name = str(min(listed, key=rank)["name"])
    return name if len(name) <= _MOST_CHARACTERS else name[:_MOST_CHARACTERS] + "…"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
