"""report.ipynb: its code runs and gives the outputs that stand there; what comes from data is never code."""

import ast
import base64
import contextlib
import io
import re
import sys
from pathlib import Path

import nbformat
import pytest

from bakeoff.errors import MissingExtraError
from bakeoff.report import figures, write_notebook
from bakeoff.report._notebook import _INSTALL, _OPEN
from bakeoff.testing._run_folder import ExampleRun, write_example_run

PNG = b"\x89PNG"


def read(folder: Path) -> nbformat.NotebookNode:
    book = nbformat.read(folder / "report.ipynb", as_version=4)
    nbformat.validate(book)
    return book


def code(book: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("which", ["run_folder", "hostile_folder"])
def test_every_cell_runs_and_gives_the_output_that_stands_below_it(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = request.getfixturevalue(which)
    monkeypatch.chdir(folder)  # a notebook runs in the folder where it lies
    namespace: dict[str, object] = {}
    drawn = 0
    for cell in code(read(folder)):
        # Only a notebook knows such lines; where the package is, none is reached.
        *lines, last = ast.parse(re.sub(r"(?m)^( *)%pip .*$", r"\1pass", cell.source)).body
        value = None
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(ast.Module(lines, []), "cell", "exec"), namespace)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
            else:
                exec(compile(ast.Module([last], []), "cell", "exec"), namespace)
        streams = [output.text for output in cell.outputs if output.output_type == "stream"]
        assert "".join(streams) == printed.getvalue()
        if isinstance(value, figures.ReportFigure):
            stored = base64.b64decode(cell.outputs[-1].data["image/png"])
            assert stored == figures.save_png(value, dots_per_inch=110)
            drawn += 1
        elif value is not None:
            assert cell.outputs[-1].data["text/plain"] == repr(value)
    assert drawn >= 12


def test_the_first_cells_install_hold_the_recipe_and_open_the_run_or_do_it_again(run_folder: Path) -> None:
    install, recipe, opening, verdict = code(read(run_folder))[:4]
    assert install.source == _INSTALL
    assert ast.literal_eval(recipe.source.removeprefix("recipe = ")) == (run_folder / "recipe.yaml").read_text()
    assert opening.source == _OPEN
    assert 'bakeoff.open_run(".")' in opening.source
    assert verdict.source.endswith("run.verdict")


def test_the_notebook_tells_the_report_and_carries_its_figures(run_folder: Path, results: dict) -> None:
    book = read(run_folder)
    words = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    headings = re.findall(r"(?m)^## (.*)$", words)
    assert headings[:5] == [
        "The run",
        "Against published figures",
        "Can this be trusted?",
        "Leaderboard",
        "Who is better than whom",
    ]
    assert results["verdict"].split(". ")[0] in words
    for code_ in ("D008", "P008", "D003"):
        assert code_ in words
    score = f"{results['contestants'][0]['test']['f1_macro']['mean']:.4f}"
    assert score in words
    images = [output for cell in code(book) for output in cell.outputs if "image/png" in output.get("data", {})]
    assert all(base64.b64decode(output.data["image/png"]).startswith(PNG) for output in images)
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))


def test_no_text_from_the_data_is_part_of_the_code(run_folder: Path, hostile_folder: Path) -> None:
    usual, hostile = ({cell.source for cell in code(read(folder))} for folder in (run_folder, hostile_folder))
    for sources in (usual, hostile):
        (recipe,) = (source for source in sources if source.startswith("recipe = "))
        assert isinstance(ast.literal_eval(recipe.removeprefix("recipe = ")), str)  # a literal, whatever is in it
        sources.remove(recipe)
    values = re.compile(r"(?m)^number = \d+$")
    assert {values.sub("", source) for source in hostile} == {values.sub("", source) for source in usual}


def test_hostile_names_in_the_text_are_neither_markup_nor_mathematics_nor_links(hostile_folder: Path) -> None:
    for cell in read(hostile_folder).cells:
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", cell.source)
        assert not re.search(r"[<$\\]|\]\(", prose)
        assert "\x1b" not in cell.source
        assert "\u202e" not in cell.source


def test_printed_names_cannot_drive_the_terminal(hostile_folder: Path) -> None:
    outputs = [output for cell in code(read(hostile_folder)) for output in cell.outputs]
    printed = [output.text for output in outputs if "text" in output]
    printed += [output.data["text/plain"] for output in outputs if "data" in output]
    assert printed
    assert not any("\x1b" in text or "\u202e" in text for text in printed)


def test_tables_show_hostile_names_as_text(hostile_folder: Path) -> None:
    tables = [
        output.data["text/html"]
        for cell in code(read(hostile_folder))
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert len(tables) > 3
    for table in tables:
        assert table.startswith('<div class="tex2jax_ignore mathjax_ignore">')
        assert not re.search(r"<(img|script)", table)


def test_the_same_run_gives_the_same_notebook(run_folder: Path) -> None:
    before = (run_folder / "report.ipynb").read_bytes()
    assert write_notebook(run_folder).read_bytes() == before


@pytest.mark.parametrize(
    "missing", [{"kind": "rows"}, {"test": "sealed"}, {"epochs": 0}, {"bare": True, "kind": "rows"}]
)
def test_a_run_that_lacks_something_has_a_notebook(missing: dict, tmp_path: Path) -> None:
    run = ExampleRun(**({"contestants": {"dense": "dense", "svc": "svc"}, "n_seeds": 1} | missing))
    write_notebook(write_example_run(tmp_path, run))
    assert len(code(read(tmp_path))) >= 4


def test_results_that_hold_nothing_but_their_schema_make_a_notebook(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"schema": 1}')
    write_notebook(tmp_path)
    read(tmp_path)


def test_without_nbformat_the_extra_is_named(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(MissingExtraError, match=r"bakeoff\[notebook\]"):
        write_notebook(run_folder)
