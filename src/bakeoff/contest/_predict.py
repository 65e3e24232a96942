"""Let a model of a finished run say what images or rows are."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.contest._models import find_model
from bakeoff.contest._run import Run, open_run
from bakeoff.contestants import Facts, Predictions, predict_with
from bakeoff.data import ReadRows, read_images, read_rows
from bakeoff.errors import InputError
from bakeoff.types import Images, Rows

__all__ = ["Answers", "Prediction", "as_images", "enlarged_png", "predict"]

_MOST_SHOWN = 50
_SHOWN_PIXELS = 224


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
    seen : (n, height, width, channels) uint8 or None
        What the model saw of images; None of plain rows.
    """

    contestant: str
    predictions: Sequence[Prediction]
    notes: Sequence[str]
    seen: Images | None = None

    def _repr_html_(self) -> str:
        """The picture that the model saw, and what it says of it, for each."""
        lines = []
        for number, prediction in enumerate(self.predictions[:_MOST_SHOWN]):
            picture = (
                "" if self.seen is None else f'<td><img alt="" width="84" src="{_as_address(self.seen[number])}"></td>'
            )
            lines.append(f"<tr>{picture}<td>{escape(prediction.to_line(3))}</td></tr>")
        return f'<div class="tex2jax_ignore mathjax_ignore"><table>{"".join(lines)}</table></div>'


def predict(
    run: str | Path | Run,
    paths: Sequence[str | Path],
    *,
    contestant: str | None = None,
    seed: int | None = None,
    workspace: Path | None = None,
    code: bool = False,
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
    code : bool
        Whether the user's code that a Keras model is built by may be run.

    Raises
    ------
    InputError
        If there is no such run, contestant, seed or file, none is given, or one does not fit the model.
    """
    found = run if isinstance(run, Run) else open_run(run, workspace)
    model = find_model(found, contestant, seed)
    facts = model.facts
    read = _read(paths, facts, model.feature_names)
    said = predict_with(model.files, read.rows, facts, runs_code=code)
    answers = [_answer(index, name, said, model.class_names) for index, name in enumerate(read.names)]
    return Answers(model.contestant, answers, read.notes, as_images(read.rows, facts))


def as_images(rows: Rows, facts: Facts) -> Images | None:
    """(n, height, width, channels) ``uint8``, brightness 0..255, as the models see them; None of plain rows."""
    if facts.image_shape is None or facts.pixel_max is None:
        return None
    brightness = rows.reshape(-1, *facts.image_shape) * np.float32(255 / facts.pixel_max)
    seen: Images = np.rint(brightness).astype(np.uint8)
    return seen


def _as_address(image: Images) -> str:
    return "data:image/png;base64," + b64encode(enlarged_png(image)).decode("ascii")


def enlarged_png(image: Images) -> bytes:
    """(height, width, channels) pixels as a PNG that people can see: each pixel a square."""
    from PIL import Image  # noqa: PLC0415 - only here

    times = max(1, _SHOWN_PIXELS // max(image.shape[:2]))
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    stream = BytesIO()
    size = (times * picture.width, times * picture.height)
    picture.resize(size, Image.Resampling.NEAREST).save(stream, "PNG")
    return stream.getvalue()


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
