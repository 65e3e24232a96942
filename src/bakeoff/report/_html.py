"""The report as one HTML file: no outside reference, no script, light and dark, on a telephone and on paper."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from bakeoff.report._build import view
from bakeoff.report._figure_files import write_figure
from bakeoff.report._svg import inline_svg
from bakeoff.report._view import Chart, Picture, View
from bakeoff.store import write_atomically

__all__ = ["write_html"]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A figure as it enters the page; the width is in points."""

    svg: str
    width: int


def write_html(run_folder: str | Path) -> Path:
    """Write ``report.html`` into a run folder, and every figure of it as SVG and PNG into ``figures/``.

    Parameters
    ----------
    run_folder : path
        What `bakeoff run` left. Nothing else is read.

    Returns
    -------
    The path of ``report.html``.

    Raises
    ------
    StoreError
        If the folder holds no results, or cannot be read or written.
    """
    folder = Path(run_folder)
    report = view(folder)
    drawings = _draw(folder / "figures", report.charts())
    return write_atomically(folder / "report.html", _page(report, drawings))


def _draw(folder: Path, charts: Iterable[Chart]) -> Mapping[str, _Drawing]:
    drawings = {}
    for chart in charts:
        files = write_figure(folder, chart)
        drawings[chart.name] = _Drawing(inline_svg(files.svg, chart.name, chart.description), files.width_points)
    return drawings


def _page(report: View, drawings: Mapping[str, _Drawing]) -> str:
    titles = {section.name: section.title for section in report.sections}
    return _environment().get_template("report.html").render(view=report, drawings=drawings, titles=titles)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bakeoff.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_address"] = _data_address
    return environment


def _data_address(picture: Picture) -> str:
    return "data:image/png;base64," + b64encode(picture.png).decode("ascii")
