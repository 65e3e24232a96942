"""Curves over the epochs, and what each model is made of."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from bakeoff.report import figures
from bakeoff.report._format import count, is_number, plural, score
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Charts, Code, Column, Fold, Gallery, Section, Table, Words
from bakeoff.report.sections._context import Context, Entry, fit_name, name_of
from bakeoff.report.sections._pictures import gallery_pictures, usable

__all__ = ["history", "summaries", "watched"]

_METRICS = {"loss": "Loss", "accuracy": "Accuracy", "f1": "Macro F1"}


def history(context: Context) -> Section:
    """Loss, accuracy and F1 of training and validation rows, epoch by epoch."""
    blocks: list[Block] = []
    for entry in context.contestants:
        curves = watched(entry)
        if curves:
            blocks.append(Fold(name_of(entry), _curves(context, entry, curves), is_open=not blocks))
    if not blocks:
        blocks.append(Words("No contestant here left a history: none of them trains in epochs.", "muted"))
    return Section("history", "Training, epoch by epoch", tuple(blocks))


def watched(entry: Entry) -> Sequence[Mapping[str, Any]]:
    """The histories with validation rows, where there are any; the fits on all training rows have none."""
    curves = [
        curve for curve in entry.get("history") or () if any(_last(curve, metric) is not None for metric in _METRICS)
    ]
    return [curve for curve in curves if curve.get("stage") != "refit"] or curves


def _curves(context: Context, entry: Entry, curves: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    stem, name = context.stems[str(entry.get("name", ""))], name_of(entry)
    charts = []
    for metric, title in _METRICS.items():
        if not any(curve.get(metric) or curve.get(f"val_{metric}") for curve in curves):
            continue
        caption = f"{title} of {name}: the strong line is the mean of {plural(len(curves), 'fit')}."
        ends = [
            f"{part} {score(_mean(curves, key))}"
            for part, key in (("training", metric), ("validation", f"val_{metric}"))
        ]
        description = f"{title} of {name} over the epochs; after the last one {', '.join(ends)}."
        charts.append(
            Chart(f"history-{stem}-{metric}", caption, description, partial(figures.history, curves, (metric,)))
        )
    return (Charts(tuple(charts)), _table(curves))


def _table(curves: Sequence[Mapping[str, Any]]) -> Block:
    keys = [key for metric in _METRICS for key in (metric, f"val_{metric}") if any(curve.get(key) for curve in curves)]
    rows = []
    for curve in curves:
        epochs = max(len(curve.get(key) or ()) for key in keys)
        seed = Cell(fit_name(curve))
        rows.append((seed, Cell(count(epochs)), *(Cell(score(_last(curve, key))) for key in keys)))
    columns = (Column("Fit"), Column("epochs", True), *(Column(_words(key), True) for key in keys))
    return Fold("Figures after the last epoch", (Table("After the last epoch", columns, tuple(rows)),))


def _words(key: str) -> str:
    metric = key.removeprefix("val_")
    return (
        f"{'validation' if key.startswith('val_') else 'training'} {_METRICS[metric].replace('Macro', 'macro').lower()}"
    )


def _last(curve: Mapping[str, Any], key: str) -> float | None:
    values = curve.get(key)
    return values[-1] if values and is_number(values[-1]) else None


def _mean(curves: Sequence[Mapping[str, Any]], key: str) -> float | None:
    values = [value for value in (_last(curve, key) for curve in curves) if value is not None]
    return sum(values) / len(values) if values else None


def summaries(context: Context) -> Section:
    """Layer, output and parameters of each model, with their total, and its settings."""
    blocks = [block for entry in context.contestants for block in _summary(context, entry)]
    for_none = Words("No contestant left a summary.", "muted")
    return Section("networks", "What each model is", tuple(blocks) or (for_none,))


def _summary(context: Context, entry: Entry) -> Sequence[Block]:
    layers, settings = entry.get("summary") or (), entry.get("settings") or {}
    inside: list[Block] = []
    if layers:
        rows = tuple(
            (
                Cell(shown(row.get("name", ""), 80)),
                Cell(shown(row.get("output") or "–", 120)),
                Cell(count(row.get("parameters"))),
            )
            for row in layers
        )
        total = sum(row["parameters"] for row in layers if is_number(row.get("parameters")))
        foot = (Cell("Total"), Cell(""), Cell(count(total))) if total else ()
        columns = (Column("Layer or step"), Column("output"), Column("parameters", True))
        inside.append(Table(f"Summary of {name_of(entry)}", columns, rows, foot))
    distorted = _distorted(context, entry)
    if distorted is not None:
        inside.append(distorted)
    if settings:
        text = "\n".join(f"{shown(key, 60)}: {shown(_plain(value), 300)}" for key, value in settings.items())
        inside.append(Fold("Settings", (Code(text, "Every setting, with what was not given filled in"),)))
    is_network = any(is_number(row.get("parameters")) and row["parameters"] for row in layers)
    return [Fold(_title(entry), tuple(inside), is_network)] if inside else []


def _distorted(context: Context, entry: Entry) -> Block | None:
    """What augmentation makes of a few training images."""
    name = str(entry.get("name", ""))
    lines = context.run.pictures.get(f"distorted_{name}_images")
    if not isinstance(lines, np.ndarray) or lines.dtype != np.uint8 or lines.ndim < 4:
        return None
    images = lines.reshape(-1, *lines.shape[2:])
    if not usable(images):
        return None
    n_of_each = lines.shape[1]
    captions = ["as it is" if number % n_of_each == 0 else "" for number in range(len(images))]
    texts = [
        f"Image {number // n_of_each + 1} {f'distorted, {number % n_of_each}' if number % n_of_each else 'as it is'}"
        for number in range(len(images))
    ]
    augment = (entry.get("settings") or {}).get("augment")
    copies = augment.get("copies") if isinstance(augment, Mapping) else None
    learns = f"Training images and some of the distortions that {name_of(entry)} learns from"
    chart = Chart(
        f"distorted-images-{context.stems[name]}",
        f"{learns} beside them: {plural(int(copies), 'copy', 'copies')} of each."
        if is_number(copies)
        else f"{learns} in their place: it never sees an image twice in the same way.",
        f"{plural(len(lines), 'image')}, each with {n_of_each - 1} random distortions.",
        partial(figures.distorted_images, lines),
    )
    pictures = gallery_pictures(images, texts, [(Cell(text, "muted"),) for text in captions])
    return Gallery(pictures, chart, columns=n_of_each, few_columns=n_of_each)


def _title(entry: Entry) -> str:
    name, family = name_of(entry), shown(entry.get("family") or "", 40)
    return name if family == name or not entry.get("family") else f"{name} ({family})"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return (
        {None: "none", True: "true", False: "false"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )
