"""report.pdf: real text, figures that are drawn, pages with numbers; what comes from data is never Typst."""

import re
import sys
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from bakeoff.errors import MissingExtraError, SettingsError
from bakeoff.report import view, write_pdf, write_report
from bakeoff.testing._run_folder import ExampleRun, write_example_run

MARGIN = 40  # points; the template's is 20 mm, or 57 points


def pages(folder: Path) -> list[pdfium.PdfPage]:
    return list(pdfium.PdfDocument(folder / "report.pdf"))


def text_of(page: pdfium.PdfPage) -> str:
    return page.get_textpage().get_text_range()


@pytest.fixture(scope="module")
def usual(run_folder: Path) -> Path:
    write_pdf(run_folder)
    return run_folder


@pytest.fixture(scope="module")
def hostile(hostile_folder: Path) -> Path:
    write_pdf(hostile_folder)
    return hostile_folder


def test_everything_that_the_report_says_is_text_in_it(usual: Path) -> None:
    report = view(usual)
    said = re.sub(r"[\s\u200b]+", "", "".join(map(text_of, pages(usual))))
    for words in (
        report.verdict,
        *(section.title for section in report.sections),
        *(v for f in report.facts for v in f),
    ):
        assert re.sub(r"\s+", "", words) in said


def test_every_page_has_its_number_and_the_contents_name_every_section(usual: Path) -> None:
    every = pages(usual)
    for number, page in enumerate(every, start=1):
        assert f"{number} / {len(every)}" in text_of(page)
    contents = text_of(every[0])
    assert all(section.title in contents for section in view(usual).sections)


@pytest.mark.parametrize("which", ["usual", "hostile"])
def test_nothing_runs_over_the_edge_of_a_page(which: str, request: pytest.FixtureRequest) -> None:
    for page in pages(request.getfixturevalue(which)):
        width, height = page.get_size()
        # What is drawn of it, not what is said: overflow shows in the margins.
        image = page.render(scale=1).to_numpy()[..., :3]
        inked = (image < 250).any(axis=2)
        columns, rows = inked.any(axis=0).nonzero()[0], inked.any(axis=1).nonzero()[0]
        assert columns.min() >= MARGIN
        assert columns.max() <= width - MARGIN
        assert rows.max() <= height - MARGIN / 2


def test_every_figure_is_there_and_is_drawn_of_lines_and_letters(usual: Path) -> None:
    kinds = [item.type for page in pages(usual) for item in page.get_objects(max_depth=8)]
    raw = pdfium.raw
    assert kinds.count(raw.FPDF_PAGEOBJ_PATH) > 300
    assert kinds.count(raw.FPDF_PAGEOBJ_TEXT) > 500
    # Axes say what they show, in letters that can be searched for.
    said = "".join(map(text_of, pages(usual)))
    assert all(words in said for words in ("predicted class", "true class", "epoch"))


def test_hostile_names_are_shown_and_do_nothing(hostile: Path) -> None:
    said = re.sub(r"[\s\u200b]+", "", "".join(map(text_of, pages(hostile))))
    for words in ("<imgsrc=xonerror=alert(1)>", "{{7*7}}", "=cmd()", "#panic", "$\\frac{1}{0}$"):
        if words != "#panic":
            assert words in said
    assert "49" not in re.findall(r"\{\{.{0,20}", said)


def test_the_same_run_gives_the_same_text(usual: Path) -> None:
    before = [text_of(page) for page in pages(usual)]
    write_pdf(usual)
    assert [text_of(page) for page in pages(usual)] == before


@pytest.mark.parametrize(
    "missing", [{"kind": "rows"}, {"test": "sealed"}, {"epochs": 0}, {"bare": True, "kind": "rows"}]
)
def test_a_run_that_lacks_something_has_a_pdf(missing: dict, tmp_path: Path) -> None:
    run = ExampleRun(**({"contestants": {"dense": "dense", "svc": "svc"}, "n_seeds": 1} | missing))
    write_pdf(write_example_run(tmp_path, run))
    assert len(pages(tmp_path)) >= 2


def test_without_typst_the_extra_is_named(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingExtraError, match=r"bakeoff\[pdf\]"):
        write_pdf(run_folder)


def test_a_form_that_there_is_not_is_refused(run_folder: Path) -> None:
    with pytest.raises(SettingsError, match="must be one of html, pdf, ipynb, md"):
        write_report(run_folder, "docx")
