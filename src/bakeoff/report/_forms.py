"""The forms that a report comes in."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from bakeoff.errors import SettingsError
from bakeoff.report._html import write_html
from bakeoff.report._markdown_file import write_markdown
from bakeoff.report._notebook import write_notebook
from bakeoff.report._pdf import write_pdf
from bakeoff.report._study_view import is_study_folder
from bakeoff.report._tuning_view import is_tuning_folder

__all__ = ["FORMS", "write_report"]

FORMS: Mapping[str, Callable[[str | Path], Path]] = MappingProxyType(
    {"html": write_html, "pdf": write_pdf, "ipynb": write_notebook, "md": write_markdown}
)
"""What writes each into a run folder, and gives its path."""


def write_report(run_folder: str | Path, form: str) -> Path:
    """Write a run's report.

    Parameters
    ----------
    run_folder : path
    form : {"html", "pdf", "ipynb", "md"}

    Raises
    ------
    SettingsError
        If there is no such form, or none of a study.
    MissingExtraError
        If it needs a package that is not installed.
    StoreError
        If the folder holds no results, or cannot be read or written.
    """
    if form not in FORMS:
        raise SettingsError(f"a report's form must be one of {', '.join(FORMS)}. Got {form!r:.100}.")
    if form == "ipynb" and (is_study_folder(run_folder) or is_tuning_folder(run_folder)):
        raise SettingsError("a study or a search has html, pdf and md; in a notebook it shows its tables and curves.")
    return FORMS[form](run_folder)
