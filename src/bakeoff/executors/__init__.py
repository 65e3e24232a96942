"""Where fits run: here, or in a child process with a time limit, progress and a clean end."""

from bakeoff.executors._executor import FitExecutor, RemoteTraceback, time_limit_message, traceback_text
from bakeoff.executors._inline import InlineExecutor
from bakeoff.executors._local import LocalExecutor
from bakeoff.executors._threads import available_threads

__all__ = [
    "FitExecutor",
    "InlineExecutor",
    "LocalExecutor",
    "RemoteTraceback",
    "available_threads",
    "time_limit_message",
    "traceback_text",
]
