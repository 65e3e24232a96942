"""Blocks of the view model as Markdown for a notebook, where nothing from the data can act."""

import re
from collections.abc import Iterator

from bakeoff.report._view import (
    Block,
    Cell,
    Chart,
    Charts,
    Checks,
    Code,
    Finding,
    Findings,
    Fold,
    Gallery,
    Points,
    Section,
    Table,
    View,
    Words,
)

__all__ = ["escaped", "markdown", "opening"]

# A notebook hands what stands between dollar signs, or after a backslash, to MathJax once the Markdown is set, so that
# no way of escaping them in Markdown lasts: they are shown by their full-width twins.
_TWINS = str.maketrans({"$": "\uff04", "\\": "\uff3c"})
_SPECIAL = re.compile(r"[&<>`*_{}\[\]#|~^\"']|^[-+=]")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")


def escaped(text: str) -> str:
    """Text as Markdown that shows it and does nothing else.

    Examples
    --------
    >>> escaped("<b>_3_ | 4</b>")
    '&#60;b&#62;&#95;3&#95; &#124; 4&#60;/b&#62;'
    """
    plain = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text.translate(_TWINS))
    return _NUMBERED.sub(lambda match: f"{match[1]}&#{ord(match[2])};", plain)


def opening(report: View) -> str:
    """Title, verdict and the figures that belong beside it."""
    facts = "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in report.facts)
    rest = f"\n\n{escaped(report.verdict_rest)}" if report.verdict_rest else ""
    return f"# {escaped(report.title)}\n\n{escaped(report.created)}\n\n**{escaped(report.verdict)}**{rest}\n\n{facts}"


def markdown(section: Section, with_folds: bool, with_figures: bool = False) -> str:
    """A section with its title.

    Parameters
    ----------
    section : Section
    with_folds : bool
        Whether what is folded away is written too: where no code cell shows it.
    with_figures : bool
        Whether figures stand in the text, as references to ``figures/<name>.png``.
    """
    return "\n\n".join([f"## {escaped(section.title)}", *_blocks(section.blocks, with_folds, with_figures)])


def _blocks(blocks: tuple[Block, ...], with_folds: bool, with_figures: bool) -> Iterator[str]:
    for block in blocks:
        match block:
            case Words():
                yield escaped(block.text)
            case Points():
                yield _list(block.items)
            case Findings():
                yield _list(tuple(map(_finding, block.findings)))
            case Checks():
                yield _list(tuple(f"{each.name}, {each.words}: {each.text}" for each in block.checks))
            case Table():
                yield _table(block)
            case Code():
                yield _fenced(block.text)
            case Fold() if with_folds:
                yield f"### {escaped(block.title)}"
                yield from _blocks(block.blocks, with_folds, with_figures)
            case Chart() if with_figures:
                yield _figure(block)
            case Charts() if with_figures:
                yield from map(_figure, block.charts)
            case Gallery() if with_figures:
                yield _figure(block.chart)
            case _:  # figures and galleries are drawn by code cells
                pass


def _figure(chart: Chart) -> str:
    return f"![{escaped(chart.description)}](figures/{chart.name}.png)\n\n*{escaped(chart.caption)}*"


def _finding(finding: Finding) -> str:
    remedy = f"What to do: {finding.remedy}" if finding.remedy else ""
    title = f"{finding.severity} {finding.code}: {finding.title}."
    return " ".join(filter(None, (title, finding.detail, remedy)))


def _list(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {escaped(item)}" for item in items)


def _table(table: Table) -> str:
    head = _row(Cell(column.title) for column in table.columns)
    rule = "|" + "|".join(" ---: " if column.is_number else " --- " for column in table.columns) + "|"
    rows = [*table.rows, *([table.foot] if table.foot else [])]
    return "\n".join([f"*{escaped(table.caption)}*", "", head, rule, *map(_row, map(iter, rows))])


def _row(cells: Iterator[Cell]) -> str:
    return "| " + " | ".join(escaped(cell.text) for cell in cells) + " |"


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
