"""The view model: what a report says, ready to be set as HTML or as a notebook.

Text here is plain text, already fit to be shown (`bakeoff.report._text.shown`) but escaped for nothing; whoever writes
HTML or Markdown escapes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Block",
    "Cell",
    "Chart",
    "Charts",
    "Check",
    "Checks",
    "Code",
    "Column",
    "Finding",
    "Findings",
    "Fold",
    "Gallery",
    "Picture",
    "Points",
    "Section",
    "State",
    "Table",
    "Tone",
    "View",
    "Words",
]

Tone: TypeAlias = Literal["", "good", "bad", "warn", "muted"]
"""How a text is meant, beside its words: never the only sign of it."""

State: TypeAlias = Literal["fine", "look", "unchecked"]
"""What came out where something was looked into."""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    kind: ClassVar[str] = "words"
    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences."""

    kind: ClassVar[str] = "points"
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A command or a file, shown as it is."""

    kind: ClassVar[str] = "code"
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a table's column."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row is the row's head."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure that is drawn when it is needed.

    Parameters
    ----------
    name : str
        Safe stem of its files in ``figures/``.
    caption : str
        What it shows, in a sentence, below it.
    description : str
        What it shows, for those who cannot see it.
    draw : callable
        Makes the figure.
    """

    kind: ClassVar[str] = "chart"
    name: str
    caption: str
    description: str
    draw: Callable[[], "Figure"]


@dataclass(frozen=True, slots=True)
class Charts:
    """Figures side by side, where the page is wide enough."""

    kind: ClassVar[str] = "charts"
    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One image of the data.

    Parameters
    ----------
    png : bytes
    width, height : int
        Of the PNG, in pixels.
    description : str
        For those who cannot see it.
    lines : tuple of Cell
        What is written below it.
    """

    png: bytes
    width: int
    height: int
    description: str
    lines: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Images of the data in a grid; `chart` is the same as one figure.

    Parameters
    ----------
    pictures : tuple of Picture
    chart : Chart
    columns, few_columns : int
        How many stand side by side on a wide page, and on a narrow one.
    """

    kind: ClassVar[str] = "gallery"
    pictures: tuple[Picture, ...]
    chart: Chart
    columns: int = 12
    few_columns: int = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    code : str
    severity : {"error", "warning", "note"}
    title, detail : str
    remedy : str
        What to do about it; empty where the detail says so.
    section : str
        Name of the section that shows it; empty where there is none.
    """

    code: str
    severity: Literal["error", "warning", "note"]
    title: str
    detail: str
    remedy: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks found, the gravest first."""

    kind: ClassVar[str] = "findings"
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked into, or was not.

    Parameters
    ----------
    name : str
        What was looked into.
    state : {"fine", "look", "unchecked"}
    text : str
        What came out, in a sentence.
    section : str
        Name of the section that shows more; empty where there is none.
    is_silenced : bool, default=False
        Whether the recipe ignores the finding that would tell of it.
    """

    name: str
    state: State
    text: str
    section: str = ""
    is_silenced: bool = False

    @property
    def words(self) -> str:
        """The state in words."""
        if self.is_silenced:
            return "look (silenced)"
        return {"fine": "fine", "look": "look at this", "unchecked": "not checked"}[self.state]


@dataclass(frozen=True, slots=True)
class Checks:
    """What was looked into, so that silence means something."""

    kind: ClassVar[str] = "checks"
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks below a title that opens and closes."""

    kind: ClassVar[str] = "fold"
    title: str
    blocks: "tuple[Block, ...]"
    is_open: bool = False


Block: TypeAlias = Words | Points | Code | Table | Chart | Charts | Gallery | Findings | Checks | Fold


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the report; `name` is its anchor."""

    name: str
    title: str
    blocks: tuple[Block, ...]

    def charts(self) -> Iterator[Chart]:
        """Every figure of the section, in the order of reading."""
        return _charts(self.blocks)


@dataclass(frozen=True, slots=True)
class View:
    """A whole report.

    Parameters
    ----------
    title : str
        The name of the bake-off.
    created : str
        When it was run.
    verdict : str
        Its first sentence.
    verdict_rest : str
        What follows it, may be empty.
    facts : tuple of (name, value)
        The few figures that belong beside the verdict.
    sections : tuple of Section
        In the order of reading.
    kicker, heading : str
        What kind of report it is, and what its first words are.
    source : str
        The file in which its figures are.
    """

    title: str
    created: str
    verdict: str
    verdict_rest: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    kicker: str = "Bake-off report"
    heading: str = "Verdict"
    source: str = "results.json"

    def charts(self) -> Iterator[Chart]:
        """Every figure of the report, in the order of reading."""
        for section in self.sections:
            yield from section.charts()


def _charts(blocks: tuple[Block, ...]) -> Iterator[Chart]:
    for block in blocks:
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, Charts):
            yield from block.charts
        elif isinstance(block, Gallery):
            yield block.chart
        elif isinstance(block, Fold):
            yield from _charts(block.blocks)
