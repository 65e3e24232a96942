"""A figure of the report on disk, as SVG and PNG."""

from dataclasses import dataclass
from pathlib import Path

from bakeoff.report._view import Chart
from bakeoff.report.figures import save_png, save_svg
from bakeoff.store import write_atomically

__all__ = ["FigureFiles", "write_figure"]


@dataclass(frozen=True, slots=True)
class FigureFiles:
    """What was written.

    Parameters
    ----------
    svg : bytes
    png_path : Path
    width_points : int
    """

    svg: bytes
    png_path: Path
    width_points: int


def write_figure(folder: Path, chart: Chart) -> FigureFiles:
    """Draw a chart and write it as ``<name>.svg`` and ``<name>.png``."""
    figure = chart.draw()
    svg = save_svg(figure)
    figure.set_layout_engine("none")  # it was laid out just now, which costs as much as the drawing itself
    write_atomically(folder / f"{chart.name}.svg", svg)
    png_path = write_atomically(folder / f"{chart.name}.png", save_png(figure))
    return FigureFiles(svg, png_path, round(72 * figure.get_figwidth()))
