"""A study's page, tables and figures, and the learning curve in the reports of runs."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bakeoff
from bakeoff.errors import InputError, SettingsError
from bakeoff.report import figures, view, write_report
from bakeoff.study import keep_learning_curve
from bakeoff.testing import make_blurs

QUICK = {"threads": 1, "levels": ["2", "4"]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few small images: what a page says does not depend on how many there are."""
    blurs = make_blurs(240, None)
    path = tmp_path_factory.mktemp("data") / "blurs.npz"
    np.savez(path, X=blurs.X_train, y=blurs.y_train)
    return path


@pytest.fixture(scope="module")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> bakeoff.Study:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAKEOFF_CACHE", str(tmp_path_factory.mktemp("cache")))
        study: bakeoff.Study = bakeoff.run_study("width", data, workspace=tmp_path_factory.mktemp("study"), **QUICK)
        return study


def test_a_study_can_be_looked_at(done: bakeoff.Study) -> None:
    frame = done.levels()
    assert frame["level"].to_list() == ["2", "4"]
    assert frame["f1_macro"].is_between(frame["low"], frame["high"]).all()
    # The gap is training minus validation.
    assert frame["gap"].to_list() == pytest.approx((frame["training"] - frame["f1_macro"]).to_list())
    assert done.answer() == " ".join(done.results["questions"][0]["answer"])
    lines = done.plot().axes[0].lines
    assert list(lines[0].get_ydata()) == frame["f1_macro"].to_list()
    assert list(lines[1].get_ydata()) == frame["training"].to_list()
    assert done.answer()[:20] in done._repr_html_()
    with pytest.raises(InputError, match="it has width"):
        done.levels("depth")


def test_its_page_stands_alone_and_says_the_answer(done: bakeoff.Study) -> None:
    page = (done.folder / "report.html").read_text()
    addresses: list[str] = []

    class Addresses(HTMLParser):
        def handle_starttag(self, _tag: str, attributes: Any) -> None:
            addresses.extend(value or "" for name, value in attributes if name in ("src", "href"))

    Addresses().feed(page)
    assert all(address.startswith(("#", "data:")) for address in addresses)
    shown = view(done.folder)
    assert shown.kicker == "Study"
    assert shown.verdict == done.results["questions"][0]["answer"][0]
    assert dict(shown.facts)["Fits"] == "50"  # two levels, five seeds, five folds
    assert {path.name for path in (done.folder / "figures").iterdir()} >= {"study-width.svg", "study-width-gap.svg"}


def test_its_report_comes_as_pdf_and_markdown_but_not_as_a_notebook(done: bakeoff.Study) -> None:
    assert done.report("pdf").read_bytes().startswith(b"%PDF")
    text = done.report("md").read_text()
    assert done.results["questions"][0]["answer"][0] in text.replace("\\", "")
    with pytest.raises(SettingsError, match="has html, pdf and md"):
        write_report(done.folder, "ipynb")


def test_names_from_outside_are_shown_and_not_obeyed(done: bakeoff.Study, tmp_path: Path) -> None:
    results = json.loads((done.folder / "study.json").read_text())
    evil = "<script>alert(1)</script> $x^2$ #eval(1) \x1b[31m"
    results["base"]["name"] = results["name"] = evil
    results["questions"][0]["levels"][0] |= {"scores": None, "status": "failed", "reason": evil}
    results["questions"][0]["comparisons"] = []
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "study.json").write_text(json.dumps(results))
    page = write_report(folder, "html").read_text()
    assert "<script>" not in page
    assert "\x1b" not in page
    assert write_report(folder, "pdf").read_bytes().startswith(b"%PDF")
    assert "<script>" not in write_report(folder, "md").read_text()


def test_seeds_are_drawn_one_dot_each() -> None:
    figure = figures.study_seeds([0.9, 0.8, 0.85], "macro F1")
    assert list(figure.axes[0].lines[0].get_xdata()) == [0.8, 0.85, 0.9]


def test_a_runs_report_has_the_learning_curve_of_its_workspace(data: Path, workspace: Path) -> None:
    study = bakeoff.run_study("train-size", data, threads=1, levels=["20%", "100%"])
    run = bakeoff.run(data, contestants=["dummy", "knn"], threads=1, probes=False)
    section = next(section for section in view(run.folder).sections if section.name == "more-data")
    assert section.title == "Would more data help?"
    words = [block.text for block in section.blocks if block.kind == "words"]  # type: ignore[union-attr]
    assert words[: len(study.answers["train-size"])] == list(study.answers["train-size"])
    assert study.folder.name in words[-1]
    other = bakeoff.run(data, contestants=["dummy"], threads=1, probes=False, workspace=workspace / "elsewhere")
    assert all(section.name != "more-data" for section in view(other.folder).sections)
    keep_learning_curve(other.folder, workspace, "of other rows")
    assert not (other.folder / "learning_curve.json").exists()
