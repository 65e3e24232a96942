"""A run whose models are all in memory, and the validation rows that they may be tried on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bakeoff.contest import Plan, Run, as_images, facts_of_run, find_model
from bakeoff.contestants import Facts, Predictions, ReadyModel, ready_model
from bakeoff.data import INK, INK_BOX, ReadRows, read_drawing, read_picture
from bakeoff.errors import BakeoffError, InputError
from bakeoff.types import Images, Labels, Rows

__all__ = ["Entry", "Held", "TriedRun", "open_tried_run"]

_ROWS_WITH_INK = 500


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A contestant whose model was kept.

    Parameters
    ----------
    name, family : str
    seed : int
    score : float or None
        The run's metric on validation rows, the mean of its seeds.
    model : callable
    """

    name: str
    family: str
    seed: int
    score: float | None
    model: ReadyModel


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Validation rows: what they are is no secret.

    Parameters
    ----------
    rows : (n, n_features)
    labels : (n,)
    """

    rows: Rows
    labels: Labels


class TriedRun:
    """A run to try.

    Parameters
    ----------
    run : Run
    entries : sequence of Entry
    missing : mapping of name to str
        Why others cannot be asked.
    held : Held or None
    why_not_held : str
        Why there are no rows to step through; empty where there are.
    """

    def __init__(
        self, run: Run, entries: Sequence[Entry], missing: Mapping[str, str], held: Held | None, why_not_held: str = ""
    ) -> None:
        self.run, self.entries, self.missing = run, entries, missing
        self.held, self.why_not_held = held, why_not_held
        data = run.results["data"]
        self.class_names: list[str] = list(data["class_names"])
        self.facts: Facts = facts_of_run(run)
        self._ink_box = INK_BOX if held is None else _ink_box(as_images(held.rows[:_ROWS_WITH_INK], self.facts))

    @property
    def metric(self) -> str:
        """What the run decided by."""
        return str(self.run.results["protocol"]["primary_metric"])

    def ask(self, rows: Rows) -> list[Predictions]:
        """What every model says of rows (n, n_features), in the order of `entries`."""
        return [entry.model(rows) for entry in self.entries]

    def read_picture(self, content: bytes, is_drawing: bool = False) -> ReadRows:
        """A PNG or JPEG as a row.

        Parameters
        ----------
        content : bytes
        is_drawing : bool
            White strokes on black: moved into the middle, and made as large as what the validation rows show.

        Raises
        ------
        InputError
            If it is no picture, or the run is of plain rows.
        """
        facts = self.facts
        if facts.image_shape is None or facts.pixel_max is None:
            raise InputError("this run was trained on plain rows, not images; give a row of numbers")
        if is_drawing:
            return read_drawing(content, facts.image_shape, facts.pixel_max, self._ink_box)
        return read_picture(content, "picture", facts.image_shape, facts.pixel_max)

    def read_numbers(self, numbers: Sequence[float]) -> Rows:
        """Numbers as a row.

        Raises
        ------
        InputError
            If there are too many or too few, or one is no number that a row can hold.
        """
        facts = self.facts
        if len(numbers) != facts.n_features:
            raise InputError(f"a row must have {facts.n_features} numbers. Got {len(numbers)}.")
        row = np.asarray(numbers, np.float64)
        if not np.isfinite(row).all() or np.abs(row).max(initial=0) > np.finfo(np.float32).max:
            raise InputError("every number of a row must be finite, and no larger than float32 holds")
        if facts.pixel_max is None:
            return row.astype(np.float32)[None]
        if row.min() < 0 or row.max() > facts.pixel_max:
            raise InputError(f"pixels must lie in 0..{facts.pixel_max}")
        return np.rint(row).astype(np.uint8)[None]


def _ink_box(images: Images | None) -> float:
    """Which share of a side the longer side of what is drawn has, in most of these images: 20 of 28 in MNIST."""
    if images is None:
        return INK_BOX
    ink = images.max(axis=3) > INK
    longer = [
        max((np.ptp(np.flatnonzero(each.any(axis=1 - axis))) + 1) / each.shape[axis] for axis in (0, 1))
        for each in ink
        if each.any()
    ]
    return float(np.median(longer)) if longer else INK_BOX


def open_tried_run(run: Run, plan_of: Callable[[Run], Plan] | None = None, runs_code: bool = False) -> TriedRun:
    """Read all models that a run kept, and the validation rows where its data is still there.

    Parameters
    ----------
    run : Run
    plan_of : callable or None
        Plans the run again from its recipe; None: no rows are wanted.
    runs_code : bool
        Whether a Keras model's own code may be run.

    Raises
    ------
    InputError
        If no model was kept.
    """
    entries, missing = [], {}
    for found in run.results["contestants"]:
        if found["family"] == "dummy":
            continue
        try:
            kept = find_model(run, found["name"])
            model = ready_model(kept.files, kept.facts, runs_code)
            model(np.zeros((1, kept.facts.n_features), np.uint8 if kept.facts.pixel_max else np.float32))
        except BakeoffError as error:
            missing[str(found["name"])] = " ".join(str(error).split())
            continue
        score = ((found["validation"] or {}).get(run.results["protocol"]["primary_metric"]) or {}).get("mean")
        entries.append(Entry(kept.contestant, str(found["family"]), kept.seed, score, model))
    if not entries:
        raise InputError([f"{run.name}: no model was kept that could be asked", *missing.values()])
    held, why = (None, "not asked for") if plan_of is None else _held(run, plan_of)
    return TriedRun(run, entries, missing, held, why)


def _held(run: Run, plan_of: Callable[[Run], Plan]) -> tuple[Held | None, str]:
    try:
        plan = plan_of(run)
    except BakeoffError as error:
        return None, " ".join(str(error).split())
    if plan.dataset.sha256 != run.results["data"]["sha256"]:
        return None, "the data is not what the run was made on"
    rows = plan.parts.divisions[0].validation  # of folds, the model of the first is kept
    if rows is None or not len(rows) or rows.max() >= len(plan.dataset.X_train):
        return None, "the run kept no validation rows apart"
    return Held(plan.dataset.X_train[rows], plan.dataset.y_train[rows]), ""
