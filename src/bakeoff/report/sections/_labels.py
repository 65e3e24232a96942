"""Labels that are worth a look: as pictures, or as a table where rows have none."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any

from bakeoff.compare import doubts_labels
from bakeoff.report import figures
from bakeoff.report._format import DASH, count, is_number, percent, plural
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Chart, Column, Fold, Gallery, Section, Table, Words
from bakeoff.report.sections._context import Context
from bakeoff.report.sections._pictures import gallery_pictures, usable

__all__ = ["labels"]


def labels(context: Context) -> Section | None:
    """Candidates for label errors, never called wrong; None where there are none."""
    found = context.probe("labels")
    number = found.get("n_candidates")
    if not is_number(number) or not number:
        return None
    by = shown(found.get("by") or "a classifier", 120)
    which = f"{count(number)} of {count(found['n_rows'])}" if is_number(found.get("n_rows")) else count(number)
    right = f", and gets {percent(found['accuracy'], 1)} of them right" if is_number(found.get("accuracy")) else ""
    words = (
        f"{by[:1].upper()}{by[1:]} that had not learnt these rows{right}, would give {which} another label. The label "
        "that is given can be right all the same, and the row only unusual: look, and decide. Nothing was changed or "
        "left out."
    )
    pictures = _gallery(context) or _table(context, found.get("candidates") or ())
    blocks: list[Block] = [Words(words)]
    if pictures is not None:
        is_called_for = doubts_labels(found) or not is_number(found.get("evidence"))
        blocks.append(pictures if is_called_for else Fold("The labels that it doubts most", (pictures,)))
    return Section("labels", "Labels to look at", tuple(blocks))


def _gallery(context: Context) -> Gallery | None:
    keys = ("label_images", "label_rows", "label_given", "label_suggested", "label_confidence")
    arrays = [context.run.pictures.get(key) for key in keys]
    images, *others = arrays
    if images is None or not usable(images) or any(each is None or len(each) != len(images) for each in others):
        return None
    rows, given, suggested, sure = (each for each in others if each is not None)
    has, seems = ([context.class_name(int(index)) for index in indices] for indices in (given, suggested))
    shares = [f" ({percent(float(value))})" if isfinite(value) else "" for value in sure]
    lines = [
        (Cell(f"given {a}"), Cell(f"the others say {b}{share}", "warn"), Cell(f"row {count(int(row))}", "muted"))
        for a, b, share, row in zip(has, seems, shares, rows, strict=True)
    ]
    texts = [f"Row {int(row)}: given {a}, the others say {b}" for a, b, row in zip(has, seems, rows, strict=True)]
    chart = Chart(
        "label-candidates",
        f"The {plural(len(images), 'row')} to look at first: the label that is given, and the class that the other "
        "rows speak for, with how sure that is.",
        f"Images with labels to look at. {'; '.join(texts)}.",
        partial(figures.label_candidates, images, has, seems),
    )
    return Gallery(gallery_pictures(images, texts, lines), chart, columns=8, few_columns=3)


def _table(context: Context, candidates: Sequence[Mapping[str, Any]]) -> Table | None:
    rows = tuple(
        (
            Cell(count(each.get("row"))),
            Cell(_class(context, each.get("label"))),
            Cell(_class(context, each.get("suggested"))),
            Cell(percent(each.get("confidence"))),
        )
        for each in candidates
        if isinstance(each, Mapping)
    )
    columns = (Column("Training row"), Column("given"), Column("the others say"), Column("sure", True))
    return Table("The rows to look at first", columns, rows) if rows else None


def _class(context: Context, index: object) -> str:
    return context.class_name(int(index)) if is_number(index) else DASH
