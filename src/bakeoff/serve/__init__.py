"""The page on which a run's models are tried, and its JSON interface."""

from bakeoff.serve._app import make_app
from bakeoff.serve._guard import Rules
from bakeoff.serve._server import Address, serve
from bakeoff.serve._tried_run import TriedRun, open_tried_run

__all__ = ["Address", "Rules", "TriedRun", "make_app", "open_tried_run", "serve"]
