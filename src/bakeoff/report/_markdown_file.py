"""The report as a Markdown file beside its figures."""

from pathlib import Path

from bakeoff.report._build import view
from bakeoff.report._figure_files import write_figure
from bakeoff.report._markdown import markdown, opening
from bakeoff.store import write_atomically

__all__ = ["write_markdown"]


def write_markdown(run_folder: str | Path) -> Path:
    """Write ``report.md`` into a run folder, and every figure of it into ``figures/``.

    Parameters
    ----------
    run_folder : path
        What `bakeoff run` left. Nothing else is read.

    Returns
    -------
    The path of ``report.md``.

    Raises
    ------
    StoreError
        If the folder holds no results, or cannot be read or written.
    """
    folder = Path(run_folder)
    report = view(folder)
    for chart in report.charts():
        write_figure(folder / "figures", chart)
    parts = [opening(report), *(markdown(section, with_folds=True, with_figures=True) for section in report.sections)]
    return write_atomically(folder / "report.md", "\n\n".join(parts) + "\n")
