"""From a run to pages: figures, HTML, notebook. Everything is made from a run folder alone."""

from bakeoff.report import figures
from bakeoff.report._audit_pictures import draw_data_pictures
from bakeoff.report._build import view
from bakeoff.report._html import write_html
from bakeoff.report._notebook import write_notebook
from bakeoff.report._view import View

__all__ = ["View", "draw_data_pictures", "figures", "view", "write_html", "write_notebook"]
