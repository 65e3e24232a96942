"""How often the labels of the test rows were used: in words, and as a record."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bakeoff.report._format import count, is_number, times
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Column, Fold, Points, Section, Table, Words
from bakeoff.report.sections._context import Context

__all__ = ["openings"]

_MOST_LINES = 20


def openings(context: Context) -> Section:
    """How often the test labels were used, now and ever."""
    record = context.run.part("openings")
    sentences = [shown(sentence, 600) for sentence in record.get("sentences") or ()] or _sentences(record)
    ever = record.get("ever")
    blocks: list[Block] = [Points(tuple(sentences)) if len(sentences) > 1 else Words(sentences[0])]
    if is_number(ever) and ever > 1:
        blocks.append(Words("Each look makes it easier to choose what suits these rows by chance.", "muted"))
    history = record.get("history") or ()
    if history:
        blocks.append(Fold("The record of openings", (_table(history),)))
    return Section("openings", "Openings of the test labels", tuple(blocks))


def _sentences(record: Mapping[str, Any]) -> list[str]:
    """What the numbers alone say."""
    now, ever = record.get("this_run"), record.get("ever")
    if not is_number(now):
        return ["This run kept no record of openings."]
    words = "This run did not open the test labels."
    if now:
        words = f"This run opened the test labels {times(now)}: that many comparisons of predictions with them."
    return [words, f"In this workspace they have been opened {times(ever)} so far."] if is_number(ever) else [words]


def _table(history: Sequence[Mapping[str, Any]]) -> Table:
    """The latest openings, the last one on top."""
    rows = tuple(
        (
            Cell(_moment(opening.get("created"))),
            Cell(shown(opening.get("run") or "–", 60)),
            Cell(shown(opening.get("purpose") or "–", 160)),
            Cell(count(opening.get("times"))),
            Cell(count(opening.get("shared_rows"))),
        )
        for opening in list(history)[: -_MOST_LINES - 1 : -1]
    )
    left = len(history) - len(rows)
    caption = "Uses of the labels of these test rows, the latest first"
    if left > 0:
        caption += f"; {count(left)} earlier ones are in results.json"
    columns = (Column("When"), Column("run"), Column("what for"), Column("times", True), Column("rows shared", True))
    return Table(caption, columns, rows)


def _moment(value: object) -> str:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return shown(value or "–", 40)
