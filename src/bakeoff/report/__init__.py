"""From a run to pages: figures, HTML, PDF, Markdown, notebook. Everything is made from a run folder alone."""

from bakeoff.report import figures
from bakeoff.report._audit_pictures import draw_data_pictures
from bakeoff.report._build import view
from bakeoff.report._forms import FORMS, write_report
from bakeoff.report._html import write_html
from bakeoff.report._markdown_file import write_markdown
from bakeoff.report._notebook import write_notebook
from bakeoff.report._pdf import write_pdf
from bakeoff.report._run_views import RunViews, Verdict
from bakeoff.report._study_view import is_study_folder
from bakeoff.report._study_views import StudyViews
from bakeoff.report._tuning_view import TuningViews, is_tuning_folder
from bakeoff.report._view import View

__all__ = [
    "FORMS",
    "RunViews",
    "StudyViews",
    "TuningViews",
    "Verdict",
    "View",
    "draw_data_pictures",
    "figures",
    "is_study_folder",
    "is_tuning_folder",
    "view",
    "write_html",
    "write_markdown",
    "write_notebook",
    "write_pdf",
    "write_report",
]
