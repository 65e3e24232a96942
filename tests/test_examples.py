"""Every script of examples/ runs as a user runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.documentation
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_without_a_main_guard(path: Path, workspace: Path) -> None:
    answer = subprocess.run([sys.executable, str(path)], cwd=workspace, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, workspace: Path) -> None:
    import nbclient  # noqa: PLC0415 - for the long form alone
    import nbformat  # noqa: PLC0415

    book = nbformat.read(path, as_version=4)
    assert sum(cell.cell_type == "code" for cell in book.cells) <= 12
    nbclient.NotebookClient(book, timeout=3600, resources={"metadata": {"path": str(workspace)}}).execute()
    last = book.cells[-1].outputs
    assert last
