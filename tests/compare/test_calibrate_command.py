"""The long calibration's command: resumes, merges, chooses, and says when a cell fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CELL = "no groups, 2 contestants, 1 seed, 29 rows"


def calibrate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "calibrate.py"), "--processes", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=False)


def test_finished_pieces_are_kept_merged_and_not_done_again(tmp_path):
    first = calibrate("--cells", f"below: {CELL}", "--simulations", "255", "--keep", str(tmp_path))
    assert first.returncode == 0, first.stderr
    assert "100.0 ± 0.0" in first.stdout
    assert "1 of 1 cells with a promise keep it. 255 simulated bake-offs" in first.stdout
    [folder] = tmp_path.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["0000-250.json", "0001-005.json"]

    for path in folder.iterdir():  # as if found out of the truth, to see whether they are read or done again
        piece = json.loads(path.read_text())
        piece["tally"]["refused"] = 0
        path.write_text(json.dumps(piece))
    again = calibrate("--cells", f"below: {CELL}", "--simulations", "255", "--keep", str(tmp_path))
    assert again.returncode == 1
    assert "does not refuse" in again.stdout


def test_a_pattern_without_cells_lists_what_there_is(tmp_path):
    found = calibrate("--cells", "main: nobody", "--keep", str(tmp_path))
    assert found.returncode == 2
    assert found.stdout.startswith("No cell's name is like main: nobody. They are:\n")
    assert f"below: {CELL}" in found.stdout


@pytest.fixture
def pieces(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import calibration_pieces  # noqa: PLC0415 - lies beside the tests, not in the package

    return calibration_pieces


def test_comments_and_docstrings_do_not_make_pieces_outdated_and_code_does(pieces, tmp_path):
    variants = {
        "plain": "def f(x):\n    'Doc.'\n    return x + 1\n",
        "worded": "# why\ndef f(x):\n    'Other words.'\n    return x + 1\n",
        "changed": "def f(x):\n    'Doc.'\n    return x + 2\n",
    }
    seen = {}
    for name, text in variants.items():
        (tmp_path / "f.py").write_text(text)
        seen[name] = pieces._without_docstrings(tmp_path / "f.py")
    assert seen["plain"] == seen["worded"]
    assert seen["plain"] != seen["changed"]
