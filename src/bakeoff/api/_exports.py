"""A run's model for other programs, checked against what the run says of its rows."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bakeoff.api._runs import plan_again
from bakeoff.contest import KeptModel, Plan, Run, find_model, open_run, shown_rows
from bakeoff.contestants import Predictions
from bakeoff.errors import DAMAGED_ARRAYS, DataError, InteropError, SettingsError, StoreError
from bakeoff.interop import FORMATS, Model, ask_file, convert
from bakeoff.types import Probabilities, RowIndices

__all__ = ["Exported", "export"]

_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Exported:
    """A written file.

    Parameters
    ----------
    path : Path
    contestant : str
    seed : int
    n_rows : int
        Of how many rows its answers were compared with the run's own.
    largest_difference : float
        Of any probability or score.
    """

    path: Path
    contestant: str
    seed: int
    n_rows: int
    largest_difference: float


def export(
    run: str | Path | Run,
    to: str,
    *,
    contestant: str | None = None,
    seed: int | None = None,
    path: str | Path | None = None,
    workspace: Path | None = None,
) -> Exported:
    """Write a run's model in another library's form, and let the file predict what the run has predictions of.

    Parameters
    ----------
    run : str, Path or Run
    to : {"keras", "onnx", "safetensors", "skops"}
    contestant : str, optional
        None: the best on validation rows.
    seed : int, optional
        None: the first that has a model.
    path : path, optional
        None: below the run's folder, ``exports/<contestant>-<seed>.<form>``. A file that is there is not replaced.
    workspace : Path, optional
        Where a run is looked up by its name; None: here.

    Returns
    -------
    Exported

    Raises
    ------
    InputError
        If there is no such run, contestant, seed or form, or the data is not where the run read it.
    InteropError
        If the file says other classes than the run (but where two are as likely as each other to 1e-5), or anything
        by more than 1e-5; it is not kept then.
    StoreError
        If it cannot be written.
    """
    found = run if isinstance(run, Run) else open_run(run, workspace)
    if to not in FORMATS:
        raise SettingsError(f"to must be one of {', '.join(FORMATS)}. Got {to!r:.100}.")
    kept = find_model(found, contestant, seed)
    target = Path(path) if path is not None else found.folder / "exports" / f"{kept.contestant}-{kept.seed}.{to}"
    if target.exists():
        raise StoreError(f"{target} is there already; nothing is written over.")
    plan, part, rows = _rows_of(found)
    said = _stored(found, kept, part, shown_rows(plan, part, rows))
    kind = "scores" if said.probabilities is None else "probabilities"
    model = Model(kept.files, kept.facts, kept.class_names, kind)
    content = convert(model, to)
    # Beside its place, and there only once it is known to be right; the ending tells Keras what it is.
    partial = target.with_name(f".{target.stem}.part{os.getpid()}.{to}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        answer = ask_file(model, to, partial, plan.dataset.rows_at(rows))
        difference = _difference(said, answer, f"{kept.contestant} as {to}")
        partial.rename(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return Exported(target, kept.contestant, kept.seed, len(rows), difference)


def _rows_of(run: Run) -> tuple[Plan, str, RowIndices]:
    """The run's rows again, and which of them its kept models predicted."""
    plan = plan_again(run)
    if plan.dataset.sha256 != run.results["data"]["sha256"]:
        raise DataError(f"{run.name}: the data is not what the run was made on, so the file could not be checked.")
    division = plan.parts.divisions[0]  # of folds, the model of the first is kept
    for part in ("test", "validation"):
        rows = getattr(division, part)
        if rows is not None and len(rows):
            return plan, part, rows
    raise DataError(f"{run.name}: the run predicted no rows that the file could be checked on.")


def _stored(run: Run, kept: KeptModel, part: str, rows: RowIndices) -> Predictions:
    path = run.folder / "predictions" / f"{kept.contestant}-{kept.seed}.npz"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            places = np.searchsorted(arrays[f"{part}_rows"], rows)
            labels = arrays[f"{part}_labels"][places]
            values: dict[str, Probabilities] = {
                name: arrays[f"{part}_{name}"][places]
                for name in ("probabilities", "scores")
                if f"{part}_{name}" in arrays
            }
    except DAMAGED_ARRAYS as error:
        raise StoreError(f"{path}: the run's predictions cannot be read: {error}") from None
    return Predictions(labels, **values)


def _difference(said: Predictions, answer: Predictions, what: str) -> float:
    """The largest, if it is small enough and no class differs but where two are tied in the run's own eyes."""
    ours = said.probabilities if said.probabilities is not None else said.scores
    theirs = answer.probabilities if answer.probabilities is not None else answer.scores
    differs = np.flatnonzero(said.labels != answer.labels)
    if ours is not None and len(differs) and (answer.labels[differs] >= 0).all() and (said.labels[differs] >= 0).all():
        between = ours[differs, said.labels[differs]] - ours[differs, answer.labels[differs]]
        differs = differs[np.abs(between) > _TOLERANCE]
    if len(differs):
        n_rows = len(said.labels)
        raise InteropError(f"{what} says another class of {len(differs)} of {n_rows} rows than the run: not kept.")
    if ours is None or theirs is None:
        return 0.0
    difference = float(np.max(np.abs(ours.astype(np.float64) - theirs), initial=0.0))
    if not difference <= _TOLERANCE:
        raise InteropError(f"{what} differs from the run by {difference:.1e}, more than {_TOLERANCE:.0e}: not kept.")
    return difference
