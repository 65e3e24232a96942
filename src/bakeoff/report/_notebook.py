"""The report as a notebook: text, code that loads the run, and its outputs in place."""

import ast
import inspect
import textwrap
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from matplotlib.figure import Figure

from bakeoff.errors import MissingExtraError
from bakeoff.report import _notebook_cells as cells
from bakeoff.report._build import view_of
from bakeoff.report._markdown import escaped, markdown, opening
from bakeoff.report._run import StoredRun, read_run
from bakeoff.report._run_views import RunViews, as_it_is
from bakeoff.report._view import Section
from bakeoff.report.figures import save_png
from bakeoff.report.sections import Context, name_of, watched
from bakeoff.store import write_atomically

__all__ = ["write_notebook"]

_Values: TypeAlias = Mapping[str, int | str]
Cell: TypeAlias = Callable[..., Any]
_Step: TypeAlias = tuple[Cell, _Values]

_INSTALL = """\
try:
    import bakeoff
except ImportError:  # on a fresh machine, such as Colab
    %pip install --quiet bakeoff
    import bakeoff
import numpy as np
from bakeoff.report import figures"""

_OPEN = """\
from pathlib import Path

# Beside the run that it tells of, this notebook shows that run; anywhere else it does the whole bake-off again.
run = bakeoff.open_run(".") if Path("results.json").exists() else bakeoff.run(bakeoff.parse_recipe(recipe))"""


def write_notebook(run_folder: str | Path) -> Path:
    """Write ``report.ipynb`` into a run folder: the report's words, and code that draws its figures from the run.

    Parameters
    ----------
    run_folder : path
        What `bakeoff run` left. Nothing else is read.

    Returns
    -------
    The path of ``report.ipynb``.

    Raises
    ------
    MissingExtraError
        If nbformat is not installed.
    StoreError
        If the folder holds no results, or cannot be read or written.
    """
    nbformat = _nbformat()
    run = read_run(run_folder)
    book = _Book(nbformat, _ReadRun(run))
    context = Context(run)
    report = view_of(context)
    book.words(opening(report))
    book.words("## The run\n\nThe recipe says what was compared, and how. Nothing else is needed to do it again.")
    book.code(_INSTALL, [])
    book.code(f"recipe = {_literal(run.recipe)}", [])
    book.code(_OPEN, [])
    book.run(cells.verdict, {})
    for section in report.sections:
        steps = list(_steps(context, section))
        book.words(markdown(section, with_folds=not steps))
        for function, values in steps:
            if "number" in values:
                book.words(f"### {escaped(name_of(run.entries('contestants')[int(values['number'])]))}")
            book.run(function, values)
    return write_atomically(run.folder / "report.ipynb", nbformat.writes(book.notebook()) + "\n")


def _nbformat() -> ModuleType:
    try:
        import nbformat  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise MissingExtraError("a notebook", "notebook") from None
    module: ModuleType = nbformat
    return module


def _literal(text: str) -> str:
    """Text as a Python literal, a line of it on a line, whatever is in it."""
    return "(\n" + "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True) or [""]) + ")"


class _ReadRun(RunViews):
    """A run as the cells see it, from its files alone."""

    def __init__(self, run: StoredRun) -> None:
        self.folder, self.results = run.folder, run.results


_DRAWN_BY: Mapping[str, Cell] = {  # chart: the cell that draws it
    "validation-against-test": cells.validation_against_test,
    "group-of-copies": cells.group_of_copies,
    "harm-of-a-random-split": cells.harm,
    "label-candidates": cells.label_candidates,
}


def _steps(context: Context, section: Section) -> Iterator[_Step]:
    """The code cells of a section that have something to show, each with the values that it starts from."""
    if section.name == "data":
        yield from _data_steps(context)
    elif section.name == "leaderboard" and context.contestants:
        yield from ((cells.scores, {}), (cells.leaderboard, {}), (cells.times, {}))
    elif section.name == "comparisons" and context.run.entries("comparisons"):
        yield cells.comparisons, {}
    elif section.name in ("validation", "copies", "labels"):
        yield from ((_DRAWN_BY[chart.name], {}) for chart in section.charts())
    elif section.name == "calibration" and any(context.of_part(entry, "reliability") for entry in context.contestants):
        yield cells.reliability, {"part": context.part}
    else:
        yield from _contestant_steps(context, section.name)


def _data_steps(context: Context) -> Iterator[_Step]:
    card = context.run.part("data")
    if card:
        yield cells.rows_of_data, {}
    if card.get("class_names") and any((card.get("class_counts") or {}).values()):
        yield cells.class_histogram, {}
    if "sample_images" in context.run.pictures:
        yield cells.sample_images, {}
        yield cells.one_image_per_class, {}


def _contestant_steps(context: Context, section: str) -> Iterator[_Step]:
    for number, entry in enumerate(context.run.entries("contestants")):
        name = str(entry.get("name", ""))
        found: Mapping[str, tuple[Any, Cell, _Values]] = {
            "history": (watched(entry), cells.history, {"number": number}),
            "classes": (context.of_part(entry, "per_class"), cells.per_class, {"number": number}),
            "confusion": (context.of_part(entry, "confusion"), cells.confusion_matrix, {"number": number}),
            "mistakes": (context.run.mistakes(name) is not None, cells.mistakes, {"number": number}),
            "networks": (entry.get("summary"), cells.summary, {"number": number}),
        }
        there, function, values = found.get(section, (False, cells.scores, {}))
        if there:
            yield function, values
        if section == "networks" and f"distorted_{name}_images" in context.run.pictures:
            yield cells.distorted_images, {"number": number}


@dataclass
class _Book:
    """A notebook in the making."""

    nbformat: ModuleType
    source: RunViews
    cells: list[Any] = field(default_factory=list)
    executed: int = 0

    def words(self, text: str) -> None:
        """Add text."""
        self.cells.append(self.nbformat.v4.new_markdown_cell(text, id=f"cell-{len(self.cells)}"))

    def run(self, function: Cell, values: _Values) -> None:
        """Add a function's body as code, run it here, and put what it printed or drew below it."""
        with redirect_stdout(StringIO()) as printed:
            result = function(self.source, **values)
        outputs = []
        if printed.getvalue():
            outputs.append(self.nbformat.v4.new_output("stream", name="stdout", text=printed.getvalue()))
        if result is not None:
            outputs.append(self.nbformat.v4.new_output("execute_result", _shown(result)))
        self.code(_source(function, values), outputs)

    def code(self, source: str, outputs: list[Any]) -> None:
        """Add code with its outputs."""
        self.executed += 1
        for output in outputs:
            if output.output_type == "execute_result":
                output.execution_count = self.executed
        cell = self.nbformat.v4.new_code_cell(
            source, outputs=outputs, execution_count=self.executed, id=f"cell-{len(self.cells)}"
        )
        self.cells.append(cell)

    def notebook(self) -> Any:
        """The whole notebook."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return self.nbformat.v4.new_notebook(cells=self.cells, metadata=metadata)


def _shown(result: Any) -> dict[str, str]:
    """What a notebook keeps of a cell's result."""
    if isinstance(result, Figure):
        image = b64encode(save_png(result, dots_per_inch=110)).decode("ascii")
        return {"image/png": image, "text/plain": "<Figure>"}
    return {"text/html": as_it_is(result._repr_html_()), "text/plain": repr(result)}


def _source(function: Callable[..., Any], values: _Values) -> str:
    """A function's body as the lines of a cell: its arguments set first, what it returns as the last line."""
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"a cell is made from a function, got {function!r}")
    _, *body = definition.body
    lines = source.splitlines()[body[0].lineno - 1 :]
    code = textwrap.dedent("\n".join(lines))
    head = [f"# {ast.get_docstring(definition)}", *(f"{name} = {value!r}" for name, value in values.items())]
    return "\n".join([*head, code.replace("\nreturn ", "\n").removeprefix("return ")])
