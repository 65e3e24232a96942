"""Run folders that nothing was trained for, written once a session."""

import json
from pathlib import Path
from typing import Any

import pytest

from bakeoff.report import write_html, write_notebook
from bakeoff.testing._run_folder import ExampleRun, write_example_run

LINE_UP = {"dense": "dense", "svc": "svc", "forest": "forest"}

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    r"$\frac{1}{0}$",
    "\x1b[31mred\x1b[0m",
    "=cmd()",
    "\u202egnp.exe",
    "x" * 5000,
    "😀 あ 漢字",
    "",
    "{{ 7 * 7 }} {% raw %} `code` **bold** [a](http://evil.example)",
]


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A usual run with its report and its notebook written."""
    folder = write_example_run(tmp_path_factory.mktemp("usual"), ExampleRun(LINE_UP))
    write_html(folder)
    write_notebook(folder)
    return folder


@pytest.fixture(scope="session")
def results(run_folder: Path) -> dict[str, Any]:
    """The usual run's results.json."""
    return json.loads((run_folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose classes, contestants, titles, paths and reasons try to act."""
    names = dict(zip(HOSTILE, ["dense", "svc", "forest", "knn", "logistic"], strict=False))
    folder = tmp_path_factory.mktemp("hostile")
    write_example_run(folder, ExampleRun(names, class_names=HOSTILE, n_seeds=2, failed=(HOSTILE[5], HOSTILE[9])))
    path = folder / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    bad = "".join(HOSTILE[:6])
    results |= {"name": bad, "verdict": bad, "command": bad, "created": bad}
    results["findings"][0] |= {"title": bad, "detail": bad, "code": "<b>"}
    results["data"]["sources"][0]["name"] = bad
    results["data"]["decisions"] = [bad]
    results["protocol"]["sentences"] = [bad]
    results["claims"][0]["explanation"] = bad
    results["openings"]["sentences"] = [bad, bad]
    results["openings"]["history"] = [{"created": bad, "run": bad, "purpose": bad, "times": 1, "shared_rows": 1}]
    results["data"]["probes"]["labels"]["by"] = bad
    for probe in results["data"]["probes"]["harm"]["contestants"]:
        probe["words"] = bad
    for contestant in results["contestants"]:
        contestant["settings"] = {bad: bad}
        contestant["reason"] = contestant["reason"] and bad
        for fit in contestant["fits"]:
            fit["notes"] = [bad]
            fit["reason"] = fit["reason"] and bad
    path.write_text(json.dumps(results), encoding="utf-8")
    (folder / "environment.json").write_text(json.dumps({bad: {bad: [bad]}}), encoding="utf-8")
    (folder / "recipe.yaml").write_text(f"name: {bad!r}\n{bad}\n", encoding="utf-8")
    write_html(folder)
    write_notebook(folder)
    return folder
