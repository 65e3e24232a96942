"""What somebody hands in to be scored: a run's folder, or a table of predicted labels.

It comes from a stranger. Of a run only ``results.json`` and the arrays of ``predictions/`` are read, within bounds;
its models are never opened, and nothing in it is followed that is a link.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from bakeoff.data import canonical_label, read_label_column
from bakeoff.errors import DataError
from bakeoff.scoring._arrays import Form, measure_arrays, plain_file, read_arrays
from bakeoff.scoring._text import encodable, shortened
from bakeoff.store import Fingerprints
from bakeoff.types import Metric, RowIndices

__all__ = ["Entry", "Submission", "read_submission"]

_MOST_RESULTS_BYTES = 32 << 20
_MOST_CLASSES = 10_000
_MOST_ENTRIES = 200
_MOST_SEEDS = 1000
_MOST_CHARACTERS = 120
_MOST_BYTES = 1 << 30  # of all predictions of one submission together
_MOST_UNUSED_OUTPUTS = 64  # networks may have outputs for classes that no row has

_Forms = Mapping[str, Form]


@dataclass(frozen=True, eq=False)
class Entry:
    """What one contestant of a submission says of the test rows.

    Parameters
    ----------
    name : str
    seeds : sequence of int
    is_random : bool
    labels : (n_seeds, n) int32
        As they were read, positions in the submission's own classes; see `Submission.translated`.
    files : mapping of seed to Path
        Where the predictions lie. Probabilities are large, and stay there until the losses of the rows are wanted.
    has_probabilities : bool
    shares : tuple or None
        Contestants with the same value share randomness seed by seed.
    problem : str
        Why it cannot be scored; empty where it can.
    """

    name: str
    seeds: Sequence[int] = ()
    is_random: bool = True
    labels: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    files: Mapping[int, Path] = field(default_factory=dict)
    has_probabilities: bool = False
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
    order : (n,) positions or None
        Where each row of the labels stands in its files; None where they stand in the same order.
    own : (n_own,) int32
        Which class of the labels each of its own is, -1 for none; set by `translated`.
    """

    name: str
    kind: str
    classes: Sequence[str]
    class_names: Sequence[str]
    entries: Sequence[Entry]
    chosen: str
    metric: Metric | None = None
    fingerprints: Fingerprints | None = None
    order: RowIndices | None = None
    own: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def reordered(self, order: RowIndices) -> "Submission":
        """The same with its rows in the order of the labels."""
        entries = [each if each.problem else replace(each, labels=each.labels[:, order]) for each in self.entries]
        return replace(self, entries=entries, order=order)

    def translated(self, own: NDArray[np.int32]) -> "Submission":
        """The same with predictions as classes of the labels, -1 for what is none of them."""
        entries = [
            each if each.problem else replace(each, labels=_looked_up(own, each.labels)) for each in self.entries
        ]
        return replace(self, entries=entries, own=own)

    def probabilities(self, entry: Entry) -> Iterator[NDArray[np.floating[Any]]]:
        """(n, n_columns) of each seed, one after the other, rows in the order of the labels, columns as they come.

        Raises
        ------
        DataError
            If the files have changed since they were first read, and cannot be read any more.
        """
        n_rows = entry.labels.shape[1]
        for path in entry.files.values():
            values = _checked(path, read_arrays(path, _forms(n_rows, len(self.classes))), n_rows, len(self.classes))[1]
            if values is None:
                raise DataError(f"{path.name}: holds no probabilities any more")
            yield values if self.order is None else values[self.order]


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
    labels = np.array([[index[label] for label in read.labels]], dtype=np.int32)
    return Submission(name, "labels", classes, classes, [Entry("predictions", labels=labels)], "predictions")


def _read_run(name: str, folder: Path, n_rows: int) -> Submission:
    results = _read_results(folder)
    data, protocol = _part(results, "data"), _part(results, "protocol")
    if protocol.get("test") != "file":
        raise DataError("its test rows were taken from the training rows: run it with --test FILE")
    if data.get("n_test") != n_rows:
        raise DataError(f"must predict the {n_rows:,} test rows; it has {shortened(data.get('n_test'))}")
    class_names, classes = _classes(data)
    listed = results.get("contestants")
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_ENTRIES:
        raise DataError(f"results.json: must list 1 to {_MOST_ENTRIES} contestants")
    metric = protocol.get("primary_metric")
    known = metric if metric in get_args(Metric) else None
    listing = _listing(folder)
    forms = _forms(n_rows, len(classes))
    handed_in = [_listed(entry, listing) for entry in listed]
    if len({entry.name for entry in handed_in}) < len(handed_in):
        raise DataError("results.json: names a contestant twice")
    entries = [_read_entry(entry, forms, n_rows, len(classes)) for entry in _within_bounds(handed_in, forms, n_rows)]
    broken = [entry for entry in entries if entry.problem]
    if len(broken) == len(entries):
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise DataError(f"none of its contestants can be scored: {broken[0].name}: {broken[0].problem}{more}")
    return Submission(
        name,
        "run",
        classes,
        class_names,
        entries,
        _chosen(listed, entries, known),
        known,
        _fingerprints(listing, n_rows),
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
    names = [encodable(name) for name in names]
    if codes is None:
        return names, [canonical_label(name) for name in names]
    if not isinstance(codes, list) or len(codes) != len(names) or not all(type(code) is int for code in codes):
        raise DataError("results.json: data.label_codes must be a whole number for each class")
    return names, [str(code) for code in codes]


def _listing(folder: Path) -> Mapping[str, Path]:
    """The files of predictions by their names. Only these are opened: a contestant's name can lead nowhere else."""
    predictions = folder / "predictions"
    if predictions.is_symlink():
        raise DataError("predictions: must be a folder with the predictions in it; it is a link")
    return {path.name: path for path in predictions.iterdir()} if predictions.is_dir() else {}


def _fingerprints(listing: Mapping[str, Path], n_rows: int) -> Fingerprints | None:
    if "rows.npz" not in listing:
        return None  # a run of an earlier release, or one whose rows are not to be known
    rows = read_arrays(listing["rows.npz"], {"test_fingerprints": ("u", (n_rows,))})
    return rows["test_fingerprints"].astype(np.uint64) if "test_fingerprints" in rows else None


def _forms(n_rows: int, n_classes: int) -> _Forms:
    return {
        "test_rows": ("iu", (n_rows,)),
        "test_labels": ("iu", (n_rows,)),
        "test_probabilities": ("f", (n_rows, n_classes + _MOST_UNUSED_OUTPUTS)),
    }


def _listed(listed: Any, listing: Mapping[str, Path]) -> Entry:
    """A contestant as the results list it, with the files that are there."""
    if not isinstance(listed, dict) or not isinstance(listed.get("name"), str) or not listed["name"]:
        raise DataError("results.json: each contestant must have a name")
    name = listed["name"]
    seeds = listed.get("seeds")
    if not isinstance(seeds, list) or len(seeds) > _MOST_SEEDS or not all(type(seed) is int for seed in seeds):
        raise DataError(f"results.json: seeds must be at most {_MOST_SEEDS:,} whole numbers")
    files = {seed: listing[file] for seed in seeds if (file := f"{name}-{seed}.npz") in listing}
    shown = encodable(name if len(name) <= _MOST_CHARACTERS else name[:_MOST_CHARACTERS] + "…")
    if not files:
        return Entry(shown, problem=f"no predictions: {shortened(listed.get('reason') or 'none were handed in')}")
    return Entry(
        shown, tuple(files), listed.get("is_random") is not False, files=files, shares=_sharing(listed, tuple(files))
    )


def _within_bounds(entries: Sequence[Entry], forms: _Forms, n_rows: int) -> list[Entry]:
    """The entries, if all their predictions together fit into memory: known before any is read."""
    total, sized = 0, []
    for entry in entries:
        try:
            # Labels are kept as 4 bytes a row and compared as 8, whatever they take in the file.
            total += sum(measure_arrays(path, forms) + 8 * n_rows for path in entry.files.values())
            sized.append(entry)
        except DataError as error:
            sized.append(Entry(entry.name, problem=str(error)))
    if total > _MOST_BYTES:
        raise DataError(f"its predictions must take at most {_MOST_BYTES:,} bytes in all; they would take {total:,}")
    return sized


def _read_entry(entry: Entry, forms: _Forms, n_rows: int, n_classes: int) -> Entry:
    """The entry with its labels; its probabilities are looked at and left where they are."""
    if entry.problem:
        return entry
    labels, has_probabilities = [], True
    try:
        for path in entry.files.values():
            said, probabilities = _checked(path, read_arrays(path, forms), n_rows, n_classes)
            labels.append(said)
            has_probabilities &= probabilities is not None
    except DataError as error:
        return Entry(entry.name, problem=str(error))
    return replace(entry, labels=np.stack(labels), has_probabilities=has_probabilities)


def _checked(
    path: Path, arrays: Mapping[str, NDArray[Any]], n_rows: int, n_classes: int
) -> tuple[NDArray[np.int32], NDArray[Any] | None]:
    """Labels, -1 for those outside the classes, and probabilities if there are any."""
    if "test_labels" not in arrays:
        raise DataError(f"{path.name}: holds no predictions of test rows")
    if "test_rows" not in arrays or not np.array_equal(arrays["test_rows"], np.arange(n_rows)):
        raise DataError(f"{path.name}: must predict every test row once, in the order of the test file")
    probabilities = arrays.get("test_probabilities")
    if probabilities is not None:
        _require_probabilities(path.name, probabilities, n_classes)
    labels = arrays["test_labels"].astype(np.int64)  # what is too large for it turns negative, and is no class either
    return np.where((labels >= 0) & (labels < n_classes), labels, -1).astype(np.int32), probabilities


def _require_probabilities(name: str, probabilities: NDArray[Any], n_classes: int) -> None:
    if probabilities.shape[1] < n_classes:
        raise DataError(
            f"{name}: must have a probability for each of {n_classes} classes; it has {probabilities.shape[1]}"
        )
    if not np.isfinite(probabilities).all() or probabilities.min() < 0:
        raise DataError(f"{name}: holds probabilities that are negative or no numbers")
    sums = probabilities.sum(axis=1, dtype=np.float64)
    if np.abs(sums - 1).max() > 1e-2:
        worst = sums[np.abs(sums - 1).argmax()]
        raise DataError(f"{name}: holds probabilities that do not sum to 1 in a row, but to {worst:.3g}")


def _looked_up(own: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    known: NDArray[np.int32] = np.where(labels >= 0, own[np.maximum(labels, 0)], np.int32(-1))
    return known


def _sharing(listed: Mapping[str, Any], seeds: tuple[int, ...]) -> tuple[Any, ...] | None:
    """Networks whose replicates share their batches: same seeds, same batch size."""
    settings = listed.get("settings")
    batch_size = settings.get("batch_size") if isinstance(settings, dict) else None
    return (batch_size, *seeds) if listed.get("family") == "dense" and type(batch_size) is int else None


def _chosen(listed: Sequence[Any], entries: Sequence[Entry], metric: Metric | None) -> str:
    """Of what can be scored, the best by the validation score that the run states; without scores, the first."""
    sign = 1 if metric == "log_loss" else -1

    def rank(position: int) -> float:
        part = listed[position].get("validation")
        score = part.get(metric) if isinstance(part, dict) and metric else None
        mean = score.get("mean") if isinstance(score, dict) else None
        return sign * float(mean) if isinstance(mean, int | float) and abs(mean) < 1e12 else float("inf")

    return entries[min((n for n, entry in enumerate(entries) if not entry.problem), key=rank)].name
