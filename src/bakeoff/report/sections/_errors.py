"""Where each contestant errs: by class, by pair of classes, by confidence, and the worst single rows."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any

from bakeoff.report import figures
from bakeoff.report._format import count, is_number, percent, plural, score
from bakeoff.report._view import Block, Cell, Chart, Column, Fold, Gallery, Section, Table, Tone, Words
from bakeoff.report.sections._context import Context, Entry, name_of
from bakeoff.report.sections._pictures import gallery_pictures, usable

__all__ = ["calibration", "confusion", "mistakes", "per_class"]


def per_class(context: Context) -> Section:
    """Precision, recall, F1 and support of each class, a table a contestant."""
    blocks: list[Block] = []
    for entry in context.contestants:
        lines = context.of_part(entry, "per_class")
        if lines:
            blocks.append(Fold(name_of(entry), (_class_table(context, entry, lines),), is_open=not blocks))
    return Section("classes", "Class by class", tuple(blocks) or (_nothing("scores by class"),))


def _class_table(context: Context, entry: Entry, lines: Sequence[Mapping[str, Any]]) -> Table:
    lowest = sorted(line["f1"] for line in lines if is_number(line.get("f1")))[: max(1, len(lines) // 8)]
    rows = []
    for line in lines:
        tone: Tone = "bad" if lowest and line.get("f1") in lowest and line["f1"] < 1 else ""
        figures_of_line = (Cell(score(line.get("precision"))), Cell(score(line.get("recall"))))
        name = Cell(context.class_name(int(line.get("class", -1))))
        rows.append((name, *figures_of_line, Cell(score(line.get("f1")), tone), Cell(count(line.get("support")))))
    columns = (Column("Class"), *(Column(title, True) for title in ("precision", "recall", "F1", "support")))
    caption = f"{name_of(entry)} on {context.part} rows, means over seeds; the weakest classes are marked"
    return Table(caption, columns, tuple(rows))


def confusion(context: Context) -> Section:
    """The confusion matrix of each contestant, and its commonest confusions in words."""
    blocks: list[Block] = []
    for entry in context.contestants:
        matrix = context.of_part(entry, "confusion")
        if matrix:
            inside = (_confusion_chart(context, entry, matrix), _commonest(context, matrix))
            blocks.append(Fold(name_of(entry), inside, is_open=not blocks))
    return Section("confusion", "What is taken for what", tuple(blocks) or (_nothing("confusion matrix"),))


def _confusion_chart(context: Context, entry: Entry, matrix: Sequence[Sequence[float]]) -> Chart:
    names = [context.class_name(index) for index in range(len(matrix))]
    right = sum(row[index] for index, row in enumerate(matrix))
    total = sum(map(sum, matrix))
    return Chart(
        f"confusion-{context.stems[str(entry.get('name', ''))]}",
        f"Confusion matrix of {name_of(entry)} on {context.part} rows, mean over seeds: blue is right, orange wrong.",
        f"Confusion matrix of {name_of(entry)}: {count(right)} of {count(total)} rows lie on the diagonal. "
        "The commonest confusions are in the table after it.",
        partial(figures.confusion_matrix, matrix, names),
    )


def _commonest(context: Context, matrix: Sequence[Sequence[float]]) -> Block:
    pairs = sorted(
        ((number, i, j) for i, row in enumerate(matrix) for j, number in enumerate(row) if i != j and number > 0),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )[:5]
    if not pairs:
        return Words("It takes no class for another on these rows.")
    rows = tuple(
        (
            Cell(context.class_name(i)),
            Cell(context.class_name(j)),
            Cell(f"{number:g}" if number == int(number) else f"{number:.1f}"),
            Cell(percent(number / sum(matrix[i]), 1)),
        )
        for number, i, j in pairs
    )
    columns = (Column("True class"), Column("taken for"), Column("rows", True), Column("of the class", True))
    return Table("The commonest confusions", columns, rows)


def calibration(context: Context) -> Section:
    """Whether a contestant that says 0.9 is right nine times in ten."""
    known = [entry for entry in context.contestants if context.of_part(entry, "reliability")]
    silent = [name_of(entry) for entry in context.contestants if entry not in known and context.score(entry)]
    blocks: list[Block] = []
    if known:
        errors = [(name_of(entry), context.of_part(entry, "reliability").get("calibration_error")) for entry in known]
        words = "; ".join(f"{name} {error:.3f}" for name, error in errors if is_number(error))
        blocks.append(
            Chart(
                "reliability",
                f"How often each is right when it is so sure, on {context.part} rows. On the dotted line a probability "
                "means what it says; below it, the contestant is too sure. Larger dots stand for more rows.",
                f"Reliability curves; calibration errors: {words or 'not known'}.",
                partial(figures.reliability, known, context.part),
            )
        )
    if silent:
        verb = "gives" if len(silent) == 1 else "give"
        blocks.append(Words(f"{', '.join(silent)} {verb} no probabilities, so there is nothing to calibrate.", "muted"))
    return Section(
        "calibration", "Does a probability mean what it says?", tuple(blocks) or (_nothing("probabilities"),)
    )


def mistakes(context: Context) -> Section:
    """The validation rows that each contestant got most wrong."""
    blocks: list[Block] = []
    for entry in context.contestants:
        gallery = _gallery(context, entry)
        if gallery:
            blocks.append(Fold(name_of(entry), (gallery,), is_open=not blocks))
    if not blocks:
        is_rows = context.run.part("data").get("kind") == "rows"
        blocks.append(
            Words("Plain rows have no pictures." if is_rows else "No mistakes were kept as pictures.", "muted")
        )
    return Section("mistakes", "The worst mistakes", tuple(blocks))


def _gallery(context: Context, entry: Entry) -> Gallery | None:
    name = str(entry.get("name", ""))
    found = context.run.mistakes(name)
    if found is None or not usable(found.images):
        return None
    said = [context.class_name(int(index)) for index in found.said]
    true = [context.class_name(int(index)) for index in found.true]
    sure = [percent(float(value)) if isfinite(value) else "" for value in found.confidence]
    lines = [
        (
            Cell(f"said {a}" + (f" ({b})" if b else ""), "bad"),
            Cell(f"true {c}", "good"),
            Cell(f"row {count(int(row))}", "muted"),
        )
        for a, b, c, row in zip(said, sure, true, found.row, strict=True)
    ]
    texts = [f"Row {row}: said {a}, true {c}" for a, c, row in zip(said, true, found.row, strict=True)]
    chart = Chart(
        f"mistakes-{context.stems[name]}",
        f"{plural(len(said), 'validation row')} that {name_of(entry)} got most wrong, the surest first: what it said, "
        "how sure it was, and what is true.",
        f"Images that {name_of(entry)} got wrong.",
        partial(figures.mistakes, found.images, said, true, found.confidence),
    )
    return Gallery(gallery_pictures(found.images, texts, lines), chart, columns=8, few_columns=3)


def _nothing(what: str) -> Words:
    return Words(f"This run has no {what}.", "muted")
