"""report.md: the report's words, its tables and its figures, and nothing of the data that acts."""

import re
from pathlib import Path

from bakeoff.report import view, write_markdown


def test_every_section_table_and_figure_is_there(run_folder: Path) -> None:
    text = write_markdown(run_folder).read_text(encoding="utf-8")
    report = view(run_folder)
    assert re.findall(r"(?m)^## (.*)$", text) == [section.title for section in report.sections]
    named = re.findall(r"!\[[^\]]+\]\(figures/([^)]+)\.png\)", text)
    assert named == [chart.name for chart in report.charts()]
    assert all((run_folder / "figures" / f"{name}.png").is_file() for name in named)
    # Every table has as many cells in each line as in its head.
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"\|", line)) for line in table.splitlines()}) == 1


def test_hostile_names_are_neither_markup_nor_mathematics_nor_links(hostile_folder: Path) -> None:
    text = write_markdown(hostile_folder).read_text(encoding="utf-8")
    prose = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    prose = re.sub(r"(?m)^!\[[^\]]*\]\(figures/[a-z0-9-]+\.png\)$", "", prose)
    assert not re.search(r"[<$\\]|\]\(", prose)
    assert "\x1b" not in text
