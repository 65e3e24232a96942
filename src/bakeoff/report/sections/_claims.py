"""Published figures beside what was measured here, and what explains those that differ."""

from collections.abc import Mapping
from typing import Any

from bakeoff.compare import METRIC_NAMES
from bakeoff.report._format import interval, is_number, score
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Cell, Column, Points, Section, Table, Words
from bakeoff.report.sections._context import Context

__all__ = ["claims"]

_TITLE = "Against published figures"
_F1 = {"f1": "F1, average not said"}
_MOST_DIGITS = 12


def claims(context: Context) -> Section:
    """How many agree in a sentence, which pairs cannot be compared, and every figure as a table."""
    entries = context.run.claims
    if not entries:
        words = (
            "No published figures were given. A recipe names them under claims, or add them now: "
            'bakeoff report RUN --claim "CONTESTANT accuracy 0.8417".'
        )
        return Section("claims", _TITLE, (Words(words, "muted"),))
    first, *more = [shown(sentence, 600) for sentence in context.run.claim_sentences] or [""]
    blocks: list[Block] = [Words(first)] if first else []
    if more:
        blocks.append(Points(tuple(more)))
    titles = (Column("published", True), Column("measured", True), Column("one more run", True))
    columns = (Column("Contestant"), Column("figure"), *titles, Column("agrees"), Column("why"))
    blocks.append(Table("Published figures and what was measured here", columns, tuple(map(_row, entries))))
    words = (
        "A published figure is one run on the same rows. With seeds, it agrees where one more run would lie, 95 times "
        "in 100; without, where it has the digits that were measured."
    )
    return Section("claims", _TITLE, (*blocks, Words(words, "muted")))


def _row(claim: Mapping[str, Any]) -> tuple[Cell, ...]:
    agrees = claim.get("agrees")
    answer = Cell("cannot be said", "warn") if agrees is None else Cell("yes", "good") if agrees else Cell("no", "bad")
    return (
        Cell(shown(claim.get("contestant", ""), 60)),
        Cell(_figure(claim)),
        Cell(_published(claim)),
        Cell(score(claim.get("measured"))),
        Cell(interval(claim.get("low"), claim.get("high"))),
        answer,
        Cell(shown(claim.get("explanation") or "–", 600)),
    )


def _figure(claim: Mapping[str, Any]) -> str:
    """The metric, the rows where they are not the test rows, and whose figure it is."""
    metric = str(claim.get("metric"))
    name = {**METRIC_NAMES, **_F1}.get(metric, shown(metric))
    rows = claim.get("on") or "test"
    words = name if rows == "test" else f"{shown(rows, 20)} {name}"
    return f"{words} ({shown(claim['source'], 120)})" if claim.get("source") else words


def _published(claim: Mapping[str, Any]) -> str:
    """The figure in the digits that were printed."""
    published, digits = claim.get("published"), claim.get("digits")
    if not is_number(published) or not isinstance(digits, int) or not 0 <= digits <= _MOST_DIGITS:
        return score(published)
    return f"{published:.{digits}f}"
